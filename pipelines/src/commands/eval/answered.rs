//! What a model's answers leave in doubt, by iteration.

use std::collections::HashSet;

use cladus_core::artifact::{self, Match};
use cladus_core::{Result, schema};
use serde::Serialize;

use crate::folder::RunFolder;

/// What became of proposals and labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AnswerQuality {
    pub(super) iteration: usize,
    /// Names that groups proposed, and what they became.
    pub(super) proposals: usize,
    pub(super) names: usize,
    /// Clusters that were labelled.
    pub(super) labels: usize,
    /// Those that fitted nothing they were offered, or had no answer, and have the nearest.
    pub(super) forced: usize,
}

/// Of every iteration whose labels a model gave.
///
/// # Errors
/// When an artifact cannot be read.
pub(super) fn answered(folder: &RunFolder) -> Result<Vec<AnswerQuality>> {
    let mut found = Vec::new();
    for iteration in 1.. {
        let path = folder.artifact(iteration, schema::LABELS.artifact);
        let candidates = folder.artifact(iteration, schema::CANDIDATES.artifact);
        if !path.is_file() || !candidates.is_file() {
            break;
        }
        let labels = artifact::read_labels(&path)?.rows;
        if labels.iter().all(|label| label.answer.is_none()) {
            continue;
        }
        let candidates = artifact::read_candidates(&candidates)?.rows;
        let mut proposals: HashSet<&str> = HashSet::new();
        for candidate in &candidates {
            match &candidate.proposed_as {
                Some(names) => proposals.extend(names.iter().map(String::as_str)),
                None => drop(proposals.insert(&candidate.name)),
            }
        }
        let names: HashSet<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
        let forced = |label: &&artifact::Label| label.matched == Match::Nearest;
        found.push(AnswerQuality {
            iteration,
            proposals: proposals.len(),
            names: names.len(),
            labels: labels.len(),
            forced: labels.iter().filter(forced).count(),
        });
    }
    Ok(found)
}
