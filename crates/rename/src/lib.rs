//! Stage 5, **rename**: equally labelled clusters become named parents.
//!
//! Reads `clusters`, `labels` and `candidates`, writes `parents`: the next iteration's clusters.
//! Every set of equally labelled clusters becomes one parent; a set of one moves up as it is. There
//! are never more parents than planned: the nearest sets are merged where the labels leave too many.
//! The extractive backend names the parents of one group together, by phrases of their own children
//! (see [`cladus_words`]).

mod extractive;
mod families;
mod stage;

pub use stage::{RenameArgs, VERSION, main, run};
