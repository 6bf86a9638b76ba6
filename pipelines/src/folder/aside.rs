//! What lies beside the clusters of an input.

/// What was set aside of an input, beside its clusters.
pub(crate) const NOISE: &str = "noise.parquet";

/// The hierarchy that an input is, where its levels are kept, beside its clusters.
pub(crate) const GIVEN: &str = "given.parquet";
