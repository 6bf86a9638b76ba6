//! `cladus man`

use std::path::PathBuf;

use cladus_cli::Display;
use cladus_core::{Error, Result, exit};
use clap_mangen::generate_to;

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Folder to write to, such as `share/man/man1` below a folder that `man` searches; created if missing.
    dir: PathBuf,
}

pub(crate) fn run(args: &ManArgs, whole: clap::Command, display: &Display) -> Result<u8> {
    let dir = &args.dir;
    std::fs::create_dir_all(dir).map_err(|e| Error::io("create the folder", dir, e))?;
    generate_to(whole, dir).map_err(|e| Error::io("write", dir, e))?;
    display.line(&format!("man -l {} shows the first", dir.join("cladus.1").display()));
    Ok(exit::OK)
}
