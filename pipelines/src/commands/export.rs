//! `cladus export`

use std::path::{Path, PathBuf};

use cladus_cli::{Display, print};
use cladus_core::{Error, Result, atomic, exit};

use super::here::RunArg;
use crate::export::{ExportFormat, ExportSource};
use crate::folder::RunFolder;

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    run: RunArg,
    /// Format [default: from the extension of PATH].
    #[arg(long, value_enum, value_name = "FORMAT", required_unless_present = "out")]
    format: Option<ExportFormat>,
    /// File to write; a folder for kura [default: standard output].
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Maximum number of levels, 1 for the roots alone (json, dot, mermaid and markdown).
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
}

pub(crate) fn run(args: &ExportArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let format =
        args.format.or_else(|| out.and_then(ExportFormat::from_extension)).ok_or_else(|| {
            let out = args.out.as_deref().unwrap_or(Path::new("-")).display();
            let problem = format!("the extension of {out} is not that of a format");
            Error::config_hint(
                problem,
                "choose one with --format (`cladus export --help` lists them)",
            )
        })?;
    let exported = ExportSource::of(&folder, args.depth)?;
    if format == ExportFormat::Members {
        tell_of_missing(&exported, display);
    }
    let files = exported.files(format)?;
    let Some(out) = out else {
        if files.len() > 1 {
            return Err(Error::config_hint(
                format!("the export consists of {} files", files.len()),
                "give a folder for them: --out FOLDER",
            ));
        }
        for (_, text) in &files {
            print(text)?;
        }
        return Ok(exit::OK);
    };
    if format.is_folder() {
        std::fs::create_dir_all(out).map_err(|e| Error::io("create the folder", out, e))?;
    }
    for (name, text) in &files {
        let path = if format.is_folder() { out.join(name) } else { out.to_owned() };
        atomic::check_place(&path)?;
        atomic::publish_bytes(&path, text.as_bytes())?;
        display.line(&path.display().to_string());
    }
    Ok(exit::OK)
}

/// Items can only be listed where the input did.
fn tell_of_missing(exported: &ExportSource, display: &Display) {
    let tree = exported.tree();
    let leaves = (0..tree.nodes().len()).filter(|&node| tree.children(node).is_empty());
    let (mut clusters, mut items) = (0, 0);
    for leaf in leaves.map(|leaf| tree.cluster(leaf)).filter(|leaf| leaf.members.is_empty()) {
        clusters += 1;
        items += leaf.size;
    }
    if clusters > 0 {
        display.warning(&format!(
            "the input does not list the {items} items of {clusters} clusters, so they are missing from the export"
        ));
    }
}
