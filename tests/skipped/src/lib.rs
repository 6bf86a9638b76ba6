//! Tests that need a program or a file that is not there: nobody takes them for passed.
//!
//! libtest knows no test that finds out while it runs that it cannot. So such a test notes what it
//! lacks in a file beside the test binaries, one for each process that started tests (cargo), and
//! returns. The test `report` of this package, which cargo runs behind all others, prints what was
//! noted. Where [`STRICT`] is set, as in CI, the test that would be skipped fails instead.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The environment variable that makes what is missing a failure.
pub const STRICT: &str = "CLADUS_TEST_STRICT";

/// Whether what a test needs is there. The test returns where it is not.
///
/// # Panics
///
/// Where it is not there and [`STRICT`] is set.
#[must_use = "return from the test if it is not there"]
#[track_caller]
pub fn there(found: bool, what: &str) -> bool {
    let strict = std::env::var_os(STRICT).is_some_and(|value| !value.is_empty());
    assert!(found || !strict, "this needs {what}, and {STRICT} is set");
    there_if_possible(found, what)
}

/// The same for what not every CI can have: noted, and never a failure.
#[must_use = "return from the test if it is not there"]
#[track_caller]
pub fn there_if_possible(found: bool, what: &str) -> bool {
    if !found && let Some(folder) = folder() {
        let _ = note(&folder, &test_name(), what);
    }
    found
}

/// The test that runs in this thread, or where it asked if libtest runs tests in its main thread.
#[track_caller]
fn test_name() -> String {
    let place = Location::caller();
    let thread = std::thread::current();
    let name = thread.name().filter(|name| *name != "main");
    name.map_or_else(|| format!("{}:{}", place.file(), place.line()), str::to_owned)
}

/// Where tests of this build note things.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    // target/debug/deps/e2e-0123456789abcdef
    Some(test.parent()?.parent()?.join("skipped-tests"))
}

/// The notes of the tests that were started by whoever started this process.
fn file(folder: &Path) -> PathBuf {
    #[cfg(unix)]
    let starter = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let starter = "all";
    folder.join(format!("{starter}.txt"))
}

fn note(folder: &Path, test: &str, what: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = fs::File::options().append(true).create(true).open(file(folder))?;
    // One write, so that lines of several processes stay whole.
    file.write_all(format!("{what}\t{test}\n").as_bytes())
}

/// What is missing, and the tests that need it.
pub type Missing = BTreeMap<String, Vec<String>>;

/// Takes the notes out of `folder`.
#[must_use]
pub fn take(folder: &Path) -> Missing {
    let path = file(folder);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    forget_old(folder);
    let mut missing = Missing::new();
    for (what, test) in text.lines().filter_map(|line| line.split_once('\t')) {
        missing.entry(what.to_owned()).or_default().push(test.to_owned());
    }
    for tests in missing.values_mut() {
        tests.sort();
        tests.dedup();
    }
    missing
}

/// Notes that nobody took, because tests failed or only some were run.
fn forget_old(folder: &Path) {
    let day = Duration::from_secs(24 * 3600);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let changed = entry.metadata().and_then(|found| found.modified());
        let age = changed.ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        if age.is_some_and(|age| age > day) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The lines that close a run of tests.
#[must_use]
pub fn report(missing: &Missing) -> String {
    let count: usize = missing.values().map(Vec::len).sum();
    let tests = |n: usize| if n == 1 { "1 test".to_owned() } else { format!("{n} tests") };
    if count == 0 {
        return "skipped: no test\n".to_owned();
    }
    let mut text = format!("SKIPPED: {} could not run here\n", tests(count));
    for (what, names) in missing {
        text += &format!("  {} without {what}\n", tests(names.len()));
        for name in names {
            text += &format!("      {name}\n");
        }
    }
    text + "CONTRIBUTING.md says how to get what is missing.\n"
}
