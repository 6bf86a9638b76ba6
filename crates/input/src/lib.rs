//! Users' files become base clusters: whatever was written by whichever tool, and said in one line how it
//! was understood.
//!
//! A file goes through five hands. `source` finds the bytes (standard input, folders, compression),
//! `encoding` makes them text (`old_letters` those of DOS and old Macs), `looks` and `foreign` refuse what is
//! plainly none, `frame` takes off what stands around a table (`title`, `bars`, `blanks`), and a reader makes a `InputTable` of the rest (`delimited`, `json`, `lines` with `topic_gpt`, `topics`,
//! `printed`, `outline` and `literal`, `markup`, `sheet`, `sqlite`, or a columnar file by way of
//! `cladus_core::artifact`). `reshape`, `matrix` and `ladder` put a cluster a row into the place of other
//! arrangements, `shapes` and `tools` recognise what well-known tools write, `roles` tells what the columns are,
//! by name in several languages and by what is in them (`counts` finds sizes that no name tells), and `suspect` refuses what is hardly a list of clusters.
//! `names` takes off what stands around names, `documents` groups rows that are items, `subtotals` sees rows that sum up others, `levels` finds the leaves
//! of a hierarchy that is there already, `noise` sets aside what is no cluster, and `clusters` cleans and checks
//! the rest.
//!
//! Nothing is left out in silence: what is not used, skipped, cut, replaced or guessed stands in
//! [`Understood`] or among the warnings. Where a guess would be a gamble, reading ends with
//! [`cladus_core::Error::Unclear`], which carries the flags that would make it clear.
//!
//! This crate alone names calamine, chardetng, encoding_rs, flate2, serde_saphyr, zip and zstd.

mod alike;
mod annotations;
mod args;
mod aside;
mod bars;
mod blanks;
mod cells;
mod charts;
mod clusters;
mod counts;
mod delimited;
mod delimiter;
mod documents;
mod draft;
mod encoding;
mod facets;
mod fields;
mod folder;
mod foreign;
#[cfg(test)]
mod formats_tests;
mod frame;
mod graphml;
mod header;
mod inner;
mod item;
mod json;
mod ladder;
mod levels;
mod lines;
mod literal;
mod looks;
mod markup;
mod matrix;
mod names;
mod nested;
mod noise;
mod numbered;
mod old_letters;
mod orientations;
mod outline;
mod printed;
mod profile;
mod prose;
mod quotes;
mod readable;
mod reshape;
mod roles;
mod several;
mod shapes;
mod sheet;
mod sizes;
mod source;
mod sqlite;
mod steps;
mod subtotals;
mod suspect;
mod table;
mod tags;
mod telling;
mod title;
mod tools;
mod topic_gpt;
mod topics;
mod trees;
mod unclear;
mod understood;
mod vocabulary;

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
