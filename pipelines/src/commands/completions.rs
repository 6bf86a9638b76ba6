//! `cladus completions`

use cladus_cli::print;
use cladus_core::{Error, Result, exit};
use clap_complete::{Shell, generate};

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Shell; save the output in a file that it reads at start.
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, mut whole: clap::Command) -> Result<u8> {
    let mut script = Vec::new();
    generate(args.shell, &mut whole, "cladus", &mut script);
    let script = String::from_utf8(script).map_err(|e| Error::Bug(e.to_string()))?;
    print(&script)?;
    Ok(exit::OK)
}
