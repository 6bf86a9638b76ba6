//! What the columns of a table are.

pub(crate) mod counts;
pub(crate) mod known;
pub(crate) mod ladder;
pub(crate) mod mapping;
pub(crate) mod profile;
pub(crate) mod roles;
pub(crate) mod shapes;
pub(crate) mod suspect;
pub(crate) mod tools;
pub(crate) mod unclear;
