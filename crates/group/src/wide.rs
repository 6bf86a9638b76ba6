//! Dot products of rows with groups in cells near them.

use std::ops::Range;

use rayon::prelude::*;

use crate::cells::Cells;
use crate::nearest::NearestOffered;
use cladus_vectors::Vectors;
use cladus_vectors::{BLOCK_ROWS, ProductScratch, visit_block, visit_products};

/// Groups, each in the cell nearest to it, for rows to be compared with.
pub(crate) struct WideCells<'a> {
    cells: &'a Cells,
    /// Cells that a row is compared with the groups of; all, if that would be all groups.
    width: Option<usize>,
    /// The groups, cell by cell, ascending in each.
    groups: Vec<u32>,
    /// Shape groups × dim, in that order.
    centroids: Vec<f32>,
    /// `start[c]..start[c + 1]` are cell `c`'s places in `groups`.
    start: Vec<usize>,
}

impl<'a> WideCells<'a> {
    /// Each row is to be compared with about `most` of the groups with these `centroids`.
    pub(crate) fn new(centroids: Vectors, cells: &'a Cells, most: usize) -> Self {
        let (k, count) = (centroids.len(), cells.count());
        let width = (most * count).div_ceil(k.max(1));
        // Looking cell by cell takes about twice as long as looking at everything in order.
        if 2 * width >= count {
            let groups = (0..k as u32).collect();
            let centroids = centroids.data().to_vec();
            return Self { cells, width: None, groups, centroids, start: Vec::new() };
        }
        let near = nearest_cells(centroids, 0..k, cells, 1);
        let (start, groups) = sorted(near.iter().map(|&cell| cell as usize), count);
        let centroids = centroids.gather(&groups);
        Self { cells, width: Some(width), groups, centroids, start }
    }

    /// Shows `visit` the dot products of `rows` with groups near them, one `state` for each:
    /// `visit(state, row, groups, products)`.
    pub(crate) fn visit<T, F>(
        &self,
        vectors: Vectors,
        rows: Range<usize>,
        state: &mut [T],
        visit: F,
    ) where
        T: Default + Send,
        F: Fn(&mut T, usize, &[u32], &[f32]) + Sync,
    {
        let Some(width) = self.width else {
            let rows: Vec<u32> = rows.map(|row| row as u32).collect();
            let all = |state: &mut T, row, first: usize, products: &[f32]| {
                visit(state, row, &self.groups[first..first + products.len()], products);
            };
            return visit_products(vectors, Some(&rows), &self.centroids, state, all);
        };
        for (chunk, state) in state.chunks_mut(CHUNK).enumerate() {
            let first = rows.start + chunk * CHUNK;
            self.visit_chunk(vectors, first, width, state, &visit);
        }
    }

    fn visit_chunk<T, F>(
        &self,
        vectors: Vectors,
        first: usize,
        width: usize,
        state: &mut [T],
        visit: &F,
    ) where
        T: Default + Send,
        F: Fn(&mut T, usize, &[u32], &[f32]) + Sync,
    {
        let (dim, count) = (vectors.dim(), self.cells.count());
        let near = nearest_cells(vectors, first..first + state.len(), self.cells, width);
        // One rank after the other: in a rank no row comes twice, so that cells are independent.
        for rank in 0..width {
            let cells = near.iter().skip(rank).step_by(width).map(|&cell| cell as usize);
            let (start, order) = sorted(cells, count);
            let rows: Vec<u32> = order.iter().map(|&place| first as u32 + place).collect();
            let mut states: Vec<T> =
                order.iter().map(|&place| std::mem::take(&mut state[place as usize])).collect();
            let mut blocks = Vec::new();
            let mut rest = states.as_mut_slice();
            for cell in 0..count {
                let (states, behind) = rest.split_at_mut(start[cell + 1] - start[cell]);
                rest = behind;
                let rows = rows[start[cell]..start[cell + 1]].chunks(BLOCK_ROWS);
                blocks.extend(rows.zip(states.chunks_mut(BLOCK_ROWS)).map(|block| (cell, block)));
            }
            blocks.into_par_iter().for_each_init(
                ProductScratch::default,
                |scratch, (cell, block)| {
                    let (rows, states) = block;
                    let places = self.start[cell]..self.start[cell + 1];
                    let groups = &self.groups[places.clone()];
                    let centroids = &self.centroids[places.start * dim..places.end * dim];
                    visit_block(vectors, rows, centroids, scratch, |i, first, products| {
                        let groups = &groups[first..first + products.len()];
                        visit(&mut states[i], rows[i] as usize, groups, products);
                    });
                },
            );
            for (place, value) in order.into_iter().zip(states) {
                state[place as usize] = value;
            }
        }
    }
}

/// Rows whose near cells are known at a time: bounds memory.
const CHUNK: usize = 1 << 16;

/// The `width` cells nearest to each of `rows`, shape rows × width.
fn nearest_cells(vectors: Vectors, rows: Range<usize>, cells: &Cells, width: usize) -> Vec<u32> {
    let mut near = vec![NearestOffered::default(); rows.len()];
    let rows: Vec<u32> = rows.map(|row| row as u32).collect();
    visit_products(vectors, Some(&rows), cells.centroids(), &mut near, |near, _, first, s| {
        near.offer(width, u32::MAX, (first as u32..).zip(s));
    });
    near.into_par_iter().flat_map_iter(|near| near.into_groups(width)).collect()
}

/// The places of `cells` sorted by cell, and where each of `count` cells starts among them.
fn sorted(cells: impl Iterator<Item = usize> + Clone, count: usize) -> (Vec<usize>, Vec<u32>) {
    let mut start = vec![0; count + 1];
    cells.clone().for_each(|cell| start[cell + 1] += 1);
    for cell in 0..count {
        start[cell + 1] += start[cell];
    }
    let mut next = start.clone();
    let mut order = vec![0; start[count]];
    for (place, cell) in cells.enumerate() {
        order[next[cell]] = place as u32;
        next[cell] += 1;
    }
    (start, order)
}
