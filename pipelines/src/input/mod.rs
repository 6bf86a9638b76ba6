//! What goes in: the user's clusters, and hierarchies that exist already.

pub mod base;
pub(crate) mod foreign;
pub(crate) mod growth;
pub(crate) mod sameness;
