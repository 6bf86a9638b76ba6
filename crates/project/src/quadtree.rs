//! How all points push each other apart, by cells: what is far away pushes as one (Barnes and Hut 1986,
//! for t-SNE van der Maaten 2014).
//!
//! Cells are those of a Morton curve, so a tree is a sort and a walk. Each point's sum runs through the
//! cells in the same order whoever computes it: the same bits at any number of threads.

use rayon::prelude::*;

/// Cells of so many points are not cut further.
const BUCKET: usize = 8;
/// How often a side can be halved.
const DEPTH: u32 = 16;
/// Points that one task looks at.
const CHUNK: usize = 256;

/// A cell, before those within it.
struct Cell {
    x: f32,
    y: f32,
    mass: f32,
    /// Seen from further away than this (squared), it is as one point.
    reach: f32,
    /// The next cell that is not within this one.
    skip: u32,
    /// The points of a cell that is not cut.
    points: std::ops::Range<u32>,
}

/// All cells, those within another right behind it.
pub(crate) struct Quadtree {
    cells: Vec<Cell>,
    /// Points in the order of the curve: x, y.
    sorted: Vec<[f32; 2]>,
    /// The number of each.
    numbers: Vec<u32>,
}

/// What pushes a point: the sum of q², each in the direction of the other, and that of q.
#[derive(Clone, Copy, Default)]
pub(crate) struct Push {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) q: f32,
}

impl Quadtree {
    /// Of `points`; a cell is as one point from where it is seen under an angle of less than `theta`.
    pub(crate) fn of(points: &[[f32; 2]], theta: f32) -> Self {
        let (mut least, mut most) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for point in points {
            for axis in 0..2 {
                least[axis] = least[axis].min(point[axis]);
                most[axis] = most[axis].max(point[axis]);
            }
        }
        let side = (most[0] - least[0]).max(most[1] - least[1]).max(1e-12) * 1.000_1;
        let scale = (1u32 << DEPTH) as f32 / side;
        let mut keys: Vec<u64> = points
            .par_iter()
            .enumerate()
            .map(|(number, point)| {
                let cell = |axis: usize| ((point[axis] - least[axis]) * scale) as u32;
                u64::from(interleaved(cell(0)) | interleaved(cell(1)) << 1) << 32 | number as u64
            })
            .collect();
        keys.par_sort_unstable();
        let numbers: Vec<u32> = keys.iter().map(|key| *key as u32).collect();
        let sorted = numbers.iter().map(|&number| points[number as usize]).collect();
        let mut tree = Self { cells: Vec::with_capacity(points.len()), sorted, numbers };
        tree.cut(&keys, 0, 2 * DEPTH, side / theta);
        tree
    }

    /// Adds the cell of the points from `first` on, whose keys are the same but for `bits` bits.
    fn cut(&mut self, keys: &[u64], first: usize, bits: u32, reach: f32) {
        let at = self.cells.len();
        let points = first..first + keys.len();
        let (mut x, mut y) = (0.0, 0.0);
        for point in &self.sorted[points.clone()] {
            x += point[0];
            y += point[1];
        }
        let mass = keys.len() as f32;
        let whole = keys.len() <= BUCKET || bits == 0;
        self.cells.push(Cell {
            x: x / mass,
            y: y / mass,
            mass,
            reach: reach * reach,
            skip: 0,
            points: if whole { points.start as u32..points.end as u32 } else { 0..0 },
        });
        if !whole {
            let mut rest = keys;
            let mut from = first;
            let shift = 32 + bits - 2;
            for quarter in 0..4u64 {
                let count = rest.partition_point(|key| key >> shift & 3 <= quarter);
                let (these, others) = rest.split_at(count);
                if !these.is_empty() {
                    self.cut(these, from, bits - 2, 0.5 * reach);
                }
                from += count;
                rest = others;
            }
        }
        self.cells[at].skip = self.cells.len() as u32;
    }

    /// What pushes each point, by its number, and the sum of all q.
    pub(crate) fn pushes(&self, pushes: &mut [Push]) -> f64 {
        let found: Vec<Push> = self
            .sorted
            .par_chunks(CHUNK)
            .flat_map_iter(|chunk| chunk.iter().map(|point| self.push(*point)))
            .collect();
        let mut sum = 0.0;
        for (push, &number) in found.into_iter().zip(&self.numbers) {
            sum += f64::from(push.q);
            pushes[number as usize] = push;
        }
        sum
    }

    fn push(&self, [x, y]: [f32; 2]) -> Push {
        let mut push = Push::default();
        let mut at = 0;
        while let Some(cell) = self.cells.get(at) {
            let (dx, dy) = (x - cell.x, y - cell.y);
            let distance = dx * dx + dy * dy;
            if distance > cell.reach {
                let q = 1.0 / (1.0 + distance);
                let weighted = cell.mass * q;
                push.q += weighted;
                push.x += weighted * q * dx;
                push.y += weighted * q * dy;
                at = cell.skip as usize;
            } else if cell.points.is_empty() {
                at += 1;
            } else {
                let points = cell.points.start as usize..cell.points.end as usize;
                for other in &self.sorted[points] {
                    let (dx, dy) = (x - other[0], y - other[1]);
                    let q = 1.0 / (1.0 + dx * dx + dy * dy);
                    push.q += q;
                    push.x += q * q * dx;
                    push.y += q * q * dy;
                }
                at = cell.skip as usize;
            }
        }
        // It was its own neighbour, at no distance.
        push.q -= 1.0;
        push
    }
}

/// The lower 16 bits with a zero before each.
fn interleaved(value: u32) -> u32 {
    let mut bits = value & 0xffff;
    bits = (bits | bits << 8) & 0x00ff_00ff;
    bits = (bits | bits << 4) & 0x0f0f_0f0f;
    bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scattered(n: usize) -> Vec<[f32; 2]> {
        let value = |i: usize| ((i * 7919) % 1009) as f32 / 50.0;
        (0..n).map(|i| [value(i), value(3 * i + 7)]).collect()
    }

    fn exact(points: &[[f32; 2]], at: usize) -> Push {
        let mut push = Push::default();
        for (other, point) in points.iter().enumerate().filter(|(other, _)| *other != at) {
            assert_ne!(other, at);
            let (dx, dy) = (points[at][0] - point[0], points[at][1] - point[1]);
            let q = 1.0 / (1.0 + dx * dx + dy * dy);
            push.q += q;
            push.x += q * q * dx;
            push.y += q * q * dy;
        }
        push
    }

    #[test]
    fn pushes_are_about_those_of_all_points() {
        let points = scattered(700);
        for (theta, most) in [(0.01, 1e-3), (0.5, 0.05)] {
            let mut pushes = vec![Push::default(); points.len()];
            let sum = Quadtree::of(&points, theta).pushes(&mut pushes);
            let (mut all, mut away, mut length) = (0.0, 0.0f32, 0.0f32);
            for (at, push) in pushes.iter().enumerate() {
                let wanted = exact(&points, at);
                all += f64::from(wanted.q);
                away += (push.x - wanted.x).abs() + (push.y - wanted.y).abs();
                length += wanted.x.abs() + wanted.y.abs();
            }
            assert!((sum / all - 1.0).abs() < f64::from(most), "{theta}: {sum} {all}");
            assert!(away / length < most, "{theta}: {away} of {length}");
        }
    }

    #[test]
    fn points_in_one_place_end() {
        let points = vec![[0.5, 0.5]; 100];
        let mut pushes = vec![Push::default(); 100];
        let sum = Quadtree::of(&points, 0.5).pushes(&mut pushes);
        assert!((sum - 9_900.0).abs() < 1.0, "{sum}");
        assert!(pushes.iter().all(|push| push.x == 0.0 && push.y == 0.0));
    }
}
