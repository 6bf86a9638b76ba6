//! k-means from the `linfa` project, for the smallest inputs.

use linfa::DatasetBase;
use linfa::traits::{Fit as _, Predict};
use linfa_clustering::KMeansInit;
use ndarray::{Array2, ArrayView2};

use crate::blocked::Blocked;
use crate::kmeans::{Fit, FitOptions, KMeans};
use crate::seeding;
use crate::vectors::Vectors;

/// `linfa_clustering::KMeans`, which is Euclidean: rows go to the nearest mean, and means are not
/// scaled to length 1. Refinement brings its groups onto the sphere.
///
/// It starts from the rows that [`Blocked`] would start from: linfa's own k-means++ computes all
/// distances anew for every centroid, and its default, k-means||, gives each thread random
/// numbers of its own, so that results depend on how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linfa;

impl KMeans for Linfa {
    fn name(&self) -> &'static str {
        "linfa"
    }

    fn fit(&self, vectors: Vectors, k: usize, options: FitOptions) -> Fit {
        let seeds = seeding::plus_plus(vectors, k, &mut options.rng());
        // Linfa can refuse parameters (no iterations, say); then `Blocked` takes over.
        run(vectors, &seeds, options.max_iterations).map_or_else(
            || Blocked.fit(vectors, k, options),
            |group| Fit { group, iterations: None },
        )
    }
}

/// Means that together move less than this are at rest.
const TOLERANCE: f32 = 1e-3;

fn run(vectors: Vectors, seeds: &[u32], max_iterations: usize) -> Option<Vec<u32>> {
    let dim = vectors.dim();
    let rows = ArrayView2::from_shape((vectors.len(), dim), vectors.data()).ok()?;
    let start = Array2::from_shape_vec((seeds.len(), dim), vectors.gather(seeds)).ok()?;
    let model = linfa_clustering::KMeans::params(seeds.len())
        .init_method(KMeansInit::Precomputed(start))
        .n_runs(1)
        .tolerance(TOLERANCE)
        .max_n_iterations(max_iterations as u64)
        .fit(&DatasetBase::from(rows))
        .ok()?;
    // The model's own counts belong to the centroids before the last update.
    let group = model.predict(&rows);
    Some(group.into_iter().map(|g| g as u32).collect())
}
