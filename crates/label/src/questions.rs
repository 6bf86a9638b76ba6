//! Which clusters are asked about together, and which candidates they are shown.

use std::collections::BTreeMap;

use cladus_core::artifact;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::llm::{How, Level};

/// Most clusters that are asked about in one call, where nobody said how many.
const MOST: usize = 60;

/// What one call asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question<'a> {
    /// Rows of the clusters, rising.
    pub(crate) rows: Vec<usize>,
    /// What they may be, in the order shown.
    pub(crate) shown: Vec<Shown<'a>>,
}

/// A name to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown<'a> {
    /// As the artifact has it.
    pub(crate) name: &'a str,
    /// The candidates of that name, rising; never none.
    pub(crate) candidates: Vec<u32>,
}

impl Shown<'_> {
    /// The candidate meant for a cluster of `group`: its group's own, or the first.
    pub(crate) fn candidate(&self, group: u32, candidates: &[artifact::Candidate]) -> u32 {
        let own = |at: &&u32| candidates[**at as usize].group_id == Some(group);
        self.candidates.iter().find(own).or(self.candidates.first()).copied().unwrap_or_default()
    }
}

/// The questions in a fixed order: by group, and in a group by cluster.
pub(crate) fn questions<'a>(level: &'a Level<'_>, groups: &[u32], how: How) -> Vec<Question<'a>> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate().filter(|(row, _)| level.mine[*row]) {
        members.entry(group).or_default().push(row);
    }
    let mut questions = Vec::new();
    for members in members.values() {
        // Parts of nearly equal size: a last one of a single cluster would cost a whole prompt.
        let parts = members.len().div_ceil(how.labels_per_call.unwrap_or(MOST).max(1));
        for part in 0..parts {
            let (start, end) = (members.len() * part / parts, members.len() * (part + 1) / parts);
            questions.push(question(level, members[start..end].to_vec(), how.seed));
        }
    }
    questions
}

fn question<'a>(level: &'a Level<'_>, rows: Vec<usize>, seed: u64) -> Question<'a> {
    let mut offered: Vec<u32> =
        rows.iter().flat_map(|&row| level.ground.offers.of(row)).copied().collect();
    offered.sort_unstable();
    offered.dedup();
    let mut shown: Vec<Shown<'a>> = Vec::new();
    let mut place_of: BTreeMap<&str, usize> = BTreeMap::new();
    for at in offered {
        let name = level.candidates[at as usize].name.as_str();
        let place = *place_of.entry(name).or_insert(shown.len());
        match shown.get_mut(place) {
            Some(same) => same.candidates.push(at),
            None => shown.push(Shown { name, candidates: vec![at] }),
        }
    }
    shuffle(&mut shown, seed, rows.iter().map(|&row| level.clusters[row].id.as_str()));
    Question { rows, shown }
}

/// Models prefer what they are shown first: the order must not always be the same. It follows from
/// the seed and the clusters asked about, so that a rerun asks the same.
fn shuffle<'a, T>(shown: &mut [T], seed: u64, ids: impl Iterator<Item = &'a str>) {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for id in ids {
        hasher.update(&(id.len() as u64).to_le_bytes());
        hasher.update(id.as_bytes());
    }
    let mut random = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
    // Fisher and Yates; written out, because a library's may change with its version.
    for last in (1..shown.len()).rev() {
        let other = (random.next_u64() % (last as u64 + 1)) as usize;
        shown.swap(last, other);
    }
}
