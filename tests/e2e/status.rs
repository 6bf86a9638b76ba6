//! What is fresh, and what is not, why, and what changes nothing.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::space::{Space, assorted, python};

fn run_of(n: usize) -> Space {
    run_by("lexical", n)
}

fn run_by(embedder: &str, n: usize) -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(n));
    let line = format!("run in.jsonl --out r --embedder {embedder} --clusters-per-group 12");
    space.cladus(&line).ok();
    space
}

fn status(space: &Space, run: &str) -> Value {
    serde_json::from_str(&space.cladus(&format!("status {run} --json")).ok().stdout).unwrap()
}

fn states(status: &Value) -> Vec<String> {
    let steps = status["stages"].as_array().unwrap().iter();
    let word = |step: &Value| {
        let iteration = step["iteration"].as_u64().unwrap();
        format!(
            "{iteration} {} {}",
            step["stage"].as_str().unwrap(),
            step["state"].as_str().unwrap()
        )
    };
    steps.map(word).collect()
}

#[track_caller]
fn all_fresh(space: &Space, run: &str) {
    let status = status(space, run);
    let stale: Vec<String> =
        states(&status).into_iter().filter(|state| !state.ends_with(" fresh")).collect();
    assert!(stale.is_empty(), "{stale:?} in {status:#}");
    space.cladus(&format!("status {run} --check")).ok();
}

#[test]
fn a_finished_run_is_fresh_and_a_change_is_explained() {
    let space = run_by("minilm", 150);
    all_fresh(&space, "r");
    let before = space.artifacts("r");
    let settings = fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    space.write("r/cladus.toml", settings.replace("seed = 0", "seed = 4"));
    let found = status(&space, "r");
    assert_eq!(
        states(&found)[..4],
        ["0 input fresh", "1 embed fresh", "1 group stale", "1 propose waiting"],
        "the transformer reads no seed"
    );
    let seed = &found["stages"][2]["reasons"][0];
    assert_eq!(
        (&seed["part"], &seed["old"], &seed["new"]),
        (&"seed".into(), &"0".into(), &"4".into())
    );
    let said = space.cladus("status r --check").exits(4).stdout;
    assert!(said.contains("seed: 0 -> 4") && said.contains("waits for"), "{said}");
    assert!(space.artifacts("r") == before, "status changes nothing");
    space.cladus("run --out r").ok();
    all_fresh(&space, "r");
}

#[test]
fn what_changes_no_row_makes_nothing_stale() {
    let Some(python) = python() else { return };
    let space = run_of(150);
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let settings = fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    space.write("r/cladus.toml", format!("# what we agreed on in May\n{settings}\n# end\n"));
    let touched = Command::new("sh")
        .args(["-c", "find r -type f -exec touch {} + && touch in.jsonl && cp -r r copy"])
        .current_dir(space.path(""))
        .status();
    assert!(touched.unwrap().success());
    let rewrite = r#"
import duckdb, glob, os
for path in glob.glob("r/*.parquet") + glob.glob("r/iteration-*/*.parquet"):
    duckdb.sql(f"copy (select * from '{path}' order by random()) to 'new.tmp' (format parquet)")
    os.replace("new.tmp", path)
"#;
    space.python(&python, rewrite).ok();
    all_fresh(&space, "r");
    all_fresh(&space, "copy");
    let ran = space.cladus("run in.jsonl --out r").ok();
    assert!(ran.stdout.contains("is up to date"), "{}", ran.stdout);
    let kept = fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    assert!(kept.contains("# what we agreed on in May"), "{kept}");
    assert_eq!(space.cladus("run --out copy --json").ok().stdout.matches("\"made\"").count(), 0);
}

#[test]
fn a_changed_input_is_noticed_without_being_named() {
    let space = run_of(100);
    space.write("in.jsonl", assorted(101));
    let found = states(&status(&space, "r"));
    assert_eq!(found[..2], ["0 input stale", "1 embed stale"]);
    fs::remove_file(space.path("in.jsonl")).unwrap();
    all_fresh(&space, "r");
    space.cladus("run --out r").ok();
}

#[test]
fn what_came_from_standard_input_is_compared_with_no_file() {
    let space = run_of(100);
    space.cladus_with_input("run - --out r --embedder lexical", assorted(90).as_bytes()).ok();
    all_fresh(&space, "r");
    assert_eq!(status(&space, "r")["levels"][0], 90);
}

#[test]
fn what_is_missing_or_unfinished_is_said() {
    let space = run_of(150);
    fs::remove_file(space.path("r/iteration-1/labels.parquet")).unwrap();
    fs::remove_file(space.path("r/iteration-2/groups.manifest.json")).unwrap();
    let found = states(&status(&space, "r"));
    assert!(found.contains(&"1 label missing".to_owned()), "{found:?}");
    assert!(found.contains(&"1 rename waiting".to_owned()), "{found:?}");
    assert!(found.contains(&"2 group missing".to_owned()), "{found:?}");
    let before = space.artifacts("r");
    space.cladus("run --out r").ok();
    assert_eq!(space.artifacts("r").len(), before.len() + 1);
    all_fresh(&space, "r");
    space.cladus("status nowhere").exits(3).complains(&["nowhere", "cladus run INPUT"]);
}

#[test]
fn iterations_left_from_a_longer_run_are_said_to_be() {
    let space = run_of(150);
    assert!(space.path("r/iteration-2").is_dir());
    space.cladus("run --out r --max-clusters 60").ok();
    let said = space.cladus("status r").ok().stdout;
    assert!(said.contains("iteration-2 is left over from an earlier"), "{said}");
    space.cladus("check r").ok();
}

#[test]
fn a_killed_replacement_does_not_look_like_an_edit() {
    let space = run_of(100);
    let labels = space.path("r/iteration-1/labels.parquet");
    let record = space.path("r/iteration-1/labels.manifest.json");
    let before = (fs::read(&labels).unwrap(), fs::read_to_string(&record).unwrap());
    space.cladus("run --out r --seed 9 --only label").ok();
    space.cladus("run --out r --seed 9").ok();
    // As if the process had died between the new artifact and its record.
    let noted = before.1.replace("\"note\"", "\"replacing\": true,\n  \"note\"");
    fs::write(&record, noted).unwrap();
    let found = status(&space, "r");
    let label = found["stages"].as_array().unwrap().iter().find(|s| s["stage"] == "label").unwrap();
    assert_eq!(label["state"], "missing", "{label:#}");
    // Without that note it is somebody's work.
    fs::write(&record, &before.1).unwrap();
    let found = status(&space, "r");
    let label = found["stages"].as_array().unwrap().iter().find(|s| s["stage"] == "label").unwrap();
    assert_eq!(label["state"], "edited", "{label:#}");
}

#[test]
fn a_stage_by_hand_leaves_the_same_record() {
    let space = run_of(100);
    let record = || fs::read_to_string(space.path("r/iteration-1/groups.manifest.json")).unwrap();
    let (before, artifacts) = (record(), space.artifacts("r"));
    fs::remove_file(space.path("r/iteration-1/groups.parquet")).unwrap();
    fs::remove_file(space.path("r/iteration-1/groups.manifest.json")).unwrap();
    let line = "--embeddings r/iteration-1/embeddings.parquet --out r/iteration-1/groups.parquet";
    space.run("cladus-group", format!("{line} --params r/cladus.toml").split_whitespace()).ok();
    assert_eq!(record(), before);
    assert!(space.artifacts("r") == artifacts);
    all_fresh(&space, "r");
    // With other settings it says so: the run would not make it like that.
    space.run("cladus-group", format!("{line} --seed 5").split_whitespace()).ok();
    let said = space.cladus("status r").ok().stdout;
    assert!(said.contains("seed: 5 -> 0"), "{said}");
}
