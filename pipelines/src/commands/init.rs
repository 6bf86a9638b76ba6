//! `cladus init`

use std::path::PathBuf;

use cladus_cli::print;
use cladus_core::{Result, exit};

use super::settings::Settings;
use crate::folder::RunFolder;

#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Run folder; created if missing.
    run: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) fn run(args: &InitArgs) -> Result<u8> {
    let folder = RunFolder::new(&args.run);
    let config = args.settings.over(&folder)?;
    config.save(&folder.config())?;
    print(&format!("{}\n", folder.config().display()))?;
    Ok(exit::OK)
}
