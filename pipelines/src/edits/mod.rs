//! People's corrections: `edits.toml` in the run folder.
//!
//! A hierarchy is the base clusters, what each iteration made of them, and these. They are applied
//! where it is put together, in the order of the file, and never inside a stage: so a correction costs
//! no call, makes no stage stale, and holds through every rebuild, or is reported where it no longer
//! binds.
//!
//! * [`mod@file`]: the file, as people write it. [`verb`]: what an edit says. [`append`]: one as a command
//!   writes it.
//! * [`draft`]: a hierarchy that can be changed. [`find`]: which cluster of it is meant.
//! * [`mod@apply`]: each verb on it. [`outcome`]: what became of each edit.

pub mod append;
pub mod apply;
pub mod draft;
pub mod file;
pub mod find;
pub mod outcome;
pub mod verb;

pub use apply::apply;
pub use file::{Edit, Edits};
pub use outcome::{Binding, EditOutcome};
pub use verb::{Reference, Verb};
