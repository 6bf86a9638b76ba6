//! Disks that are full or fail, and file systems without locks.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cladus_tests::server::Behaviour;

use super::nothing_is_left_half_written;
use super::strace::{Fault, Point, sample, strace};
use crate::extent;
use crate::models::{Bench, every};
use crate::space::{Ran, Space, assorted};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).unwrap();
        }
    }
}

/// What a disk that is full, or fails once, says to this call; `None` where it says nothing.
fn error_of(point: &Point) -> Option<&'static str> {
    match point.syscall.as_str() {
        "write" | "pwrite64" | "ftruncate" => Some("ENOSPC"),
        "fsync" | "fdatasync" | "rename" => Some("EIO"),
        // A file that is only read needs no room.
        "openat" => point.shown.contains("O_CREAT").then_some("EDQUOT"),
        _ => None,
    }
}

#[test]
fn a_disk_that_fails_at_any_call_leaves_what_was_there_and_the_run_goes_on() {
    const BEFORE: &str = "run in.jsonl --embedder lexical --quiet --levels 12,4 --out";
    const AFTER: &str = "run in.jsonl --embedder lexical --quiet --levels 10,3 --seed 3 --out";
    let Some(strace) = strace() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    space.cladus(&format!("{BEFORE} old")).ok();
    space.cladus(&format!("{AFTER} new")).ok();
    let (old, new) = (space.artifacts("old"), space.artifacts("new"));
    let redo = |out: &str| -> Command {
        let mut command = space.command("cladus");
        command.args(AFTER.split_whitespace()).arg(out);
        command
    };
    copy(&space.path("old"), &space.path("counted"));
    let syscalls = ["write", "fsync", "rename", "openat", "ftruncate"];
    let points = strace.points(&redo("counted"), &syscalls, &space.path("log"));
    let points = points.into_iter().filter_map(|point| Some((error_of(&point)?, point)));
    // What is printed is all alike: a few lines of it are enough.
    let points = points.filter(|(_, p)| !p.shown.starts_with("write(1<") || p.number % 8 == 0);
    let points: Vec<_> = points.collect();
    assert!(points.len() >= 100, "{}", points.len());
    let points = extent::some_of(&points, 6);
    every(&points, |(error, point)| {
        let out = format!("{}-{}", point.syscall, point.number);
        copy(&space.path("old"), &space.path(&out));
        let log = space.path(&format!("{out}.log"));
        let ran = strace.strike(&redo(&out), point, Fault::Once(error), &log).ran;
        assert_eq!(ran.code, 75, "{error} at {point:?}:\n{}", ran.stderr);
        ran.complains(&["cannot", "run the same command again: it resumes"]);
        for (name, bytes) in space.artifacts(&out) {
            let whole = old.get(&name) == Some(&bytes) || new.get(&name) == Some(&bytes);
            assert!(whole, "{name:?} is torn by {error} at {point:?}");
        }
        nothing_is_left_half_written(&space.path(&out));
        let again: Ran = redo(&out).output().unwrap().into();
        assert_eq!(again.code, 0, "after {error} at {point:?}:\n{}", again.stderr);
        assert!(space.artifacts(&out) == new, "another result after {error} at {point:?}");
        fs::remove_dir_all(space.path(&out)).unwrap();
    });
    eprintln!("a failing disk without a model: {} points", points.len());
}

#[test]
fn no_call_is_sent_that_the_disk_could_not_note() {
    /// Calls in flight at once: no more may be paid for in vain.
    const WIDTH: u64 = 4;
    let Some(strace) = strace() else { return };
    let flags = format!("--concurrency {WIDTH} --quiet --seed 1");
    let prepared = || {
        let bench = Bench::small(Behaviour::default());
        bench.run("r", "--quiet").ok();
        bench.server.reset();
        bench
    };
    let whole = prepared();
    let syscalls = ["pwrite64", "fsync", "fdatasync", "ftruncate"];
    let log = whole.space.path("log");
    let points = strace.points(&whole.command("r", &flags), &syscalls, &log);
    let (unique, new) = (whole.stats().logical, whole.artifacts("r"));
    assert!(unique > 8, "another seed asks other questions");
    let of = |kind: &str, most| {
        let points = points.iter().filter(|point| point.syscall == kind).cloned().collect();
        sample(points, most)
    };
    let points = [("pwrite64", 24, 3), ("fsync", 8, 2), ("fdatasync", 8, 2), ("ftruncate", 3, 1)];
    let points = points.map(|(kind, whole, few)| of(kind, extent::of(whole, few))).concat();
    let (failed, kinds) = (AtomicUsize::new(0), Mutex::new(std::collections::BTreeMap::new()));
    every(&points, |point| {
        let bench = prepared();
        let old = bench.artifacts("r");
        let log = bench.space.path("log");
        let error = error_of(point).unwrap();
        let command = bench.command("r", &flags);
        let ran = strace.strike(&command, point, Fault::FromThenOn(error), &log).ran;
        bench.settle();
        let (before, noted) = (bench.stats(), bench.ledger("r"));
        // What the first run has asked is in the ledger, and was forgotten by the server.
        let first = whole.ledger("r").sum("calls") - whole.stats().requests;
        assert!(noted.sum("calls") - first >= before.requests, "{error} at {point:?}");
        if ran.code == 0 {
            // Only tidying up was left to do.
            assert!(bench.artifacts("r") == new, "{error} at {point:?}");
        } else {
            assert_eq!(ran.code, 75, "{error} at {point:?}:\n{}", ran.stderr);
            ran.complains(&["run the same command again"]);
            failed.fetch_add(1, Ordering::Relaxed);
            *kinds.lock().unwrap().entry(point.syscall.clone()).or_insert(0) += 1;
        }
        for (name, bytes) in bench.artifacts("r") {
            let whole = old.get(&name) == Some(&bytes) || new.get(&name) == Some(&bytes);
            assert!(whole, "{name:?} is torn by {error} at {point:?}");
        }
        let again = bench.run("r", &flags);
        assert_eq!(again.code, 0, "after {error} at {point:?}:\n{}", again.stderr);
        let (stats, ledger) = (bench.stats(), bench.ledger("r"));
        let lost = ledger.sum("maybe_paid");
        assert!(lost <= WIDTH && stats.repeated <= lost, "{error} at {point:?}: {stats:?}");
        assert!(stats.requests <= unique + lost, "{error} at {point:?}, {lost} lost: {stats:?}");
        ledger.adds_up();
        assert!(bench.artifacts("r") == new, "another result after {error} at {point:?}");
        nothing_is_left_half_written(&bench.space.path("r"));
    });
    let (failed, kinds) = (failed.into_inner(), kinds.into_inner().unwrap());
    eprintln!("a failing disk with a model: {failed} of {} runs failed: {kinds:?}", points.len());
    assert!(failed >= extent::of(25, 3), "only {failed} runs failed: {kinds:?}");
}

#[test]
fn without_locks_a_run_says_so_and_goes_on() {
    let Some(strace) = strace() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    space.cladus("run in.jsonl --out with --embedder lexical").ok();
    let mut command = space.command("cladus");
    command.args(["run", "in.jsonl", "--out", "r", "--embedder", "lexical"]);
    let first = Point { syscall: "flock".to_owned(), number: 1, shown: String::new() };
    for error in ["ENOSYS", "ENOLCK"] {
        let log = space.path("log");
        let ran = strace.strike(&command, &first, Fault::FromThenOn(error), &log).ran.ok();
        ran.complains(&["warning", "cannot be locked", "second run"]);
    }
    assert!(space.artifacts("r") == space.artifacts("with"));
    nothing_is_left_half_written(&space.path("r"));
    // A store of answers needs them: two processes would pay for the same.
    let bench = Bench::small(Behaviour::default());
    let log = bench.space.path("log");
    let ran = strace.strike(&bench.command("r", ""), &first, Fault::FromThenOn("ENOSYS"), &log).ran;
    ran.exits(2).complains(&["cannot lock", "--answers"]);
    assert_eq!(bench.stats().requests, 0);
}

#[test]
fn a_folder_that_may_only_be_read_is_told_before_anything_is_paid() {
    let Some(strace) = strace() else { return };
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "--quiet").ok();
    bench.server.reset();
    let command = bench.command("r", "--quiet --seed 1");
    let log = bench.space.path("log");
    let opens = strace.points(&command, &["openat"], &log);
    // That of the lock is the first.
    let made: Vec<&Point> = opens.iter().filter(|point| point.shown.contains("O_CREAT")).collect();
    let before = (bench.stats().requests, bench.artifacts("r"));
    for (error, hint) in [("EROFS", "writable location"), ("EACCES", "permissions")] {
        for point in &made[..2] {
            let command = bench.command("r", "--quiet --seed 2");
            let ran = strace.strike(&command, point, Fault::FromThenOn(error), &log).ran;
            ran.exits(2).complains(&["cannot", "hint", hint]);
        }
    }
    assert!((bench.stats().requests, bench.artifacts("r")) == before);
}
