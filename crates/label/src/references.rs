//! Where a candidate lies: its name says it in a few words, clusters say it better.

use crate::nearest::nearest;
use crate::offered::OfferedCandidate;
use crate::offers::{NothingOffered, Offers};
use crate::scope::Scope;
use cladus_vectors::{Vectors, mean_direction, normalise};

/// What the clusters a candidate was drawn from count, its name counting the rest. On five
/// taxonomies anything from a half to 0.85 does about as well, and the name alone a little worse.
const EXEMPLARS: f32 = 0.7;
/// What the clusters nearest to its name count for a candidate without any. With the top
/// categories of five taxonomies as candidates, .49 of the clusters find theirs instead of .48
/// with lexical vectors, and .70 instead of .64 with those of a small transformer; with finer
/// categories, of which many clusters have none, it makes no difference.
const FEEDBACK: f32 = 0.6;
/// At least so many of a candidate's own clusters are listened to, and at least half of them.
const FEEDBACK_MIN: usize = 3;

/// One unit vector a candidate, row-major: its name's and the mean of its exemplars', mixed.
///
/// A candidate without exemplars (a category written by a user) is moved towards the nearer half
/// of the clusters that are nearest to it among what they are offered: relevance feedback
/// (Rocchio 1971), with the clusters taken for relevant that it finds itself.
///
/// # Errors
/// Some cluster would be offered nothing.
pub(crate) fn references(
    clusters: Vectors<'_>,
    groups: &[u32],
    candidates: &[OfferedCandidate],
    names: Vectors<'_>,
    scope: Scope,
) -> Result<Vec<f32>, NothingOffered> {
    let dim = names.dim();
    let mut all = Vec::with_capacity(candidates.len() * dim);
    for (at, candidate) in candidates.iter().enumerate() {
        let exemplars = candidate.exemplars.iter().map(|row| *row as usize);
        all.extend(mixed(names.row(at), mean_direction(clusters, exemplars), EXEMPLARS));
    }
    if candidates.iter().all(|candidate| !candidate.exemplars.is_empty()) {
        return Ok(all);
    }

    let first = Vectors::over(&all, dim);
    let offers = Offers::new(scope, groups, candidates, clusters, first)?;
    let mut own: Vec<Vec<(f32, u32)>> = vec![Vec::new(); candidates.len()];
    for (cluster, found) in (0..).zip(nearest(clusters, first, &offers)) {
        let (candidate, cosine) = found.best;
        own[candidate as usize].push((cosine, cluster));
    }
    for (at, own) in own.iter_mut().enumerate() {
        if candidates[at].exemplars.is_empty() {
            own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            own.truncate(own.len().div_ceil(2).max(FEEDBACK_MIN));
            let heard = mean_direction(clusters, own.iter().map(|(_, row)| *row as usize));
            all[at * dim..(at + 1) * dim].copy_from_slice(&mixed(names.row(at), heard, FEEDBACK));
        }
    }
    Ok(all)
}

fn mixed(name: &[f32], clusters: Option<Vec<f32>>, share: f32) -> Vec<f32> {
    let Some(mut mix) = clusters else { return name.to_vec() };
    for (x, name) in mix.iter_mut().zip(name) {
        *x = share * *x + (1.0 - share) * name;
    }
    // Nothing is left of two opposite directions.
    if normalise(&mut mix) { mix } else { name.to_vec() }
}
