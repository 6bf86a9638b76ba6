//! What a model is asked to label, how, and labels on their way.

use cladus_core::artifact::{self, Cluster, Label};
use cladus_core::config::LastLook;

use crate::extractive::LabelBasis;

/// The rows that a model is asked about.
pub(crate) struct LabelJob<'a> {
    /// What is labelled.
    pub(crate) clusters: &'a [Cluster],
    /// With what.
    pub(crate) candidates: &'a [artifact::Candidate],
    /// Who is offered what, and where it lies.
    pub(crate) basis: LabelBasis,
    /// Which of the clusters have to be asked about.
    pub(crate) open: &'a [bool],
}

/// How they are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabelOptions {
    /// Decides the order in which candidates are shown.
    pub(crate) seed: u64,
    /// At most so many clusters in one call.
    pub(crate) labels_per_call: Option<usize>,
    /// Is there a second look?
    pub(crate) look: LastLook,
}

/// A cluster's label on its way.
#[derive(Debug, Clone)]
pub(crate) struct DraftLabel {
    /// The cluster.
    pub(crate) row: usize,
    pub(crate) label: Label,
    pub(crate) standing: LabelStanding,
    /// How many of the names shown lie nearer than the one chosen.
    pub(crate) nearer: usize,
}

/// How a label came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelStanding {
    /// The model chose it.
    Chosen,
    /// There was nothing else to choose.
    Only,
    /// The model said that nothing fits; `all` where it saw all there is.
    NothingFits { all: bool },
    /// The model said nothing of use, which may go better another time.
    Unanswered { passing: bool },
}

impl DraftLabel {
    pub(crate) fn fits_nothing(&self) -> bool {
        matches!(self.standing, LabelStanding::NothingFits { .. })
    }
}

/// How many different names there are.
pub(crate) fn names(candidates: &[artifact::Candidate]) -> usize {
    let names: std::collections::BTreeSet<&str> =
        candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    names.len()
}
