//! Hierarchies, our own and those that other tools have written.

use std::path::{Path, PathBuf};

use cladus_core::artifact::{self, Artifact, Node};
use cladus_core::config::InputConfig;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::{Error, Result};

use crate::folder::RunFolder;

/// The hierarchy at `path`: one of ours, or whatever `cladus run --keep-levels` reads as one. Its base
/// clusters are those without children.
///
/// # Errors
/// When it cannot be read, or is a flat list.
pub(crate) fn hierarchy(path: &Path) -> Result<Artifact<Vec<Node>>> {
    if is_ours(path) {
        return artifact::read_hierarchy(path);
    }
    let config = InputConfig { keep_levels: true, ..InputConfig::default() };
    let input = cladus_input::read(path, &config)?;
    if input.given.is_empty() {
        return Err(Error::damaged(
            path,
            format!("is a flat list of {} clusters, not a hierarchy", input.clusters.len()),
        ));
    }
    Ok(Artifact::new(path, input.given))
}

/// The run at `path`, where it is one, and the file of the hierarchy that it holds or is: in a folder of
/// Kura's checkpoints that of the meta clusters.
///
/// # Errors
/// When it is a folder without a hierarchy.
pub(crate) fn at(path: &Path) -> Result<(Option<RunFolder>, PathBuf)> {
    let checkpoints = path.join("meta_clusters.jsonl");
    if !path.is_dir() {
        return Ok((None, path.to_owned()));
    }
    if !path.join("hierarchy.parquet").is_file() && checkpoints.is_file() {
        return Ok((None, checkpoints));
    }
    let folder = RunFolder::finished(path)?;
    let hierarchy = folder.hierarchy();
    Ok((Some(folder), hierarchy))
}

/// `fingerprint` of what also depends on the hierarchy at `path`.
pub(crate) fn input(fingerprint: Fingerprint, name: &str, path: &Path) -> Fingerprint {
    if is_ours(path) {
        return fingerprint.input(name, path);
    }
    let digest = std::fs::read(path).map(|bytes| blake3::hash(&bytes).to_hex().to_string());
    fingerprint.value(name, &digest.unwrap_or_default())
}

/// Is it an artifact of ours, or meant to be one?
fn is_ours(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name == "hierarchy.parquet");
    named || !path.exists() || artifact::recognise(path).is_ok()
}
