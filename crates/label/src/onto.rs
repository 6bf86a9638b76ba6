//! Labels of clusters that are in an older hierarchy already.

use cladus_core::artifact::Match;
use cladus_core::older::Seated;

use crate::extractive::LabelChoice;
use crate::offered::OfferedCandidate;

/// The candidate of every cluster that was there already: the first that it is an exemplar of.
pub(crate) fn pinned(seated: &Seated, offered: &[OfferedCandidate]) -> Vec<Option<u32>> {
    let mut pinned = vec![None; seated.seats.len()];
    for (at, candidate) in (0..).zip(offered) {
        for &row in &candidate.exemplars {
            let row = row as usize;
            if seated.is_known(row) && pinned[row].is_none() {
                pinned[row] = Some(at);
            }
        }
    }
    pinned
}

/// The choice of a cluster that has its place.
pub(crate) fn only(candidate: u32) -> LabelChoice {
    LabelChoice { candidate, matched: Match::Only, similarity: 1.0, runner_up: None }
}
