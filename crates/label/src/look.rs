//! A second look at the labels that are in doubt.
//!
//! Looked at again are clusters that fitted nothing they were offered, clusters that are alone under
//! their label, and labels that speak against the embeddings: there are names that lie much nearer. They
//! are offered more names beside the one they have, each with some of the clusters that it has already.

use std::collections::{BTreeMap, HashMap};

use cladus_vectors::{Vectors, dot, packed};

use crate::extractive::LabelTask;
use crate::job::{DraftLabel, LabelJob, LabelOptions, LabelStanding};
use crate::near::NearOffers;
use crate::questions::{LabelQuestion, nearest_first, shown_of};

/// So many names are offered, where there are more.
const OFFERED: usize = 16;
/// And so many where it is only asked whether a nearer one fits better.
const OFFERED_NEAR: usize = 6;
/// Clusters in one call, and names that they are offered together.
const MOST: usize = 14;
const NAMES: usize = 24;
/// Names of clusters that are shown as examples of a candidate.
const EXAMPLES: usize = 2;
/// A label is in doubt where so many names lie nearer, and the nearest by so much (cosine).
const NEARER: usize = 3;
const APART: f32 = 0.08;
/// At most this share of a level is looked at because of the embeddings, and a few in any case: on an
/// upper level each stands for many.
const SHARE: f64 = 0.08;
const FEW: usize = 12;

/// Why a label is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelDoubt {
    /// The cluster fitted nothing that it was offered.
    FitsNothing,
    /// It is alone under its label.
    Alone,
    /// Other names lie much nearer.
    FarAway,
}

/// Which of `drafts` (by row) are in doubt.
pub(crate) fn doubts(
    task: &LabelTask<'_>,
    level: &LabelJob<'_>,
    drafts: &[DraftLabel],
) -> BTreeMap<usize, LabelDoubt> {
    let members = members(level, drafts);
    let name =
        |draft: &DraftLabel| level.candidates[draft.label.candidate_id as usize].name.as_str();
    let mut doubts = BTreeMap::new();
    let mut far: Vec<(f32, usize)> = Vec::new();
    for draft in drafts {
        match draft.standing {
            LabelStanding::NothingFits { all: false } => {
                doubts.insert(draft.row, LabelDoubt::FitsNothing);
            }
            LabelStanding::Chosen if members[name(draft)].len() == 1 && members.len() > 1 => {
                doubts.insert(draft.row, LabelDoubt::Alone);
            }
            LabelStanding::Chosen if draft.nearer >= NEARER => {
                let margin = draft.label.margin.unwrap_or(0.0);
                if margin < -APART {
                    far.push((margin, draft.row));
                }
            }
            _ => {}
        }
    }
    far.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let share = (task.clusters.len() as f64 * SHARE).ceil() as usize;
    far.truncate(share.max(FEW));
    doubts.extend(far.into_iter().map(|(_, row)| (row, LabelDoubt::FarAway)));
    doubts
}

/// The rows under each name, in the order of the drafts. Who fits nothing is under none.
fn members<'a>(level: &'a LabelJob<'_>, drafts: &[DraftLabel]) -> HashMap<&'a str, Vec<usize>> {
    let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
    for draft in drafts.iter().filter(|draft| !draft.fits_nothing()) {
        let name = level.candidates[draft.label.candidate_id as usize].name.as_str();
        members.entry(name).or_default().push(draft.row);
    }
    members
}

/// The questions about them: neighbours together, each offered the names nearest to it.
pub(crate) fn questions<'a>(
    task: &LabelTask<'_>,
    level: &'a LabelJob<'_>,
    drafts: &[DraftLabel],
    doubts: &BTreeMap<usize, LabelDoubt>,
    how: LabelOptions,
) -> Vec<LabelQuestion<'a>> {
    let references = Vectors::over(&level.basis.references, task.names.dim());
    let members = members(level, drafts);
    let offered: BTreeMap<usize, Vec<u32>> = doubts
        .iter()
        .map(|(&row, doubt)| {
            let most = if *doubt == LabelDoubt::FarAway { OFFERED_NEAR } else { OFFERED };
            (row, nearest(level, task.clusters.row(row), references, most))
        })
        .collect();
    let rows: Vec<usize> = offered.keys().copied().collect();
    let chosen = drafts.iter().filter(|draft| draft.standing == LabelStanding::Chosen);
    let before: HashMap<usize, u32> =
        chosen.map(|draft| (draft.row, draft.label.candidate_id)).collect();
    let width = how.labels_per_call.map_or(MOST, |most| most.min(MOST));
    packed(&rows, task.clusters, width)
        .into_iter()
        .map(|rows| {
            let mut offers = nearest_first(task, level, &rows, NAMES, |row| offered[&row].clone());
            // Nobody is to give up an answer because it is not there any more.
            offers.extend(rows.iter().filter_map(|row| before.get(row)));
            let mut shown = shown_of(level, offers, how.seed);
            for one in &mut shown {
                let own = members.get(one.name).map(Vec::as_slice).unwrap_or_default();
                let own = own.iter().filter(|row| !doubts.contains_key(row)).take(EXAMPLES);
                one.examples = own.map(|&row| level.clusters[row].name.as_str()).collect();
            }
            LabelQuestion { rows, shown }
        })
        .collect()
}

/// The candidates nearest to `vector`, nearest first, each name once.
fn nearest(level: &LabelJob<'_>, vector: &[f32], references: Vectors<'_>, most: usize) -> Vec<u32> {
    let mut near: Vec<(f32, u32)> =
        (0..references.len()).map(|at| (dot(vector, references.row(at)), at as u32)).collect();
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut names = std::collections::HashSet::new();
    near.retain(|(_, at)| names.insert(level.candidates[*at as usize].name.as_str()));
    near.truncate(most);
    near.into_iter().map(|(_, at)| at).collect()
}

/// Takes over what a second look found where it is better founded than what was there. Returns how many
/// labels changed.
pub(crate) fn take(
    near: NearOffers<'_>,
    drafts: &mut [DraftLabel],
    second: Vec<DraftLabel>,
    doubts: &BTreeMap<usize, LabelDoubt>,
) -> usize {
    let level = near.level;
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for (name, rows) in members(level, drafts) {
        sizes.insert(name.to_owned(), rows.len());
    }
    let name =
        |draft: &DraftLabel| level.candidates[draft.label.candidate_id as usize].name.clone();
    let mut changed = 0;
    for new in second {
        let Ok(place) = drafts.binary_search_by_key(&new.row, |draft| draft.row) else { continue };
        let (from, to) = (name(&drafts[place]), name(&new));
        let chosen = new.standing == LabelStanding::Chosen;
        let takes = match doubts.get(&new.row) {
            Some(LabelDoubt::FitsNothing) => true,
            // Who was alone may have company by now, and where it wants to go may be empty.
            Some(LabelDoubt::Alone) => {
                let count = |name: &str| sizes.get(name).copied().unwrap_or(0);
                chosen && from != to && count(&from) == 1 && count(&to) > 0
            }
            Some(LabelDoubt::FarAway) => {
                let old = near.cosine(new.row, drafts[place].label.candidate_id);
                chosen && from != to && near.cosine(new.row, new.label.candidate_id) > old
            }
            None => false,
        };
        if takes {
            if !drafts[place].fits_nothing() {
                changed += 1;
                sizes.entry(from).and_modify(|size| *size -= 1);
            }
            if !new.fits_nothing() {
                *sizes.entry(to).or_default() += 1;
            }
            drafts[place] = new;
        }
    }
    changed
}
