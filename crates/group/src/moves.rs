//! What a move of one row is worth, and which moves are allowed.

/// A move must gain more than this, so that rounding cannot keep rows moving for ever.
pub(crate) const LEAST_GAIN: f64 = 1e-6;

/// Which sizes moves may lead to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeLimits {
    /// A group of this size takes no more rows.
    pub(crate) most: usize,
    /// A group of this size or less gives none away.
    pub(crate) least: usize,
}

/// A few sweeps make nearly all the difference, about 30 leave nothing to move; this bounds the
/// time on the strangest data.
pub(crate) const MOST_SWEEPS: usize = 100;

/// Into how many parts a sweep over all rows is divided: within a part, groups are taken as they
/// were before it. More parts need fewer sweeps, fewer parts make larger matrix products.
pub(crate) const CHUNKS: usize = 4;

/// |S + x| − |S| for |S| = `norm` and a unit row x of similarity `s` to S, without cancellation.
pub(crate) fn gain(norm: f32, s: f32) -> f32 {
    let square = norm * (norm + 2.0 * s) + 1.0;
    (2.0 * norm * s + 1.0) / (square.max(0.0).sqrt() + norm)
}

/// `gain(norm, s) <= s + slack(norm)`: lets most groups be passed over without a square root.
pub(crate) fn slack(norm: f32) -> f32 {
    // sqrt(a² + e) <= a + e / 2a with a = norm + s >= norm − 1 and e = 1 − s² <= 1.
    if norm > 1.5 { 0.5 / (norm - 1.0) } else { 4.0 }
}
