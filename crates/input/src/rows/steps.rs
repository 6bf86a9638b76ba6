//! Hierarchies in the order of the rows: a row stands below the last one before it that is of an upper level.

use crate::rows::draft::ClusterDraft;

/// For every row the row above it, where levels step down as an outline's do and none but the lowest rows have a
/// size: rows above are titles then, and a title has no size to lose.
pub(crate) fn parents(drafts: &[ClusterDraft]) -> Option<Vec<Option<usize>>> {
    let levels: Vec<i64> = drafts.iter().map(|draft| draft.level).collect::<Option<_>>()?;
    let parent = by_level(&levels)?;
    let mut has_children = vec![false; drafts.len()];
    for above in parent.iter().flatten() {
        has_children[*above] = true;
    }
    let sized = |draft: &ClusterDraft| draft.size.is_some() || draft.members.is_some();
    let fits = drafts.iter().zip(&has_children).all(|(draft, inner)| sized(draft) != *inner);
    (fits && has_children.iter().filter(|inner| **inner).count() > 1).then_some(parent)
}

/// By the order of the rows; nothing where a level is left out on the way down.
fn by_level(levels: &[i64]) -> Option<Vec<Option<usize>>> {
    let first = *levels.first()?;
    let mut open: Vec<usize> = Vec::new();
    let mut parent = Vec::with_capacity(levels.len());
    for (at, &level) in levels.iter().enumerate() {
        while open.last().is_some_and(|&above| levels[above] >= level) {
            open.pop();
        }
        let above = open.last().copied();
        let steps = above.map_or(level - first, |above| level - levels[above] - 1);
        if steps != 0 {
            return None;
        }
        parent.push(above);
        open.push(at);
    }
    Some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_below_the_last_upper_one() {
        let row = |(level, size): &(i64, Option<u64>)| ClusterDraft {
            level: Some(*level),
            size: *size,
            ..ClusterDraft::default()
        };
        let of = |rows: &[(i64, Option<u64>)]| parents(&rows.iter().map(row).collect::<Vec<_>>());
        let rows = [(1, None), (2, Some(3)), (2, Some(4)), (1, None), (2, Some(5))];
        assert_eq!(of(&rows), Some(vec![None, Some(0), Some(0), None, Some(3)]));
        // All upper ones first, or with sizes of their own.
        assert_eq!(of(&[(1, None), (1, None), (2, Some(3)), (2, Some(4))]), None);
        assert_eq!(of(&[(1, Some(7)), (2, Some(3)), (2, Some(4))]), None);
    }
}
