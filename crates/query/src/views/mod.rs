//! Tables that are computed: what SQL would say at length, or not at all.

mod changes;
mod doubtful;
mod tree;

use cladus_core::Result;
use polars::prelude::DataFrame;

use crate::catalog::TableView;
use crate::run::FinishedRun;

/// The rows of `view`.
///
/// # Errors
/// When an artifact that it looks at cannot be read.
pub fn frame(run: &FinishedRun, view: TableView) -> Result<DataFrame> {
    match view {
        TableView::Roots => tree::roots(run),
        TableView::Leaves => tree::leaves(run),
        TableView::Paths => tree::paths(run),
        TableView::Items => tree::items(run),
        TableView::Doubtful => doubtful::frame(run),
        TableView::Changes => changes::frame(run),
    }
}
