//! What the iterations come to: the hierarchy, its map, and what must hold of both.

pub mod hierarchy;
pub mod invariants;
pub mod map;
