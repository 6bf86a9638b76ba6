//! Stage 5, **rename**: equally labelled clusters become named parents.
//!
//! Reads `clusters`, `labels` and `candidates`, writes `parents`: the next iteration's clusters.
//! Every set of equally labelled clusters becomes one parent; a set of one moves up as it is. There
//! are never more parents than planned: the nearest sets are merged where the labels leave too many.
//! Where a user says how many children a parent may have, larger sets are parted, and the children of
//! smaller ones join the nearest that have room.
//! Where somebody wrote the candidates, parents bear their names letter for letter (`verbatim`).
//! The extractive backend names the parents of one group together, by phrases of their own children
//! (see [`cladus_words`]). The model backend does the same with one call for the parents of a group, so
//! that siblings are told apart, checks what comes back, and asks again where it does not fit.

mod collide;
mod draft;
mod extractive;
mod families;
mod homes;
mod job;
mod llm;
mod onto;
mod open;
mod part;
mod set;
mod sets;
mod shape;
mod stage;
mod verbatim;
mod work;

pub use stage::{RenameArgs, VERSION, main, prompt, run};
pub use verbatim::Names;
