//! Killed at any system call that touches a file, the same command goes on from there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use cladus_tests::server::Behaviour;

use super::nothing_is_left_half_written;
use super::strace::{Fault, Point, sample, strace};
use crate::extent;
use crate::models::{Bench, every};
use crate::space::{Ran, Space, assorted};

/// Where the state of the disk changes, or a file is opened.
const SYSCALLS: &[&str] = &[
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "openat",
    "ftruncate",
    "unlink",
    "unlinkat",
    "mkdir",
];

/// Two iterations in a quarter of a second.
const RUN: &str = "run in.jsonl --embedder lexical --levels 12,4 --quiet --out";

/// What happened to each kind of call.
#[derive(Default)]
struct Tally(std::sync::Mutex<BTreeMap<String, (usize, usize)>>);

impl Tally {
    fn count(&self, point: &Point, struck: bool) {
        let mut tally = self.0.lock().unwrap();
        let (points, hits) = tally.entry(point.syscall.clone()).or_default();
        *points += 1;
        *hits += usize::from(struck);
    }

    /// Says what was struck; enough of it.
    #[track_caller]
    fn at_least(self, least: usize, what: &str) {
        let tally = self.0.into_inner().unwrap();
        let struck: usize = tally.values().map(|(_, hits)| hits).sum();
        eprintln!("{what}: {struck} points struck: {tally:?} (points, struck)");
        assert!(struck >= least, "{what}: only {struck} points of {least} struck: {tally:?}");
    }
}

/// All of what changes names or lengths, and a share of the rest.
fn spread(points: Vec<Point>, writes: usize, opens: usize) -> Vec<Point> {
    let mut kinds: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for point in points {
        // Of what is printed only the first lines: they are all alike.
        let printed = point.syscall == "write" && point.shown.starts_with("write(1<");
        if !printed || point.number % 8 == 0 {
            kinds.entry(point.syscall.clone()).or_default().push(point);
        }
    }
    let share = |(kind, points)| {
        let most = if kind == "openat" { opens } else { writes };
        sample(points, most)
    };
    kinds.into_iter().flat_map(share).collect()
}

fn run_into(space: &Space, out: &str) -> Command {
    let mut command = space.command("cladus");
    command.args(RUN.split_whitespace()).arg(out);
    command
}

#[test]
fn killed_at_any_call_a_run_without_a_model_goes_on() {
    let Some(strace) = strace() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    let points = strace.points(&run_into(&space, "whole"), SYSCALLS, &space.path("log"));
    let whole = space.artifacts("whole");
    assert_eq!(whole.len(), 3 + 2 * 5);
    // All renames and all syncs of folders are among them: so the run is also killed between any two
    // stages and between its iterations.
    let points: Vec<_> =
        spread(points, extent::of(52, 2), extent::of(30, 4)).into_iter().enumerate().collect();
    let tally = Tally::default();
    every(&points, |(at, point)| {
        let out = format!("r{at}");
        let command = run_into(&space, &out);
        let struck = strace.strike(&command, point, Fault::Kill, &space.path(&format!("log{at}")));
        tally.count(point, struck.killed);
        if space.path(&out).is_dir() {
            for (name, bytes) in space.artifacts(&out) {
                assert!(bytes == whole[&name], "{name:?} is torn after {point:?}");
            }
        }
        let again: Ran = run_into(&space, &out).output().unwrap().into();
        assert_eq!(again.code, 0, "after {point:?}:\n{}", again.stderr);
        assert!(space.artifacts(&out) == whole, "another result after {point:?}");
        nothing_is_left_half_written(&space.path(&out));
        std::fs::remove_dir_all(space.path(&out)).unwrap();
    });
    tally.at_least(extent::of(160, 8), "a run without a model");
}

#[test]
fn killed_at_any_call_a_run_with_a_model_goes_on_and_pays_nothing_twice() {
    /// Calls in flight at once: no more may be lost to a kill.
    const WIDTH: u64 = 4;
    let Some(strace) = strace() else { return };
    let flags = format!("--concurrency {WIDTH} --quiet");
    let whole = Bench::small(Behaviour::default());
    let log = whole.space.path("log");
    let points = strace.points(&whole.command("r", &flags), SYSCALLS, &log);
    let (unique, artifacts) = (whole.stats().logical, whole.artifacts("r"));
    let points = spread(points, extent::of(20, 2), extent::of(24, 3));
    let (tally, halfway) = (Tally::default(), AtomicUsize::new(0));
    every(&points, |point| {
        let bench = Bench::small(Behaviour::default());
        let log = bench.space.path("log");
        let struck = strace.strike(&bench.command("r", &flags), point, Fault::Kill, &log);
        tally.count(point, struck.killed);
        bench.settle();
        let before = bench.stats();
        if struck.killed && before.requests > 0 && before.requests < unique {
            halfway.fetch_add(1, Ordering::Relaxed);
        }
        let again = bench.run("r", &flags);
        assert_eq!(again.code, 0, "after {point:?}:\n{}", again.stderr);
        let (stats, ledger) = (bench.stats(), bench.ledger("r"));
        let lost = ledger.sum("maybe_paid");
        assert!(lost <= WIDTH && stats.repeated <= lost, "after {point:?}, {lost} lost: {stats:?}");
        assert!(stats.requests <= unique + lost, "after {point:?}, {lost} lost: {stats:?}");
        ledger.adds_up();
        assert_eq!(ledger.sum("answers"), unique, "after {point:?}");
        assert!(bench.artifacts("r") == artifacts, "another result after {point:?}");
        nothing_is_left_half_written(&bench.space.path("r"));
    });
    let halfway = halfway.into_inner();
    let least = extent::of(30, 2);
    assert!(halfway >= least, "only {halfway} kills between the first call and the last");
    tally.at_least(extent::of(100, 6), "a run with a model");
}

#[test]
fn killed_at_any_call_a_stage_by_hand_goes_on() {
    let Some(strace) = strace() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    let ran = space.cladus("run in.jsonl --levels 12,4 --out r --embedder lexical --commands").ok();
    let commands = ran.stderr.lines().filter_map(|line| line.strip_prefix("$ "));
    let stages: Vec<Vec<&str>> =
        commands.map(|line| line.split_whitespace().collect()).take(5).collect();
    assert_eq!(stages.len(), 5);
    let tally = Tally::default();
    every(&stages, |words| {
        let place = words.iter().position(|word| *word == "--out").unwrap() + 1;
        let made = std::fs::read(space.path(words[place])).unwrap();
        let by_hand = |out: &str| {
            let mut words = words.clone();
            words[place] = out;
            let mut command = space.command(words[0]);
            command.args(&words[1..]).arg("--quiet");
            command
        };
        let name = words[0];
        let log = space.path(&format!("{name}.log"));
        let points = strace.points(&by_hand(&format!("{name}-0/a.parquet")), SYSCALLS, &log);
        let points: Vec<_> = spread(points, extent::of(10, 1), extent::of(4, 1));
        for (at, point) in points.iter().enumerate() {
            let folder: PathBuf = space.path(&format!("{name}-{}", at + 1));
            let out = folder.join("a.parquet");
            let command = by_hand(out.to_str().unwrap());
            let struck = strace.strike(&command, point, Fault::Kill, &log);
            tally.count(point, struck.killed);
            let torn = std::fs::read(&out).is_ok_and(|bytes| bytes != made);
            assert!(!torn, "{name} is torn after {point:?}");
            let again: Ran = by_hand(out.to_str().unwrap()).output().unwrap().into();
            assert_eq!(again.code, 0, "{name} after {point:?}:\n{}", again.stderr);
            assert!(std::fs::read(&out).unwrap() == made, "{name} after {point:?}");
            nothing_is_left_half_written(&folder);
        }
    });
    tally.at_least(extent::of(40, 5), "stages by hand");
}
