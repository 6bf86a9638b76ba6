//! From rows to groups: k-means, repairs, refinement, and the best of several starts.

use cladus_core::progress::{Progress, Quiet};
use rayon::prelude::*;

use crate::balance::{merge_down_to, split_large, split_up_to};
use crate::cells::Cells;
use crate::centroids::{self, Members};
use crate::config::{GroupParams, starts_for};
use crate::kmeans::{FitOptions, KMeans};
use crate::meter::Meter;
use crate::method::method_for;
use crate::moves::SizeLimits;
use crate::near::Finder;
use crate::partition::{Partition, close_up};
use crate::refine::refine;
use crate::refine_wide::refine_widely;
use crate::reshape::reshape;
use crate::singletons;
use cladus_vectors::Vectors;

use crate::zeros::with_direction_for_zero_rows;

/// The groups of `n` rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RowGroups {
    /// The group of each row: dense from 0, numbered in the order of the groups' first rows.
    pub group: Vec<u32>,
    /// Each row's cosine distance, 0 to 2, from its group's centroid, the mean direction of the
    /// group's rows; 1 where one of the two is zero.
    pub distance: Vec<f32>,
    /// The number of groups.
    pub groups: usize,
    /// The sum of all distances.
    pub inertia: f64,
    /// The name of the k-means that was used.
    pub method: &'static str,
    /// How many random starts the grouping is the best of.
    pub starts: usize,
    /// Iterations of k-means from the best start, where the method tells.
    pub iterations: Option<usize>,
    /// Sweeps of refinement after them.
    pub sweeps: usize,
}

/// Groups `vectors`. The crate's documentation says what is guaranteed.
pub fn group(vectors: Vectors, config: &GroupParams) -> RowGroups {
    group_watched(vectors, config, &Quiet)
}

/// [`group`], telling `progress` how many rows' worth of the work is done, `vectors.len()` in the
/// end.
pub fn group_watched(vectors: Vectors, config: &GroupParams, progress: &dyn Progress) -> RowGroups {
    let k = config.groups(vectors.len());
    let method = method_for(vectors.len(), k);
    let starts = starts_for(vectors.len(), k, vectors.dim());
    best_of(vectors, config, method, starts, &Meter::new(progress, vectors.len()))
}

/// Groups `vectors` by a given k-means, keeping the best of `starts` (at least one) random starts.
pub fn group_with(
    vectors: Vectors,
    config: &GroupParams,
    method: &dyn KMeans,
    starts: usize,
) -> RowGroups {
    best_of(vectors, config, method, starts, &Meter::new(&Quiet, vectors.len()))
}

fn best_of(
    vectors: Vectors,
    config: &GroupParams,
    method: &dyn KMeans,
    starts: usize,
    meter: &Meter,
) -> RowGroups {
    let padded = with_direction_for_zero_rows(vectors);
    let unit = padded.as_deref().and_then(|data| Vectors::new(data, vectors.dim() + 1).ok());
    let unit = unit.unwrap_or(vectors);
    let starts = starts.max(1);
    let run = |start| run(unit, config, method, start, meter);
    let runs: Vec<StartResult> = (0..starts as u64).into_par_iter().map(run).collect();
    // Of equals the first: which run ends first must not matter.
    let best = runs.into_iter().min_by(|a, b| a.inertia.total_cmp(&b.inertia)).unwrap_or_default();
    let sizes = SizeLimits { least: 2, most: config.bound() };
    let finder = Finder { cells: best.cells.as_ref() };
    let mut partition = reshape(Partition::new(unit, best.group), finder, sizes);
    meter.reach(RESHAPED);
    refine_widely(&mut partition, finder, sizes, 1, || ());
    let mut group = partition.into_group();
    let groups = close_up(&mut group);
    let distance = distances(vectors, &group, groups);
    let inertia = distance.iter().map(|&d| f64::from(d)).sum();
    let method = method.name();
    meter.reach(1.0);
    let StartResult { iterations, sweeps, .. } = best;
    RowGroups { group, distance, groups, inertia, method, starts, iterations, sweeps }
}

/// How often many groups are refined from far away before they are reshaped; each round lowers the
/// inertia by a fraction of what the one before did.
const ROUNDS: usize = 3;

/// Shares of the work for a million rows that are done after k-means, refinement, each round from
/// far away, and reshaping.
const FITTED: f64 = 0.25;
const REFINED: f64 = 0.4;
const ROUND: f64 = 0.13;
const RESHAPED: f64 = 0.87;

/// Where one start led.
#[derive(Default)]
struct StartResult {
    group: Vec<u32>,
    cells: Option<Cells>,
    inertia: f64,
    iterations: Option<usize>,
    sweeps: usize,
}

fn run(
    vectors: Vectors,
    config: &GroupParams,
    method: &dyn KMeans,
    start: u64,
    meter: &Meter,
) -> StartResult {
    if vectors.is_empty() {
        return StartResult::default();
    }
    let (k, most) = (config.groups(vectors.len()), config.bound());
    let options = FitOptions { seed: config.seed, start, max_iterations: config.max_iterations };
    let fit = method.fit(vectors, k, options);
    meter.reach(FITTED);
    let finder = Finder { cells: fit.cells.as_ref() };
    let partition = split_large(Partition::new(vectors, fit.group), most);
    let partition = singletons::join(partition, finder, most);
    let partition = merge_down_to(partition, finder, k, most);
    let mut partition = split_up_to(partition, k);
    let groups = partition.groups();
    let sizes = SizeLimits { least: 2, most };
    let sweeps = refine(&mut partition, finder, sizes, &vec![true; groups]);
    meter.reach(REFINED);
    let mut share = REFINED;
    refine_widely(&mut partition, finder, sizes, ROUNDS, || {
        share += ROUND;
        meter.reach(share);
    });
    StartResult {
        inertia: partition.inertia(),
        group: partition.into_group(),
        cells: fit.cells,
        iterations: fit.iterations,
        sweeps,
    }
}

fn distances(vectors: Vectors, group: &[u32], groups: usize) -> Vec<f32> {
    let dim = vectors.dim();
    let mut centroids = vec![0.0; groups * dim];
    centroids::update(vectors, &Members::new(group, groups), &mut centroids);
    let mut distance = vec![0.0; group.len()];
    distance.par_iter_mut().enumerate().for_each(|(row, distance)| {
        let g = group[row] as usize;
        let centroid = &centroids[g * dim..(g + 1) * dim];
        let dot: f32 = vectors.row(row).iter().zip(centroid).map(|(x, c)| x * c).sum();
        *distance = (1.0 - dot).clamp(0.0, 2.0);
    });
    distance
}
