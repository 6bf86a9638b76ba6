//! The stage *project*: a hierarchy becomes a map, a place in two dimensions for every node.
//!
//! Base clusters are laid out by t-SNE (van der Maaten and Hinton 2008), so that neighbours stay
//! neighbours, over vectors that are joined with those of their ancestors:
//! `[√.7 · v, √.15 · root, √.15 · between]`, where `root` is the direction of the mean of all vectors below
//! the root and `between` that of the ancestors between the two. The cosine of two base clusters is then
//! their own, mixed with that of what is above them: roots become regions, related roots neighbours, and no
//! neighbour is lost. Forces of what is far away are summed up by cells ([Barnes and Hut]), those of
//! neighbours exactly.
//!
//! * Up to 10,000 base clusters are all laid out. Of more, every so many-th below each root is, and the
//!   others lie between the ten below the same root that they are most like.
//! * A parent lies at the most central base cluster below it. What has no vector (levels that were given
//!   with the input) lies around what it hangs from.
//! * The same input and seed give the same bytes at any number of threads: every sum runs in a fixed
//!   order, whoever computes it. Between processors with different vector instructions, rounding may
//!   differ, and with it the map.
//!
//! [`agreement`] says how far map, tree and vectors agree. `benchmarks/map.py` compares with others.
//!
//! [Barnes and Hut]: https://doi.org/10.1038/324446a0

mod affinity;
mod agreement;
mod descent;
#[cfg(test)]
mod drawn;
mod layout;
mod points;
mod quadtree;
mod rest;
mod stage;
mod start;

pub use agreement::{Agreement, Roots, agreement};
pub use layout::project;
pub use stage::{ProjectArgs, VERSION, main, run};
