//! Rows that sum up the rows below them, as pivot tables and reports have them: they are upper levels.

use std::collections::HashSet;

use crate::notes::ReadingNotes;
use crate::rows::draft::ClusterDraft;

/// Longer lists are no report that somebody reads.
const LONGEST: usize = 2_000;
/// Fewer items than this come to the same sum by chance.
const LEAST: u64 = 20;
/// Levels that are looked for.
const DEEPEST: usize = 4;
/// Rows that a single row must sum up, to be above them all.
const BELOW_ONE: usize = 5;

/// For every row the row above it, where all rows are sums of those below them or are below one; sizes that are
/// not known are no sums.
pub(crate) fn parents(sizes: &[u64]) -> Option<Vec<Option<usize>>> {
    if sizes.len() < 6 || sizes.len() > LONGEST {
        return None;
    }
    let flat = SummedRows { sizes, deepest: 1 }.whole();
    let found = flat.or_else(|| SummedRows { sizes, deepest: DEEPEST }.whole())?;
    let tops: Vec<usize> = (0..found.len()).filter(|at| found[*at].is_none()).collect();
    let below = |top: usize| found.iter().filter(|above| **above == Some(top)).count();
    let several = tops.iter().filter(|top| below(**top) > 1).count();
    let sum = tops.iter().fold(0u64, |sum, top| sum.saturating_add(sizes[*top]));
    let enough = match tops.as_slice() {
        [only] => below(*only) >= BELOW_ONE,
        tops => several * 2 > tops.len(),
    };
    (sum >= LEAST && enough).then_some(found)
}

struct SummedRows<'a> {
    sizes: &'a [u64],
    deepest: usize,
}

impl SummedRows<'_> {
    /// All rows in groups, one after the other.
    fn whole(&self) -> Option<Vec<Option<usize>>> {
        let mut parent = vec![None; self.sizes.len()];
        let mut at = 0;
        while at < self.sizes.len() {
            let head = at;
            at = self.group(head, 1, &mut parent)?;
            parent[head] = None;
        }
        Some(parent)
    }

    /// The end of the group that a row sums up.
    fn group(&self, head: usize, depth: usize, parent: &mut [Option<usize>]) -> Option<usize> {
        let wanted = self.sizes[head];
        let (mut sum, mut at) = (0u64, head + 1);
        while sum < wanted && at < self.sizes.len() {
            let size = self.sizes[at];
            let inner = (depth < self.deepest && size > 0)
                .then(|| self.group(at, depth + 1, parent))
                .flatten()
                .filter(|end| *end > at + 2);
            parent[at] = Some(head);
            sum = sum.saturating_add(size);
            at = inner.unwrap_or(at + 1);
        }
        // Rows of nothing end the group that they stand in.
        while wanted > 0 && self.sizes.get(at) == Some(&0) {
            parent[at] = Some(head);
            at += 1;
        }
        (sum == wanted && wanted > 0).then_some(at)
    }
}

/// Who is above whom, where the rows tell nothing else than their sizes.
fn of_drafts(drafts: &[ClusterDraft]) -> Option<Vec<Option<usize>>> {
    let told = |draft: &ClusterDraft| {
        draft.parent.is_some()
            || draft.level.is_some()
            || draft.members.is_some()
            || !draft.path.is_empty()
            || draft.item.is_some()
    };
    if drafts.iter().any(told) {
        return None;
    }
    let sizes: Vec<u64> = drafts.iter().map(|draft| draft.size).collect::<Option<_>>()?;
    parents(&sizes)
}

/// Do the ids say it: `1` above `1.1`?
fn of_codes(drafts: &[ClusterDraft]) -> Option<Vec<Option<usize>>> {
    let ids: Vec<&str> = drafts.iter().map(|draft| draft.id.as_deref()).collect::<Option<_>>()?;
    let whole = |id: &str| {
        !id.is_empty()
            && id
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let place: std::collections::HashMap<&str, usize> =
        ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    if !ids.iter().all(|id| whole(id)) || place.len() < ids.len() {
        return None;
    }
    let above = |id: &&str| match id.rsplit_once('.') {
        None => Some(None),
        Some((upper, _)) => place.get(upper).map(|at| Some(*at)),
    };
    let parent: Vec<Option<usize>> = ids.iter().map(above).collect::<Option<_>>()?;
    let tops: HashSet<usize> = parent.iter().flatten().copied().collect();
    let told = drafts.iter().any(|draft| draft.parent.is_some() || !draft.path.is_empty());
    (tops.len() > 1 && !told).then_some(parent)
}

/// Gives every row the way from the top to it, where sums or codes tell it.
pub(crate) fn link(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let by_sums = of_drafts(drafts);
    let said = if by_sums.is_some() {
        "rows that are the sum of those below them are upper levels"
    } else {
        "ids say what is above what (1 above 1.1)"
    };
    let Some(parent) = by_sums.or_else(|| of_codes(drafts)) else { return };
    for at in 0..drafts.len() {
        let mut path = vec![drafts[at].name.clone()];
        let mut above = parent[at];
        while let Some(upper) = above.filter(|_| path.len() <= drafts.len()) {
            path.push(drafts[upper].name.clone());
            above = parent[upper];
        }
        path.reverse();
        drafts[at].path = path;
    }
    told.notes.push(said.to_owned());
}

/// The sum of all that are no sums of others, where some are.
pub(crate) fn without_sums(sizes: &[u64]) -> Option<u64> {
    let parent = parents(sizes)?;
    let tops = sizes.iter().zip(&parent).filter(|(_, above)| above.is_none());
    Some(tops.fold(0u64, |sum, (size, _)| sum.saturating_add(*size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_the_rows_below_are_upper_rows() {
        let of = |sizes: &[u64]| parents(sizes);
        assert_eq!(
            of(&[30, 10, 20, 12, 5, 7]),
            Some(vec![None, Some(0), Some(0), None, Some(3), Some(3)])
        );
        // Three levels.
        let three = of(&[62, 32, 10, 22, 30, 12, 18, 40, 15, 25]).unwrap_or_default();
        assert_eq!(three[2], Some(1));
        assert_eq!(three[7], None);
        assert_eq!(without_sums(&[30, 10, 20, 12, 5, 7]), Some(42));
        for sizes in [
            &[120, 95, 71, 210, 64, 58][..],
            &[6, 5, 4, 3, 2, 1],
            &[2, 1, 1, 2, 1, 1],
            &[30, 10, 20, 12, 5, 8],
            &[1, 1, 1, 1, 1, 1],
            &[7, 7, 7, 7, 7, 7],
        ] {
            assert_eq!(of(sizes), None, "{sizes:?}");
        }
    }
}
