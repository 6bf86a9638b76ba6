//! Tables that are computed: what SQL would say at length, or not at all.

mod changes;
mod doubtful;
mod tree;

use cladus_core::Result;
use polars::prelude::DataFrame;

use crate::catalog::View;
use crate::run::Run;

/// The rows of `view`.
///
/// # Errors
/// When an artifact that it looks at cannot be read.
pub fn frame(run: &Run, view: View) -> Result<DataFrame> {
    match view {
        View::Roots => tree::roots(run),
        View::Leaves => tree::leaves(run),
        View::Paths => tree::paths(run),
        View::Items => tree::items(run),
        View::Doubtful => doubtful::frame(run),
        View::Changes => changes::frame(run),
    }
}
