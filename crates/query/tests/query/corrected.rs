//! What people, or an older hierarchy, changed.

use serde_json::Value;

use crate::space::Space;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn corrections_are_changes_since_the_iterations() {
    let space = Space::with_example();
    assert_eq!(space.value("r", "SELECT count(*) FROM changes"), 0);
    let roots = space.rows("r", "SELECT id, name FROM roots LIMIT 2");
    let (first, second) = (text(&roots[0]["id"]), text(&roots[1]["id"]));
    space.cladus(["edit", "r", "rename", "--", &first, "Bills"]).ok();
    let child = space.value(
        "r",
        &format!("SELECT id FROM hierarchy WHERE parent_id = '{first}' ORDER BY size LIMIT 1"),
    );
    space.cladus(["edit", "r", "move", "--", &text(&child), &second]).ok();
    let changes = space.rows("r", "SELECT since, change, id, before, after FROM changes");
    let is = |change: &str, id: &str| {
        changes.iter().find(|row| row["change"] == change && row["id"] == id).cloned()
    };
    let renamed = is("renamed", &first).unwrap();
    assert_eq!((&renamed["before"], &renamed["after"]), (&roots[0]["name"], &"Bills".into()));
    let moved = is("moved", &text(&child)).unwrap();
    assert_eq!((&moved["before"], &moved["after"]), (&roots[0]["name"], &roots[1]["name"]));
    assert!(changes.iter().all(|row| row["since"] == "iterations"));
    // What people moved is not in doubt.
    let doubtful = format!("SELECT count(*) FROM doubtful WHERE id = '{}'", text(&child));
    assert_eq!(space.value("r", &doubtful), 0);
}

#[test]
fn a_run_onto_an_older_one_knows_what_moved() {
    let space = Space::with_example();
    let clusters = std::fs::read_to_string(
        crate::space::repository().join("examples/helpdesk/clusters.jsonl"),
    );
    let clusters = clusters.unwrap();
    let fewer: Vec<&str> = clusters.lines().skip(3).collect();
    std::fs::write(space.path("next.jsonl"), fewer.join("\n")).unwrap();
    space.cladus(["run", "next.jsonl", "--out", "next", "--onto", "r", "--quiet"]).ok();
    let since = "SELECT change, count(*) AS n FROM changes WHERE since = 'onto' AND level = 0
        GROUP BY change ORDER BY change";
    let changes = space.rows("next", since);
    assert!(changes.iter().any(|row| row["change"] == "gone" && row["n"] == 3), "{changes:?}");
    assert_eq!(
        space.value("next", "SELECT count(*) FROM onto"),
        space.value("r", "SELECT count(*) FROM hierarchy")
    );
}
