//! Running again: nothing that is fresh is redone, nothing that is somebody's work is lost.

use std::fs;

use cladus_core::artifact;

use crate::space::{Space, assorted};

fn states(space: &Space, flags: &str) -> Vec<String> {
    let ran = space
        .cladus(&format!("run in.jsonl --out r --embedder lexical --levels 1 --json {flags}"))
        .ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let stages = |iteration: &serde_json::Value| iteration["stages"].as_array().unwrap().clone();
    let all = report["iterations"].as_array().unwrap().iter().flat_map(stages);
    all.map(|stage| stage["state"].as_str().unwrap().to_owned()).collect()
}

fn space_with_run() -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(100));
    assert_eq!(states(&space, ""), vec!["made"; 5]);
    space
}

#[test]
fn a_second_run_redoes_nothing() {
    let space = space_with_run();
    let before = space.artifacts("r");
    assert_eq!(states(&space, ""), vec!["fresh"; 5]);
    assert!(space.artifacts("r") == before);
}

#[test]
fn the_folder_remembers_its_settings() {
    let space = Space::new();
    space.write("in.jsonl", assorted(100));
    states(&space, "--max-clusters 9 --seed 3");
    assert_eq!(states(&space, ""), vec!["fresh"; 5], "the same settings without saying them again");
    let redone = states(&space, "--max-clusters 12");
    assert_eq!(redone[0], "fresh", "vectors do not depend on the number of roots");
    assert!(redone[2..].iter().all(|state| state == "made"), "{redone:?}");
}

#[test]
fn a_copied_or_touched_folder_is_still_fresh() {
    let space = space_with_run();
    fs::rename(space.path("r"), space.path("moved")).unwrap();
    let copied = std::process::Command::new("cp")
        .args(["-r", "moved", "r"])
        .current_dir(space.path(""))
        .status()
        .unwrap();
    assert!(copied.success());
    assert_eq!(states(&space, ""), vec!["fresh"; 5]);
}

#[test]
fn a_new_input_row_redoes_what_it_reaches() {
    let space = space_with_run();
    space.write("in.jsonl", assorted(101));
    assert_eq!(states(&space, "")[0], "made");
    space.cladus("check r").ok();
    assert_eq!(space.hierarchy("r").iter().filter(|n| n.cluster.level == 0).count(), 101);
}

#[test]
fn force_runs_a_stage_again_and_what_does_not_change_stays_fresh() {
    let space = space_with_run();
    assert_eq!(states(&space, "--force label"), ["fresh", "fresh", "fresh", "made", "fresh"]);
}

#[test]
fn a_missing_artifact_is_made_again_from_what_is_there() {
    let space = space_with_run();
    let before = space.artifacts("r");
    fs::remove_file(space.path("r/iteration-1/candidates.parquet")).unwrap();
    assert_eq!(states(&space, ""), ["fresh", "fresh", "made", "fresh", "fresh"]);
    assert!(space.artifacts("r") == before);
}

#[test]
fn a_label_changed_by_hand_is_kept_and_what_depends_on_it_redone() {
    let space = space_with_run();
    let path = space.path("r/iteration-1/labels.parquet");
    let mut labels = artifact::read_labels(&path).unwrap().rows;
    let other = labels.iter().find(|l| l.candidate_id != labels[0].candidate_id).unwrap();
    labels[0].candidate_id = other.candidate_id;
    artifact::write_labels(&path, &labels).unwrap();
    assert_eq!(states(&space, ""), ["fresh", "fresh", "fresh", "edited", "made"]);
    assert_eq!(artifact::read_labels(&path).unwrap().rows, labels);
    space.cladus("check r").ok();
    assert_eq!(states(&space, "--discard-edits"), ["fresh", "fresh", "fresh", "made", "made"]);
    assert_ne!(artifact::read_labels(&path).unwrap().rows, labels);
}

#[test]
fn a_damaged_artifact_is_never_overwritten_unasked() {
    let space = space_with_run();
    let path = space.path("r/iteration-1/groups.parquet");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    space.cladus("run in.jsonl --out r").exits(3).complains(&["groups.parquet", "cut off"]);
    assert_eq!(fs::read(&path).unwrap().len(), bytes.len() / 2);
    assert_eq!(states(&space, "--discard-edits"), ["fresh", "made", "fresh", "fresh", "fresh"]);
}

#[test]
fn one_run_at_a_time_works_in_a_folder() {
    let space = space_with_run();
    let lock = fs::File::options().write(true).open(space.path("r/.lock")).unwrap();
    lock.lock().unwrap();
    space.cladus("run in.jsonl --out r").exits(7).complains(&["in use by another run", "hint"]);
    space.cladus("tree r").ok();
    drop(lock);
    assert_eq!(states(&space, ""), vec!["fresh"; 5]);
}
