//! Which base clusters of two trees are the same, whatever ids they bear.
//!
//! Tools that cluster anew number anew: BERTopic's topic 7 of this month is not that of the last, and
//! Kura draws fresh ids every time. So an id counts where the name or the members say the same. What is
//! left is matched by
//!
//! 1. **members**: the items that both hold are more than half of what the smaller one holds, of the items
//!    that both trees know; the largest overlap first;
//! 2. **names**: the same words, in whatever order, and of several of one name the one with the same
//!    description, then the one nearest in size;
//! 3. **ids**, where nearly all of them hold and nothing speaks against this one: a cluster may be renamed;
//! 4. **nearness** of what names and descriptions mean, where ids do not hold: above a threshold, the
//!    nearest first.
//!
//! Every cluster is matched with one at most. The result is the same with the trees exchanged.

mod items;
mod names;
mod near;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use cladus_core::sameness::MatchBy;
use serde::Serialize;

use items::Items;
pub use near::NearnessVectors;

/// A base cluster, as it is recognised.
#[derive(Debug, Clone, Copy)]
pub struct BaseCluster<'a> {
    /// Unique in its tree.
    pub id: &'a str,
    /// A few words.
    pub name: &'a str,
    /// A sentence or two; may be empty.
    pub description: &'a str,
    /// Its items' ids; may be empty.
    pub members: &'a [String],
    /// How many items.
    pub size: u64,
}

/// What made two base clusters the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// They bear the same id.
    Id,
    /// They hold the same items.
    Members,
    /// They are called the same.
    Name,
    /// They mean nearly the same.
    Nearness,
}

/// How many were matched by what, and what of the ids is to be doubted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MatchCounts {
    /// By their ids.
    pub ids: usize,
    /// By their members.
    pub members: usize,
    /// By their names.
    pub names: usize,
    /// By nearness.
    pub nearness: usize,
    /// Ids that are in both trees.
    pub same_id: usize,
    /// Of those, ids of clusters that neither have a name in common nor members.
    pub doubtful: usize,
}

impl MatchCounts {
    /// Do ids say something else than names and members, for more than a few clusters?
    pub fn ids_are_in_doubt(&self) -> bool {
        self.doubtful > 0 && !holds(self.same_id - self.doubtful, self.doubtful)
    }
}

/// Whether ids that agree with names or members so often, and so often not, are the clusters' own.
fn holds(agree: usize, doubtful: usize) -> bool {
    agree > 0 && (doubtful <= 1 || 4 * doubtful <= agree)
}

/// Base clusters of A and of B that are the same.
#[derive(Debug, Clone, Default)]
pub struct Same {
    /// By their places in A and B, in the order of A.
    pub pairs: Vec<(usize, usize, How)>,
    /// How many by what.
    pub matched: MatchCounts,
}

/// What is matched so far.
struct Taken {
    of_a: Vec<Option<(usize, How)>>,
    of_b: Vec<bool>,
}

impl Taken {
    fn is_free(&self, a: usize, b: usize) -> bool {
        self.of_a[a].is_none() && !self.of_b[b]
    }

    fn take(&mut self, a: usize, b: usize, how: How) {
        if self.is_free(a, b) {
            (self.of_a[a], self.of_b[b]) = (Some((b, how)), true);
        }
    }

    fn free_a(&self) -> Vec<usize> {
        (0..self.of_a.len()).filter(|&a| self.of_a[a].is_none()).collect()
    }

    fn free_b(&self) -> Vec<usize> {
        (0..self.of_b.len()).filter(|&b| !self.of_b[b]).collect()
    }
}

/// Matches the base clusters of A with those of B. `near` embeds the names of those that are left, where
/// it comes to that; `None` where nobody can say what is near.
///
/// # Errors
/// Those of `near`.
pub fn same<E>(
    a: &[BaseCluster<'_>],
    b: &[BaseCluster<'_>],
    by: MatchBy,
    near: impl FnOnce(&[BaseCluster<'_>], &[BaseCluster<'_>]) -> Result<Option<NearnessVectors>, E>,
) -> Result<Same, E> {
    let mut taken = Taken { of_a: vec![None; a.len()], of_b: vec![false; b.len()] };
    let items = Items::of(a, b);
    let by_id: HashMap<&str, usize> = b.iter().enumerate().map(|(at, b)| (b.id, at)).collect();
    let same_id: Vec<(usize, usize)> =
        a.iter().enumerate().filter_map(|(at, a)| Some((at, *by_id.get(a.id)?))).collect();
    let (agree, doubtful): (Vec<_>, Vec<_>) = same_id
        .iter()
        .partition(|&&(x, y)| names::are_same(a[x].name, b[y].name) || items.agree(x, y));
    let holds = holds(agree.len(), doubtful.len());
    let (members, called) = match by {
        MatchBy::Auto => (true, true),
        MatchBy::Ids => (false, false),
        MatchBy::Members => (true, false),
        MatchBy::Names => (false, true),
    };
    match by {
        MatchBy::Ids => same_id.iter().for_each(|&(x, y)| taken.take(x, y, How::Id)),
        MatchBy::Auto => agree.iter().for_each(|&(x, y)| taken.take(x, y, How::Id)),
        MatchBy::Members | MatchBy::Names => {}
    }
    if members {
        for (x, y) in items.overlaps(a, b) {
            taken.take(x, y, How::Members);
        }
    }
    if called {
        for (x, y) in names::pairs(a, b, &taken.free_a(), &taken.free_b()) {
            taken.take(x, y, How::Name);
        }
    }
    if by == MatchBy::Auto && holds {
        let unopposed = doubtful.iter().filter(|&&(x, y)| !items.disagree(x, y));
        unopposed.for_each(|&(x, y)| taken.take(x, y, How::Id));
    }
    if called && !(by == MatchBy::Auto && holds) {
        let (free_a, free_b) = (taken.free_a(), taken.free_b());
        if !free_a.is_empty() && !free_b.is_empty() {
            let (left_a, left_b) = (near::some(a, &free_a), near::some(b, &free_b));
            if let Some(found) = near(&left_a, &left_b)? {
                for (x, y) in found.pairs(&left_a, &left_b) {
                    taken.take(free_a[x], free_b[y], How::Nearness);
                }
            }
        }
    }
    Ok(counted(&taken, same_id.len(), doubtful.len()))
}

fn counted(taken: &Taken, same_id: usize, doubtful: usize) -> Same {
    let of = |(a, found): (usize, &Option<(usize, How)>)| found.map(|(b, how)| (a, b, how));
    let pairs: Vec<_> = taken.of_a.iter().enumerate().filter_map(of).collect();
    let count = |how: How| pairs.iter().filter(|pair| pair.2 == how).count();
    let matched = MatchCounts {
        ids: count(How::Id),
        members: count(How::Members),
        names: count(How::Name),
        nearness: count(How::Nearness),
        same_id,
        doubtful,
    };
    Same { pairs, matched }
}
