//! Users' files become base clusters: whatever was written by whichever tool, and said in one line how it
//! was understood.
//!
//! A file goes through these hands, in this order:
//!
//! * `source` finds the bytes (standard input, folders, compression) and picks a reader; what is in
//!   `bytes` makes them text and refuses what is plainly no list.
//! * `frame` takes off what stands around a table: titles, boxes, comments.
//! * `read` has a reader for each kind of file, and makes an `InputTable` of it.
//! * `arrange` puts a cluster a row into the place of other arrangements.
//! * `columns` recognises what well-known tools write and tells what the columns are, by name in several
//!   languages and by what is in them; it asks where that is unclear.
//! * `rows` makes drafts of clusters, takes off what stands around names, groups rows that are items,
//!   sees rows that sum up others, finds the leaves of a hierarchy, and sets noise aside.
//! * `clusters` chains these, cleans and checks the rest.
//!
//! All of them read single values by what is in `values`.
//!
//! Nothing is left out in silence: what is not used, skipped, cut, replaced or guessed stands in
//! [`Understood`] or among the warnings. Where a guess would be a gamble, reading ends with
//! [`cladus_core::Error::Unclear`], which carries the flags that would make it clear.
//!
//! This crate alone names calamine, chardetng, encoding_rs, flate2, serde_saphyr, zip and zstd.

mod args;
mod arrange;
mod bytes;
mod clusters;
mod columns;
#[cfg(test)]
mod formats_tests;
mod frame;
mod notes;
mod read;
mod rows;
mod source;
mod understood;
mod values;

use std::path::Path;

use cladus_core::Result;
use cladus_core::artifact::{Cluster, Node};
use cladus_core::config::InputConfig;

pub use args::{InputArgs, InputFormat};
pub use understood::{Noise, Understood};

/// What was read, and what the user should know about it.
#[derive(Debug, Clone)]
pub struct Input {
    /// The base clusters, sorted by id.
    pub clusters: Vec<Cluster>,
    /// What was set aside as noise, sorted by id.
    pub noise: Vec<Cluster>,
    /// The whole hierarchy that the input is, where its levels are to be kept; `clusters` are then those
    /// without a parent, and leaves are of level 0.
    pub given: Vec<Node>,
    /// How it was read.
    pub understood: Understood,
    /// Whole sentences.
    pub warnings: Vec<String>,
}

/// Reads base clusters from `path` (`-` is standard input).
///
/// # Errors
/// When it cannot be read, holds a value that makes no sense (the file, the line or row, and the column
/// are named), or it is not clear what is what (the columns are shown, and the flags that say it).
pub fn read(path: &Path, config: &InputConfig) -> Result<Input> {
    let source = source::open(path, config)?;
    let table = source.table(config)?;
    clusters::of_table(source.named(), table, config)
}
