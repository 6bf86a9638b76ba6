//! Groups of a single row join others: a group of one has nothing to be compared with.

use crate::partition::Partition;
use crate::similarity::visit_products;

/// Every singleton, in row order, joins the group whose centroid is nearest among those with room
/// for it (fewer than `most` rows).
///
/// Where none has room, the singleton's nearest row of the nearest group of three or more joins
/// it instead. A singleton remains only where neither is possible: `most` is 1, or `most` is 2
/// and the number of rows is odd, or there is no other row.
pub(crate) fn join<'a>(mut partition: Partition<'a>, most: usize) -> Partition<'a> {
    loop {
        let is_single =
            |row: &u32| partition.size()[partition.group()[*row as usize] as usize] == 1;
        let singles: Vec<u32> = (0..partition.group().len() as u32).filter(is_single).collect();
        let nearest = nearest_groups(&partition, &singles, |size| size < most);
        let mut joined = false;
        for (&row, nearest) in singles.iter().zip(nearest) {
            let row = row as usize;
            let own = partition.group()[row] as usize;
            let Some(to) = nearest else { continue };
            // Another singleton may have come to this one, left the other group or filled it.
            let room = 0 < partition.size()[to] && partition.size()[to] < most;
            if partition.size()[own] == 1 && room {
                partition.move_row(row, to);
                joined = true;
            }
        }
        if !joined && !take_from_full(&mut partition, &singles) {
            return Partition::new(partition.vectors, partition.into_group());
        }
        partition = Partition::new(partition.vectors, partition.into_group());
    }
}

/// Gives the first singleton that can have one a companion from a group of three or more.
fn take_from_full(partition: &mut Partition, singles: &[u32]) -> bool {
    let nearest = nearest_groups(partition, singles, |size| size >= 3);
    let Some((single, from)) = singles.iter().zip(nearest).find_map(|(&s, g)| Some((s, g?))) else {
        return false;
    };
    let members = partition.members();
    let dot = |row: u32| -> f32 {
        let (a, b) = (partition.vectors.row(row as usize), partition.vectors.row(single as usize));
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    let by_dot = |a: &&u32, b: &&u32| dot(**a).total_cmp(&dot(**b)).then(b.cmp(a));
    let Some(&row) = members.of(from).iter().max_by(by_dot) else { return false };
    let to = partition.group()[single as usize] as usize;
    partition.move_row(row as usize, to);
    true
}

/// For each of `rows` the nearest group but its own whose size is `suitable`.
fn nearest_groups(
    partition: &Partition,
    rows: &[u32],
    suitable: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let suitable: Vec<bool> = partition.size().iter().map(|&size| suitable(size)).collect();
    let mut best: Vec<Option<(f32, usize)>> = vec![None; rows.len()];
    let centroids = partition.centroids();
    visit_products(partition.vectors, Some(rows), &centroids, &mut best, |best, row, first, s| {
        let own = partition.group()[row] as usize;
        for (j, &s) in s.iter().enumerate() {
            let g = first + j;
            if suitable[g] && g != own && best.is_none_or(|(most, _)| s > most) {
                *best = Some((s, g));
            }
        }
    });
    best.into_iter().map(|best| best.map(|(_, g)| g)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Vectors;

    fn check(degrees: &[f32], group: &[u32], most: usize, expected: &[u32]) {
        let data: Vec<f32> = degrees
            .iter()
            .flat_map(|d: &f32| [d.to_radians().cos(), d.to_radians().sin()])
            .collect();
        let vectors = Vectors::new(&data, 2).unwrap();
        assert_eq!(join(Partition::new(vectors, group.to_vec()), most).group(), expected);
    }

    #[test]
    fn a_singleton_joins_the_nearest_group_with_room() {
        let degrees = [0.0, 1.0, 2.0, 90.0, 100.0, 101.0, 102.0];
        let group = [0, 0, 0, 1, 2, 2, 2];
        check(&degrees, &group, 4, &[0, 0, 0, 1, 1, 1, 1]);
        // Without room anywhere, the nearest row of the nearest group comes instead.
        check(&degrees, &group, 3, &[0, 0, 0, 1, 1, 2, 2]);
        // Row 2 goes first; then row 3 finds everything full.
        check(&degrees[..4], &[0, 0, 1, 2], 3, &[0, 0, 1, 1]);
        check(&degrees[..4], &[0, 0, 1, 2], 4, &[0, 0, 0, 0]);
    }

    #[test]
    fn singletons_join_each_other() {
        check(&[0.0, 1.0, 90.0, 91.0], &[0, 1, 2, 3], 2, &[0, 0, 1, 1]);
        check(&[0.0, 1.0, 2.0], &[0, 1, 2], 3, &[0, 0, 0]);
    }

    #[test]
    fn a_singleton_stays_where_the_bound_leaves_no_choice() {
        check(&[0.0, 90.0, 180.0], &[0, 1, 2], 1, &[0, 1, 2]);
        check(&[0.0, 10.0, 180.0], &[0, 0, 1], 2, &[0, 0, 1]);
        check(&[0.0], &[0], 3, &[0]);
    }
}
