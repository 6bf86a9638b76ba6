//! Other engines than the driver: the stages in shares, and by make and Snakemake.

mod commands;
mod large;
mod make;
mod shards;
mod slurm;
mod snakemake;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Every file of a run folder that says what was made and how: artifacts, manifests, settings. Shares
/// and what engines keep for themselves are left out.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    paths(root).into_iter().map(|name| (name.clone(), fs::read(root.join(name)).unwrap())).collect()
}

fn paths(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if [".parquet", ".manifest.json", ".toml"].iter().any(|end| name.ends_with(end))
                && !name.contains(".shard-")
            {
                found.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The same files by name; says which differ.
#[track_caller]
fn same(found: &BTreeMap<PathBuf, Vec<u8>>, expected: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |of: &BTreeMap<PathBuf, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, bytes) in found {
        assert!(*bytes == expected[name], "{} is another", name.display());
    }
}

/// Which file each name stands for, and when it was changed last: a file that is written again is
/// another one, a file that is touched is the same at another time.
fn identities(root: &Path) -> BTreeMap<PathBuf, (u64, i64, i64)> {
    let identity = |name: &PathBuf| {
        let found = fs::metadata(root.join(name)).unwrap();
        (found.ino(), found.mtime(), found.mtime_nsec())
    };
    paths(root).into_iter().map(|name| (name.clone(), identity(&name))).collect()
}

/// Which artifacts were written between two looks.
fn written(
    before: &BTreeMap<PathBuf, (u64, i64, i64)>,
    after: &BTreeMap<PathBuf, (u64, i64, i64)>,
) -> Vec<String> {
    let artifacts =
        after.iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "parquet"));
    let written =
        artifacts.filter(|(name, now)| before.get(*name).is_none_or(|old| old.0 != now.0));
    written.map(|(name, _)| name.to_str().unwrap().to_owned()).collect()
}
