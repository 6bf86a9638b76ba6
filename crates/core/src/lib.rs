//! What every part of cladus agrees on: artifacts and their schemas, ids, text hygiene, errors.
//!
//! * [`schema`]: the contract, stated once: every artifact's columns.
//! * [`artifact`]: artifacts as typed rows, validated when read, atomic when written.
//! * [`text`]: what comes from outside is cleaned before anything else sees it.
//! * [`error`], [`exit`]: what went wrong, where, what to do, and the exit code that says so.
//! * [`fingerprint`], [`manifest`], [`content`]: what a result depends on, how it was made, and whether
//!   that still holds.
//! * [`config`], [`plan`]: a run's settings, and the sizes of its levels; [`children`]: how many children
//!   a parent may have; [`room`]: how much of a level one question to a model holds.
//! * [`branches`]: who is above whom; [`tree`]: a run's hierarchy, [`forest`]: anybody's, [`older`]: one
//!   that new clusters are placed into, all of them over the same branches.
//! * [`name`]: when two names are the same, and how they are kept apart; [`normal`]: a name without what
//!   does not matter.
//! * [`runs`]: run folders, as every command finds them. [`sureness`]: how sure placements are.
//! * [`sameness`]: what the base clusters of two months are recognised by.
//! * [`shard`]: a stage's work in shares.
//! * [`suggest`]: what a misspelt word probably means.
//! * [`numbers`]: numbers as people read them.
//! * [`progress`], [`outcome`]: how a stage tells what it is doing, and what it did.
//! * [`interrupt`]: being asked to stop.
//!
//! This crate knows no stage, no network and no terminal.

pub mod artifact;
pub mod atomic;
pub mod branches;
pub mod children;
pub mod config;
pub mod content;
pub mod error;
pub mod exit;
pub mod fingerprint;
pub mod forest;
pub mod id;
pub mod interrupt;
pub mod manifest;
pub mod name;
pub mod normal;
pub mod numbers;
pub mod older;
pub mod outcome;
pub mod plan;
pub mod progress;
pub mod room;
pub mod runs;
pub mod sameness;
pub mod schema;
pub mod shard;
pub mod suggest;
pub mod sureness;
pub mod text;
pub mod tree;

pub use error::{EndpointFault, Error, Place, ProgramFault, Result, Unclear};
