//! The driver: chains the stages, iteration by iteration, until few enough roots are left.
//!
//! * [`commands`]: what people type, a file a command.
//! * [`drive`]: the loop ([`drive::run`]), one stage of one iteration as the command line that would do
//!   the same by hand ([`drive::invocation`]), what is done already ([`drive::standing`]) and why
//!   ([`drive::explain`]), what the rest would cost ([`drive::forecast`]), and the only way to pay twice
//!   ([`drive::reask`]).
//! * [`stages`]: the five of them, and the levels of a run.
//! * [`input`]: users' files, as `cladus-input` reads them, become validated base clusters; hierarchies of
//!   other tools; who is who in an older one.
//! * [`folder`]: what lies where in a run, and who may write there.
//! * [`swap`]: other programs in the place of stages, as a pipeline file names them.
//! * [`tree`]: the last step ([`tree::hierarchy`]), the map, and what must hold of every run
//!   ([`tree::invariants`]).
//! * [`edits`]: people's corrections. `serving`: a page that hands them back.
//! * [`picture`]: a run as the page shows it. [`why`]: why a cluster is where it is. [`export`]: what other
//!   programs read.

pub mod commands;
pub mod drive;
pub mod edits;
pub mod export;
pub mod folder;
pub mod input;
pub mod picture;
mod serving;
pub mod stages;
pub mod swap;
pub mod tree;
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
