//! `cladus diff`: what changed from one hierarchy to another.

use std::path::Path;

use cladus_core::artifact::{self, Cluster, Node};
use serde_json::Value;

use crate::space::{Space, assorted, helpdesk, python};

fn diff(space: &Space, line: &str) -> Value {
    serde_json::from_str(&space.cladus(&format!("diff {line} --json")).ok().stdout).unwrap()
}

fn count(value: &Value, pointer: &str) -> usize {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}")).len()
}

/// A hierarchy as another tool may have written it: parents by name with their base clusters.
fn file(space: &Space, name: &str, tree: &[(&str, &str)]) {
    let node = |id: &str, parent: Option<&str>, level: u8, size: u64| Node {
        cluster: Cluster {
            id: id.to_owned(),
            name: id.trim_start_matches("p-").to_owned(),
            description: String::new(),
            slug: "slug".to_owned(),
            level,
            members: Vec::new(),
            size,
        },
        parent_id: parent.map(str::to_owned),
    };
    let mut nodes = Vec::new();
    for (parent, children) in tree {
        let (id, size) = (format!("p-{parent}"), children.split(' ').count() as u64);
        nodes.push(node(&id, None, 1, size));
        nodes.extend(children.split(' ').map(|child| node(child, Some(&id), 0, 1)));
    }
    artifact::write_hierarchy(&space.path(name), &nodes).unwrap();
}

#[test]
fn a_tree_compared_with_itself_is_one_line() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --max-clusters 4 --embedder lexical").ok();
    let same = space.cladus("diff r r/hierarchy.parquet --check").ok().stdout;
    assert!(same.starts_with("the same: 60 base clusters under "), "{same}");
    assert_eq!(same.lines().count(), 1, "{same}");
    let found = diff(&space, "r r");
    assert_eq!((&found["same"], &found["base"]["stayed_share"]), (&true.into(), &1.0.into()));
    assert_eq!(count(&found, "/parents/kept") as u64, found["parents"]["in_a"].as_u64().unwrap());
}

#[test]
fn every_change_is_told_in_its_section() {
    let space = Space::new();
    let before = [
        ("Cars", "car-1 car-2 car-3 car-4"),
        ("Boats", "boat-1 boat-2 boat-3 boat-4 boat-5"),
        ("Trains", "train-1 train-2"),
        ("Trams", "tram-1 tram-2"),
        ("Bikes", "bike-1 bike-2 bike-3"),
        ("Odd", "odd-1 odd-2 odd-3 odd-4"),
    ];
    let after = [
        ("Cars", "car-1 car-2 car-3 odd-1"),
        ("Sailing", "boat-1 boat-2 odd-2"),
        ("Motorboats", "boat-4 boat-5"),
        ("Rail", "train-1 train-2 tram-1 tram-2"),
        ("Bicycles", "bike-1 bike-2 bike-3 car-4 odd-3"),
        ("Planes", "plane-1 plane-2"),
    ];
    file(&space, "before.parquet", &before);
    file(&space, "after.parquet", &after);
    let text = space.cladus("diff before.parquet after.parquet").ok().stdout;
    let expected = "\
base clusters   20: 18 in both, 2 gone, 2 new
where they were 33.3% of those in both; 12 moved, 9 of them as parents split, merged, came or went
parents         6: 1 kept, 1 renamed, 1 split, 1 merged, 1 gone, 1 new
";
    assert!(text.contains("parents renamed\n    5  Bikes -> Bicycles\n"), "{text}");
    let split = "parents split\n    5  Boats  into Motorboats (2), Sailing (2)\n";
    assert!(text.contains(split), "{text}");
    let merged = "parents merged\n    4  Rail  from Trains (2), Trams (2)\n";
    assert!(text.contains(merged), "{text}");
    let gone = "parents gone\n    4  Odd  now in Bicycles (1), Cars (1), Sailing (1)\n";
    assert!(text.contains(gone), "{text}");
    assert!(text.contains("parents new\n    2  Planes\n"), "{text}");
    assert!(text.contains("    1  Cars -> Bicycles: car-4\n"), "{text}");
    assert!(text.contains("    1  Odd -> Cars: odd-1\n"), "{text}");
    assert!(text.contains("base clusters gone\n    1  boat-3  was under Boats\n"), "{text}");
    assert!(text.contains("base clusters new\n    1  plane-1  under Planes\n"), "{text}");
    assert!(text.contains("    1  odd-4  was under Odd\n"), "{text}");
    for line in expected.lines() {
        assert!(text.lines().any(|found| found == line), "no {line:?} in:\n{text}");
    }
    space.cladus("diff before.parquet after.parquet --check").exits(4).complains(&[]);
    // The other way round, what split has merged.
    let back = space.cladus("diff after.parquet before.parquet").ok().stdout;
    assert!(back.contains("parents split\n    4  Rail  into Trains (2), Trams (2)\n"), "{back}");
    assert!(back.contains("Boats  from Motorboats (2), Sailing (2)\n"), "{back}");
}

#[test]
fn long_sections_are_cut_and_all_shows_them() {
    let space = Space::new();
    file(&space, "a.parquet", &[("P", "a b c")]);
    file(&space, "b.parquet", &[("P", "a b c d e f g h i j k l")]);
    let text = space.cladus("diff a.parquet b.parquet").ok().stdout;
    assert!(text.contains("  … and 4 more (--all)\n") && !text.contains("l  under P"), "{text}");
    let text = space.cladus("diff a.parquet b.parquet --all").ok().stdout;
    assert!(!text.contains("more (--all)") && text.contains("l  under P"), "{text}");
    assert_eq!(count(&diff(&space, "a.parquet b.parquet"), "/base/new"), 9);
}

/// The example help desk, and the same a month later: without some clusters, with others, and one
/// parent's name changed by hand. Returns that parent's id and its new name.
fn months(space: &Space) -> (String, String) {
    space
        .cladus(&format!("run {} --out before --embedder lexical --levels 1", space.example()))
        .ok();
    let text = std::fs::read_to_string(helpdesk()).unwrap();
    let mut later: Vec<String> = text.lines().skip(3).map(str::to_owned).collect();
    for (id, name) in [("n-1", "Pay an invoice by direct debit"), ("n-2", "Reset a lost password")]
    {
        later.push(serde_json::json!({ "id": id, "name": name, "size": 9 }).to_string());
    }
    space.write("later.jsonl", later.join("\n"));
    space.cladus("run later.jsonl --out after --embedder lexical --levels 1").ok();
    let path = space.path("after/iteration-1/parents.parquet");
    let clusters = artifact::read_clusters(&path).unwrap().rows;
    let largest = clusters.iter().max_by_key(|cluster| cluster.members.len()).unwrap();
    let id = largest.id.clone();
    let by_hand = |mut cluster: Cluster| {
        if cluster.id == id {
            cluster.name = "Named by hand".to_owned();
        }
        artifact::Parent { cluster, remark: None }
    };
    let parents: Vec<artifact::Parent> = clusters.into_iter().map(by_hand).collect();
    artifact::write_parents(&path, &parents).unwrap();
    space.cladus("run --out after").ok();
    (id, "Named by hand".to_owned())
}

#[test]
fn two_months_of_a_help_desk_are_told_as_polars_sees_them() {
    let Some(python) = python() else { return };
    let space = Space::new();
    let (id, name) = months(&space);
    let found = diff(&space, "before after");
    assert_eq!((count(&found, "/base/gone"), count(&found, "/base/new")), (3, 2));
    let renamed = found["parents"]["renamed"].as_array().unwrap();
    let by_hand = renamed.iter().find(|pair| pair["b"]["id"] == id.as_str());
    assert_eq!(by_hand.map(|pair| &pair["b"]["name"]), Some(&Value::from(name)), "{renamed:#?}");
    space.write("diff.json", found.to_string());
    // Everything that can be counted from the two runs alone is counted again there.
    let script = r#"
import json, polars as pl
found = json.load(open("diff.json"))
runs = [pl.read_parquet(f"{run}/hierarchy.parquet") for run in ("before", "after")]
base = [run.filter(pl.col("level") == 0) for run in runs]
ids = lambda rows: sorted(row["node"]["id"] for row in rows)
for one, other, what in [(0, 1, "gone"), (1, 0, "new")]:
    alone = base[one].join(base[other], on="id", how="anti")
    assert ids(found["base"][what]) == sorted(alone["id"]), what
    parents = dict(alone.select("id", "parent_id").iter_rows())
    assert {r["node"]["id"]: r["parent"]["id"] for r in found["base"][what]} == parents, what
both = base[0].join(base[1], on="id").select("id")
assert found["base"]["in_both"] == both.height
closures = [pl.read_parquet(f"{run}/closure.parquet").filter(pl.col("depth") > 0).join(both, left_on="descendant", right_on="id")
            for run in ("before", "after")]
cross = (closures[0].join(closures[1], on="descendant", suffix="_b").group_by("ancestor", "ancestor_b").len("shared")
    .join(closures[0].group_by("ancestor").len("in_a"), on="ancestor")
    .join(closures[1].group_by("ancestor").len("in_b").rename({"ancestor": "ancestor_b"}), on="ancestor_b")
    .with_columns(jaccard=pl.col("shared") / (pl.col("in_a") + pl.col("in_b") - pl.col("shared"))))
same = {(a, b): j for a, b, j in cross.filter(pl.col("jaccard") > 0.5).select("ancestor", "ancestor_b", "jaccard").iter_rows()}
pairs = found["parents"]["kept"] + found["parents"]["renamed"]
told = {(p["a"]["id"], p["b"]["id"]): p["jaccard"] for p in pairs}
assert told and told.keys() == same.keys(), (told, same)
assert all(abs(told[pair] - same[pair]) < 1e-12 for pair in told)
# One level: whoever is not under the match of its parent has moved.
was, now = (dict(b.select("id", "parent_id").iter_rows()) for b in base)
moved = sorted(i for i in both["id"] if (was[i], now[i]) not in told)
assert ids(found["base"]["moved"]) == moved
assert found["base"]["stayed"] == both.height - len(moved) > 0
"#;
    space.python(&python, script).ok();
}

#[test]
fn files_that_cannot_be_compared_are_named() {
    let space = Space::new();
    file(&space, "a.parquet", &[("P", "a b c")]);
    space.cladus("diff a.parquet nothing.parquet").exits(3).complains(&["nothing.parquet"]);
    let bytes = std::fs::read(space.path("a.parquet")).unwrap();
    space.write("cut.parquet", &bytes[..bytes.len() / 2]);
    space.cladus("diff cut.parquet a.parquet").exits(3).complains(&["cut.parquet"]);
    std::fs::create_dir(space.path("empty")).unwrap();
    let empty = space.cladus("diff a.parquet empty");
    empty.exits(3).complains(&["empty", "contains no hierarchy.parquet"]);
    circle(&space.path("circle.parquet"));
    let circle = space.cladus("diff a.parquet circle.parquet");
    circle.exits(3).complains(&["circle.parquet", "its own ancestor"]);
    // Nothing in common is no error, and is said.
    file(&space, "b.parquet", &[("P", "x y z")]);
    let text = space.cladus("diff a.parquet b.parquet").ok().stdout;
    assert!(text.contains("no base cluster is in both"), "{text}");
}

fn circle(path: &Path) {
    let node = |id: &str, parent: &str| Node {
        cluster: Cluster {
            id: id.to_owned(),
            name: id.to_owned(),
            description: String::new(),
            slug: "slug".to_owned(),
            level: 0,
            members: Vec::new(),
            size: 1,
        },
        parent_id: Some(parent.to_owned()),
    };
    artifact::write_hierarchy(path, &[node("x", "y"), node("y", "x")]).unwrap();
}

/// A hierarchy as a table of another tool has it: ids, names, parents.
fn of_another_tool(second: &str, soil: u32) -> String {
    format!(
        "id,name,parent,size\n1,Garden,,\n2,{second},,\n3,Roses,1,5\n4,Soil,{soil},3\n\
         5,Late parcels,2,7\n6,Refunds,2,2\n7,Tulips,1,4\n"
    )
}

#[test]
fn hierarchies_of_other_tools_are_compared_judged_and_grown() {
    let space = Space::new();
    space.write("march.csv", of_another_tool("Shop", 1));
    space.write("april.csv", of_another_tool("Store", 2));
    let found = space.cladus("diff march.csv april.csv --json").ok().stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!((&found["base"]["in_a"], &found["base"]["in_b"]), (&5.into(), &5.into()));
    assert_eq!(found["base"]["moved"].as_array().unwrap().len(), 1, "{found}");
    let said = space.cladus("eval march.csv").ok().stdout;
    assert!(said.contains("roots                 2"), "{said}");

    space.write("new.csv", "id,name\n3,Roses\n4,Soil\n5,Late parcels\n6,Refunds\n7,Tulips\n");
    space
        .cladus("run new.csv --out r --embedder lexical --onto march.csv --max-clusters 2 --quiet")
        .ok();
    let rows = space.hierarchy("r");
    let roots: Vec<&str> = rows
        .iter()
        .filter(|node| node.parent_id.is_none())
        .map(|node| node.cluster.name.as_str())
        .collect();
    assert!(roots.contains(&"Garden") && roots.contains(&"Shop"), "{roots:?}");
    // A run that is named without more is that run, and no input of another.
    let again = space.cladus("run r").ok().stdout;
    assert!(again.contains("is up to date"), "{again}");

    space.write("flat.csv", "id,name\n3,Roses\n4,Soil\n");
    space.cladus("eval flat.csv").exits(3).complains(&["flat.csv", "not a hierarchy"]);
}
