//! Other arrangements become one row for each cluster.

pub(crate) mod matrix;
pub(crate) mod reshape;
