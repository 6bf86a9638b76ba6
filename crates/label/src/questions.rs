//! Which clusters are asked about together, and which candidates they are shown.

use std::collections::{BTreeMap, BTreeSet};

use cladus_asking::narrowest;
use cladus_asking::shown::{Detail, shown};
use cladus_core::artifact;
use cladus_core::room::tokens;
use cladus_vectors::{Vectors, dot, packed};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::extractive::LabelTask;
use crate::job::{LabelJob, LabelOptions, names};
use crate::scope::Scope;

/// Most clusters that are asked about in one call, and fewest where there are more.
const MOST: usize = 60;
const FEWEST: usize = 8;
/// So many names are offered in one call, where there are more.
const NAMES: usize = 60;
/// A prompt's own text, and a candidate's surroundings, in tokens.
const STATIC: usize = 400;
const AROUND: usize = 12;
/// Clusters that lie near each other share what they are offered: so many names are new with each.
const NEW_NAMES: f64 = 0.8;

/// What one call asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabelQuestion<'a> {
    /// Rows of the clusters.
    pub(crate) rows: Vec<usize>,
    /// What they may be, in the order shown.
    pub(crate) shown: Vec<ShownName<'a>>,
}

/// A name to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownName<'a> {
    /// As the artifact has it.
    pub(crate) name: &'a str,
    /// What belongs in it, where somebody said.
    pub(crate) scope: Option<&'a str>,
    /// Names of clusters that are in it already, where that is known.
    pub(crate) examples: Vec<&'a str>,
    /// The candidates of that name, rising; never none.
    pub(crate) candidates: Vec<u32>,
}

impl ShownName<'_> {
    /// The candidate meant for a cluster of `group`: its group's own, or the first.
    pub(crate) fn candidate(&self, group: u32, candidates: &[artifact::Candidate]) -> u32 {
        let own = |at: &&u32| candidates[**at as usize].group_id == Some(group);
        self.candidates.iter().find(own).or(self.candidates.first()).copied().unwrap_or_default()
    }
}

/// The questions about the clusters that are open, in a fixed order: clusters that lie near each other
/// stand together, because they are offered much the same.
pub(crate) fn questions<'a>(
    task: &LabelTask<'_>,
    level: &'a LabelJob<'_>,
    how: LabelOptions,
) -> Vec<LabelQuestion<'a>> {
    let rows: Vec<usize> = (0..level.clusters.len()).filter(|&row| level.open[row]).collect();
    let width = width(level, &rows, how);
    let sets: Vec<Vec<usize>> = match task.scope {
        // The candidates of one group are no other's.
        Scope::Group => {
            let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            rows.iter().for_each(|&row| groups.entry(task.groups[row]).or_default().push(row));
            let parts = groups.values().flat_map(|rows| parts(rows, width).map(<[usize]>::to_vec));
            parts.collect()
        }
        Scope::All | Scope::Nearest(_) => packed(&rows, task.clusters, width),
    };
    let all = names(level.candidates);
    let question = |rows: Vec<usize>| {
        let offers = match task.scope {
            // Leaving out a few saves nothing.
            Scope::Nearest(k) if all <= 2 * offered(k.get(), rows.len()).min(NAMES) => {
                (0..level.candidates.len() as u32).collect()
            }
            Scope::Group | Scope::All => {
                rows.iter().flat_map(|&row| level.basis.offers.offered_to(row)).copied().collect()
            }
            Scope::Nearest(k) => {
                let most = offered(k.get(), rows.len()).min(NAMES.max(k.get()));
                nearest_first(task, level, &rows, most, |row| {
                    level.basis.offers.offered_to(row).to_vec()
                })
            }
        };
        LabelQuestion { shown: shown_of(level, offers, how.seed), rows }
    };
    sets.into_iter().map(question).collect()
}

/// What clusters that are asked about together are offered: what lies nearest to each of them, then what
/// lies next, until there are `most` names, or everybody's two nearest are there.
pub(crate) fn nearest_first(
    task: &LabelTask<'_>,
    level: &LabelJob<'_>,
    rows: &[usize],
    most: usize,
    offers: impl Fn(usize) -> Vec<u32>,
) -> Vec<u32> {
    let references = Vectors::over(&level.basis.references, task.names.dim());
    let by_cosine = |row: usize| -> Vec<u32> {
        let cosine = |at: u32| dot(task.clusters.row(row), references.row(at as usize));
        let mut near: Vec<(f32, u32)> =
            offers(row).into_iter().map(|at| (cosine(at), at)).collect();
        near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.into_iter().map(|(_, at)| at).collect()
    };
    let near: Vec<Vec<u32>> = rows.iter().map(|&row| by_cosine(row)).collect();
    let mut chosen: Vec<u32> = Vec::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for place in 0..near.iter().map(Vec::len).max().unwrap_or(0) {
        for at in near.iter().filter_map(|near| near.get(place)) {
            let name = level.candidates[*at as usize].name.as_str();
            if place < 2 || names.len() < most || names.contains(name) {
                names.insert(name);
                chosen.push(*at);
            }
        }
    }
    chosen
}

/// Parts of at most `most` and nearly equal size: a last one of a single cluster would cost a whole
/// prompt.
pub(crate) fn parts(rows: &[usize], most: usize) -> impl Iterator<Item = &[usize]> {
    let count = rows.len().div_ceil(most.max(1));
    let ends =
        (0..count).map(move |part| (rows.len() * part / count, rows.len() * (part + 1) / count));
    ends.map(|(start, end)| &rows[start..end])
}

/// How many clusters one call asks about: as few as keep all slots busy, but not so few that prompts
/// repeat more than is worth it.
fn width(level: &LabelJob<'_>, rows: &[usize], how: LabelOptions) -> usize {
    if let Some(most) = how.labels_per_call {
        return most;
    }
    let item = |row: &usize| tokens(&shown(&level.clusters[*row], Detail::SENTENCE)) + AROUND;
    let said: usize = rows.iter().map(item).sum();
    let texts = level.candidates.iter().map(|c| tokens(&c.text()) + AROUND).sum::<usize>();
    let all = level.candidates.len().max(1);
    let repeated = |width: usize| {
        let names = offered(Scope::NEAREST.get(), width).min(NAMES).min(all);
        STATIC + texts * names / all
    };
    narrowest(rows.len(), FEWEST..=MOST, said, repeated)
}

/// About how many names `width` neighbours are offered together where each is offered its `nearest`.
fn offered(nearest: usize, width: usize) -> usize {
    nearest + (NEW_NAMES * width.saturating_sub(1) as f64) as usize
}

/// The names of these candidates, each once, in an order that depends on the seed and on nothing but
/// what is shown, so that questions that show the same begin the same.
pub(crate) fn shown_of<'a>(
    level: &'a LabelJob<'_>,
    mut offered: Vec<u32>,
    seed: u64,
) -> Vec<ShownName<'a>> {
    offered.sort_unstable();
    offered.dedup();
    let mut all: Vec<ShownName<'a>> = Vec::new();
    let mut place_of: BTreeMap<&str, usize> = BTreeMap::new();
    for at in offered {
        let candidate = &level.candidates[at as usize];
        let name = candidate.name.as_str();
        let place = *place_of.entry(name).or_insert(all.len());
        match all.get_mut(place) {
            Some(same) => same.candidates.push(at),
            None => all.push(ShownName {
                name,
                scope: candidate.scope.as_deref(),
                examples: Vec::new(),
                candidates: vec![at],
            }),
        }
    }
    let names: Vec<&str> = all.iter().map(|shown| shown.name).collect();
    shuffle(&mut all, seed, &names);
    all
}

/// Models prefer what they are shown first: the order must not always be the same. It follows from
/// the seed and what is shown, so that a rerun asks the same.
fn shuffle<T>(shown: &mut [T], seed: u64, names: &[&str]) {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for name in names {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
    let mut random = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
    // Fisher and Yates; written out, because a library's may change with its version.
    for last in (1..shown.len()).rev() {
        let other = (random.next_u64() % (last as u64 + 1)) as usize;
        shown.swap(last, other);
    }
}
