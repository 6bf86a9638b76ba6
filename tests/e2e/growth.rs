//! `cladus run --onto`: new clusters in an older hierarchy.

use std::collections::BTreeMap;

use cladus_core::artifact::Node;
use cladus_tests::server::Behaviour;

use crate::models::Bench;
use crate::space::{Space, helpdesk};

/// The example input without the clusters of these places, and with those of nobody's kind.
fn lines(without: std::ops::Range<usize>, strangers: bool) -> String {
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    let kept = all.lines().enumerate().filter(|(at, _)| !without.contains(at));
    let mut lines: String = kept.map(|(_, line)| format!("{line}\n")).collect();
    if strangers {
        for (at, name) in [
            "Choose soil for tomatoes in the garden",
            "Prune roses in the garden",
            "Water plants in the garden",
            "Get rid of aphids on garden roses",
        ]
        .iter()
        .enumerate()
        {
            let line = serde_json::json!({"id": format!("new-{at}"), "name": name});
            lines += &format!("{line}\n");
        }
    }
    lines
}

/// The parent of every base cluster.
fn parents(nodes: &[Node]) -> BTreeMap<&str, &str> {
    let base = nodes.iter().filter(|node| node.cluster.level == 0);
    base.filter_map(|node| Some((node.cluster.id.as_str(), node.parent_id.as_deref()?))).collect()
}

#[test]
fn who_was_there_stays_and_strangers_get_parents_of_their_own() {
    let space = Space::new();
    space.write("old.jsonl", lines(0..15, false));
    space.write("new.jsonl", lines(100..106, true));
    space
        .cladus("run old.jsonl --out old --embedder lexical --max-clusters 12 --levels 1 --quiet")
        .ok();
    let before = space.artifacts("old");
    let ran = space
        .cladus("run new.jsonl --out new --embedder lexical --onto old --max-clusters 16")
        .ok();
    assert!(ran.stderr.contains("99 in both, 6 gone, 19 new"), "{}", ran.stderr);
    assert!(space.artifacts("old") == before, "the earlier run is read, and left alone");
    space.cladus("check new").ok();

    let (old, new) = (space.hierarchy("old"), space.hierarchy("new"));
    let (was, is) = (parents(&old), parents(&new));
    let moved = was.iter().filter(|(id, parent)| is.get(*id).is_some_and(|now| now != *parent));
    assert_eq!(moved.count(), 0, "nobody moves where there is room");
    // Names and ids are what they were.
    let named = |nodes: &[Node]| -> BTreeMap<String, String> {
        let parents = nodes.iter().filter(|node| node.cluster.level > 0);
        parents.map(|node| (node.cluster.id.clone(), node.cluster.name.clone())).collect()
    };
    let (was_named, is_named) = (named(&old), named(&new));
    assert!(was_named.iter().all(|(id, name)| is_named.get(id) == Some(name)), "{is_named:?}");
    // The garden is nobody's.
    let garden: Vec<&str> = (0..4).map(|at| is[format!("new-{at}").as_str()]).collect();
    assert!(garden.iter().all(|parent| parent == &garden[0]), "{garden:?}");
    assert!(!was_named.contains_key(garden[0]));
    // And the others came to where they would have been.
    let whole = space.cladus("diff old new --json").ok().stdout;
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["base"]["moved"], serde_json::json!([]));

    // It is remembered, and there is nothing to do.
    let again = space.cladus("run new.jsonl --out new").ok();
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    // The same rows, the same bytes.
    space
        .cladus("run new.jsonl --out twice --embedder lexical --onto old --max-clusters 16 --quiet")
        .ok();
    assert!(space.artifacts("twice") == space.artifacts("new"));
    // From the file alone, too.
    let file = "run new.jsonl --out file --embedder lexical --onto old/hierarchy.parquet --max-clusters 16 --quiet";
    space.cladus(file).ok();
    let tree = |run: &str| std::fs::read(space.path(&format!("{run}/hierarchy.parquet"))).unwrap();
    assert!(tree("file") == tree("new"));
}

#[test]
fn the_same_clusters_make_the_same_tree_at_every_level() {
    let space = Space::new();
    space.write("in.jsonl", lines(0..0, false));
    space
        .cladus("run in.jsonl --out old --embedder lexical --max-clusters 4 --levels 2 --quiet")
        .ok();
    assert_eq!(space.hierarchy("old").iter().map(|node| node.cluster.level).max(), Some(2));
    let ran = space.cladus("run in.jsonl --out new --embedder lexical --onto old --commands").ok();
    assert!(ran.stderr.contains("the same: 120 base clusters"), "{}", ran.stderr);
    let tree = |run: &str| -> Vec<(String, Option<String>, String)> {
        let nodes = space.hierarchy(run).into_iter();
        nodes.map(|node| (node.cluster.id, node.parent_id, node.cluster.name)).collect()
    };
    assert_eq!(tree("new"), tree("old"));
    // Stages by hand do the same.
    let commands = ran.stderr.lines().filter_map(|line| line.strip_prefix("$ "));
    let commands: Vec<&str> = commands.collect();
    assert_eq!(commands.len(), 10, "{}", ran.stderr);
    for command in commands {
        let line = command.replace(" new/", " hand/");
        let line = line.replace("hand/clusters.parquet", "new/clusters.parquet");
        let line = line.replace("hand/onto.parquet", "new/onto.parquet");
        let mut words = line.split_whitespace();
        std::fs::create_dir_all(space.path("hand/iteration-1")).unwrap();
        std::fs::create_dir_all(space.path("hand/iteration-2")).unwrap();
        space.run(words.next().unwrap(), words).ok();
    }
    for iteration in ["iteration-1", "iteration-2"] {
        let read = |run: &str| {
            std::fs::read(space.path(&format!("{run}/{iteration}/parents.parquet"))).unwrap()
        };
        assert!(read("hand") == read("new"));
    }
}

#[test]
fn a_model_is_asked_about_what_is_new_alone() {
    let bench = Bench::new(Behaviour::default());
    bench.space.write("old.jsonl", lines(0..3, false));
    bench.space.write("in.jsonl", lines(0..0, false));
    let url = bench.server.base_url();
    let run = |input: &str, out: &str, more: &str| {
        let line = format!(
            "run {input} --out {out} --embedder lexical --config conf.toml --model test-chat --base-url {url} \
             --max-clusters 10 {more}"
        );
        let ran: crate::space::Ran = bench.line("cladus", &line).output().unwrap().into();
        ran.ok()
    };
    run("old.jsonl", "old", "");
    let whole = bench.stats().requests;
    let asked = bench.requests_of(|| {
        run("in.jsonl", "new", "--onto old");
    });
    assert!(asked > 0 && 3 * asked < whole, "{asked} of {whole}");
    bench.space.cladus("check new").ok();
    let labels = bench.labels("new");
    assert_eq!(labels.len(), 120);
    let new: Vec<_> = labels.iter().filter(|label| label.answer.is_some()).collect();
    assert!(new.len() <= 3, "{new:?}");
}

#[test]
fn an_older_hierarchy_that_cannot_be_is_told() {
    let space = Space::new();
    space.write("in.jsonl", lines(0..90, false));
    space.cladus("run in.jsonl --out r --embedder lexical --quiet").ok();
    space.cladus("run in.jsonl --out r --onto r").exits(2).complains(&["the run itself", "--out"]);
    space.cladus("run in.jsonl --out s --onto nowhere").exits(3).complains(&["nowhere"]);
    space.write("text.parquet", "no Parquet");
    space.cladus("run in.jsonl --out s --onto text.parquet").exits(3).complains(&["text.parquet"]);
}

/// The example without its members, as `change` makes each line.
fn month(change: impl Fn(usize, &mut serde_json::Value)) -> String {
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    let line = |(at, line): (usize, &str)| {
        let mut cluster: serde_json::Value = serde_json::from_str(line).unwrap();
        cluster.as_object_mut().unwrap().remove("members");
        change(at, &mut cluster);
        format!("{cluster}\n")
    };
    all.lines().enumerate().map(line).collect()
}

/// The name of every base cluster with that of its parent.
fn names(nodes: &[Node]) -> BTreeMap<String, String> {
    let name = |id: &str| {
        let node = nodes.iter().find(|node| node.cluster.id == id).unwrap();
        node.cluster.name.clone()
    };
    let base = nodes.iter().filter(|node| node.cluster.level == 0);
    base.filter_map(|node| Some((node.cluster.name.clone(), name(node.parent_id.as_ref()?))))
        .collect()
}

#[test]
fn topics_that_were_numbered_anew_stay_under_their_parents() {
    let space = Space::new();
    let numbered = |at: usize, cluster: &mut serde_json::Value| cluster["id"] = at.into();
    space.write("old.jsonl", month(numbered));
    let turned = |at: usize, cluster: &mut serde_json::Value| cluster["id"] = (119 - at).into();
    space.write("new.jsonl", month(turned));
    space.cladus("run old.jsonl --out old --embedder lexical --quiet").ok();
    let ran = space.cladus("run new.jsonl --out new --embedder lexical --onto old").ok();
    ran.complains(&[
        "120 base clusters of the earlier run were found again: 120 by name",
        "after a renumbering",
    ]);
    assert!(ran.stderr.contains("the same: 120 base clusters (120 by name)"), "{}", ran.stderr);
    assert_eq!(names(&space.hierarchy("new")), names(&space.hierarchy("old")));
    space.cladus("check new").ok();
    space.cladus("status new --check").ok();
    let again = space.cladus("run new.jsonl --out new").ok();
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    // By ids alone, most move, and that is told.
    let by_ids = space.cladus("diff old new --match ids").ok();
    by_ids.complains(&["of 120 ids in common, 120 belong to clusters with other names"]);
    assert!(by_ids.stdout.contains("120 by id"), "{}", by_ids.stdout);
    // Another way to recognise them is another tree.
    let status = |flags: &str| space.cladus(&format!("run new.jsonl --out new --dry-run {flags}"));
    assert!(status("").ok().stdout.contains("nothing to do"));
    assert!(!status("--match ids").ok().stdout.contains("nothing to do"));
    let members = space.cladus("run new.jsonl --out new --match members").ok();
    members.complains(&["0 base clusters of the earlier run were found again"]);
    space.cladus("run new.jsonl --out other --match ids").exits(2).complains(&["--onto OLD_RUN"]);
    space.cladus("diff old new --match by-eye").exits(2).complains(&["auto, ids, members, names"]);
}

#[test]
fn fresh_ids_are_recognised_by_members_and_by_what_names_mean() {
    let space = Space::new();
    let items = |at: usize, cluster: &mut serde_json::Value, prefix: &str| {
        cluster["id"] = format!("{prefix}-{at}").into();
        let members: Vec<String> = (0..3).map(|item| format!("item-{at}-{item}")).collect();
        // One in three has no members at all.
        cluster["members"] =
            if at.is_multiple_of(3) { serde_json::json!([]) } else { members.into() };
    };
    space.write("old.jsonl", month(|at, cluster| items(at, cluster, "a")));
    let reworded = |at: usize, cluster: &mut serde_json::Value| {
        items(at, cluster, "b");
        if at % 3 == 1 {
            cluster["name"] = format!("Number {at}").into();
        } else if at.is_multiple_of(6) {
            cluster["name"] = format!("{} again", cluster["name"].as_str().unwrap()).into();
        }
    };
    space.write("new.jsonl", month(reworded));
    space.cladus("run old.jsonl --out old --embedder lexical --quiet").ok();
    let ran = space.cladus("run new.jsonl --out new --embedder lexical --onto old").ok();
    ran.complains(&["were found again: 80 by members, 20 by name, 20 by similar meaning"]);
    let diff = space.cladus("diff old new --json").ok().stdout;
    let diff: serde_json::Value = serde_json::from_str(&diff).unwrap();
    let matched = &diff["matched"];
    assert_eq!((&matched["members"], &matched["nearness"]), (&80.into(), &20.into()));
    assert_eq!(diff["base"]["moved"], serde_json::json!([]));
    assert_eq!(diff["base"]["gone"], serde_json::json!([]));
    let grown = diff["roots"].as_array().unwrap();
    assert!(grown.iter().all(|root| root["a"]["clusters"] == root["b"]["clusters"]), "{grown:#?}");
    // One after the other, and from the flags that plan prints: as make does it.
    let plan = "plan new --iteration 1 --flags label";
    let flags = space.cladus(plan).ok().stdout;
    assert!(flags.contains("--onto new/onto.parquet"), "{flags}");
    std::fs::remove_file(space.path("new/onto.parquet")).unwrap();
    space.cladus(plan).ok();
    assert!(space.path("new/onto.parquet").is_file());
}
