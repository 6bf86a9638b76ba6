//! `cladus export`

use std::path::{Path, PathBuf};

use cladus_cli::{Display, print};
use cladus_core::{Error, Result, atomic, exit};

use super::here::RunArg;
use crate::export::{Exported, Format};
use crate::folder::RunFolder;

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    run: RunArg,
    /// What to write [default: what the ending of PATH says].
    #[arg(long, value_enum, value_name = "FORMAT", required_unless_present = "out")]
    format: Option<Format>,
    /// Where to write it; a folder for kura [default: standard output].
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Only so many levels, 1 for the roots alone (json, dot, mermaid and markdown).
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
}

pub(crate) fn run(args: &ExportArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let format = args.format.or_else(|| out.and_then(Format::of)).ok_or_else(|| {
        let out = args.out.as_deref().unwrap_or(Path::new("-")).display();
        let problem = format!("the ending of {out} says no format");
        Error::config_hint(problem, "--format names one (`cladus export --help` lists them)")
    })?;
    let exported = Exported::of(&folder, args.depth)?;
    if format == Format::Members {
        tell_of_missing(&exported, display);
    }
    let files = exported.files(format)?;
    let Some(out) = out else {
        if let Some((name, _)) = files.get(1) {
            return Err(Error::config_hint(
                format!("{name} is one of {} files", files.len()),
                "--out FOLDER says where they go",
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
fn tell_of_missing(exported: &Exported, display: &Display) {
    let tree = exported.tree();
    let leaves = (0..tree.nodes().len()).filter(|&node| tree.children(node).is_empty());
    let (mut clusters, mut items) = (0, 0);
    for leaf in leaves.map(|leaf| tree.cluster(leaf)).filter(|leaf| leaf.members.is_empty()) {
        clusters += 1;
        items += leaf.size;
    }
    if clusters > 0 {
        display.warning(&format!(
            "the input does not list the items of {clusters} clusters (of {items} in all), so they are not here"
        ));
    }
}
