//! `--reask`: new answers for a stage that has some. The only way to pay twice.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use cladus_core::{Error, Result, atomic};
use cladus_llm::{Answers, CallId, Reask};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::drive::invocation::Invocation;
use crate::stages::stage::Stage;

/// What a user wants asked again: `label`, or `label:invoice`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaskRequest {
    /// The stage.
    pub stage: Stage,
    /// Only questions that hold this text.
    pub filter: Option<String>,
}

impl FromStr for ReaskRequest {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (stage, filter) = match text.split_once(':') {
            Some((stage, filter)) => (stage, Some(filter.to_owned())),
            None => (text, None),
        };
        match Stage::from_str(stage, false) {
            Ok(stage @ (Stage::Propose | Stage::Label | Stage::Rename)) => {
                Ok(Self { stage, filter: filter.filter(|filter| !filter.is_empty()) })
            }
            _ => Err("expected propose, label or rename, optionally with :TEXT for questions that contain TEXT".to_owned()),
        }
    }
}

/// A stage that is being asked again, beside its artifact until that is made: a run that was
/// interrupted goes on with it, and pays no more for what it has got meanwhile.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    filter: Option<String>,
    after: i64,
}

fn path_of(out: &Path) -> PathBuf {
    out.with_extension("reask.json")
}

/// Is the artifact at `out` still being asked for again?
pub fn is_pending(out: &Path) -> bool {
    path_of(out).is_file()
}

/// What `invocation` is to ask again: what is pending, or what is wanted now. With `keep`, it stays
/// pending until [`done`].
///
/// # Errors
/// When no model is asked, or the store or the note cannot be read or written.
pub fn begin(
    invocation: &Invocation,
    wanted: Option<&ReaskRequest>,
    answers: &Path,
    keep: bool,
) -> Result<Option<Reask>> {
    let path = path_of(&invocation.out);
    let pending = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice::<Pending>(&text).ok(),
        Err(_) => None,
    };
    let same = |pending: &Pending| wanted.is_none_or(|wanted| wanted.filter == pending.filter);
    let pending = match (pending.filter(same), wanted) {
        (Some(pending), _) => pending,
        (None, None) => return Ok(None),
        (None, Some(wanted)) => {
            if !invocation.asks() {
                return Err(Error::config_hint(
                    format!("{} asks no model, so nothing can be asked again", wanted.stage.name()),
                    "use --force to run it again",
                ));
            }
            let after =
                if answers.is_file() { Answers::open(answers)?.newest()?.number() } else { 0 };
            let pending = Pending { filter: wanted.filter.clone(), after };
            if keep {
                let text =
                    serde_json::to_string(&pending).map_err(|e| Error::Bug(e.to_string()))?;
                atomic::publish_bytes(&path, text.as_bytes())?;
            }
            pending
        }
    };
    Ok(Some(Reask { filter: pending.filter, after: CallId::of(pending.after) }))
}

/// The artifact at `out` is made: nothing is pending any more.
///
/// # Errors
/// When the note cannot be removed.
pub fn done(out: &Path) -> Result<()> {
    let path = path_of(out);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", &path, e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_and_perhaps_a_text() {
        let wanted: ReaskRequest = "label:a: b".parse().unwrap();
        assert_eq!((wanted.stage, wanted.filter.as_deref()), (Stage::Label, Some("a: b")));
        assert_eq!("rename".parse::<ReaskRequest>().unwrap().filter, None);
        assert!(
            "group".parse::<ReaskRequest>().is_err()
                && "nonsense:x".parse::<ReaskRequest>().is_err()
        );
    }
}
