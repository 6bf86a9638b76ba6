//! Candidates where clusters are placed into an older hierarchy.

use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::older::{Seat, Seated};
use cladus_vectors::{Vectors, dot, mean_direction};
use rayon::prelude::*;

use crate::group::CandidateGroup;

/// A new cluster that is further from every older parent than all but this share of their children are
/// from their siblings is a stranger.
const STRANGE: f32 = 0.1;
/// Fewer strangers in a group are no reason for a parent of their own.
const FEW: usize = 2;

/// The parents that were there already, and the clusters that stand alone, as candidates for everyone.
pub(crate) fn kept(clusters: &[Cluster], seated: &Seated) -> Vec<Candidate> {
    let candidate = |name: &str, rows: &[usize]| Candidate {
        group_id: None,
        name: name.to_owned(),
        exemplars: Some(rows.iter().map(|&row| clusters[row].id.clone()).collect()),
        ..Candidate::default()
    };
    let parents = seated.under();
    let parents =
        parents.iter().map(|(node, rows)| candidate(&seated.older.cluster(*node).name, rows));
    let alone = (0..clusters.len()).filter(|&row| seated.seats[row] == Seat::Alone);
    parents.chain(alone.map(|row| candidate(&clusters[row].name, &[row]))).collect()
}

/// `groups` with their strangers alone, and as many candidates wanted as is their share of `target`.
pub(crate) fn among_strangers(
    groups: &[CandidateGroup],
    seated: &Seated,
    vectors: Vectors<'_>,
    target: usize,
) -> Vec<CandidateGroup> {
    let strange = strangers(seated, vectors);
    let share = target as f64 / vectors.len().max(1) as f64;
    groups
        .iter()
        .filter_map(|group| {
            let members: Vec<usize> =
                group.members.iter().copied().filter(|&row| strange[row]).collect();
            let wanted = ((members.len() as f64 * share).round() as usize).max(1);
            (members.len() >= FEW).then_some(CandidateGroup { id: group.id, members, wanted })
        })
        .collect()
}

/// Which clusters are new and like nothing that is there.
fn strangers(seated: &Seated, vectors: Vectors<'_>) -> Vec<bool> {
    let under = seated.under();
    let means: Vec<Vec<f32>> =
        under.values().filter_map(|rows| mean_direction(vectors, rows.iter().copied())).collect();
    let mut own: Vec<f32> = under
        .values()
        .filter(|rows| rows.len() > 1)
        .flat_map(|rows| rows.iter().map(move |&row| (rows, row)))
        .filter_map(|(rows, row)| {
            let siblings = rows.iter().copied().filter(|&other| other != row);
            Some(dot(&mean_direction(vectors, siblings)?, vectors.row(row)))
        })
        .collect();
    own.sort_by(f32::total_cmp);
    let place = (own.len() as f32 * STRANGE) as usize;
    let least = own.get(place).copied().unwrap_or(f32::INFINITY);
    let is_strange = |row: usize| {
        !seated.is_known(row) && means.iter().all(|mean| dot(mean, vectors.row(row)) < least)
    };
    (0..vectors.len()).into_par_iter().map(is_strange).collect()
}
