//! Which k-means suits how many rows.

use crate::blocked::Blocked;
use crate::kmeans::KMeans;
use crate::two_level::TwoLevel;

/// Row-centroid pairs up to which every row is compared with every group.
///
/// For 10,000 rows in groups of 12 that takes 1 to 2 CPU seconds; from twice as many rows on
/// [`TwoLevel`] is faster (`cargo bench -p cladus-group` prints by how much, and what it costs).
const BLOCKED_PAIRS: usize = 16_000_000;

/// The k-means that suits `n` rows and `k` centroids.
pub fn method_for(n: usize, k: usize) -> &'static dyn KMeans {
    if n.saturating_mul(k) <= BLOCKED_PAIRS { &Blocked } else { &TwoLevel { cells: None } }
}
