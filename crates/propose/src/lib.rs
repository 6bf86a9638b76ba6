//! Stage 3, **propose**: candidate parent names for every group.
//!
//! Reads `clusters` and `groups`, writes `candidates`. How many candidates a group gets is the level
//! plan's to say, in proportion to its size. The extractive backend cuts each group into that many
//! parts by embedding and names each part by phrases of its own clusters (see [`cladus_words`]).

mod extractive;
mod parts;
mod stage;

pub use stage::{ProposeArgs, VERSION, main, run};
