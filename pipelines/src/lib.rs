//! The driver: chains the stages, iteration by iteration, until few enough roots are left.
//!
//! * [`base`]: users' files, as `cladus-input` reads them, become validated base clusters.
//! * [`levels`], [`selection`]: which stages of which iterations there are, and which are worked on.
//! * [`invocation`]: one stage of one iteration, as the command line that would do the same by hand.
//! * `growth`, `sameness`: clusters that are placed into an older hierarchy, and who is who in it.
//! * `foreign`: hierarchies of other tools, where ours are read.
//! * [`standing`]: where its artifact stands, for runs and forecasts alike. [`explain`]: why.
//! * [`swap`]: other programs in the place of stages, as a pipeline file names them.
//! * [`batch`]: stages whose questions are not asked one by one.
//! * [`edits`]: people's corrections.
//! * [`reask`]: the only way to pay twice. `remarks`: what was done where answers could not be used.
//! * [`forecast`]: what a run would do and cost. [`run`]: the loop. [`hierarchy`]: its last step.
//! * [`picture`]: a run as the page shows it. `serving`: a page that hands corrections back.
//! * [`map`]: where its clusters lie in two dimensions, where somebody wants to see that.
//! * [`export`]: what it leaves, as other programs read it. [`why`]: why a cluster is where it is.
//! * [`invariants`]: what must hold of what it leaves.
//! * [`commands`]: what people type, a file a command.

mod aside;
pub mod asked;
pub mod base;
pub mod batch;
pub mod commands;
pub mod edits;
pub mod explain;
pub mod export;
pub mod folder;
pub mod forecast;
mod foreign;
mod growth;
pub mod hierarchy;
pub mod invariants;
pub mod invocation;
pub mod levels;
mod lock;
pub mod map;
mod metered;
pub mod picture;
pub mod reask;
mod remarks;
pub mod run;
mod sameness;
pub mod selection;
mod serving;
pub mod stage;
pub mod standing;
pub mod swap;
pub mod why;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use cladus_cli::{CommonArgs, run_main};
use clap::{CommandFactory, FromArgMatches, Parser};

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
    let name = std::env::args_os().next();
    if let Some(stage) = name.as_deref().and_then(stage_called) {
        return stage();
    }
    let parsed = Cladus::from_arg_matches(&command().get_matches());
    let cladus = parsed.unwrap_or_else(|e| e.format(&mut command()).exit());
    run_main(cladus.common, || cladus.command.run(cladus.common, command))
}

/// The whole command line.
fn command() -> clap::Command {
    commands::grouped(Cladus::command())
}

/// The stage that this binary is when it is called so: a package that brings one binary brings all six.
fn stage_called(name: &OsStr) -> Option<fn() -> ExitCode> {
    match Path::new(name).file_stem()?.to_str()? {
        "cladus-embed" => Some(cladus_embed::main),
        "cladus-group" => Some(cladus_group::main),
        "cladus-propose" => Some(cladus_propose::main),
        "cladus-label" => Some(cladus_label::main),
        "cladus-rename" => Some(cladus_rename::main),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_the_stage_that_it_is_called() {
        let is_stage = |name: &str| stage_called(OsStr::new(name)).is_some();
        assert!(is_stage("cladus-embed") && is_stage("/opt/bin/cladus-rename.exe"));
        assert!(!is_stage("cladus") && !is_stage("cladus-embedded") && !is_stage(""));
    }
}
