//! Killed, interrupted, out of disk: what is there stays whole, and the same command goes on.

mod full;
mod kills;
mod readers;
mod signals;
mod strace;
mod together;

use std::path::{Path, PathBuf};

/// Files below `folder` that were never given their name.
fn temporaries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(temporaries(&path));
        } else if path.extension().is_some_and(|extension| extension == "tmp") {
            found.push(path);
        }
    }
    found
}

#[track_caller]
fn nothing_is_left_half_written(folder: &Path) {
    let found = temporaries(folder);
    assert!(found.is_empty(), "{found:?}");
}
