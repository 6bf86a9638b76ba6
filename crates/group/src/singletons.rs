//! Groups of a single row join others: a group of one has nothing to be compared with.

use crate::near::{Finder, NearGroups};
use crate::partition::Partition;
use cladus_vectors::visit_products;

/// Every singleton, in row order, joins the group whose centroid is nearest among those with room
/// for it (fewer than `most` rows).
///
/// Where none has room, the singleton's nearest row of the nearest group of three or more joins
/// it instead. A singleton remains only where neither is possible: `most` is 1, or `most` is 2
/// and the number of rows is odd, or there is no other row.
pub(crate) fn join<'a>(mut partition: Partition<'a>, finder: Finder, most: usize) -> Partition<'a> {
    loop {
        let is_single =
            |row: &u32| partition.size()[partition.group()[*row as usize] as usize] == 1;
        let singles: Vec<u32> = (0..partition.group().len() as u32).filter(is_single).collect();
        let near = finder.near(&partition).filter(|_| !singles.is_empty());
        let nearest = nearest_groups(&partition, near.as_ref(), &singles, |size| size < most);
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
        if !joined && !take_from_full(&mut partition, near.as_ref(), &singles) {
            return Partition::new(partition.vectors, partition.into_group());
        }
        partition = Partition::new(partition.vectors, partition.into_group());
    }
}

/// Gives the first singleton that can have one a companion from a group of three or more.
fn take_from_full(partition: &mut Partition, near: Option<&NearGroups>, singles: &[u32]) -> bool {
    let nearest = nearest_groups(partition, near, singles, |size| size >= 3);
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

/// For each of `singles` the nearest other group whose size is `suitable`: among the groups near it,
/// or, where none of these is, among all.
fn nearest_groups(
    partition: &Partition,
    near: Option<&NearGroups>,
    singles: &[u32],
    suitable: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let suits = |&g: &u32| suitable(partition.size()[g as usize]);
    let own = |row: u32| partition.group()[row as usize];
    let mut best: Vec<Option<(f32, u32)>> = vec![None; singles.len()];
    if let Some(near) = near {
        for (&row, best) in singles.iter().zip(&mut best) {
            // A singleton is its group's centroid: the first is the nearest.
            let first = near.of(own(row) as usize).iter().find(|g| suits(g));
            *best = first.map(|&g| (f32::INFINITY, g));
        }
    }
    let open: Vec<usize> = (0..singles.len()).filter(|&i| best[i].is_none()).collect();
    let rows: Vec<u32> = open.iter().map(|&i| singles[i]).collect();
    let suitable: Vec<u32> = (0..partition.groups() as u32).filter(suits).collect();
    let centroids = if rows.is_empty() { Vec::new() } else { partition.centroids_of(&suitable) };
    let mut found: Vec<Option<(f32, u32)>> = vec![None; rows.len()];
    visit_products(
        partition.vectors,
        Some(&rows),
        &centroids,
        &mut found,
        |best, row, first, s| {
            for (&g, &s) in suitable[first..].iter().zip(s) {
                if g != own(row as u32) && best.is_none_or(|(most, _)| s > most) {
                    *best = Some((s, g));
                }
            }
        },
    );
    open.into_iter().zip(found).for_each(|(i, found)| best[i] = found);
    best.into_iter().map(|best| best.map(|(_, g)| g as usize)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cladus_vectors::Vectors;

    fn check(degrees: &[f32], group: &[u32], most: usize, expected: &[u32]) {
        let data: Vec<f32> = degrees
            .iter()
            .flat_map(|d: &f32| [d.to_radians().cos(), d.to_radians().sin()])
            .collect();
        let vectors = Vectors::new(&data, 2).unwrap();
        assert_eq!(
            join(Partition::new(vectors, group.to_vec()), Finder { cells: None }, most).group(),
            expected
        );
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
