//! The page of a run: written, exported, of two runs compared. What it does in a browser is tested in
//! `web/test`.

use std::fs;

use crate::space::{Space, helpdesk};

fn run() -> Space {
    let space = Space::new();
    fs::copy(helpdesk(), space.path("in.jsonl")).unwrap();
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 5").ok();
    space
}

fn read(space: &Space, name: &str) -> String {
    fs::read_to_string(space.path(name)).unwrap()
}

#[test]
fn a_page_is_written_with_a_map_and_is_the_same_every_time() {
    let space = run();
    let ran = space.cladus("explore r").ok();
    assert!(ran.stdout.trim().ends_with("explore.html"), "{}", ran.stdout);
    assert!(space.path("r/map.parquet").is_file());
    let first = read(&space, "r/explore.html");
    space.cladus("explore r --out again.html --no-open").ok();
    assert_eq!(read(&space, "again.html"), first);
    space.cladus("export r --format html --out exported.html").ok();
    assert_eq!(read(&space, "exported.html"), first);
    assert!(first.contains("Content-Security-Policy"));
    // What the page adds to the folder is in nobody's way.
    space.cladus("check r").ok();
    space.cladus("status r --check").ok();
}

#[test]
fn a_plain_page_holds_every_cluster_and_no_script() {
    let space = run();
    space.cladus("explore r --plain --out plain.html").ok();
    let html = read(&space, "plain.html");
    assert!(!html.contains("<script"));
    for node in space.hierarchy("r") {
        let name = node.cluster.name.replace('&', "&amp;").replace('\'', "&#39;");
        assert!(html.contains(&format!(">{name}</span>")), "{name}");
    }
    space.cladus("export r --format plain-html --out exported.html").ok();
    assert_eq!(read(&space, "exported.html"), html);
}

#[test]
fn two_runs_are_compared_on_a_page() {
    let space = run();
    let lines = read(&space, "in.jsonl");
    let fewer: Vec<&str> = lines.lines().skip(20).collect();
    fs::write(space.path("fewer.jsonl"), fewer.join("\n")).unwrap();
    space.cladus("run fewer.jsonl --out s --embedder lexical --max-clusters 5").ok();
    space.cladus("diff r s --format html --out diff.html").ok();
    let html = read(&space, "diff.html");
    space.cladus("diff r s --format html --out again.html").ok();
    assert_eq!(read(&space, "again.html"), html);
    space.cladus("explore s --out s.html").ok();
    assert_ne!(read(&space, "s.html"), html);
}

#[test]
fn what_cannot_be_shown_is_told() {
    let space = run();
    let ran = space.cladus("explore r --column nonsense").exits(2);
    assert!(ran.stderr.contains("description, members"), "{}", ran.stderr);
    let ran = space.cladus("explore nowhere").exits(3);
    assert!(ran.stderr.contains("is not a run folder"), "{}", ran.stderr);
    space.cladus("explore r --serve --plain").exits(2);
}
