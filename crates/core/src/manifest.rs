//! How an artifact was made, beside it, and whether that still holds.
//!
//! An artifact is fresh when everything its stage reads is what it was: the parts of its
//! [fingerprint](crate::fingerprint). The manifest keeps them by name, so that every difference can
//! be told with its old and its new value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::artifact::parquet;
use crate::atomic;
use crate::content::{self, Content};
use crate::error::{Error, Result};
use crate::fingerprint::{Fingerprint, Parts};
use crate::outcome::Ran;

/// The record beside an artifact (`labels.parquet` has `labels.manifest.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The stage that made it.
    pub stage: String,
    /// What it was made from.
    pub parts: Parts,
    /// The texts among the parts, whole.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Digest of the rows that were written.
    pub content: String,
    /// The stage is at work on another artifact in its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replacing: bool,
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
pub enum ArtifactState {
    /// As its stage would make it again.
    Fresh {
        /// What the stage said when it made it.
        note: String,
        /// Rows that are not as the model said them.
        fell_back: usize,
    },
    /// Made by hand, or changed since its stage made it: kept.
    Edited {
        /// What has changed besides: the edit may no longer fit it.
        since: Vec<Reason>,
    },
    /// To be made, and why.
    Stale(Vec<Reason>),
}

/// One reason why an artifact has to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// It is not there.
    Missing,
    /// It is there, and nothing says how it was made: a kill came between the two.
    Unfinished,
    /// The user asked for it.
    Forced,
    /// The user asked for new answers.
    Reask,
    /// An edit is taken back.
    Discarded,
    /// An input will be made anew; what will be in it is not known yet.
    Upstream {
        /// The input.
        part: String,
    },
    /// So many rows fell back because an endpoint did not answer.
    Unanswered {
        /// The rows.
        rows: usize,
    },
    /// A part of the fingerprint has another value, or came or went.
    Changed {
        /// The part.
        part: String,
        /// Its value when the artifact was made.
        old: Option<String>,
        /// Its value now.
        new: Option<String>,
        /// Of a text: both, line by line.
        #[serde(skip)]
        texts: Option<(String, String)>,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |v: &Option<String>| v.as_deref().map_or("none".to_owned(), shorten);
        match self {
            Self::Missing => f.write_str("not made yet"),
            Self::Unfinished => f.write_str("not finished"),
            Self::Forced => f.write_str("forced"),
            Self::Reask => f.write_str("to be asked again"),
            Self::Discarded => f.write_str("edited by hand, and the edit is discarded"),
            Self::Upstream { part } => write!(f, "{part} will be rebuilt"),
            Self::Unanswered { rows } => {
                write!(f, "{rows} rows had no answer from the endpoint last time")
            }
            Self::Changed { part, old, new, .. } => {
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

impl Manifest {
    /// Of what a stage has made from `parts`; `None` where it only planned.
    pub fn of(fingerprint: &Fingerprint, parts: Parts, ran: &Ran) -> Option<Self> {
        Some(Self {
            stage: fingerprint.stage.to_owned(),
            parts,
            texts: fingerprint.texts.clone(),
            content: ran.written?.digest.to_string(),
            replacing: false,
            note: ran.note.clone(),
            unanswered: ran.asked.passing,
            fell_back: ran.asked.fell_back,
        })
    }

    /// Reads the record beside the artifact at `artifact`. One that cannot be understood is none:
    /// the artifact is then made again.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn load(artifact: &Path) -> Result<Option<Self>> {
        let path = path_of(artifact);
        match fs::read(&path) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io("read", &path, e)),
        }
    }
}

/// Where the manifest of the artifact at `path` lies.
pub fn path_of(artifact: &Path) -> PathBuf {
    artifact.with_extension("manifest.json")
}

/// Records how the artifact at `path` was made. One that says so already is left alone: its age is
/// what other engines go by.
///
/// # Errors
/// When the record cannot be written.
pub fn record(artifact: &Path, manifest: &Manifest) -> Result<()> {
    let mut text = serde_json::to_string_pretty(manifest).map_err(|e| Error::Bug(e.to_string()))?;
    text.push('\n');
    let path = path_of(artifact);
    if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    atomic::publish_bytes(&path, text.as_bytes())
}

/// Notes that the artifact at `out` is about to be replaced by its stage. After a kill between the new
/// artifact and its record, the new one then does not look like an edit of the old.
///
/// # Errors
/// When the note cannot be written.
pub fn replacing(out: &Path) -> Result<()> {
    match Manifest::load(out)? {
        Some(old) if !old.replacing => record(out, &Manifest { replacing: true, ..old }),
        _ => Ok(()),
    }
}

/// Records what a stage has made at `out`.
///
/// `parts` are what the inputs were before it ran. Where one of them has changed meanwhile, nobody
/// knows which of the two the stage has read: the record then says neither, and the artifact is
/// stale from the start.
///
/// # Errors
/// When the record cannot be written.
pub fn record_run(
    out: &Path,
    fingerprint: &Fingerprint,
    mut parts: Parts,
    ran: &Ran,
) -> Result<()> {
    for (name, path) in &fingerprint.inputs {
        if parts.get(name) != content::of(path).ok().map(|content| content.digest).as_ref() {
            parts.insert(name.clone(), "changed while it was read".to_owned());
        }
    }
    let Some(written) = ran.written else { return Ok(()) };
    let digest = written.digest.to_string();
    content::wrote(out, Content { digest, rows: written.rows });
    match Manifest::of(fingerprint, parts, ran) {
        Some(manifest) => record(out, &manifest),
        None => Ok(()),
    }
}

/// Where the artifact at `path` stands against the parts it would be made from now: those of
/// `fingerprint`, with its inputs in them.
///
/// # Errors
/// When it cannot be read as its artifact. Ours are never torn (they are renamed into place), so
/// somebody has been at work there, and overwriting it could lose that work.
pub fn state(path: &Path, fingerprint: &Fingerprint, parts: &Parts) -> Result<ArtifactState> {
    state_but_for(path, fingerprint, parts, &[])
}

/// [`state`], where the inputs called `waiting` will be made anew: their digests are not compared,
/// and their change is a reason.
///
/// # Errors
/// As [`state`].
pub fn state_but_for(
    path: &Path,
    fingerprint: &Fingerprint,
    parts: &Parts,
    waiting: &[String],
) -> Result<ArtifactState> {
    let upstream = || waiting.iter().map(|part| Reason::Upstream { part: part.clone() });
    if !path.is_file() {
        return Ok(ArtifactState::Stale(
            std::iter::once(Reason::Missing).chain(upstream()).collect(),
        ));
    }
    let content = content::of(path)?.digest;
    // A kill between artifact and record leaves ours without one; anything else is the user's.
    let Some(manifest) = Manifest::load(path)? else {
        return Ok(match is_ours(path)? {
            true => ArtifactState::Stale(vec![Reason::Unfinished]),
            false => ArtifactState::Edited { since: Vec::new() },
        });
    };
    let mut known = manifest.clone();
    known.parts.retain(|name, _| !waiting.contains(name));
    let mut reasons = differences(&known, parts, &fingerprint.texts);
    reasons.extend(upstream());
    if manifest.content != content {
        return Ok(match manifest.replacing && is_ours(path)? {
            true => ArtifactState::Stale(vec![Reason::Unfinished]),
            false => ArtifactState::Edited { since: reasons },
        });
    }
    if manifest.unanswered > 0 {
        reasons.push(Reason::Unanswered { rows: manifest.unanswered });
    }
    Ok(if reasons.is_empty() {
        ArtifactState::Fresh { note: manifest.note, fell_back: manifest.fell_back }
    } else {
        ArtifactState::Stale(reasons)
    })
}

/// Is the artifact at `path`, as it is, what one of our writers wrote?
///
/// # Errors
/// When it cannot be read as its artifact.
pub fn is_ours(path: &Path) -> Result<bool> {
    let (metadata, _) = parquet::footer(path)?;
    Ok(metadata.get("cladus.content") == Some(&content::of(path)?.digest))
}

/// Are the rows of the artifact at `path` those that its manifest records, or, without one, those that
/// one of our writers wrote? Another program may have written them again.
///
/// # Errors
/// When it, or its manifest, cannot be read.
pub fn holds_our_rows(path: &Path) -> Result<bool> {
    match Manifest::load(path)? {
        Some(manifest) if manifest.content == content::of(path)?.digest => Ok(true),
        _ => is_ours(path),
    }
}

/// Every part whose value is not what `manifest` has.
fn differences(
    manifest: &Manifest,
    parts: &Parts,
    texts: &BTreeMap<String, String>,
) -> Vec<Reason> {
    let old = &manifest.parts;
    let names: BTreeSet<&String> = old.keys().chain(parts.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != parts.get(*name))
        .map(|name| Reason::Changed {
            part: name.clone(),
            old: old.get(name).cloned(),
            new: parts.get(name).cloned(),
            texts: manifest.texts.get(name).cloned().zip(texts.get(name).cloned()),
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
        let made = Manifest {
            stage: "group".to_owned(),
            parts: parts(&[("seed", "0"), ("version", "1"), ("gone", "x")]),
            texts: BTreeMap::new(),
            content: String::new(),
            replacing: false,
            note: String::new(),
            unanswered: 0,
            fell_back: 0,
        };
        let new = parts(&[("seed", "1"), ("version", "1"), ("new", "y")]);
        let texts = BTreeMap::new();
        let said: Vec<String> =
            differences(&made, &new, &texts).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["gone: x -> none", "new: none -> y", "seed: 0 -> 1"]);
        assert!(differences(&made, &made.parts, &texts).is_empty());
    }
}
