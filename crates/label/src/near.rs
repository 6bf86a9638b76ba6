//! From a verdict to a row: what was meant, and what lies near it.

use cladus_asking::remark;
use cladus_core::artifact::{CallCost, Label, Match};
use cladus_vectors::{Vectors, dot};

use crate::call::LabelVerdict;
use crate::extractive::LabelTask;
use crate::job::LabelJob;
use crate::questions::ShownName;

/// What a cluster is offered, by embedding.
#[derive(Clone, Copy)]
pub(crate) struct NearOffers<'a> {
    pub(crate) task: &'a LabelTask<'a>,
    pub(crate) level: &'a LabelJob<'a>,
    pub(crate) shown: &'a [ShownName<'a>],
}

impl NearOffers<'_> {
    pub(crate) fn cosine(&self, row: usize, candidate: u32) -> f32 {
        let references = Vectors::over(&self.level.basis.references, self.task.names.dim());
        dot(self.task.clusters.row(row), references.row(candidate as usize))
    }

    fn candidate(&self, row: usize, place: usize) -> u32 {
        self.shown[place].candidate(self.task.groups[row], self.level.candidates)
    }

    /// Of the names shown but the one at `but`, the nearest: its place, its candidate and the cosine. Of
    /// equally near ones the one with the lowest number, whatever the order shown.
    fn nearest(&self, row: usize, but: Option<usize>) -> Option<(usize, u32, f32)> {
        (0..self.shown.len())
            .filter(|place| Some(*place) != but)
            .map(|place| {
                let candidate = self.candidate(row, place);
                (place, candidate, self.cosine(row, candidate))
            })
            .max_by(|a, b| a.2.total_cmp(&b.2).then(b.1.cmp(&a.1)))
    }

    /// How many of the names shown lie nearer than `candidate`.
    pub(crate) fn nearer(&self, row: usize, candidate: u32) -> usize {
        let cosine = self.cosine(row, candidate);
        let name = &self.level.candidates[candidate as usize].name;
        let others = (0..self.shown.len()).filter(|&place| self.shown[place].name != name);
        others.filter(|&place| self.cosine(row, self.candidate(row, place)) > cosine).count()
    }

    /// The row of a cluster that was asked about.
    pub(crate) fn label(&self, row: usize, verdict: LabelVerdict) -> Label {
        let found = verdict.matched.map(|matched| (matched.candidate, matched));
        let place = match found {
            Some((place, _)) => place,
            None => self.nearest(row, None).map_or(0, |(place, ..)| place),
        };
        let candidate_id = self.candidate(row, place);
        let cosine = self.cosine(row, candidate_id);
        let other = self.nearest(row, Some(place));
        let (matched, similarity, remark) = match found {
            Some((_, matched)) => (matched.matched, matched.similarity, None),
            None => {
                let remark = remark(&verdict.wrong, "the nearest by embedding was taken");
                (Match::Nearest, cosine.clamp(0.0, 1.0), Some(remark))
            }
        };
        Label {
            cluster_id: self.level.clusters[row].id.clone(),
            candidate_id,
            answer: verdict.answer,
            matched,
            similarity,
            runner_up: other.map(|(_, candidate, _)| candidate),
            margin: other.map(|(.., other)| cosine - other),
            remark,
            asked: CallCost::default(),
        }
    }

    /// The row of a cluster that had nothing to choose.
    pub(crate) fn only(&self, row: usize) -> Label {
        let label = self.label(row, LabelVerdict::default());
        Label { matched: Match::Only, remark: None, ..label }
    }
}
