//! What a model is asked to name, and a parent on its way to a row.

use cladus_core::artifact::{Candidate, Cluster};

use crate::draft::DraftParent;
use crate::extractive::corpus;
use crate::families::Family;

/// The rows that a model is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamingJob<'a> {
    pub(crate) clusters: &'a [Cluster],
    pub(crate) candidates: &'a [Candidate],
    pub(crate) families: &'a [Family],
    /// Row-major, one L2-normalised vector of `dim` a cluster.
    pub(crate) vectors: &'a [f32],
    pub(crate) dim: usize,
    /// Where families lie: row-major, one L2-normalised vector of `dim` a family.
    pub(crate) centres: &'a [f32],
    /// Of a share of the work, which families are in it; those of a set together, or not at all.
    pub(crate) mine: Option<&'a [bool]>,
}

impl<'a> NamingJob<'a> {
    /// Are these families to be worked on?
    pub(crate) fn names(&self, families: &[usize]) -> bool {
        self.mine.is_none_or(|mine| families.iter().all(|&at| mine[at]))
    }

    /// What joins two things in the language of the clusters.
    pub(crate) fn and(&self) -> &'static str {
        corpus(self.clusters).and()
    }

    /// The name that most children of a family were labelled with.
    pub(crate) fn candidate_name(&self, family: usize) -> &'a str {
        &self.candidates[self.families[family].candidate as usize].name
    }
}

/// A parent on its way to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedParent {
    /// Position of its family.
    pub(crate) family: usize,
    pub(crate) draft: DraftParent,
    /// What else there is to say about it, where its own words were looked at.
    pub(crate) further: Vec<String>,
    /// What was wrong with the model's answers, and what was done instead.
    pub(crate) remarks: Vec<String>,
    /// Is there no answer about it that could be used?
    pub(crate) stand_in: bool,
    /// May it go well another time?
    pub(crate) passing: bool,
    /// It was asked about again because of another's name.
    pub(crate) told_apart: bool,
}
