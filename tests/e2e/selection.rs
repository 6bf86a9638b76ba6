//! Some stages of some iterations, and what that leaves to do; edits by hand.

use std::fs;

use cladus_core::artifact;
use serde_json::Value;

use crate::space::{Space, assorted, python};

fn two_levels() -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(150));
    space
}

/// `1embed:made 1group:fresh …` of a run.
fn did(space: &Space, flags: &str) -> String {
    did_by("lexical", space, flags)
}

fn did_by(embedder: &str, space: &Space, flags: &str) -> String {
    let line = format!("run in.jsonl --out r --embedder {embedder} --quiet --json {flags}");
    let ran = space.cladus(&line).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut words = Vec::new();
    for iteration in report["iterations"].as_array().unwrap() {
        for stage in iteration["stages"].as_array().unwrap() {
            let word = |key: &str| stage[key].as_str().unwrap();
            words.push(format!("{}{}:{}", iteration["iteration"], word("stage"), word("state")));
        }
    }
    words.join(" ")
}

fn made(space: &Space, flags: &str) -> Vec<String> {
    let did = did(space, flags);
    let made = did.split(' ').filter_map(|word| word.strip_suffix(":made"));
    made.map(str::to_owned).collect()
}

#[test]
fn a_run_in_pieces_is_the_run_as_a_whole() {
    let space = two_levels();
    assert_eq!(made(&space, "--until group"), ["1embed", "1group"]);
    assert!(!space.path("r/hierarchy.parquet").exists());
    assert_eq!(made(&space, "--only propose"), ["1propose"]);
    assert_eq!(made(&space, "--from label --until label"), ["1label"]);
    assert_eq!(made(&space, "--iteration 1"), ["1rename"]);
    assert_eq!(made(&space, "--until embed --iteration 2"), ["2embed"]);
    assert_eq!(
        made(&space, "--from group --iteration 2"),
        ["2group", "2propose", "2label", "2rename"]
    );
    space.cladus("check r").ok();
    let pieces = space.artifacts("r");
    space.cladus("run in.jsonl --out whole --embedder lexical").ok();
    assert!(pieces == space.artifacts("whole"));
}

#[test]
fn what_is_not_there_and_not_selected_is_asked_for() {
    let space = two_levels();
    let ran = space.cladus("run in.jsonl --out r --only label").exits(3);
    ran.complains(&["embeddings.parquet", "is missing", "--until embed"]);
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 60").ok();
    space.cladus("run in.jsonl --out r --iteration 7").exits(2).complains(&["no iteration 7"]);
    space.cladus("run in.jsonl --out r --only label --from group").exits(2).complains(&["--from"]);
    space.cladus("run in.jsonl --out r --only nonsense").exits(2).complains(&["nonsense"]);
    space.cladus("run --out empty").exits(2).complains(&["contains no clusters", "INPUT"]);
}

#[test]
fn a_change_in_one_iteration_leaves_later_ones_in_place_and_stale() {
    let space = two_levels();
    did(&space, "");
    let before = space.artifacts("r");
    let path = space.path("r/iteration-1/parents.parquet");
    let mut parents = artifact::read_clusters(&path).unwrap().rows;
    parents[0].name = "Somebody's own name".to_owned();
    let rows: Vec<artifact::Parent> = parents.into_iter().map(artifact::Parent::from).collect();
    artifact::write_parents(&path, &rows).unwrap();
    let said = space.cladus("status r").exits(0).stdout;
    assert!(said.contains("edited") && said.contains("2 embed"), "{said}");
    let mut now = space.artifacts("r");
    let name = std::path::Path::new("iteration-1/parents.parquet");
    now.remove(name);
    let mut same = before.clone();
    same.remove(name);
    assert!(now == same, "nothing else is touched");
    assert_eq!(did(&space, "--iteration 1").matches("made").count(), 0);
    assert!(made(&space, "").starts_with(&["2embed".to_owned()]));
    space.cladus("check r").ok();
    let back = did(&space, "--discard-edits");
    assert!(back.contains("1rename:made"), "{back}");
    assert!(space.artifacts("r") == before);
}

#[test]
fn a_label_changed_in_polars_is_kept_and_told_until_it_is_taken_back() {
    let Some(python) = python() else { return };
    let space = two_levels();
    // In several groups: the seed decides which.
    did(&space, "--clusters-per-group 16");
    let before = space.artifacts("r");
    let edit = r#"
import polars as pl
path = "r/iteration-1/labels.parquet"
labels = pl.read_parquet(path)
other = labels.filter(pl.col("candidate_id") != labels["candidate_id"][0])["candidate_id"][0]
first = labels["cluster_id"][0]
labels.with_columns(
    pl.when(pl.col("cluster_id") == first).then(other).otherwise(pl.col("candidate_id")).alias("candidate_id"),
    why=pl.lit("we looked"),
).write_parquet(path)
"#;
    space.python(&python, edit).ok();
    let edited = fs::read(space.path("r/iteration-1/labels.parquet")).unwrap();
    let said = space.cladus("status r").ok().stdout;
    assert!(said.contains("1 label      edited   kept"), "{said}");
    let did_now = did(&space, "");
    assert!(did_now.contains("1label:edited 1rename:made"), "{did_now}");
    assert_eq!(fs::read(space.path("r/iteration-1/labels.parquet")).unwrap(), edited);
    space.cladus("check r").ok();
    assert_eq!(did(&space, "").matches("made").count(), 0);
    // What it was made from changes: it is still kept, and the doubt is said.
    let ran = space.cladus("run in.jsonl --out r --embedder lexical --seed 8").ok();
    assert!(
        ran.stderr.contains("have changed since") && ran.stderr.contains("still fit"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read(space.path("r/iteration-1/labels.parquet")).unwrap(), edited);
    did(&space, "--seed 0 --discard-edits");
    assert!(space.artifacts("r") == before);
}

#[test]
fn somebodys_own_candidates_take_the_place_of_propose() {
    let Some(python) = python() else { return };
    let space = two_levels();
    fs::create_dir_all(space.path("r/iteration-1")).unwrap();
    let taxonomy = r#"
import polars as pl
names = ["Accounts", "Money matters", "Building software", "Cooking", "Law", "Pictures", "Measuring"]
pl.DataFrame({
    "candidate_id": range(len(names)), "group_id": [None] * len(names), "name": names,
}).write_parquet("r/iteration-1/candidates.parquet")
"#;
    space.python(&python, taxonomy).ok();
    let own = fs::read(space.path("r/iteration-1/candidates.parquet")).unwrap();
    // Which of them fits is a question of meaning.
    let did_now = did_by("minilm", &space, "");
    assert!(
        did_now.starts_with("1embed:made 1group:made 1propose:edited 1label:made"),
        "{did_now}"
    );
    assert_eq!(fs::read(space.path("r/iteration-1/candidates.parquet")).unwrap(), own);
    let labels = artifact::read_labels(&space.path("r/iteration-1/labels.parquet")).unwrap().rows;
    assert!(labels.iter().all(|label| label.candidate_id < 7));
    space.cladus("check r").ok();
    // Their names stay letter for letter, also what looks odd.
    let names = [
        "Accounts",
        "Money matters",
        "Building software",
        "Cooking",
        "Law",
        "Pictures",
        "Measuring",
    ];
    let parents =
        artifact::read_clusters(&space.path("r/iteration-1/parents.parquet")).unwrap().rows;
    let parents: Vec<_> = parents.iter().filter(|parent| parent.members.len() > 1).collect();
    assert!(parents.len() >= 4, "{} parents", parents.len());
    for parent in parents.iter().filter(|parent| parent.level == 1) {
        assert!(names.contains(&parent.name.as_str()), "{}", parent.name);
    }
    assert_eq!(did_by("minilm", &space, "").matches("made").count(), 0);
}

#[test]
fn base_clusters_and_hierarchy_changed_by_hand_are_kept_too() {
    let space = two_levels();
    did(&space, "");
    let before = space.artifacts("r");
    let path = space.path("r/clusters.parquet");
    let mut clusters = artifact::read_clusters(&path).unwrap().rows;
    clusters[0].name = "A better name".to_owned();
    artifact::write_clusters(&path, &clusters).unwrap();
    let ran = space.cladus("run in.jsonl --out r --embedder lexical").ok();
    ran.complains(&["clusters.parquet was edited by hand and is kept"]);
    assert_eq!(artifact::read_clusters(&path).unwrap().rows[0].name, "A better name");
    assert!(space.hierarchy("r").iter().any(|node| node.cluster.name == "A better name"));
    did(&space, "--discard-edits");
    assert!(space.artifacts("r") == before);
    let path = space.path("r/hierarchy.parquet");
    let mut nodes = space.hierarchy("r");
    nodes[0].cluster.name = "The first root".to_owned();
    artifact::write_hierarchy(&path, &nodes).unwrap();
    space.cladus("run in.jsonl --out r").ok().complains(&["hierarchy.parquet was edited by hand"]);
    assert_eq!(space.hierarchy("r")[0].cluster.name, "The first root");
}
