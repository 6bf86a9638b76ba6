//! Other programs in the place of stages.

mod accepted;
mod examples;
mod failing;
mod fresh;
mod ours;
mod refused;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::space::{Ran, Space, assorted, python_with};

/// What every script starts with: the rows of its input, and a grouping of them that is good.
const GROUP: &str = r#"
import json, os, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
out = sys.argv[2]
groups = [{"cluster_id": row["cluster_id"], "group_id": i % 3} for i, row in enumerate(rows)]
def write(rows):
    with open(out, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
"#;

/// A folder with an input, and a pipeline file next to the scripts that it names. Its path holds what
/// paths may hold.
struct Play {
    space: Space,
    python: PathBuf,
    clusters: usize,
}

impl Play {
    #[track_caller]
    fn new() -> Option<Self> {
        Self::with(36)
    }

    #[track_caller]
    fn with(clusters: usize) -> Option<Self> {
        let python = python_with("polars, pyarrow")?;
        let space = Space::new();
        space.write("in.jsonl", assorted(clusters));
        let play = Self { space, python, clusters };
        std::fs::create_dir(play.path("")).unwrap();
        Some(play)
    }

    /// Where the pipeline file lies.
    fn path(&self, name: &str) -> PathBuf {
        self.space.path("päth with 'spaces'").join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A pipeline of these lines.
    fn pipeline(&self, text: &str) {
        self.write("pipeline.toml", text);
    }

    /// A pipeline where a Python script with these words takes the place of `stage`.
    fn swap(&self, stage: &str, words: &[&str], script: &str) {
        let name = format!("{stage}.py");
        self.write(&name, script);
        let command = [self.python.to_str().unwrap(), &name].into_iter();
        let command: Vec<&str> = command.chain(words.iter().copied()).collect();
        self.pipeline(&format!("[stage.{stage}]\ncommand = {}\n", serde_json::json!(command)));
    }

    /// A script in the place of `group` that ends in `body`.
    fn group(&self, body: &str) {
        self.swap("group", &["{embeddings.jsonl}", "{out.jsonl}"], &format!("{GROUP}{body}"));
    }

    fn command(&self, flags: &[&str]) -> Command {
        let mut command = self.space.command("cladus");
        command.args(["run", "in.jsonl", "--out", "r", "--embedder", "lexical"]).args(flags);
        command
    }

    /// A run by the pipeline file.
    #[must_use = "assert the exit code"]
    fn run(&self, flags: &[&str]) -> Ran {
        let pipeline = self.path("pipeline.toml");
        let mut command = self.command(&["--pipeline", pipeline.to_str().unwrap()]);
        command.args(flags).output().unwrap().into()
    }

    /// A run that does what it should; its stages.
    #[track_caller]
    fn stages(&self, flags: &[&str]) -> Stages {
        Stages::of(&self.run(&[flags, &["--json", "--quiet"]].concat()).ok().stdout)
    }

    /// The run's artifacts with their bytes, without what a failed command left.
    fn artifacts(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        artifacts(&self.space, "r")
    }

    /// The folder keeps the contract, and no cluster is lost.
    #[track_caller]
    fn is_whole(&self) {
        let checked = self.space.cladus("check r").ok();
        let all = format!("{} base clusters", self.clusters);
        assert!(checked.stdout.contains(&all), "{}", checked.stdout);
        assert!(left(&self.space.path("r")).is_empty(), "a folder is left");
    }
}

/// Artifacts that others see.
fn artifacts(space: &Space, run: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let hidden =
        |path: &Path| path.components().any(|p| p.as_os_str().to_string_lossy().starts_with('.'));
    let mut found = space.artifacts(run);
    found.retain(|path, _| !hidden(path));
    found
}

/// Folders that commands have left in a run.
fn left(run: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for iteration in std::fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(entries) = std::fs::read_dir(&iteration) else { continue };
        let entries = entries.map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.is_dir()));
    }
    found
}

/// What became of the stages of a run.
struct Stages(Vec<Value>);

impl Stages {
    fn of(report: &str) -> Self {
        let report: Value = serde_json::from_str(report).unwrap();
        let iterations = report["iterations"].as_array().unwrap();
        let stages = iterations.iter().flat_map(|one| one["stages"].as_array().unwrap());
        Self(stages.cloned().collect())
    }

    /// The names of those that were made.
    fn made(&self) -> Vec<&str> {
        let made = self.0.iter().filter(|stage| stage["state"] == "made");
        made.map(|stage| stage["stage"].as_str().unwrap()).collect()
    }

    /// Why the first one called `stage` was made.
    fn reasons(&self, stage: &str) -> Vec<&str> {
        let stage = self.0.iter().find(|one| one["stage"] == stage).unwrap();
        let reasons = stage["reasons"].as_array().unwrap().iter();
        reasons.map(|one| one["text"].as_str().unwrap()).collect()
    }
}

/// `command` with a folder first on the path.
fn with_path(mut command: Command, folder: &Path) -> Command {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest));
    let path: OsString = std::env::join_paths(all).unwrap();
    command.env("PATH", path);
    command
}

/// Is there jq? Whoever has none is told.
#[track_caller]
fn jq() -> bool {
    let found = Command::new("jq").arg("--version").output().is_ok_and(|out| out.status.success());
    assert!(found || std::env::var_os("CLADUS_TEST_JQ").is_none(), "jq is not there");
    skipped_tests::there(found, "jq (CLADUS_TEST_JQ)")
}
