//! `--min-children` and `--max-children`: how many children a parent has.

use std::collections::BTreeMap;

use cladus_core::artifact::Node;
use cladus_tests::server::Behaviour;

use crate::models::Bench;
use crate::space::{Space, assorted, helpdesk};

/// How many children every parent has, at its level.
fn children(nodes: &[Node]) -> Vec<(u8, usize)> {
    let mut children: BTreeMap<&str, usize> = BTreeMap::new();
    for parent in nodes.iter().filter_map(|node| node.parent_id.as_deref()) {
        *children.entry(parent).or_default() += 1;
    }
    let parents = nodes.iter().filter(|node| node.cluster.level > 0);
    parents
        .map(|node| {
            (node.cluster.level, children.get(node.cluster.id.as_str()).copied().unwrap_or(0))
        })
        .collect()
}

/// Every parent of the run has `least` to `most` children, nobody is left without one, and the highest
/// level is `levels`.
#[track_caller]
fn has_shape(space: &Space, run: &str, least: usize, most: usize, levels: u8) {
    space.cladus(&format!("check {run}")).ok();
    let nodes = space.hierarchy(run);
    let found = children(&nodes);
    assert_eq!(found.iter().map(|(level, _)| *level).max(), Some(levels), "{found:?}");
    for (level, count) in &found {
        assert!((least..=most).contains(count), "{count} children at level {level}: {found:?}");
    }
    let alone = nodes.iter().filter(|node| node.cluster.level == 0 && node.parent_id.is_none());
    assert_eq!(alone.count(), 0, "a base cluster is a root");
}

#[test]
fn every_parent_has_as_many_children_as_it_may() {
    let space = Space::new();
    let example = space.example();
    space.write("many.jsonl", assorted(400));
    for (input, flags, least, most, levels) in [
        (example, "--levels 2", 3, 8, 2),
        (example, "--levels 3 --max-clusters 4", 3, 8, 3),
        (example, "--embedder lexical --clusters-per-group 12", 3, 8, 2),
        ("many.jsonl", "--max-clusters 6", 3, 8, 3),
        ("many.jsonl", "--max-clusters 50 --embedder lexical", 4, 8, 1),
    ] {
        let bounds = format!("--min-children {least} --max-children {most}");
        space.cladus(&format!("run {input} --out r {flags} {bounds}")).ok();
        has_shape(&space, "r", least, most, levels);
        std::fs::remove_dir_all(space.path("r")).unwrap();
    }
}

#[test]
fn either_bound_alone_holds_too() {
    let space = Space::new();
    let input = space.example();
    let most =
        space.cladus(&format!("run {input} --out most --embedder lexical --max-children 4")).ok();
    assert!(most.stderr.contains("level plan: 120 -> "), "{}", most.stderr);
    assert!(children(&space.hierarchy("most")).iter().all(|(_, count)| *count <= 4));
    let roots = space.hierarchy("most").iter().filter(|node| node.parent_id.is_none()).count();
    assert!((5..=10).contains(&roots), "{roots} roots");
    space.cladus(&format!("run {input} --out least --embedder lexical --min-children 20")).ok();
    has_shape(&space, "least", 20, 120, 1);
    // More than there are: all of them under one.
    space.cladus(&format!("run {input} --out all --embedder lexical --min-children 121")).ok();
    has_shape(&space, "all", 120, 120, 1);
}

#[test]
fn a_models_parents_keep_the_bounds() {
    let bench = Bench::new(Behaviour::default());
    let flags = "--levels 2 --max-clusters 8 --min-children 3 --max-children 8";
    let report = bench.report("r", flags);
    has_shape(&bench.space, "r", 3, 8, 2);
    assert_eq!(report.fell_back(), 0);
    let again = bench.report("r", flags);
    assert!(again.states().iter().all(|state| *state == "fresh"));
}

#[test]
fn who_says_nothing_gets_what_there_was() {
    let space = Space::new();
    space.write("in.jsonl", assorted(150));
    space.cladus("run in.jsonl --out plain --embedder lexical").ok();
    let settings = std::fs::read_to_string(space.path("plain/cladus.toml")).unwrap();
    let record = space.path("plain/iteration-1/parents.manifest.json");
    let record = std::fs::read_to_string(record).unwrap();
    let flags = space.cladus("plan plain --iteration 1 --flags rename").ok().stdout;
    assert_eq!(flags, "--parents 39\n");
    for text in [&settings, &record] {
        assert!(!text.contains("_children"), "{text}");
    }
    // Bounds that nobody reaches change no row.
    let wide = "--min-children 1 --max-children 5000";
    space.cladus(&format!("run in.jsonl --out wide --embedder lexical {wide}")).ok();
    assert!(space.artifacts("wide") == space.artifacts("plain"));
    let flags = space.cladus("plan wide --iteration 1 --flags rename").ok().stdout;
    assert_eq!(flags, "--parents 39 --min-children 1 --max-children 5000\n");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_made() {
    let space = Space::new();
    let input = space.example();
    for (flags, parts) in [
        ("--min-children 0", ["min_children is 0", "hint"]),
        ("--max-children 0", ["max_children is 0", "hint"]),
        ("--max-children 1", ["max_children is 1", "2 or more"]),
        ("--min-children 5 --max-children 4", ["min_children is 5", "raise --max-children to 5"]),
        ("--levels 1 --max-children 8", ["room for 80 clusters", "--levels 2"]),
        ("--levels 60,10 --min-children 3", ["60 parents", "at most 40"]),
        ("--levels 40,4 --max-children 8", ["40 clusters", "at least 5"]),
    ] {
        space.cladus(&format!("run {input} --out r {flags}")).exits(2).complains(&parts);
        assert!(!space.path("r/iteration-1").exists(), "{flags}");
        let sweep = space.cladus(&format!("sweep {input} --out s --seed 0,1 {flags}"));
        sweep.exits(2).complains(&parts);
    }
    space.cladus("init i --max-children 1").exits(2).complains(&["max_children is 1"]);
    // By hand, too.
    space.cladus(&format!("run {input} --out r --embedder lexical")).ok();
    let rename = "rename --clusters r/clusters.parquet --labels r/iteration-1/labels.parquet \
                  --candidates r/iteration-1/candidates.parquet --out p.parquet";
    let hand = |flags: &str| space.cladus(&format!("{rename} {flags}"));
    hand("--parents 10 --max-children 11").exits(2).complains(&["120 clusters", "--parents 11"]);
    hand("--parents 10 --min-children 9 --max-children 8").exits(2).complains(&["min_children"]);
    hand("--parents 10 --min-children 8 --max-children 16").ok();
    let parents = space.clusters("p.parquet");
    assert!(parents.iter().all(|parent| (8..=16).contains(&parent.members.len())));
}

#[test]
fn a_sweep_keeps_the_bounds_in_every_run() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let line = "sweep in.jsonl --out s --max-clusters 4,8 --embedder lexical";
    let ran = space.cladus(&format!("{line} --min-children 3 --max-children 6")).ok();
    assert_eq!(ran.stdout.matches("  3 to ").count(), 2, "{}", ran.stdout);
    for run in ["s/max-clusters-4_embedder-lexical", "s/max-clusters-8_embedder-lexical"] {
        let levels = space.hierarchy(run).iter().map(|node| node.cluster.level).max();
        has_shape(&space, run, 3, 6, levels.unwrap());
    }
}

#[test]
fn a_changed_value_is_remembered_and_named() {
    let space = Space::new();
    let run = |flags: &str| {
        space.cladus(&format!("run {} --out r --embedder lexical {flags}", space.example())).ok()
    };
    run("--min-children 3 --max-children 40");
    let settings = std::fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    assert!(settings.contains("min_children = 3\nmax_children = 40"), "{settings}");
    space.cladus("status r --check").ok();
    space.write("r/cladus.toml", settings.replace("min_children = 3", "min_children = 6"));
    let said = space.cladus("status r --check").exits(4).stdout;
    assert!(said.contains("min_children: 3 -> 6"), "{said}");
    let stale = said.lines().filter(|line| line.contains("stale")).count();
    assert_eq!(stale, 1, "only rename reads it: {said}");
    run("");
    has_shape(&space, "r", 6, 40, 1);
    // Another plan is another matter.
    let plan = run("--max-children 9").stderr;
    assert!(plan.contains("level plan: 120 -> 20 -> 3"), "{plan}");
    has_shape(&space, "r", 6, 9, 2);
}

#[test]
fn a_check_knows_the_bounds_and_leaves_corrections_alone() {
    let space = Space::new();
    let input = space.example();
    space
        .cladus(&format!(
            "run {input} --out r --embedder lexical --min-children 3 --max-children 16"
        ))
        .ok();
    let nodes = space.hierarchy("r");
    let small = nodes.iter().find(|node| {
        let children = nodes.iter().filter(|n| n.parent_id.as_ref() == Some(&node.cluster.id));
        node.cluster.level == 1 && children.count() < 16
    });
    let to = &small.unwrap().cluster.id;
    let from = nodes.iter().filter(|node| node.cluster.level == 0);
    let from = from.filter(|node| node.parent_id.as_ref() != Some(to));
    let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in from {
        of.entry(node.parent_id.as_deref().unwrap()).or_default().push(&node.cluster.id);
    }
    // All but one of a parent's children are somewhere else.
    let emptied = of.values().min_by_key(|children| children.len()).unwrap();
    for child in &emptied[1..] {
        space.run("cladus", ["edit", "r", "move", child, to]).ok();
    }
    space.cladus("check r").ok();
    let settings = std::fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    let other = settings.replace("max_children = 16", "max_children = 4");
    space.write("r/cladus.toml", other.replace("min_children = 3", "min_children = 2"));
    let said = space.cladus("check r").exits(3).stdout;
    assert!(
        said.contains("parents.parquet: parent") && said.contains("max_children is 4"),
        "{said}"
    );
}

#[test]
fn a_program_in_the_place_of_rename_keeps_the_bounds_or_is_refused() {
    let space = Space::new();
    let program = space.command("cladus-rename").get_program().to_owned();
    let words = "--clusters {clusters} --labels {labels} --candidates {candidates} \
                 --embeddings {embeddings} --out {out} --parents {parents}";
    let pipeline = |more: &str| {
        let words = words.split_whitespace().chain(more.split_whitespace());
        let command: Vec<&str> = program.to_str().into_iter().chain(words).collect();
        let command = serde_json::json!(command);
        space.write("own.toml", format!("[stage.rename]\ncommand = {command}\n"));
    };
    let line = format!(
        "run {} --out r --embedder lexical --pipeline own.toml --min-children 6 --max-children 30",
        space.example()
    );
    pipeline("");
    space.cladus(&line).exits(3).complains(&["column members", "min_children is 6"]);
    pipeline("--params {params}");
    space.cladus(&line).ok();
    has_shape(&space, "r", 6, 30, 1);
}

#[test]
fn an_older_tree_grows_within_the_bounds() {
    let space = Space::new();
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    let some: Vec<&str> = all.lines().step_by(2).collect();
    space.write("old.jsonl", some.join("\n"));
    space.write("new.jsonl", &all);
    space.cladus("run old.jsonl --out old --embedder lexical --levels 2 --max-clusters 5 --min-children 2").ok();
    let bounds = "--min-children 2 --max-children 7";
    space.cladus(&format!("run new.jsonl --out new --embedder lexical --onto old {bounds}")).ok();
    has_shape(&space, "new", 2, 7, 2);
    let diff = space.cladus("diff old new --json").ok().stdout;
    let diff: serde_json::Value = serde_json::from_str(&diff).unwrap();
    assert!(!diff["parents"]["kept"].as_array().unwrap().is_empty(), "{diff:#}");
    let tight =
        "run new.jsonl --out tight --embedder lexical --onto old --max-children 4 --max-clusters 5";
    space.cladus(tight).exits(2).complains(&["2 levels", "max_children is 4", "hint"]);
}
