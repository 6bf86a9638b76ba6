//! Runs: which stage of which iteration is done next, what is done already, and what the rest would cost.

pub mod batch;
pub mod explain;
pub mod forecast;
pub mod invocation;
pub mod reask;
pub(crate) mod remarks;
pub mod run;
pub mod standing;
