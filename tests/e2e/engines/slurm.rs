//! The pipeline on a real Slurm of two nodes, both on this machine and told apart by name. A job and the
//! driver are killed, and what they had paid for is not paid again.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use cladus_tests::server::Behaviour;
use skipped_tests::there_if_possible;

use super::snakemake::{binaries, command, python, wrap};
use crate::models::{Bench, after};
use crate::space::{Ran, helpdesk, repository};

/// Longest time that a step may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// A stage on a node, as on a machine of its own.
const ON_A_NODE: &str = r#"#!/bin/sh
export CLADUS_HOST_NAME=$SLURMD_NODENAME
exec "@BIN@/cladus-@STAGE@" "$@"
"#;

/// A Slurm of two nodes, until it is dropped.
struct Pair(PathBuf);

impl Pair {
    fn start(folder: PathBuf) -> Self {
        let pair = Self(folder);
        let started = pair.script("start");
        assert!(started.success(), "Slurm did not start");
        pair
    }

    fn script(&self, what: &str) -> std::process::ExitStatus {
        let script = repository().join("tests/slurm/pair.sh");
        Command::new(script).arg(what).arg(&self.0).status().unwrap()
    }

    /// Where this Slurm's commands come first.
    fn path(&self) -> OsString {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::split_paths(&paths);
        std::env::join_paths([self.0.join("bin")].into_iter().chain(paths)).unwrap()
    }

    fn says(&self, name: &str, line: &[&str]) -> String {
        let output = Command::new(self.0.join("bin").join(name)).args(line).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The jobs at work whose rule is called so.
    fn at_work(&self, rule: &str) -> Vec<String> {
        let jobs = self.says("squeue", &["--noheader", "--states=running", "--format=%i %k"]);
        let jobs = jobs.lines().filter(|job| job.contains(rule));
        jobs.filter_map(|job| Some(job.split_whitespace().next()?.to_owned())).collect()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// Sixty clusters, for a dozen calls and some.
fn bench(behaviour: Behaviour) -> Bench {
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    let lines: Vec<&str> = all.lines().take(60).collect();
    Bench::with(&lines.join("\n"), behaviour)
}

/// Snakemake on the two nodes, with what it says in a file.
struct Driver<'a> {
    bench: &'a Bench,
    pair: &'a Pair,
    python: PathBuf,
    bin: PathBuf,
}

impl Driver<'_> {
    fn line(&self, more: &[&str]) -> Command {
        let space = &self.bench.space;
        let mut line = command(&self.python, space, &self.bin, "r", "slurm");
        let settings = format!(
            "settings=--config {} --model test-chat --embedder lexical --levels 1 \
             --clusters-per-group 12 --max-clusters 20 --base-url {}",
            space.path("conf.toml").display(),
            self.bench.server.base_url()
        );
        line.arg(format!("input={}", space.path("in.jsonl").display())).arg(settings);
        line.args(["shards=3", "rows_per_share=20", "stores=each", "concurrency=3", "cpus=1"]);
        line.args(more).env("PATH", self.pair.path());
        line
    }

    fn start(&self) -> Child {
        let said = File::create(self.bench.space.path("said")).unwrap();
        let mut line = self.line(&[]);
        line.stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap()
    }

    #[track_caller]
    fn said(&self, problem: &str) -> ! {
        let said = std::fs::read_to_string(self.bench.space.path("said")).unwrap();
        panic!("{problem}:\n{said}")
    }

    #[track_caller]
    fn wait(&self, driver: &mut Child, what: &str, mut done: impl FnMut(Option<bool>) -> bool) {
        let began = Instant::now();
        loop {
            let ended = driver.try_wait().unwrap().map(|status| status.success());
            if done(ended) {
                return;
            }
            if ended.is_some() || began.elapsed() > PATIENCE {
                self.said(what);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn artifacts(bench: &Bench) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let all = bench.artifacts("r").into_iter();
    all.filter(|(name, _)| !name.to_str().unwrap().contains(".shard-")).collect()
}

#[test]
fn on_two_nodes_a_killed_job_and_a_killed_driver_cost_no_more_than_was_in_flight() {
    let asked = std::env::var_os("CLADUS_TEST_SLURM").is_some();
    // Only root can start one.
    if !there_if_possible(asked, "a Slurm to start (CLADUS_TEST_SLURM)") {
        return;
    }
    let Some(python) = python() else { return };
    let whole = bench(Behaviour::default());
    whole.run("r", "--quiet --max-clusters 20").ok();

    let bench = bench(after(2_000));
    let bin = bench.space.path("bin");
    wrap(&binaries(&bench.space), &bin, ON_A_NODE);
    let pair = Pair::start(bench.space.path("slurm"));
    let driver = Driver { bench: &bench, pair: &pair, python, bin };

    let mut first = driver.start();
    let mut jobs = Vec::new();
    driver.wait(&mut first, "no three shares were at work", |_| {
        jobs = pair.at_work("label_shard");
        jobs.len() == 3 && bench.stats().in_flight == 3
    });
    pair.says("scancel", &["--signal=KILL", "--full", &jobs[0]]);
    first.kill().unwrap();
    first.wait().unwrap();

    // Two shares go on without it; a second driver does not ask beside them.
    let unlock: Ran = driver.line(&["--unlock"]).output().unwrap().into();
    unlock.ok();
    bench.server.configure(|b| b.latency = Duration::from_millis(200));
    let mut second = driver.start();
    driver.wait(&mut second, "the second driver failed", |ended| ended == Some(true));

    assert!(artifacts(&bench) == artifacts(&whole), "other bytes");
    let stats = bench.stats();
    assert!(stats.repeated <= 1 && stats.requests <= stats.logical + 1, "{stats:?}");
    assert_eq!(stats.logical, whole.stats().logical, "other questions");
    bench.space.cladus("status r --check").ok();
}

#[test]
fn a_job_that_ends_with_a_wrong_command_line_runs_once() {
    let asked = std::env::var_os("CLADUS_TEST_SLURM").is_some();
    if !there_if_possible(asked, "a Slurm to start (CLADUS_TEST_SLURM)") {
        return;
    }
    let Some(python) = python() else { return };
    let bench = bench(Behaviour::default());
    let (bin, calls) = (bench.space.path("bin"), bench.space.path("calls"));
    let script = format!("#!/bin/sh\necho \"$*\" >> '{}'\nexit 2\n", calls.display());
    wrap(&binaries(&bench.space), &bin, &script);
    let pair = Pair::start(bench.space.path("slurm"));
    let driver = Driver { bench: &bench, pair: &pair, python, bin };
    let ran: Ran = driver.line(&["retries=1"]).output().unwrap().into();
    assert_ne!(ran.code, 0);
    assert_eq!(std::fs::read_to_string(Path::new(&calls)).unwrap().lines().count(), 3);
}
