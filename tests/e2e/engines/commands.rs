//! The commands that engines need.

use std::process::Command;

use super::{files, identities, same};
use crate::space::{Space, assorted, helpdesk};

#[test]
fn import_and_hierarchy_make_what_a_run_makes() {
    let space = Space::new();
    space
        .run(
            "cladus",
            ["run", &helpdesk(), "--out", "r", "--embedder", "lexical", "--max-clusters", "5"],
        )
        .ok();
    let expected = files(&space.path("r"));
    for name in ["clusters", "hierarchy", "closure"] {
        for end in ["parquet", "manifest.json"] {
            std::fs::remove_file(space.path(&format!("r/{name}.{end}"))).unwrap();
        }
    }
    let import = ["import", &helpdesk(), "--out", "r/clusters.parquet"];
    assert!(space.run("cladus", import).ok().stdout.contains("made: 120 clusters"));
    let hierarchy = "hierarchy --clusters r/clusters.parquet --parents r/iteration-1/parents.parquet \
                     --parents r/iteration-2/parents.parquet --out r/hierarchy.parquet \
                     --closure r/closure.parquet";
    space.cladus(hierarchy).ok();
    same(&files(&space.path("r")), &expected);
    space.cladus("status r --check").ok();

    let before = identities(&space.path("r"));
    assert!(space.run("cladus", import).ok().stdout.contains("is up to date"));
    assert!(space.cladus(&format!("{hierarchy} --if-stale")).ok().stdout.contains("is up to date"));
    assert_eq!(identities(&space.path("r")), before);
}

#[test]
fn an_import_keeps_edits_until_told_otherwise() {
    let space = Space::new();
    space.write("a.jsonl", assorted(20));
    space.write("b.jsonl", assorted(21));
    space.cladus("import a.jsonl --out x.parquet").ok();
    space.cladus("import b.jsonl --out y.parquet").ok();
    assert!(!space.path(".input.json").exists(), "only a run folder remembers its input");
    std::fs::copy(space.path("y.parquet"), space.path("x.parquet")).unwrap();
    let kept = space.cladus("import a.jsonl --out x.parquet").ok();
    assert!(kept.stdout.contains("edited by hand and is kept") && kept.stdout.contains("21"));
    let made = space.cladus("import a.jsonl --out x.parquet --discard-edits").ok();
    assert!(made.stdout.contains("made: 20 clusters"), "{}", made.stdout);
    space.cladus("import missing.jsonl --out x.parquet").exits(3).complains(&["missing.jsonl"]);
}

#[test]
fn a_plan_knows_the_levels_that_are_known() {
    let space = Space::new();
    space.write("in.jsonl", assorted(200));
    space.cladus("plan r --iteration 1").exits(3).complains(&["clusters.parquet", "cladus import"]);
    space.cladus("init r --max-clusters 4").ok();
    space.cladus("import in.jsonl --out r/clusters.parquet").ok();
    let first = space.cladus("plan r --iteration 1").ok().stdout;
    assert_eq!(first, "iteration 1: 200 clusters -> 28 parents\n");
    space.cladus("plan r --iteration 2").exits(3).complains(&["iteration-1/parents.parquet"]);

    space.cladus("run --out r").ok();
    let all = space.cladus("plan r").ok().stdout;
    assert!(all.starts_with("level plan: 200 -> 28 -> 4\niteration 1: 200 clusters"), "{all}");
    let none = space.cladus("plan r --iteration 3").exits(4);
    assert!(none.stdout.is_empty() && none.stderr.contains("there is no iteration 3"));
    let none = space.cladus("plan r --iteration 3 --quiet").exits(4);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", ""));
    let json = space.cladus("plan r --json").ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["levels"][0], &json["complete"]), (&200.into(), &true.into()));
    assert_eq!(json["iterations"][0]["target"], 28);
    assert_eq!(
        json["iterations"][1]["parents"],
        space.hierarchy("r").iter().filter(|n| n.parent_id.is_none()).count()
    );
    for bad in ["plan r --iteration 0", "plan r --flags label", "plan r --iteration 1 --flags x"] {
        space.cladus(bad).exits(2).complains(&[]);
    }
}

#[test]
fn flags_of_a_stage_are_those_of_the_driver() {
    let space = Space::new();
    let folder = "it's my run";
    let run = [
        "run",
        &helpdesk(),
        "--out",
        folder,
        "--embedder",
        "lexical",
        "--max-clusters",
        "5",
        "--seed",
        "7",
    ];
    space.run("cladus", run).ok();
    let expected = files(&space.path(folder));
    // As a shell reads them.
    let script = "flags=$(\"$CLADUS\" plan \"$RUN\" --iteration 1 --flags group) && eval \"\\\"$GROUP\\\" \
         --embeddings \\\"$RUN/iteration-1/embeddings.parquet\\\" --out \\\"$RUN/iteration-1/groups.parquet\\\" $flags\"";
    std::fs::remove_file(space.path(folder).join("iteration-1/groups.parquet")).unwrap();
    let cladus = space.command("cladus");
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(space.path("."));
    shell.env("CLADUS", cladus.get_program()).env("RUN", folder);
    shell.env("GROUP", space.command("cladus-group").get_program());
    assert!(shell.status().unwrap().success());
    same(&files(&space.path(folder)), &expected);

    space.run("cladus", ["init", folder, "--model", "m", "--temperature", "0.5"]).ok();
    let flags = space.run("cladus", ["plan", folder, "--iteration", "1", "--flags", "label"]).ok();
    assert_eq!(
        flags.stdout,
        "--scope nearest --backend llm --model m --temperature 0.5 \
         --params 'it'\\''s my run/cladus.toml' --answers 'it'\\''s my run/answers.sqlite'\n"
    );
}

#[test]
fn a_stage_whose_place_is_taken_has_no_flags() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let command = "command = [\"true\", \"{embeddings}\", \"{out}\"]";
    space.write("pipeline.toml", format!("[stage.group]\n{command}\n"));
    space.cladus("init r --pipeline pipeline.toml").ok();
    space.cladus("import in.jsonl --out r/clusters.parquet").ok();
    space.cladus("plan r --iteration 1 --flags embed").ok();
    let refused = space.cladus("plan r --iteration 1 --flags group").exits(2);
    assert_eq!(refused.stdout, "");
    refused.complains(&["replaces group"]);
}

#[test]
fn settings_can_be_written_without_a_run() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("init a --max-clusters 3 --seed 9").ok();
    space.cladus("run in.jsonl --out a --embedder lexical").ok();
    space.cladus("run in.jsonl --out b --embedder lexical --max-clusters 3 --seed 9").ok();
    same(&files(&space.path("a")), &files(&space.path("b")));

    let commented = "# why three\nmax_clusters = 3\nseed = 9\n";
    space.write("a/cladus.toml", commented);
    space.cladus("init a --seed 9").ok();
    assert_eq!(std::fs::read_to_string(space.path("a/cladus.toml")).unwrap(), commented);
    space.cladus("init a --seed 8").ok();
    let now = std::fs::read_to_string(space.path("a/cladus.toml")).unwrap();
    assert!(now.contains("# why three") && now.contains("seed = 8"), "{now}");
    space.cladus("init a --temperature 99").exits(2).complains(&["temperature"]);
}

#[test]
fn a_stage_that_is_told_so_leaves_what_is_fresh_or_edited() {
    let space = Space::new();
    space.run("cladus", ["run", &helpdesk(), "--out", "r", "--embedder", "lexical"]).ok();
    let line = |more: &str| {
        format!(
            "--embeddings r/iteration-1/embeddings.parquet --out r/iteration-1/groups.parquet \
             --clusters-per-group 120 {more}"
        )
    };
    let group = |more: &str| {
        let line = line(more);
        space.run("cladus-group", line.split_whitespace())
    };
    let before = identities(&space.path("r"));
    let said = group("--seed 0 --if-stale").ok().stderr;
    assert!(said.contains("group  fresh"), "{said}");
    assert_eq!(identities(&space.path("r")), before);

    // Of another size: not fresh.
    group("--clusters-per-group 20 --if-stale").ok();
    assert_ne!(identities(&space.path("r")), before);
    let other = std::fs::read(space.path("r/iteration-1/groups.parquet")).unwrap();
    group("--seed 0 --seed 2").ok();
    std::fs::write(space.path("r/iteration-1/groups.parquet"), &other).unwrap();
    let said = group("--seed 2 --if-stale").ok().stderr;
    assert!(said.contains("edited by hand and is kept"), "{said}");
    assert_eq!(std::fs::read(space.path("r/iteration-1/groups.parquet")).unwrap(), other);
    let line = line("--seed 2 --if-stale");
    space.cladus(&format!("group {line}")).ok();
    assert_eq!(std::fs::read(space.path("r/iteration-1/groups.parquet")).unwrap(), other);
}
