//! Labels without a model: the nearest candidate by embedding.

use cladus_core::artifact::Match;
use cladus_vectors::dot;

use crate::nearest::nearest;
use crate::offered::OfferedCandidate;
use crate::offers::{NothingOffered, Offers};
use crate::references::references;
use crate::scope::Scope;
use cladus_vectors::Vectors;

/// What is to be labelled, and with what.
#[derive(Debug, Clone, Copy)]
pub struct LabelTask<'a> {
    /// One L2-normalised vector a cluster.
    pub clusters: Vectors<'a>,
    /// One group a cluster.
    pub groups: &'a [u32],
    /// What there is to choose from.
    pub candidates: &'a [OfferedCandidate],
    /// One L2-normalised vector a candidate: of its name, in the clusters' space.
    pub names: Vectors<'a>,
    /// Which of them a cluster is offered.
    pub scope: Scope,
}

/// The label of a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelChoice {
    /// Position of the candidate.
    pub candidate: u32,
    /// [`Match::Only`] where nothing else was offered, else [`Match::Nearest`].
    pub matched: Match,
    /// Cosine of the cluster to where the candidate lies (its name and its exemplars), 0 to 1.
    pub similarity: f32,
    /// The nearest of the other candidates offered; `None` where there is none.
    pub runner_up: Option<RunnerUp>,
}

/// How close another candidate came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunnerUp {
    /// Position of the candidate.
    pub candidate: u32,
    /// By how much (cosine) the chosen one is nearer; 0 where it is not.
    pub margin: f32,
}

/// Gives every cluster the nearest of the candidates it is offered; of equally near ones the
/// first.
///
/// A candidate that was drawn from clusters and is nearest to none gets one of those clusters
/// back, if one is offered it and the candidate that cluster would leave has others: the one for
/// which it matters least. Levels are planned by the number of candidates; without this, some
/// would vanish between their neighbours. Such a choice has a margin of 0.
///
/// # Errors
/// Some cluster would be offered nothing.
pub fn label(task: &LabelTask<'_>) -> Result<Vec<LabelChoice>, NothingOffered> {
    let LabelBasis { references, offers } = LabelBasis::of(task)?;
    let references = Vectors::over(&references, task.names.dim());
    let mut choices: Vec<LabelChoice> = nearest(task.clusters, references, &offers)
        .into_iter()
        .map(|found| {
            let (candidate, cosine) = found.best;
            let runner_up = found.second.map(|(second, other)| RunnerUp {
                candidate: second,
                margin: (cosine - other).max(0.0),
            });
            let matched = if runner_up.is_some() { Match::Nearest } else { Match::Only };
            LabelChoice { candidate, matched, similarity: cosine.clamp(0.0, 1.0), runner_up }
        })
        .collect();
    fill_empty(task, references, &offers, &mut choices);
    Ok(choices)
}

/// What every way to a label starts from.
pub(crate) struct LabelBasis {
    /// Where each candidate lies: one L2-normalised vector a candidate, row-major.
    pub(crate) references: Vec<f32>,
    /// What each cluster is offered.
    pub(crate) offers: Offers,
}

impl LabelBasis {
    /// # Errors
    /// Some cluster would be offered nothing.
    pub(crate) fn of(task: &LabelTask<'_>) -> Result<Self, NothingOffered> {
        let LabelTask { clusters, groups, candidates, names, scope } = *task;
        if candidates.is_empty() && !groups.is_empty() {
            return Err(NothingOffered::AtAll);
        }
        let references = references(clusters, groups, candidates, names, scope)?;
        let vectors = Vectors::over(&references, names.dim());
        let offers = Offers::new(scope, groups, candidates, clusters, vectors)?;
        Ok(Self { references, offers })
    }
}

fn fill_empty(
    task: &LabelTask<'_>,
    references: Vectors<'_>,
    offers: &Offers,
    choices: &mut [LabelChoice],
) {
    let mut clusters_of = vec![0_usize; task.candidates.len()];
    for choice in choices.iter() {
        clusters_of[choice.candidate as usize] += 1;
    }
    for (at, candidate) in (0_u32..).zip(task.candidates) {
        if clusters_of[at as usize] > 0 {
            continue;
        }
        let mut cheapest: Option<(f32, usize, f32)> = None;
        for cluster in candidate.exemplars.iter().map(|row| *row as usize) {
            let leaves = choices[cluster].candidate as usize;
            if clusters_of[leaves] < 2 || offers.offered_to(cluster).binary_search(&at).is_err() {
                continue;
            }
            let vector = task.clusters.row(cluster);
            let cosine = dot(vector, references.row(at as usize));
            let loss = dot(vector, references.row(leaves)) - cosine;
            if cheapest.is_none_or(|(least, ..)| loss < least) {
                cheapest = Some((loss, cluster, cosine));
            }
        }
        if let Some((_, cluster, cosine)) = cheapest {
            let leaves = choices[cluster].candidate;
            clusters_of[leaves as usize] -= 1;
            clusters_of[at as usize] = 1;
            choices[cluster] = LabelChoice {
                candidate: at,
                matched: Match::Nearest,
                similarity: cosine.clamp(0.0, 1.0),
                runner_up: Some(RunnerUp { candidate: leaves, margin: 0.0 }),
            };
        }
    }
}
