//! Gets out of dead ends that moving single rows cannot leave: one group holding two clusters
//! while another cluster is divided between two groups.

use crate::balance::{merge_down_to, split_up_to};
use crate::config::is_large;
use crate::moves::SizeLimits;
use crate::near::Finder;
use crate::partition::Partition;
use crate::refine::refine;

/// One group in this many is merged with another at first.
const SHARE: usize = 8;

/// One in this many where there are many groups, and how often the number is tried and halved.
const SHARE_OF_MANY: usize = 32;
const TRIALS_OF_MANY: usize = 2;

/// What counts as lower inertia, and not as rounding.
const LEAST_GAIN: f64 = 1e-4;

/// Merges the pairs of groups that cost least, splits as many of the loosest groups, refines the
/// outcome, and keeps it if that lowered the inertia; then again with half as many pairs, down to
/// one. (The idea of breathing k-means, Fritzke 2020.)
pub(crate) fn reshape<'a>(
    mut partition: Partition<'a>,
    finder: Finder,
    sizes: SizeLimits,
) -> Partition<'a> {
    let groups = partition.groups();
    // From some thousand rows on a trial takes as long as all refinement before it, for three
    // thousandths of the inertia at most.
    if finder.cells.is_none() && is_large(partition.vectors.len(), groups, partition.vectors.dim())
    {
        return partition;
    }
    // Among many groups a merge in one place says nothing about another, and trials by the dozen
    // have little left to find.
    let (share, trials) =
        if finder.cells.is_some() { (SHARE_OF_MANY, TRIALS_OF_MANY) } else { (SHARE, usize::MAX) };
    let mut pairs = groups.div_ceil(share).min(groups / 2);
    for _ in 0..trials {
        if pairs == 0 {
            break;
        }
        let trial = Partition::new(partition.vectors, partition.group().to_vec());
        let trial = merge_down_to(trial, finder, groups - pairs, sizes.most);
        let mut trial = split_up_to(trial, groups);
        let changed = changed(&partition, &trial);
        refine(&mut trial, finder, sizes, &changed);
        let saved = partition.inertia() - trial.inertia();
        if trial.groups() == groups && saved > LEAST_GAIN {
            partition = trial;
        }
        pairs /= 2;
    }
    partition
}

/// Which groups of `after` do not have the same rows as some group of `before`.
fn changed(before: &Partition, after: &Partition) -> Vec<bool> {
    let mut origin: Vec<Option<u32>> = vec![None; after.groups()];
    let mut changed = vec![false; after.groups()];
    for (&new, &old) in after.group().iter().zip(before.group()) {
        let new = new as usize;
        changed[new] |= *origin[new].get_or_insert(old) != old;
    }
    for (g, origin) in origin.into_iter().enumerate() {
        let whole = |old: u32| before.size()[old as usize] == after.size()[g];
        changed[g] |= !origin.is_some_and(whole);
    }
    changed
}
