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
