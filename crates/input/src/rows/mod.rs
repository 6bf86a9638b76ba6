//! Rows become drafts of clusters, and drafts are tidied, linked and parted.

pub(crate) mod aside;
pub(crate) mod documents;
pub(crate) mod draft;
pub(crate) mod inner;
pub(crate) mod levels;
pub(crate) mod names;
pub(crate) mod noise;
pub(crate) mod steps;
pub(crate) mod subtotals;
pub(crate) mod telling;
