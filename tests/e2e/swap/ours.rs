//! Our own binaries in the place of the built-in stages: the same bytes.

use std::path::{Path, PathBuf};
use std::process::Command;

use cladus_tests::server::{Behaviour, TestServer};
use serde_json::Value;

use super::{Stages, artifacts, left, with_path};
use crate::space::{Ran, Space, assorted, helpdesk, repository};

/// `pipelines/default.toml`, which names all stages.
fn default() -> PathBuf {
    repository().join("pipelines/default.toml")
}

/// A command that finds the binaries of this workspace on its path.
fn command(space: &Space, words: &[&str], pipeline: Option<&Path>) -> Command {
    let mut command = space.command("cladus");
    command.args(words);
    if let Some(pipeline) = pipeline {
        command.arg("--pipeline").arg(pipeline);
    }
    command.env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
    let folder = Path::new(command.get_program()).parent().unwrap().to_owned();
    with_path(command, &folder)
}

fn run(space: &Space, words: &[&str], pipeline: Option<&Path>) -> Ran {
    command(space, words, pipeline).output().unwrap().into()
}

#[test]
fn each_stage_and_all_of_them_give_the_same_bytes() {
    let space = Space::new();
    space.write("in.jsonl", assorted(150));
    run(&space, &["run", "in.jsonl", "--out", "plain", "--embedder", "lexical"], None).ok();
    let plain = artifacts(&space, "plain");
    assert_eq!(plain.len(), 13, "two levels");
    let text = std::fs::read_to_string(default()).unwrap();
    let (head, stages) = text.split_at(text.find("[stage.").unwrap());
    let tables: Vec<&str> = stages.split("[stage.").skip(1).collect();
    assert_eq!(tables.len(), 5);
    for (place, table) in tables.iter().enumerate() {
        let stage = table.split(']').next().unwrap();
        let file = space.write("one.toml", format!("{head}[stage.{table}"));
        let out = format!("one-{place}");
        let ran = run(
            &space,
            &["run", "in.jsonl", "--out", &out, "--embedder", "lexical", "--json", "--commands"],
            Some(&file),
        )
        .ok();
        assert!(artifacts(&space, &out) == plain, "{stage}");
        assert!(left(&space.path(&out)).is_empty(), "{stage}");
        space.cladus(&format!("check {out}")).ok();
        let commands = ran.stderr.lines().filter(|line| line.starts_with("$ cd "));
        let own = commands.filter(|line| line.contains(&format!("&& cladus-{stage} "))).count();
        assert_eq!(own, 2, "{stage}: {}", ran.stderr);
    }
    run(&space, &["run", "in.jsonl", "--out", "all", "--embedder", "lexical"], Some(&default()))
        .ok();
    assert!(artifacts(&space, "all") == plain);
    let again = run(&space, &["run", "in.jsonl", "--out", "all", "--json"], Some(&default())).ok();
    assert_eq!(Stages::of(&again.stdout).made(), Vec::<&str>::new());
}

#[test]
fn what_is_printed_can_be_pasted() {
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    // The last stage fails, so that what it was given is still there.
    let text = std::fs::read_to_string(default()).unwrap();
    let words = ["sh", "-c", "cladus-rename --no-such-flag \"$1\"", "sh", "{out}"];
    let broken = text.split("[stage.rename]").next().unwrap().to_owned();
    let file = space.write(
        "it's.toml",
        format!("{broken}[stage.rename]\ncommand = {}\n", serde_json::json!(words)),
    );
    let ran = run(&space, &["run", "in.jsonl", "--out", "r", "--commands"], Some(&file)).exits(3);
    ran.complains(&["rename: `sh -c", "exit code 2", "--no-such-flag"]);
    let line = ran.stderr.lines().filter_map(|line| line.strip_prefix("$ ")).next_back().unwrap();
    let again = command(&space, &[], None);
    let path = again.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap();
    let again = Command::new("sh").args(["-c", line]).env("PATH", path).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "the same again: {line}");
}

/// Calls by iteration and stage, as `cladus cost` tells them.
fn calls(space: &Space, run: &str) -> Vec<(u64, String, u64)> {
    let said = space.cladus(&format!("cost {run} --json")).ok().stdout;
    let lines: Vec<Value> = serde_json::from_str(&said).unwrap();
    let line = |line: &Value| {
        let number = |key: &str| line[key].as_u64().unwrap();
        (number("iteration"), line["stage"].as_str().unwrap().to_owned(), number("calls"))
    };
    lines.iter().map(line).collect()
}

#[test]
fn models_are_asked_the_same_and_it_is_accounted_for_the_same() {
    let server = TestServer::start(Behaviour::default());
    let space = Space::new();
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    space.write("in.jsonl", all.lines().take(60).collect::<Vec<_>>().join("\n"));
    let url = server.base_url().to_owned();
    let words = |out: &'static str| -> Vec<String> {
        let words = [
            "run",
            "in.jsonl",
            "--out",
            out,
            "--model",
            "test-chat",
            "--base-url",
            &url,
            "--embedder",
            "api",
            "--embedding-model",
            "test-embed",
            "--levels",
            "20,6",
            "--labels-per-call",
            "7",
        ];
        words.map(str::to_owned).to_vec()
    };
    let run = |out: &'static str, pipeline: Option<&Path>, more: &[&str]| {
        let words = words(out);
        let words: Vec<&str> =
            words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        run(&space, &words, pipeline)
    };
    run("plain", None, &[]).ok();
    let asked = server.stats().requests;
    assert!(asked > 20, "{asked} requests");
    run("own", Some(&default()), &[]).ok();
    assert_eq!(server.stats().requests, 2 * asked);
    assert!(artifacts(&space, "own") == artifacts(&space, "plain"));
    space.cladus("check own").ok();
    assert_eq!(calls(&space, "own"), calls(&space, "plain"));
    assert_eq!(Stages::of(&run("own", Some(&default()), &["--json"]).ok().stdout).made().len(), 0);
    // From an empty folder, but for the answers: nothing is paid for twice.
    for iteration in ["iteration-1", "iteration-2"] {
        std::fs::remove_dir_all(space.path("own").join(iteration)).unwrap();
    }
    run("own", Some(&default()), &[]).ok();
    assert_eq!(server.stats().requests, 2 * asked);
    assert!(artifacts(&space, "own") == artifacts(&space, "plain"));
    // A budget that is reached holds for the commands too, over all of a run's restarts.
    let ran =
        run("own", Some(&default()), &["--temperature", "0.5", "--max-calls", &asked.to_string()]);
    ran.exits(3).complains(&["exit code 6", "propose: `cladus-propose"]);
    assert_eq!(server.stats().requests, 2 * asked);
}
