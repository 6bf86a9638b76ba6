//! Refinement for many groups: rows are offered the groups near their own.

use rayon::prelude::*;

use crate::moves::{LEAST_GAIN, MOST_SWEEPS, SizeLimits, gain, slack};
use crate::near::NearGroups;
use crate::partition::Partition;
use cladus_vectors::dot_products;

/// Into how many parts a sweep is divided: within a part, groups are taken as they were before it.
const PARTS: usize = 8;

/// Moves rows to groups near their own until no such move is worth it; returns the number of
/// sweeps.
///
/// Only moves from or to groups that are `changed`, now or by other moves, are considered.
pub(crate) fn refine_near(
    partition: &mut Partition,
    sizes: SizeLimits,
    near: &NearGroups,
    changed: &[bool],
) -> usize {
    let members = partition.members();
    let mut state = NearRefineState {
        rows: (0..partition.groups()).map(|g| members.of(g).to_vec()).collect(),
        centroids: partition.centroids(),
        changed: changed.iter().map(|&changed| u32::from(changed)).collect(),
        seen: vec![1; partition.groups()],
        pending: vec![false; partition.groups()],
    };
    let mut step = 1;
    for sweep in 1..=MOST_SWEEPS {
        let mut moved = 0;
        for part in 0..PARTS.min(partition.groups()) {
            let moves = state.offers(partition, sizes, near, part);
            step += 1;
            for g in (part..partition.groups()).step_by(PARTS) {
                state.seen[g] = step;
                state.pending[g] = false;
            }
            moved += state.accept(partition, sizes, &moves, step);
        }
        if moved == 0 {
            return sweep;
        }
    }
    MOST_SWEEPS
}

struct NearRefineState {
    /// The rows of each group.
    rows: Vec<Vec<u32>>,
    /// Directions of the groups, shape groups × dim.
    centroids: Vec<f32>,
    /// The step in which each group changed last.
    changed: Vec<u32>,
    /// The step after which each group's rows were offered groups last.
    seen: Vec<u32>,
    /// Groups with a row whose best move fell through.
    pending: Vec<bool>,
}

#[derive(Default)]
struct RefineScratch {
    near: Vec<u32>,
    rows: Vec<f32>,
    centroids: Vec<f32>,
    products: Vec<f32>,
}

impl NearRefineState {
    fn offers(
        &self,
        partition: &Partition,
        sizes: SizeLimits,
        near: &NearGroups,
        part: usize,
    ) -> Vec<(u32, u32)> {
        let groups: Vec<usize> = (part..partition.groups()).step_by(PARTS).collect();
        let offers = groups.par_iter().map_init(RefineScratch::default, |scratch, &g| {
            self.offers_to(partition, sizes, near, g, scratch)
        });
        let offers: Vec<Vec<(u32, u32)>> = offers.collect();
        offers.into_iter().flatten().collect()
    }

    /// The rows of group `g` that would gain by moving, and where to.
    fn offers_to(
        &self,
        partition: &Partition,
        sizes: SizeLimits,
        near: &NearGroups,
        g: usize,
        scratch: &mut RefineScratch,
    ) -> Vec<(u32, u32)> {
        if partition.size()[g] <= sizes.least {
            return Vec::new();
        }
        let renewed = self.pending[g] || self.changed[g] >= self.seen[g];
        let worth = |&&h: &&u32| {
            let h = h as usize;
            partition.size()[h] < sizes.most && (renewed || self.changed[h] >= self.seen[g])
        };
        scratch.near.clear();
        scratch.near.extend(near.of(g).iter().filter(worth));
        if scratch.near.is_empty() {
            return Vec::new();
        }
        let dim = partition.vectors.dim();
        scratch.rows.clear();
        for &row in &self.rows[g] {
            scratch.rows.extend_from_slice(partition.vectors.row(row as usize));
        }
        scratch.centroids.clear();
        for &h in &scratch.near {
            let h = h as usize;
            scratch.centroids.extend_from_slice(&self.centroids[h * dim..(h + 1) * dim]);
        }
        let width = scratch.near.len();
        scratch.products.resize(self.rows[g].len() * width, 0.0);
        dot_products(&scratch.rows, &scratch.centroids, dim, &mut scratch.products);
        let mut moves = Vec::new();
        for (&row, products) in self.rows[g].iter().zip(scratch.products.chunks_exact(width)) {
            let mut best = (partition.loss(row as usize) + LEAST_GAIN) as f32;
            let mut to = None;
            for (&h, &s) in scratch.near.iter().zip(products) {
                let norm = partition.norm()[h as usize] as f32;
                if s + slack(norm) > best {
                    let gain = gain(norm, s);
                    if gain > best {
                        (best, to) = (gain, Some(h));
                    }
                }
            }
            moves.extend(to.map(|to| (row, to)));
        }
        moves
    }

    /// Makes those of `moves` that are still allowed and worth it; returns how many.
    fn accept(
        &mut self,
        partition: &mut Partition,
        sizes: SizeLimits,
        moves: &[(u32, u32)],
        step: u32,
    ) -> usize {
        let mut moved = 0;
        for &(row, to) in moves {
            let (place, to) = (row as usize, to as usize);
            let from = partition.group()[place] as usize;
            let allowed = partition.size()[to] < sizes.most && partition.size()[from] > sizes.least;
            if allowed && partition.gain(place, to) > partition.loss(place) + LEAST_GAIN {
                partition.move_row(place, to);
                self.rows[from].retain(|&other| other != row);
                self.rows[to].push(row);
                self.changed[from] = step;
                self.changed[to] = step;
                moved += 1;
            } else {
                self.pending[from] = true;
            }
        }
        let dim = partition.vectors.dim();
        let changed = &self.changed;
        self.centroids.par_chunks_mut(dim).enumerate().for_each(|(g, centroid)| {
            if changed[g] == step {
                partition.write_direction(g, centroid);
            }
        });
        moved
    }
}
