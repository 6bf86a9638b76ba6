//! Folders: which of the files in them hold the clusters.

use std::path::{Path, PathBuf};

use cladus_core::{Error, Result};

use crate::bytes::columnar::Columnar;

/// A folder that a tool has written.
///
/// # Errors
/// When it is not clear which of its files holds the clusters.
pub(crate) fn files(path: &Path) -> Result<(Columnar, Vec<PathBuf>, &'static str)> {
    let listed = std::fs::read_dir(path).map_err(|e| Error::io("read", path, e))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let ending = |wanted: &str| -> Vec<PathBuf> {
        files.iter().filter(|file| file.extension().is_some_and(|e| e == wanted)).cloned().collect()
    };
    let is_there = |name: &str| path.join(name).is_file();
    let source = |kind, files, note| Ok((kind, files, note));
    if is_there("state.json") || is_there("dataset_info.json") {
        let arrow = data_files(path).unwrap_or_else(|| ending("arrow"));
        if !arrow.is_empty() {
            return source(Columnar::Arrow, arrow, "a Hugging Face dataset");
        }
    }
    if is_there("clusters.parquet") && is_there("cladus.toml") {
        return source(Columnar::Parquet, vec![path.join("clusters.parquet")], "a run of cladus");
    }
    let arrow = ending("arrow");
    let parquet = ending("parquet");
    match (arrow.as_slice(), parquet.as_slice()) {
        ([_, ..], []) => source(Columnar::Arrow, arrow, "a folder of Arrow files"),
        ([], [_]) => source(Columnar::Parquet, parquet, "a folder with a Parquet file"),
        _ => Err(which_file(path, &files)),
    }
}

/// The files that `state.json` of a Hugging Face dataset names, in its order.
fn data_files(path: &Path) -> Option<Vec<PathBuf>> {
    let state = std::fs::read(path.join("state.json")).ok()?;
    let state: serde_json::Value = serde_json::from_slice(&state).ok()?;
    let files = state.get("_data_files")?.as_array()?;
    let names = files.iter().map(|file| file.get("filename")?.as_str());
    // A name is a name, never a way out of the folder.
    let plain = names.map(|name| Path::new(name?).file_name().map(|name| path.join(name)));
    plain.collect()
}

/// In a folder of several files, which are they?
fn which_file(path: &Path, files: &[PathBuf]) -> Error {
    let splits = |file: &&PathBuf| file.join("state.json").is_file();
    let likely = files.iter().find(splits).or_else(|| {
        let rank = |file: &&PathBuf| {
            let name =
                file.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
            let known = [
                // Kura's, with the base clusters in it.
                "meta_clusters",
                "community_reports",
                "topic_info",
                "topic_df",
                "clusters",
                "topics",
                "labels",
                "cluster",
            ];
            known.iter().position(|known| name.contains(known))
        };
        files.iter().filter(|file| file.is_file() && rank(file).is_some()).min_by_key(rank)
    });
    let names: Vec<String> = files
        .iter()
        .take(12)
        .filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let problem = if names.is_empty() {
        "is an empty folder".to_owned()
    } else {
        format!("is a folder; which file in it holds the clusters? It has {}", names.join(", "))
    };
    match likely {
        Some(file) => crate::columns::unclear::other_file(path, &problem, file.clone()),
        None => Error::damaged(path, problem),
    }
}
