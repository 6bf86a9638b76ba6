//! `cladus import`

use std::path::{Path, PathBuf};

use cladus_cli::{Display, print};
use cladus_core::config::Config;
use cladus_core::manifest::ArtifactState;
use cladus_core::{Result, exit};
use cladus_input::InputArgs;

use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Base clusters, as `cladus run` takes them; - is standard input.
    input: PathBuf,
    /// File to write; an existing one that was edited by hand is kept.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write it again even if it was edited by hand.
    #[arg(long)]
    discard_edits: bool,
    #[command(flatten, next_help_heading = "Input")]
    columns: InputArgs,
}

pub(crate) fn run(args: ImportArgs, display: &Display) -> Result<u8> {
    let ImportArgs { input, out, discard_edits, columns } = args;
    // A run folder remembers where its own clusters came from; other files are nobody's.
    let folder = RunFolder::new(out.parent().unwrap_or(Path::new("")));
    let memory = (folder.clusters() == out).then(|| folder.input_memory());
    let remembered = match memory.is_some() && folder.config().is_file() {
        true => Config::load(&folder.config())?.input,
        false => Config::default().input,
    };
    let source = InputSource { path: input, config: columns.over(&remembered) };
    let mut base = Base::of(&source, &out, memory.as_deref()).map_err(super::spelt_out)?;
    if let Some(told) = &base.told {
        told.tell(&out, display);
    }
    if discard_edits {
        base.discard_edits();
    }
    let state = match base.state {
        ArtifactState::Fresh { .. } => "is up to date",
        ArtifactState::Edited { .. } => {
            "was edited by hand and is kept (--discard-edits rebuilds it)"
        }
        ArtifactState::Stale(_) => "made",
    };
    let clusters = base.write_to(&out, memory.as_deref())?;
    print(&format!("{} {state}: {clusters} clusters\n", out.display()))?;
    Ok(exit::OK)
}
