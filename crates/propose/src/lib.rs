//! Stage 3, **propose**: candidate parent names for every group.
//!
//! Reads `clusters` and `groups`, writes `candidates`. How many candidates a group gets is the level
//! plan's to say, in proportion to its size. The extractive backend cuts each group into that many
//! parts by embedding and names each part by phrases of its own clusters (see [`cladus_words`]). The
//! model backend asks for names and what belongs in them, one call a group, more of them where clusters
//! are more unlike; it shows beside the group's clusters the nearest ones outside it, so that a boundary
//! is neither counted twice nor missed (A. Tamkin et al., *Clio: privacy-preserving insights into
//! real-world AI use*, 2024). Where there are several groups it then shows their proposals together:
//! those that mean the same become one.

mod extractive;
mod group;
mod llm;
mod onto;
mod open;
mod part;
mod parts;
mod spelling;
mod stage;
mod work;

pub use stage::{ProposeArgs, VERSION, main, prompt, reconcile_prompt, run};
