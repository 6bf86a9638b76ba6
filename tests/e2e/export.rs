//! `cladus export`, `tree` and `show`: a hierarchy as programs and people read it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;

use cladus_core::artifact::Node;
use skipped_tests::there;

use crate::space::{Space, helpdesk, python};

fn run() -> Space {
    let space = Space::new();
    std::fs::copy(helpdesk(), space.path("in.jsonl")).unwrap();
    space.cladus("run in.jsonl --out r --embedder lexical --map").ok();
    space
}

#[test]
fn members_and_csv_are_what_the_artifacts_say() {
    let Some(python) = python() else { return };
    let space = run();
    for (format, file) in [("members", "members.csv"), ("csv", "clusters.csv")] {
        space.cladus(&format!("export r --format {format} --out {file}")).ok();
    }
    // The same joins by closure and hierarchy.
    let script = r"
import duckdb
duckdb.sql('''create table n as from 'r/hierarchy.parquet' ''')
duckdb.sql('''create table c as from 'r/closure.parquet' ''')
duckdb.sql('''create table m as from read_csv('members.csv', all_varchar=true)''')
items = duckdb.sql('''select count(*), count(distinct item) from m''').fetchall()[0]
expected = duckdb.sql('''select sum(len(members)) from n where level = 0''').fetchall()[0][0]
assert items[0] == expected > 0, (items, expected)
wrong = duckdb.sql('''
  select count(*) from m join n leaf on leaf.id = m.cluster_id
  join c on c.descendant = leaf.id join n root on root.id = c.ancestor and root.parent_id is null
  where not list_contains(leaf.members, m.item) or root.id <> m.root_id or root.name <> m.root''').fetchall()[0][0]
assert wrong == 0, wrong
parents = duckdb.sql('''
  select count(*) from m join c on c.descendant = m.cluster_id and c.ancestor = m.level_1_id''').fetchall()[0][0]
assert parents == expected, parents
rows = duckdb.sql('''select count(*), count(root), count(level_1), sum(size) from 'clusters.csv' ''').fetchall()[0]
assert rows[0] == rows[1] == rows[2] == 120, rows
assert rows[3] == duckdb.sql('''select sum(size) from n where parent_id is null''').fetchall()[0][0]
print('ok')
";
    assert_eq!(space.python(&python, script).ok().stdout.trim(), "ok");
}

#[test]
fn an_ending_says_the_format_and_standard_output_takes_one_file() {
    let space = run();
    for (file, begins) in [
        ("t.json", "{\n  \"name\": \"r\""),
        ("t.jsonl", "{\"id\":"),
        ("t.graphml", "<?xml"),
        ("t.dot", "digraph"),
        ("t.mmd", "flowchart LR"),
        ("t.md", "# r\n"),
    ] {
        space.cladus(&format!("export r --out {file}")).ok();
        let text = std::fs::read_to_string(space.path(file)).unwrap();
        assert!(text.starts_with(begins), "{file}: {}", &text[..60]);
    }
    let printed = space.cladus("export r --format markdown --depth 1").ok().stdout;
    assert!(printed.contains("## In doubt") && printed.len() < 6_000, "{printed}");
    space.cladus("export r --out t.xyz").exits(2).complains(&["extension of t.xyz"]);
    space.cladus("export r").exits(2).complains(&["--format"]);
    space.cladus("export r --format kura").exits(2).complains(&["--out FOLDER"]);
    // Twice the same bytes.
    let first = std::fs::read(space.path("t.graphml")).unwrap();
    space.cladus("export r --out t.graphml").ok();
    assert!(std::fs::read(space.path("t.graphml")).unwrap() == first);
}

#[test]
fn what_is_exported_for_kura_comes_back() {
    let space = run();
    space.cladus("export r --format kura --out k").ok();
    // The leaves of Kura's checkpoint are the base clusters.
    space.cladus("run k/meta_clusters.jsonl --out again").ok();
    let ids = |run: &str| {
        let mut ids: Vec<String> = space
            .clusters(&format!("{run}/clusters.parquet"))
            .into_iter()
            .map(|cluster| cluster.id)
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("r"), ids("again"));
}

/// Every parent: its name, and the names of the base clusters below it.
fn parents(rows: &[Node]) -> BTreeMap<Vec<String>, String> {
    let mut below: HashMap<&str, Vec<String>> = HashMap::new();
    let parent_of: HashMap<&str, &str> = rows
        .iter()
        .filter_map(|node| Some((node.cluster.id.as_str(), node.parent_id.as_deref()?)))
        .collect();
    for leaf in rows.iter().filter(|node| node.cluster.level == 0) {
        let mut at = leaf.cluster.id.as_str();
        while let Some(&parent) = parent_of.get(at) {
            below.entry(parent).or_default().push(leaf.cluster.name.clone());
            at = parent;
        }
    }
    let parents = rows.iter().filter_map(|node| {
        let mut leaves = below.remove(node.cluster.id.as_str())?;
        leaves.sort();
        Some((leaves, node.cluster.name.clone()))
    });
    parents.collect()
}

#[test]
fn every_table_and_graph_of_a_whole_tree_is_read_back_as_that_tree() {
    let space = run();
    space.cladus("run --out r --max-clusters 3 --quiet").ok();
    let before = space.hierarchy("r");
    let written = parents(&before);
    let sizes = |rows: &[Node]| -> Vec<(String, u64)> {
        let leaves = rows.iter().filter(|node| node.cluster.level == 0);
        let mut sizes: Vec<_> =
            leaves.map(|node| (node.cluster.name.clone(), node.cluster.size)).collect();
        sizes.sort();
        sizes
    };
    for (format, file, ids) in [
        ("members", "members.csv", false),
        ("csv", "levels.csv", false),
        ("jsonl", "nodes.jsonl", true),
        ("json", "d3.json", true),
        ("kura", "kura", true),
        ("graphml", "graph.graphml", true),
        ("bertopic", "topics.csv", false),
    ] {
        space.cladus(&format!("export r --format {format} --out {file}")).ok();
        let input = if format == "kura" { "kura/meta_clusters.jsonl" } else { file };
        let out = format!("from-{format}");
        let flags = "--keep-levels --max-clusters 5 --quiet";
        space.cladus(&format!("run {input} --out {out} --embedder lexical {flags}")).ok();
        let after = space.hierarchy(&out);
        let mut read = parents(&after);
        if format == "bertopic" {
            // Its tables end in one topic, by nature, and say nothing of sizes.
            read.retain(|leaves, _| leaves.len() < 120);
        } else {
            assert_eq!(sizes(&after), sizes(&before), "{format}");
        }
        assert_eq!(read, written, "{format}");
        if ids {
            let of = |rows: &[Node]| -> BTreeMap<String, Option<String>> {
                rows.iter().map(|n| (n.cluster.id.clone(), n.parent_id.clone())).collect()
            };
            assert_eq!(of(&after), of(&before), "{format}");
        }
        space.cladus(&format!("eval {file} --json")).ok();
        space.cladus(&format!("diff r {file} --json")).ok();
    }
    for drawn in ["tree.dot", "tree.mmd"] {
        space.cladus(&format!("export r --out {drawn}")).ok();
        space.cladus(&format!("diff r {drawn}")).exits(3).complains(&["is a drawing", "graphml"]);
    }
}

#[test]
fn kura_prints_what_is_exported() {
    let python = std::env::var_os("CLADUS_TEST_KURA_PYTHON");
    let what = "a Python with kura 0.5.4 (CLADUS_TEST_KURA_PYTHON)";
    if !there(python.is_some(), what) {
        return;
    }
    let space = run();
    space.cladus("export r --format kura --out k").ok();
    let script = r"
import asyncio, kura
from kura.checkpoints import JSONLCheckpointManager
from kura.types import Cluster, ProjectedCluster
from kura.visualization import visualise_clusters
manager = JSONLCheckpointManager('k')
assert len(manager.load_checkpoint('clusters', Cluster)) == 120
clusters = manager.load_checkpoint('meta_clusters', Cluster)
placed = manager.load_checkpoint('dimensionality', ProjectedCluster)
assert [c.id for c in placed] == [c.id for c in clusters]
visualise_clusters(checkpoint_path='k/meta_clusters.jsonl')
";
    let output = Command::new(python.unwrap_or_default())
        .current_dir(space.path(""))
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("Clusters (3250 conversations)"), "{printed}");
    for node in space.hierarchy("r") {
        assert!(printed.contains(&node.cluster.name), "{} is not printed", node.cluster.name);
    }
}

#[test]
fn hostile_names_stay_text() {
    let space = Space::new();
    let evil = [
        "<script>alert(1)</script>",
        "]]> & \"quote\" \\ |pipe|",
        "a\\\"]; b -> c",
        "@octocat #1 https://evil.example www.evil.example `x` $y$",
    ];
    let row = |i: usize| {
        let name = evil[i % evil.len()];
        let item = format!("m{i}");
        let row = serde_json::json!({ "name": format!("{name} {i}"), "description": name, "members": [item] });
        format!("{row}\n")
    };
    let rows: String = (0..40).map(row).collect();
    space.write("in.jsonl", rows);
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 5").ok();
    let Some(python) = python() else { return };
    for file in ["t.graphml", "t.json", "t.jsonl", "t.dot", "t.mmd", "t.md", "t.csv"] {
        space.cladus(&format!("export r --out {file}")).ok();
    }
    let script = r#"
import csv, json, re
import xml.etree.ElementTree as tree
names = {n.text for n in tree.parse('t.graphml').iter('{http://graphml.graphdrawing.org/xmlns}data') if n.get('key') == 'name'}
assert any(n.startswith('<script>') for n in names), names
lines = [json.loads(line) for line in open('t.jsonl')]
assert {line['name'] for line in lines} == names
assert {row['name'] for row in csv.DictReader(open('t.csv'))} <= names
for line in open('t.dot'):
    assert re.fullmatch(r'(digraph "r" \{|  rankdir=LR;|  node .*;|\}|  "(\\.|[^"\\])*"( -> "(\\.|[^"\\])*"| \[label="(\\.|[^"\\])*"\]);)\n', line), line
for line in open('t.mmd'):
    assert re.fullmatch(r'(flowchart LR|  n\d+ --- n\d+|  n\d+\["[^"<>`]*<br/>[^"<>`]*"\])\n', line), line
report = open('t.md').read()
assert '<script' not in report and '@octocat' not in report and '://' not in report
print('ok')
"#;
    assert_eq!(space.python(&python, script).ok().stdout.trim(), "ok");
}

#[test]
fn show_says_why() {
    let space = run();
    let why = space.cladus("show r hd-017 --why").ok().stdout;
    for part in
        ["placed   in iteration 1", "group    ", "margin   ", "candidates of its group", "* 0."]
    {
        assert!(why.contains(part), "no {part:?} in\n{why}");
    }
    let shown = space.cladus("show r hd-017 --why --json").ok().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let why = &shown["why"];
    assert_eq!((&why["iteration"], &why["answer"]), (&1.into(), &serde_json::Value::Null));
    assert!(why["candidates"].as_array().unwrap().len() > 1, "{why}");
    // A root was placed by nobody above it.
    let root = space.hierarchy("r")[0].cluster.id.clone();
    let why = space.run("cladus", ["show", "r", &root, "--why"]).ok().stdout;
    assert!(why.contains("placed   "), "{why}");
}

#[test]
fn trees_are_cut_by_size_and_width_and_read_aloud() {
    let space = run();
    let whole = space.cladus("tree r").ok().stdout;
    let large = space.cladus("tree r --min-size 5%").ok().stdout;
    assert!(large.lines().count() < whole.lines().count() / 2, "{large}");
    assert!(large.contains("… and "), "{large}");
    let items: u64 =
        space.hierarchy("r").iter().filter(|n| n.parent_id.is_none()).map(|n| n.cluster.size).sum();
    for line in large.lines().skip(3).filter(|line| !line.contains("… and ")) {
        let size: u64 = line.split_whitespace().next().unwrap().replace(',', "").parse().unwrap();
        assert!(20 * size >= items, "{line}");
    }
    let narrow = space.cladus("tree r --width 50").ok().stdout;
    assert!(narrow.lines().skip(2).all(|line| line.chars().count() <= 50), "{narrow}");
    let bars = space.cladus("tree r --bars --depth 1").ok().stdout;
    assert!(bars.contains("██████████") && !whole.contains('█'), "{bars}");
    let plain = space.cladus("tree r --plain --depth 2").ok().stdout;
    assert!(plain.lines().skip(1).all(|line| line.starts_with("level ")), "{plain}");
    assert!(!plain.contains(['│', '├', '└', '█']), "{plain}");
    space.cladus("tree r --min-size much").exits(2).complains(&["--min-size"]);
}

/// Where results are files, paths are as they were given.
#[test]
fn a_place_that_cannot_be_written_is_told() {
    let space = run();
    std::fs::create_dir(space.path("taken.json")).unwrap();
    space.cladus("export r --out taken.json").exits(2).complains(&["taken.json"]);
    assert!(Path::new(&space.path("taken.json")).is_dir());
}
