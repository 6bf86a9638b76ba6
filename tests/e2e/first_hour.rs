//! What somebody does in the first hour: no flags, no folder, half a name.

use cladus_tests::server::Behaviour;

use crate::models::Bench;
use crate::space::{Space, assorted, named};

#[test]
fn what_status_advises_makes_it_so() {
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    space.cladus("run in.jsonl --out r --embedder lexical --quiet").ok();
    space.write("in.jsonl", assorted(41));
    let said = space.cladus("status r").ok().stdout;
    let advice = said.lines().find_map(|line| line.strip_suffix("` to update it")).unwrap();
    let words = advice.strip_prefix("run `cladus ").unwrap().split_whitespace();
    let ran = space.run("cladus", words).ok();
    assert!(ran.stdout.starts_with("41 base clusters"), "{}", ran.stdout);
    space.cladus("status r --check").ok();
    // Where what it was made from is gone, it goes on with what it has.
    std::fs::remove_file(space.path("in.jsonl")).unwrap();
    let ran = space.cladus("run --out r").ok();
    assert!(ran.stdout.contains("is up to date: 41 clusters"), "{}", ran.stdout);
}

#[test]
fn a_run_is_named_after_its_input_and_found_where_it_is() {
    let space = Space::new();
    space.write("my topics.v2.jsonl", assorted(30));
    space
        .cladus("tree")
        .exits(2)
        .complains(&["there is none in the current folder", "cladus run INPUT"]);
    let ran = space.run("cladus", ["run", "my topics.v2.jsonl", "--embedder", "lexical"]).ok();
    ran.complains(&["the run folder is my topics (--out names another)"]);
    for command in ["tree", "status --check", "check", "eval", "edit --list", "run"] {
        space.cladus(command).ok();
    }
    // From within it, too.
    let mut inside = space.command("cladus");
    let ran: crate::space::Ran =
        inside.arg("status").current_dir(space.path("my topics")).output().unwrap().into();
    assert!(ran.ok().stdout.contains("nothing to do"));
    // A second one, and nobody guesses.
    space
        .cladus_with_input("run - --out other --embedder lexical --quiet", assorted(5).as_bytes())
        .ok();
    space
        .cladus("tree")
        .exits(2)
        .complains(&["there are 2 in the current folder", "my topics, other"]);
    space.cladus_with_input("run -", assorted(5).as_bytes()).exits(2).complains(&["--out RUN"]);
    // What else bears the name stays as it is.
    std::fs::create_dir(space.path("data")).unwrap();
    space.write("data/precious.txt", "");
    space.write("data.jsonl", assorted(5));
    space.cladus("run data.jsonl --embedder lexical --quiet").ok();
    assert!(space.path("data-run/hierarchy.parquet").is_file());
    assert_eq!(std::fs::read_dir(space.path("data")).unwrap().count(), 1);
}

#[test]
fn a_cluster_is_found_by_a_part_of_its_name() {
    let space = Space::new();
    let names = ["Grill a steak", "Fry a Steak", "Bake bread", "Knead dough", "Étouffée"];
    space.write("in.jsonl", named(names));
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 5 --quiet").ok();
    for (asked, name) in [("bread", "Bake bread"), ("GRILL", "Grill a steak"), ("étou", "Étouffée")]
    {
        let said = space.run("cladus", ["show", "r", asked]).ok().stdout;
        assert!(said.starts_with(name), "{asked}: {said}");
        assert!(space.run("cladus", ["show", asked]).ok().stdout.starts_with(name));
    }
    let several = space.cladus("show r steak").exits(2);
    several.complains(&["clusters:", "  Grill a steak", "  Fry a Steak", "more of the name"]);
    space.cladus("show r tofu").exits(2).complains(&["no cluster \"tofu\"", "--ids"]);
    space.cladus("show r").exits(2).complains(&["r is a run: which of its clusters?"]);
    let tree = space.cladus("tree r --ids").ok().stdout;
    for node in space.hierarchy("r") {
        assert!(tree.contains(&format!("{}  {}", node.cluster.name, node.cluster.id)), "{tree}");
    }
}

#[test]
fn a_run_ends_with_two_children_a_root() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let ran = space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 3").ok();
    let lines: Vec<&str> = ran.stdout.lines().skip(3).collect();
    assert!(lines.len() <= 3 * 4, "{}", ran.stdout);
    assert!(ran.stdout.contains("└─ … and "), "{}", ran.stdout);
    // The rest is in the tree.
    let whole = space.cladus("tree r").ok().stdout;
    assert!(!whole.contains('…') && whole.lines().count() >= 63, "{whole}");
}

#[test]
fn a_program_that_is_not_installed_is_told_with_how_to_get_it() {
    let space = Space::new();
    // Alone in its folder, with nothing in PATH.
    let cladus = space.path("cladus");
    // By another process: one that is forked here meanwhile would hold it open, and it could not be started.
    let mut copy = std::process::Command::new("cp");
    assert!(
        copy.arg(space.command("cladus").get_program()).arg(&cladus).status().unwrap().success()
    );
    for (words, program, install) in [
        (
            &["query", "r", "SELECT 1"][..],
            "cladus-query",
            "pip install ./crates/query, or cargo install --path crates/query",
        ),
        (&["query", "--help"], "cladus-query", "cargo install --path crates/query"),
        (&["query"], "cladus-query", "cargo install --path crates/query"),
        (
            &["remote", "--", "cladus", "tree", "s3://b/r"],
            "cladus-remote",
            "cargo install --path crates/remote",
        ),
    ] {
        let mut command = std::process::Command::new(&cladus);
        let output = command.args(words).env("PATH", space.path("nowhere")).output().unwrap();
        let ran = crate::space::Ran::from(output).exits(2);
        ran.complains(&[&format!("{program}, which is not installed"), install]);
    }
}

#[test]
fn what_it_costs_is_said_before_it_is_paid_and_the_key_is_looked_for_first() {
    let bench = Bench::small(Behaviour::default());
    let said = bench.run("r", "").ok().stderr;
    let line = said.lines().find(|line| line.starts_with("asks test-chat: about ")).unwrap();
    assert!(line.contains(" calls, ") && line.contains("price unknown"), "{line}");
    assert!(said.find("asks test-chat") < said.find("level plan"), "{said}");
    // Nothing to pay, nothing to say.
    assert!(!bench.run("r", "").ok().stderr.contains("asks test-chat"));
    // Nobody named a model this time: the folder did.
    std::fs::create_dir(bench.space.path("r/prompts")).unwrap();
    let prompt = crate::space::repository().join("crates/label/prompts/label.md");
    let text = std::fs::read_to_string(prompt).unwrap();
    bench.space.write("r/prompts/label.md", text.replacen("You sort", "Do sort", 1));
    let again: crate::space::Ran = bench.line("cladus", "run --out r").output().unwrap().into();
    let said = again.ok().stderr;
    assert!(said.contains("asks test-chat, as r/cladus.toml says: "), "{said}");
    // Without a key, nothing is embedded first.
    let line = "run in.jsonl --out new --model gpt-4o-mini --embedder lexical";
    let ran: crate::space::Ran = bench.line("cladus", line).output().unwrap().into();
    ran.exits(8).complains(&["there is no API key", "OPENAI_API_KEY"]);
    assert!(!bench.space.path("new/iteration-1/embeddings.parquet").exists());
}
