//! Where the artifact of one stage of one iteration stands. Runs, dry runs and `status` ask here, so
//! that what is said beforehand is what happens.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cladus_core::fingerprint::{Fingerprint, Parts};
use cladus_core::manifest::{self, ArtifactState, Reason};
use cladus_core::{Error, Result};
use cladus_llm::batch::Exported;

use crate::drive::batch::AskingMode;
use crate::drive::invocation::Invocation;
use crate::drive::reask::{self, ReaskRequest};
use crate::stages::selection::Selection;
use crate::stages::stage::Stage;

/// What a run is told beyond its configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Stages and iterations to work on.
    pub selection: Selection,
    /// Stages to run even where their artifacts are fresh.
    pub force: Vec<Stage>,
    /// Stages to ask again, whatever is answered.
    pub reask: Vec<ReaskRequest>,
    /// Make artifacts again that were edited by hand.
    pub discard_edits: bool,
    /// Make a map, too, where there is none yet.
    pub map: bool,
    /// How models are asked.
    pub asking: AskingMode,
    /// What was written, where questions go into a file.
    pub exported: Arc<Mutex<Option<Exported>>>,
}

/// A stage of an iteration, and where its artifact stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What the artifact depends on.
    pub fingerprint: Fingerprint,
    /// The same with the digests of its inputs, as far as they are known.
    pub parts: Parts,
    /// Where it stands.
    pub state: ArtifactState,
    /// Is it among the stages to work on?
    pub selected: bool,
}

impl Options {
    /// Where the artifact of `invocation` stands. `unknown` are artifacts that will be made anew,
    /// so that nobody can say yet what they will hold.
    ///
    /// # Errors
    /// When an artifact cannot be read as what it should be: somebody has been at work there, and
    /// overwriting it unasked could lose that work.
    pub fn standing(
        &self,
        invocation: &Invocation,
        iteration: usize,
        unknown: &HashSet<PathBuf>,
    ) -> Result<Standing> {
        let selected = self.selection.takes(iteration, invocation.stage);
        let mut fingerprint = invocation.fingerprint()?;
        let (waiting, known): (Vec<_>, Vec<_>) =
            fingerprint.inputs.drain(..).partition(|(_, path)| unknown.contains(path));
        fingerprint.inputs = known;
        // An input that is not there will be made, or its absence is told when it is read.
        let parts = match fingerprint.inputs.iter().all(|(_, path)| path.is_file()) {
            true => fingerprint.parts()?,
            false => fingerprint.own_parts(),
        };
        let waiting: Vec<String> = waiting.into_iter().map(|(name, _)| name).collect();
        let state = manifest::state_but_for(&invocation.out, &fingerprint, &parts, &waiting)
            .map_err(what_to_do);
        let edited = matches!(state, Ok(ArtifactState::Edited { .. }) | Err(_));
        let state = if edited && self.discard_edits && selected {
            ArtifactState::Stale(vec![Reason::Discarded])
        } else if let Some(asked) = self.asked_for(invocation).filter(|_| selected) {
            match state? {
                ArtifactState::Stale(mut reasons) => {
                    reasons.push(asked);
                    ArtifactState::Stale(reasons)
                }
                ArtifactState::Fresh { .. } | ArtifactState::Edited { .. } => {
                    ArtifactState::Stale(vec![asked])
                }
            }
        } else {
            state?
        };
        Ok(Standing { fingerprint, parts, state, selected })
    }

    /// Why `invocation` is to run even where its artifact is fresh.
    fn asked_for(&self, invocation: &Invocation) -> Option<Reason> {
        if self.reask_of(invocation.stage).is_some() || reask::is_pending(&invocation.out) {
            return Some(Reason::Reask);
        }
        self.force.contains(&invocation.stage).then_some(Reason::Forced)
    }

    /// What `stage` is to ask again.
    pub fn reask_of(&self, stage: Stage) -> Option<&ReaskRequest> {
        self.reask.iter().find(|wanted| wanted.stage == stage)
    }
}

/// An artifact that cannot be read can be made again, if that is what the user wants.
fn what_to_do(error: Error) -> Error {
    match error {
        Error::Damaged { path, problem } => {
            Error::damaged(&path, format!("{problem} (--discard-edits rebuilds it)"))
        }
        other => other,
    }
}
