//! The five stages, and the levels of a run.

pub mod levels;
pub(crate) mod metered;
pub mod selection;
pub mod stage;
