//! Two processes that write the same artifact: make -j, or a stage by hand beside a run.

use super::nothing_is_left_half_written;
use crate::extent;
use crate::models::{every, finish, start};
use crate::space::{Space, assorted};

/// How often each of two writes, all and a sample.
const TIMES: (usize, usize) = (25, 8);
/// How many runs a stage is put beside, all and a sample.
const RUNS: (usize, usize) = (5, 2);

#[test]
fn stages_that_write_the_same_do_not_disturb_each_other() {
    let space = Space::new();
    space.write("in.jsonl", assorted(300));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let group = |out: &str, seed: &str| {
        let mut command = space.command("cladus-group");
        command.args(["--embeddings", "r/iteration-1/embeddings.parquet", "--quiet"]);
        command.args(["--out", out, "--seed", seed, "--clusters-per-group", "24"]);
        finish(start(command)).ok();
        std::fs::read(space.path(out)).unwrap()
    };
    let either = [group("a.parquet", "1"), group("b.parquet", "2")];
    assert!(either[0] != either[1], "nothing would be seen");
    every(&["1", "2", "1", "2"], |seed| {
        for _ in 0..extent::of(TIMES.0, TIMES.1) {
            assert!(either.contains(&group("same.parquet", seed)), "torn or mixed");
        }
    });
    nothing_is_left_half_written(&space.path(""));
}

#[test]
fn a_stage_by_hand_beside_a_run_changes_nothing() {
    let space = Space::new();
    space.write("in.jsonl", assorted(300));
    let ran = space.cladus("run in.jsonl --out whole --embedder lexical --commands").ok();
    let whole = space.artifacts("whole");
    let commands = ran.stderr.lines().filter_map(|line| line.strip_prefix("$ "));
    let group = commands.map(|line| line.replace("whole/", "r/")).nth(1).unwrap();
    let embeddings = space.path("r/iteration-1/embeddings.manifest.json");
    for _ in 0..extent::of(RUNS.0, RUNS.1) {
        let mut command = space.command("cladus");
        command.args(["run", "in.jsonl", "--out", "r", "--embedder", "lexical", "--quiet"]);
        let mut run = start(command);
        while !embeddings.exists() {
            assert!(run.try_wait().unwrap().is_none());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let mut words = group.split_whitespace();
        while run.try_wait().unwrap().is_none() {
            let mut words = words.clone();
            space.run(words.next().unwrap(), words).ok();
        }
        assert_eq!(words.next(), Some("cladus-group"));
        finish(run).ok();
        assert!(space.artifacts("r") == whole, "the two were mixed");
        nothing_is_left_half_written(&space.path("r"));
        std::fs::remove_dir_all(space.path("r")).unwrap();
    }
}
