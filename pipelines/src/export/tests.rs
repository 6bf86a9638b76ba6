use std::path::Path;

use cladus_core::artifact::Node;

use super::*;

fn node(id: &str, parent: Option<&str>, level: u8, name: &str, members: &[&str]) -> Node {
    let cluster = Cluster {
        id: id.to_owned(),
        name: name.to_owned(),
        description: format!("All about {name}."),
        slug: "a_b_c".to_owned(),
        level,
        members: members.iter().map(|&member| member.to_owned()).collect(),
        size: match (id, level) {
            ("r", _) => 6,
            ("p", _) => 4,
            ("b", _) => 3,
            ("s", _) => 2,
            _ => 1,
        },
    };
    Node { cluster, parent_id: parent.map(str::to_owned) }
}

/// Two roots, of which one moved up alone; a base cluster that came without items; noise.
fn exported() -> ExportSource {
    let nodes = vec![
        node("r", None, 2, "Root, the \"first\"", &["p", "s"]),
        node("c", None, 0, "Alone <b>", &["i4"]),
        node("p", Some("r"), 1, "Parent | one", &["b", "a"]),
        node("s", Some("r"), 0, "Straight @up #1", &["i5", "i6"]),
        node("b", Some("p"), 0, "Base & b", &[]),
        node("a", Some("p"), 0, "Base a", &["i1"]),
    ];
    ExportSource {
        name: "my run".to_owned(),
        tree: Tree::of_nodes(nodes).unwrap(),
        noise: vec![node("n", None, 0, "noise", &["i9"]).cluster],
        places: Some((0..6u8).map(|i| [f32::from(i) / 8.0, -0.5]).collect()),
        folder: RunFolder::new(Path::new("no/such/run")),
        depth: usize::MAX,
    }
}

fn one(format: ExportFormat) -> String {
    let files = exported().files(format).unwrap();
    assert_eq!(files.len(), 1);
    files.into_iter().next().unwrap().1
}

#[test]
fn every_item_has_every_level() {
    let text = one(ExportFormat::Members);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("item,cluster_id,cluster,level_1_id,level_1,root_id,root"));
    let root = r#"r,"Root, the ""first""""#;
    let expected = [
        "i4,c,Alone <b>,c,Alone <b>,c,Alone <b>".to_owned(),
        format!("i5,s,Straight @up #1,s,Straight @up #1,{root}"),
        format!("i6,s,Straight @up #1,s,Straight @up #1,{root}"),
        format!("i1,a,Base a,p,Parent | one,{root}"),
        "i9,n,noise,,,,".to_owned(),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn every_base_cluster_has_a_column_a_level() {
    let text = one(ExportFormat::Csv);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id,name,description,size,root,level_1"));
    assert_eq!(lines.next(), Some("c,Alone <b>,All about Alone <b>.,1,Alone <b>,Alone <b>"));
    assert_eq!(lines.count(), 3);
}

#[test]
fn every_node_is_a_json_line_with_its_path_and_place() {
    let text = one(ExportFormat::Jsonl);
    let rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 6);
    let base = rows.iter().find(|row| row["id"] == "a").unwrap();
    assert_eq!(base["path"], serde_json::json!(["Root, the \"first\"", "Parent | one", "Base a"]));
    assert_eq!((&base["parent_id"], &base["members"]), (&"p".into(), &serde_json::json!(["i1"])));
    assert!(base["x"].is_number() && rows[0]["parent_id"].is_null());
}

#[test]
fn nested_values_count_every_item_once() {
    fn sum(node: &serde_json::Value) -> u64 {
        let below = node["children"].as_array().map(|children| children.iter().map(sum).sum());
        assert!(below.is_none() || node["value"].is_null());
        below.unwrap_or_else(|| node["value"].as_u64().unwrap())
    }
    for depth in [1, 2, 9] {
        let exported = ExportSource { depth, ..exported() };
        let text = exported.files(ExportFormat::Json).unwrap().remove(0).1;
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(whole["name"], "my run");
        assert_eq!(sum(&whole), 7, "{depth}: {text}");
    }
}

#[test]
fn kura_counts_items_by_their_ids() {
    let files = exported().files(ExportFormat::Kura).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["clusters.jsonl", "meta_clusters.jsonl", "dimensionality.jsonl"]);
    let rows = |at: usize| -> Vec<serde_json::Value> {
        files[at].1.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert!(rows(0).iter().all(|row| row["parent_id"].is_null()));
    assert_eq!((rows(0).len(), rows(1).len()), (4, 6));
    for row in rows(2) {
        let count = row["count"].as_u64().unwrap() as usize;
        assert_eq!(row["chat_ids"].as_array().unwrap().len(), count);
        let expected = match row["id"].as_str().unwrap() {
            "r" => (6, 0),
            "p" => (4, 1),
            "b" => (3, 2),
            "s" => (2, 1),
            "c" => (1, 0),
            _ => (1, 2),
        };
        assert_eq!((count, row["level"].as_u64().unwrap()), expected, "{row}");
    }
}

#[test]
fn bertopic_gets_merges_of_two_from_the_top() {
    let text = one(ExportFormat::Bertopic);
    let rows: Vec<Vec<String>> = csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    // Four base topics: three merges, the last of everything.
    assert_eq!(rows.len(), 3);
    let ids: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, ["6", "5", "4"]);
    assert_eq!(rows[0][1], "my run");
    let mut all: Vec<u64> = serde_json::from_str(&rows[0][2]).unwrap();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3]);
    let distances: Vec<f64> = rows.iter().map(|row| row[7].parse().unwrap()).collect();
    assert_eq!(distances, [3.0, 2.0, 1.0]);
    // Every child is a base topic or a merge below.
    for row in &rows {
        for child in [&row[3], &row[5]] {
            let child: u64 = child.parse().unwrap();
            assert!(child < row[0].parse().unwrap());
        }
    }
}

#[test]
fn graphs_hold_every_node_and_edge_and_no_name_escapes() {
    let xml = one(ExportFormat::Graphml);
    assert_eq!(xml.matches("<node ").count(), 6);
    assert_eq!(xml.matches("<edge ").count(), 4);
    assert!(xml.contains("Alone &lt;b&gt;") && xml.contains("Base &amp; b"), "{xml}");
    let dot = one(ExportFormat::Dot);
    assert_eq!(dot.matches(" -> ").count(), 4);
    assert!(dot.contains(r#"label="Root, the \"first\"\n6 (85.7%)""#), "{dot}");
    let mermaid = one(ExportFormat::Mermaid);
    assert_eq!(mermaid.matches(" --- ").count(), 4);
    assert!(mermaid.contains("Alone #60;b#62;<br/>1 (14.3%)"), "{mermaid}");
    let shallow = ExportSource { depth: 1, ..exported() };
    assert!(!shallow.files(ExportFormat::Dot).unwrap()[0].1.contains(" -> "));
}

#[test]
fn a_report_shows_names_as_they_are() {
    let text = one(ExportFormat::Markdown);
    assert!(text.starts_with("# my run\n"), "{text}");
    assert!(text.contains("| **Alone &lt;b&gt;** | 1 | 14.3% | 1 | ███ |"), "{text}");
    assert!(text.contains("- Straight @<!-- -->up #<!-- -->1 (2)"), "{text}");
    assert!(text.contains("- **Parent \\| one** (4, 2 clusters)\n  - Base &amp; b (3)"), "{text}");
    assert!(text.contains("1 more item in no cluster"), "{text}");
}

#[test]
fn endings_say_formats() {
    assert_eq!(ExportFormat::from_extension(Path::new("a/tree.gv")), Some(ExportFormat::Dot));
    assert_eq!(ExportFormat::from_extension(Path::new("a.tree/noending")), None);
}
