//! `cladus hierarchy`

use std::path::PathBuf;

use cladus_cli::{Display, print};
use cladus_core::{Error, Result, exit};

use crate::edits::{Edits, outcome};
use crate::hierarchy::{Again, Hierarchy};

#[derive(Debug, clap::Args)]
pub(crate) struct HierarchyArgs {
    /// The base clusters.
    #[arg(long, value_name = "FILE")]
    clusters: PathBuf,
    /// What each iteration made of them, from the first on (once for each).
    #[arg(long, value_name = "FILE")]
    parents: Vec<PathBuf>,
    /// People's corrections (edits.toml).
    #[arg(long, value_name = "FILE")]
    edits: Option<PathBuf>,
    /// Where to write the hierarchy.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to write every ancestor with every descendant.
    #[arg(long, value_name = "FILE")]
    closure: PathBuf,
    /// Do nothing where both are there already: made from the same rows, or edited by hand.
    #[arg(long)]
    if_stale: bool,
}

pub(crate) fn run(args: &HierarchyArgs, display: &Display) -> Result<u8> {
    let HierarchyArgs { clusters, parents, edits, out, closure, if_stale } = args;
    let edits = match edits {
        Some(path) if !path.is_file() => return Err(Error::damaged(path, "is not there")),
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
