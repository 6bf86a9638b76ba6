//! Refinement for many groups, from farther away: what rows are not offered near their own group.

use rayon::prelude::*;

use crate::cells::Cells;
use crate::moves::{CHUNKS, LEAST_GAIN, SizeLimits, gain, slack};
use crate::near::Finder;
use crate::partition::Partition;
use crate::refine::refine;
use crate::two_level::COMPARED;
use crate::wide::WideCells;
use cladus_vectors::Vectors;

/// Looks far and wide for moves that are worth it, `rounds` times, and each time refines what
/// changed. Does nothing where every row is compared with every group anyway.
pub(crate) fn refine_widely(
    partition: &mut Partition,
    finder: Finder,
    sizes: SizeLimits,
    rounds: usize,
    mut done: impl FnMut(),
) {
    let Some(cells) = finder.cells else { return };
    for _ in 0..rounds {
        let changed = sweep(partition, sizes, cells);
        refine(partition, finder, sizes, &changed);
        done();
    }
}

/// Offers every row once the groups in cells near it, and moves it where that is worth it; returns
/// which groups changed.
fn sweep(partition: &mut Partition, sizes: SizeLimits, cells: &Cells) -> Vec<bool> {
    let n = partition.group().len();
    let mut changed = vec![false; partition.groups()];
    let chunk = n.div_ceil(CHUNKS).min(ROWS);
    for first in (0..n).step_by(chunk.max(1)) {
        let rows = first..(first + chunk).min(n);
        let data = partition.centroids();
        let Ok(centroids) = Vectors::new(&data, partition.vectors.dim()) else { break };
        let wide = WideCells::new(centroids, cells, COMPARED);
        let norm: Vec<f32> = partition.norm().iter().map(|&norm| norm as f32).collect();
        let stay = |row: usize| {
            let size = partition.size()[partition.group()[row] as usize];
            let loss = (partition.loss(row) + LEAST_GAIN) as f32;
            (if size > sizes.least { loss } else { f32::INFINITY }, None)
        };
        let mut offers: Vec<(f32, Option<u32>)> = rows.clone().into_par_iter().map(stay).collect();
        wide.visit(partition.vectors, rows.clone(), &mut offers, |offer, row, groups, s| {
            for (&h, &s) in groups.iter().zip(s) {
                let norm = norm[h as usize];
                // Few groups pass the first test, so that most sizes need not be read.
                if s + slack(norm) > offer.0 && partition.size()[h as usize] < sizes.most {
                    let gain = gain(norm, s);
                    if gain > offer.0 && h != partition.group()[row] {
                        *offer = (gain, Some(h));
                    }
                }
            }
        });
        for (row, (_, to)) in rows.zip(offers) {
            let Some(to) = to else { continue };
            let (from, to) = (partition.group()[row] as usize, to as usize);
            let allowed = partition.size()[to] < sizes.most && partition.size()[from] > sizes.least;
            if allowed && partition.gain(row, to) > partition.loss(row) + LEAST_GAIN {
                partition.move_row(row, to);
                changed[from] = true;
                changed[to] = true;
            }
        }
    }
    changed
}

/// Rows between two looks at the groups as they are.
const ROWS: usize = 1 << 17;
