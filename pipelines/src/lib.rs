//! The driver: chains the stages, iteration by iteration, until few enough roots are left.
//!
//! * [`input`]: users' files become validated base clusters.
//! * [`invocation`]: one stage of one iteration, as the command line that would do the same by hand.
//! * [`manifest`]: how each artifact was made, and whether that still holds.
//! * [`dry_run`]: what a run would do and cost. [`run`]: the loop. [`tree`]: what it leaves, as a tree. [`invariants`]: what must hold of it.
//! * [`batch`]: stages whose questions are not asked one by one.
//! * [`commands`]: what people type, a file a command.

pub mod batch;
pub mod commands;
pub mod dry_run;
pub mod folder;
pub mod input;
pub mod invariants;
pub mod invocation;
pub mod manifest;
mod metered;
pub mod run;
pub mod tree;

use std::process::ExitCode;

use cladus_cli::{CommonArgs, run_main};
use clap::Parser;

/// Turn a flat list of clusters into a hierarchy that people can read, trust and rerun.
#[derive(Debug, Parser)]
#[command(name = "cladus", version, max_term_width = 100)]
struct Cladus {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: commands::Command,
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    let cladus = Cladus::parse();
    run_main(cladus.common, || cladus.command.run(cladus.common))
}
