//! t-SNE (van der Maaten and Hinton 2008): points are drawn to those they are like, and pushed apart from
//! all, until both are even.

use rayon::prelude::*;

use crate::affinity::Affinities;
use crate::quadtree::{Push, Quadtree};

/// How points are moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// Rounds in which points are drawn to each other [`EXAGGERATION`] times as strongly, to find their
    /// whereabouts.
    pub(crate) early: usize,
    /// Rounds after that.
    pub(crate) late: usize,
}

/// How much stronger (van der Maaten 2014).
const EXAGGERATION: f32 = 12.0;
/// Cells are seen as one under a smaller angle than this.
const THETA: f32 = 0.5;
const MOMENTUM: f32 = 0.8;
/// No point moves further in one round.
const LONGEST: f32 = 5.0;
/// Points that one task looks at.
const CHUNK: usize = 256;

/// Where a point moves, and how eagerly.
#[derive(Clone, Copy)]
struct Motion {
    step: [f32; 2],
    gain: [f32; 2],
}

/// Moves `points` from where they are. `tell` hears of every round.
pub(crate) fn descend(
    points: &mut [[f32; 2]],
    affinities: &Affinities,
    schedule: Schedule,
    tell: &dyn Fn(),
) {
    let n = points.len();
    let mut motions = vec![Motion { step: [0.0; 2], gain: [1.0; 2] }; n];
    let mut pushes = vec![Push::default(); n];
    for round in 0..schedule.early + schedule.late {
        if round == schedule.early {
            motions.fill(Motion { step: [0.0; 2], gain: [1.0; 2] });
        }
        let pull = if round < schedule.early { EXAGGERATION } else { 1.0 };
        // Belkina et al. 2019.
        let rate = (n as f32 / pull).max(50.0 / pull);
        let sum = Quadtree::of(points, THETA).pushes(&mut pushes).max(f64::MIN_POSITIVE);
        let share = (1.0 / sum) as f32;
        let seen: &[[f32; 2]] = points;
        let moved = motions.par_chunks_mut(CHUNK).enumerate().flat_map_iter(|(chunk, motions)| {
            let first = chunk * CHUNK;
            let pushes = &pushes;
            motions.iter_mut().enumerate().map(move |(at, motion)| {
                let point = first + at;
                let pulled = pulled(seen, affinities, point);
                let push = pushes[point];
                let slope = [pull * pulled[0] - share * push.x, pull * pulled[1] - share * push.y];
                motion.goes(slope, rate, seen[point])
            })
        });
        let moved: Vec<[f32; 2]> = moved.collect();
        points.copy_from_slice(&moved);
        tell();
    }
}

/// What draws a point.
fn pulled(points: &[[f32; 2]], affinities: &Affinities, point: usize) -> [f32; 2] {
    let [x, y] = points[point];
    let mut sum = [0.0; 2];
    let row = affinities.row(point);
    for (&other, weight) in affinities.others[row.clone()].iter().zip(&affinities.weights[row]) {
        let other = points[other as usize];
        let (dx, dy) = (x - other[0], y - other[1]);
        let strength = weight / (1.0 + dx * dx + dy * dy);
        sum[0] += strength * dx;
        sum[1] += strength * dy;
    }
    sum
}

impl Motion {
    /// Where a point goes down a slope: with momentum, faster as long as the direction stays (Jacobs 1988).
    fn goes(&mut self, slope: [f32; 2], rate: f32, from: [f32; 2]) -> [f32; 2] {
        for ((step, gain), slope) in self.step.iter_mut().zip(&mut self.gain).zip(slope) {
            let same_way = (*step > 0.0) != (slope > 0.0);
            *gain = if same_way { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
            *step = MOMENTUM * *step - rate * *gain * slope;
        }
        let length = self.step[0].hypot(self.step[1]);
        if length > LONGEST {
            self.step = self.step.map(|step| step * LONGEST / length);
        }
        [from[0] + self.step[0], from[1] + self.step[1]]
    }
}
