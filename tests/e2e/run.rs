//! The main job, from a flat list to a tree.

use std::collections::{HashMap, HashSet};

use crate::space::{Space, assorted, helpdesk};

#[test]
fn the_example_becomes_a_tree_that_passes_its_own_check() {
    let space = Space::new();
    let ran = space.run("cladus", ["run", &helpdesk(), "--out", "r"]).ok();
    assert!(ran.stdout.starts_with("120 base clusters, 3,250 items -> "), "{}", ran.stdout);
    let tree = space.cladus("tree r").ok().stdout;
    assert!(tree.contains("Reset a forgotten workspace password"), "{tree}");
    assert!(!ran.stdout.contains('\u{1b}'), "no escape sequences outside a terminal");
    let check = space.cladus("check r").ok();
    assert!(check.stdout.contains("120 base clusters"), "{}", check.stdout);
}

#[test]
fn the_hierarchy_keeps_every_promise_seen_from_outside() {
    let space = Space::new();
    space.write("in.jsonl", assorted(400));
    space.cladus("run in.jsonl --out r --max-clusters 6").ok();
    let nodes = space.hierarchy("r");
    let by_id: HashMap<&str, _> = nodes.iter().map(|n| (n.cluster.id.as_str(), n)).collect();
    assert_eq!(by_id.len(), nodes.len(), "ids are unique");
    let roots = nodes.iter().filter(|n| n.parent_id.is_none()).count();
    assert!((3..=6).contains(&roots), "{roots} roots");
    assert!(nodes[..roots].iter().all(|n| n.parent_id.is_none()), "roots first");
    let base: Vec<_> = nodes.iter().filter(|n| n.cluster.level == 0).collect();
    assert_eq!(base.len(), 400);
    for node in base {
        let mut place = node;
        let mut steps = 0;
        while let Some(parent) = &place.parent_id {
            place = by_id[parent.as_str()];
            steps += 1;
            assert!(steps < 20, "a circle above {}", node.cluster.id);
        }
    }
    let items: u64 = nodes[..roots].iter().map(|n| n.cluster.size).sum();
    assert_eq!(items, (0..400).map(|i| i % 5 + 1).sum::<u64>());
    for node in nodes.iter().filter(|n| n.cluster.level > 0) {
        let children: Vec<_> =
            nodes.iter().filter(|n| n.parent_id.as_deref() == Some(&node.cluster.id)).collect();
        assert!(children.len() >= 2, "{} has one child", node.cluster.name);
        assert_eq!(children.iter().map(|c| c.cluster.size).sum::<u64>(), node.cluster.size);
        let names: HashSet<String> =
            children.iter().map(|c| c.cluster.name.to_lowercase()).collect();
        assert_eq!(
            names.len(),
            children.len(),
            "two children of {} share a name",
            node.cluster.name
        );
        assert!(!node.cluster.description.is_empty() && !node.cluster.slug.is_empty());
        assert!(node.cluster.name.split_whitespace().count() <= 10, "{}", node.cluster.name);
    }
}

#[test]
fn levels_come_as_they_were_asked_for() {
    let space = Space::new();
    space.write("in.jsonl", assorted(300));
    space.cladus("run in.jsonl --out r --levels 60,8").ok();
    let nodes = space.hierarchy("r");
    let at = |level| nodes.iter().filter(|n| n.cluster.level == level).count();
    assert!((30..=60).contains(&at(1)), "{} at level 1", at(1));
    assert!((4..=8).contains(&nodes.iter().filter(|n| n.parent_id.is_none()).count()));
    space.cladus("run in.jsonl --out three --levels 3 --max-clusters 5").ok();
    assert!(space.path("three/iteration-3/parents.parquet").is_file());
    space
        .cladus("run in.jsonl --out never --levels 8,60")
        .exits(2)
        .complains(&["do not shrink", "hint"]);
}

#[test]
fn a_dry_run_goes_through_every_level() {
    let space = Space::new();
    space.write("in.jsonl", assorted(200));
    let line = "run in.jsonl --out r --embedder lexical --max-clusters 3 --levels 3";
    let dry = |more: &str| space.cladus(&format!("{line} --dry-run {more}")).ok().stdout;
    let planned = dry("");
    assert!(planned.contains("\n3 rename ") && planned.contains("nothing to pay"), "{planned}");
    assert!(!space.path("r").exists(), "a plan leaves nothing behind");
    space.cladus(line).ok();
    let made = space.artifacts("r");
    assert!(dry("").contains("nothing to do"));
    assert!(dry("--seed 7").contains("seed: 0 -> 7"));
    let lost = space.path("r/iteration-1/embeddings.parquet");
    std::fs::remove_file(&lost).unwrap();
    assert!(dry("").contains("1 embed      missing"), "{}", dry(""));
    space.cladus(line).ok();
    assert!(space.artifacts("r") == made);
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_thread_count() {
    let space = Space::new();
    space.write("in.jsonl", assorted(250));
    let run = |out: &str, threads: &str| {
        let ran = space
            .command("cladus")
            .args(["run", "in.jsonl", "--out", out, "--seed", "7"])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(ran.status.success());
        space.artifacts(out)
    };
    let once = run("a", "1");
    assert_eq!(once.len(), 3 + 5 * 2, "{:?}", once.keys());
    assert!(once == run("b", "2"), "another thread count gives other bytes");
    assert!(once == run("c", "2"), "a second run gives other bytes");
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let space = Space::new();
    let text = assorted(90);
    let mut lines: Vec<&str> = text.lines().collect();
    space.write("in.jsonl", &text);
    lines.reverse();
    space.write("turned.jsonl", lines.join("\n"));
    space.cladus("run in.jsonl --out a").ok();
    space.cladus("run turned.jsonl --out b").ok();
    assert!(space.artifacts("a") == space.artifacts("b"));
}

#[test]
fn results_go_to_stdout_and_nothing_else_does() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let ran = space.cladus("run in.jsonl --out r --json --commands").ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["clusters"], 60);
    assert_eq!(report["iterations"][0]["stages"].as_array().unwrap().len(), 5);
    assert!(ran.stderr.contains("$ cladus-embed --clusters r/clusters.parquet"), "{}", ran.stderr);
    // Command lines are shown on request only.
    let plain = space.cladus("run in.jsonl --out p").ok();
    assert!(
        !plain.stderr.contains("$ cladus-") && plain.stderr.contains("1/1 embed"),
        "{}",
        plain.stderr
    );
    let verbose = space.cladus("run in.jsonl --out v -v").ok();
    assert!(verbose.stderr.contains("$ cladus-embed --clusters v/"), "{}", verbose.stderr);
    let quiet = space.cladus("run in.jsonl --out q --quiet").ok();
    assert_eq!(quiet.stderr, "");
    let tree: serde_json::Value =
        serde_json::from_str(&space.cladus("tree r --json").ok().stdout).unwrap();
    assert_eq!(tree["clusters"], 60);
    assert_eq!(tree["roots"].as_array().unwrap().len(), report["roots"].as_u64().unwrap() as usize);
}

#[test]
fn the_printed_command_lines_do_the_same_by_hand() {
    let space = Space::new();
    space.write("in.jsonl", assorted(200));
    let ran = space.cladus("run in.jsonl --out r --commands").ok();
    let before = space.artifacts("r");
    let commands: Vec<&str> =
        ran.stderr.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert_eq!(commands.len(), 10, "{}", ran.stderr);
    for iteration in ["r/iteration-1", "r/iteration-2"] {
        std::fs::remove_dir_all(space.path(iteration)).unwrap();
    }
    for command in commands {
        let mut words = command.split_whitespace();
        space.run(words.next().unwrap(), words).ok();
    }
    assert!(space.artifacts("r") == before, "by hand the artifacts are others");
}

#[test]
fn show_knows_every_way_through_the_tree() {
    let space = Space::new();
    space.write("in.jsonl", assorted(200));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let show = |id: &str| -> serde_json::Value {
        serde_json::from_str(&space.run("cladus", ["show", "r", id, "--json"]).ok().stdout).unwrap()
    };
    let leaf = show("c00042");
    assert_eq!(leaf["path"].as_array().unwrap().len() as u64, leaf["depth"].as_u64().unwrap() + 1);
    assert_eq!(leaf["members"].as_array().unwrap().len(), 42 % 5 + 1);
    let root = show(leaf["path"][0]["id"].as_str().unwrap());
    let leaves = root["leaves"].as_array().unwrap();
    assert!(leaves.iter().any(|below| below["id"] == "c00042"));
    assert_eq!(root["members"].as_array().unwrap().len() as u64, root["size"].as_u64().unwrap());
    let by_name = show(root["name"].as_str().unwrap());
    assert_eq!(by_name["id"], root["id"]);
    space.cladus("show r nothing-like-it").exits(2).complains(&["no cluster", "hint"]);
    let text = space.cladus("show r c00042").ok().stdout;
    assert!(text.contains("depth") && text.contains(" > "), "{text}");
}
