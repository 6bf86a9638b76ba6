//! How an artifact was made, beside it, and whether that still holds.
//!
//! An artifact is fresh when everything its stage reads is what it was: the stage's version, its
//! parameters, and the rows of its inputs. One list of named parts is what is compared, stored and
//! explained, so that an explanation cannot drift from the rule. Paths, times and thread counts are
//! not among the parts.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use cladus_core::artifact::{self, parquet};
use cladus_core::schema::Schema;
use cladus_core::{Error, Result, atomic};
use serde::{Deserialize, Serialize};

/// Everything an artifact depends on: part by part, name and value.
pub type Parts = BTreeMap<String, String>;

/// The record beside an artifact (`labels.parquet` has `labels.manifest.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The stage that made it.
    pub stage: String,
    /// What it was made from.
    pub parts: Parts,
    /// Digest of the rows that were written.
    pub content: String,
    /// What the stage had to say about the result.
    pub note: String,
    /// Rows that fell back because an endpoint did not answer: they are tried again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: usize,
    /// Rows that are not as the model said them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fell_back: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's interface")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Where an artifact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As its stage would make it again.
    Fresh {
        /// Digest of its rows.
        content: String,
        /// What the stage said when it made it.
        note: String,
        /// Rows that are not as the model said them.
        fell_back: usize,
    },
    /// Made by hand, or changed since its stage made it: kept.
    Edited {
        /// Digest of its rows.
        content: String,
    },
    /// To be made, and why.
    Stale(Vec<Reason>),
}

/// One reason why an artifact has to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is not there, or was not finished.
    Missing,
    /// The user asked for it.
    Forced,
    /// An input will be made anew; what will be in it is not known yet.
    Upstream(String),
    /// So many rows fell back because an endpoint did not answer.
    Unanswered(usize),
    /// A part of the fingerprint has another value, or came or went.
    Changed {
        /// The part.
        part: String,
        /// Its value when the artifact was made.
        old: Option<String>,
        /// Its value now.
        new: Option<String>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |v: &Option<String>| v.as_deref().map_or("none".to_owned(), shorten);
        match self {
            Self::Missing => f.write_str("not made yet"),
            Self::Forced => f.write_str("forced"),
            Self::Upstream(input) => write!(f, "{input} will be made anew"),
            Self::Unanswered(rows) => {
                write!(f, "{rows} rows had no answer from the endpoint last time")
            }
            Self::Changed { part, old, new } => {
                write!(f, "{part}: {} -> {}", value(old), value(new))
            }
        }
    }
}

/// Digests are shown by their first digits.
fn shorten(value: &str) -> String {
    let digest = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    if digest { value[..8].to_owned() } else { value.to_owned() }
}

/// Where the manifest of the artifact at `path` lies.
pub fn path_of(artifact: &Path) -> PathBuf {
    artifact.with_extension("manifest.json")
}

/// Records how the artifact at `path` was made.
///
/// # Errors
/// When the record cannot be written.
pub fn record(artifact: &Path, manifest: &Manifest) -> Result<()> {
    let mut text = serde_json::to_string_pretty(manifest).map_err(|e| Error::Bug(e.to_string()))?;
    text.push('\n');
    atomic::publish_bytes(&path_of(artifact), text.as_bytes())
}

/// Where the artifact at `path` stands against the parts it would be made from now.
///
/// # Errors
/// When it cannot be read as its artifact. Ours are never torn (they are renamed into place), so
/// somebody has been at work there, and overwriting it could lose that work.
pub fn state(path: &Path, schema: &Schema, parts: &Parts) -> Result<State> {
    if !path.is_file() {
        return Ok(State::Stale(vec![Reason::Missing]));
    }
    let content = artifact::read_digest(path, schema)?.to_string();
    let Some(manifest) = load(path)? else {
        // A kill between artifact and record leaves ours without one; anything else is the user's.
        let (metadata, _) = parquet::footer(path)?;
        return Ok(if metadata.get("cladus.content") == Some(&content) {
            State::Stale(vec![Reason::Missing])
        } else {
            State::Edited { content }
        });
    };
    if manifest.content != content {
        return Ok(State::Edited { content });
    }
    let mut reasons = differences(&manifest.parts, parts);
    if manifest.unanswered > 0 {
        reasons.push(Reason::Unanswered(manifest.unanswered));
    }
    Ok(if reasons.is_empty() {
        State::Fresh { content, note: manifest.note, fell_back: manifest.fell_back }
    } else {
        State::Stale(reasons)
    })
}

/// Digest of the rows of the artifact at `path`, whose name tells which one it is.
///
/// # Errors
/// When it cannot be read as its artifact.
pub fn content(path: &Path) -> Result<String> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let schema = name.as_deref().and_then(Schema::of);
    let schema = schema.ok_or_else(|| Error::Bug(format!("{} is no artifact", path.display())))?;
    Ok(artifact::read_digest(path, schema)?.to_string())
}

fn load(artifact: &Path) -> Result<Option<Manifest>> {
    let path = path_of(artifact);
    match fs::read_to_string(&path) {
        // A record that cannot be read is none: the artifact is made again.
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", &path, e)),
    }
}

fn differences(old: &Parts, new: &Parts) -> Vec<Reason> {
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| Reason::Changed {
            part: name.clone(),
            old: old.get(name).cloned(),
            new: new.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_changed_is_named_with_both_values() {
        let parts = |pairs: &[(&str, &str)]| -> Parts {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let old = parts(&[("--seed", "0"), ("version", "1"), ("--gone", "x")]);
        let new = parts(&[("--seed", "1"), ("version", "1"), ("--new", "y")]);
        let said: Vec<String> = differences(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["--gone: x -> none", "--new: none -> y", "--seed: 0 -> 1"]);
        assert!(differences(&old, &old).is_empty());
    }
}
