//! k-means behind one small trait.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::cells::Cells;
use cladus_vectors::Vectors;

/// A way to run k-means once: a first grouping, before groups are repaired and refined.
pub trait KMeans: Sync {
    /// A stable name, for records and logs.
    fn name(&self) -> &'static str;

    /// Groups `vectors`, at least one row, all of length 1, around `k` of `1..=vectors.len()`
    /// centroids.
    ///
    /// Gives the same for the same arguments at any number of threads.
    fn fit(&self, vectors: Vectors, k: usize, options: FitOptions) -> Fit;
}

/// What a run of k-means depends on besides the rows and their number of groups.
#[derive(Clone, Copy, Debug)]
pub struct FitOptions {
    /// Where random numbers start.
    pub seed: u64,
    /// Which of several runs from the same seed this is: each has random numbers of its own.
    pub start: u64,
    /// Iterations after which to stop even if rows still change groups.
    pub max_iterations: usize,
}

impl FitOptions {
    /// The run's random numbers.
    pub(crate) fn rng(&self) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.start);
        rng
    }
}

/// What a run of k-means found.
pub struct Fit {
    /// The group of each row, less than `k`. A number may be unused: fewer than `k` rows may be
    /// different.
    pub group: Vec<u32>,
    /// How many iterations it took, where the method tells.
    pub iterations: Option<usize>,
    /// Where the method has found which groups are near each other, what it found.
    pub cells: Option<Cells>,
}
