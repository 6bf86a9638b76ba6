//! The artifacts of a run as tables, asked in SQL.
//!
//! * [`catalog`]: which tables there are, and what their columns mean.
//! * [`run`]: a run folder, opened to be asked.
//! * [`frames`]: artifacts as frames; [`store`]: the answers of models.
//! * [`views`]: tables that are computed: roots, leaves, paths, items, doubtful, changes.
//! * [`sql`]: a question and its answer, and errors that say what there is; `joins`, `order`: what
//!   polars would get wrong, or otherwise every time.
//! * [`cell`], [`write`]: the answer as a table, CSV, JSON lines or Parquet.
//!
//! The only crate that names polars.

pub mod catalog;
pub mod cell;
mod command;
pub mod frames;
mod joins;
mod order;
pub mod run;
pub mod sql;
pub mod store;
pub mod views;
pub mod write;

pub use command::main;
