//! `cladus hierarchy`

use std::path::PathBuf;

use cladus_cli::{Display, print};
use cladus_core::{Error, Result, exit};

use crate::edits::{Edits, outcome};
use crate::tree::hierarchy::{Again, Hierarchy};

#[derive(Debug, clap::Args)]
pub(crate) struct HierarchyArgs {
    /// Base clusters.
    #[arg(long, value_name = "FILE")]
    clusters: PathBuf,
    /// Parents of an iteration; repeat for each iteration, in order.
    #[arg(long, value_name = "FILE")]
    parents: Vec<PathBuf>,
    /// Corrections (edits.toml).
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
    /// File to write the hierarchy to.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File to write all pairs of ancestor and descendant to.
    #[arg(long, value_name = "FILE")]
    closure: PathBuf,
    /// Do nothing if both files exist and are up to date or edited by hand.
    #[arg(long)]
    if_stale: bool,
}

pub(crate) fn run(args: &HierarchyArgs, display: &Display) -> Result<u8> {
    let HierarchyArgs { clusters, parents, edits, out, closure, if_stale } = args;
    let edits = match edits {
        Some(path) if !path.is_file() => return Err(Error::damaged(path, "is missing")),
        Some(path) => Edits::load(path)?,
        None => Edits::default(),
    };
    let hierarchy = Hierarchy::from_files(clusters, parents, &edits, out, closure);
    let made = if *if_stale {
        hierarchy.update(Again::By("without --if-stale, cladus hierarchy"), display)?.made
    } else {
        outcome::tell(&edits, &hierarchy.write([true; 2])?, true, display);
        true
    };
    let did = if made { "made" } else { "is up to date" };
    print(&format!("{} {did}\n", out.display()))?;
    Ok(exit::OK)
}
