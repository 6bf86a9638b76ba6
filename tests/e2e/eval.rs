//! `cladus eval`: agreement with a known taxonomy, and structural health.

use serde_json::Value;

use crate::space::{Space, assorted};

/// A run, and a truth made of its own tree: what each base cluster's ancestors are called by id.
fn judged() -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --max-clusters 4 --embedder lexical").ok();
    let nodes = space.hierarchy("r");
    let above = |id: &str| nodes.iter().find(|node| node.cluster.id == id).unwrap();
    let mut truth = String::new();
    for node in nodes.iter().filter(|node| node.cluster.level == 0) {
        let mut path = Vec::new();
        let mut at = node;
        while let Some(parent) = &at.parent_id {
            path.insert(0, parent.clone());
            at = above(parent);
        }
        truth += &serde_json::json!({ "id": node.cluster.id, "path": path }).to_string();
        truth.push('\n');
    }
    space.write("truth.jsonl", truth);
    space
}

fn eval(space: &Space, line: &str) -> Value {
    serde_json::from_str(&space.cladus(line).ok().stdout).unwrap()
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {value:#}"))
}

#[test]
fn a_tree_agrees_with_itself() {
    let space = judged();
    let found = eval(&space, "eval r --truth truth.jsonl --json");
    for perfect in ["overall", "top/ami", "top/v", "top/ari", "triplets", "spearman"] {
        let value = number(&found, &format!("/agreement/{perfect}"));
        assert!((value - 1.0).abs() < 1e-9, "{perfect}: {value}");
    }
    assert_eq!(number(&found, "/agreement/missing"), 0.0);
    assert_eq!(number(&found, "/agreement/spillover/classes"), 0.0);
    assert_eq!(number(&found, "/health/leaves"), 60.0);
    assert!(number(&found, "/health/roots") <= 4.0);
    assert_eq!(number(&found, "/nearness/0/looked_at"), 60.0);
    // A hierarchy in a file, as another tool may have made it, says the same of itself.
    let file = eval(&space, "eval r/hierarchy.parquet --truth truth.jsonl --json");
    assert_eq!((&file["agreement"], &file["health"]), (&found["agreement"], &found["health"]));
    assert_eq!(file["nearness"], serde_json::json!([]));
    let text = space.cladus("eval r --truth truth.jsonl").ok().stdout;
    for part in ["overall               1.000", "AMI 1.000", "single children", "nearness 1"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn another_taxonomy_scores_less_and_what_is_missing_is_told() {
    let space = judged();
    let own = std::fs::read_to_string(space.path("truth.jsonl")).unwrap();
    // Every other item is in another place than the tree has it.
    let mixed: Vec<String> = own
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let mut row: Value = serde_json::from_str(line).unwrap();
            row["path"] = serde_json::json!([if i % 2 == 0 { "even" } else { "odd" }]);
            row.to_string()
        })
        .collect();
    space.write("mixed.jsonl", mixed.join("\n"));
    let found = eval(&space, "eval r --truth mixed.jsonl --json");
    assert!(number(&found, "/agreement/overall") < 0.2, "{found:#}");
    assert!(number(&found, "/agreement/spillover/classes") >= 1.0);
    let strange = "{\"id\":\"elsewhere\",\"path\":[\"x\"]}\n";
    space.write("more.jsonl", format!("{own}{strange}"));
    let text = space.cladus("eval r --truth more.jsonl").ok().stdout;
    assert!(text.contains("1 of 61 items are not in the hierarchy"), "{text}");
}

#[test]
fn without_a_truth_the_structure_is_shown() {
    let space = judged();
    let text = space.cladus("eval r").ok().stdout;
    assert!(text.contains("structure") && !text.contains("against"), "{text}");
    assert!(eval(&space, "eval r --json")["agreement"].is_null());
}

#[test]
fn what_cannot_be_compared_is_said_with_its_place() {
    let space = judged();
    space.cladus("eval r --truth nothing.jsonl").exits(3).complains(&["nothing.jsonl"]);
    space.write("bad.jsonl", "{\"id\":\"a\",\"path\":[\"x\"]}\n{\"id\":\"b\",\"path\":[]}\n");
    space.cladus("eval r --truth bad.jsonl").exits(3).complains(&["bad.jsonl", "line 2", "path"]);
    space.write("other.jsonl", "{\"id\":\"a\",\"path\":[\"x\"]}\n");
    let other = space.cladus("eval r --truth other.jsonl");
    other.exits(3).complains(&["other.jsonl", "fewer than three items"]);
    space.cladus("eval in.jsonl").complains(&["in.jsonl"]);
}
