//! `cladus hierarchy`

use std::path::{Path, PathBuf};

use cladus_cli::{Display, print};
use cladus_core::fingerprint::{Fingerprint, Parts};
use cladus_core::manifest::{self, State};
use cladus_core::{Result, exit};

use crate::hierarchy::Hierarchy;

#[derive(Debug, clap::Args)]
pub(crate) struct HierarchyArgs {
    /// The base clusters.
    #[arg(long, value_name = "FILE")]
    clusters: PathBuf,
    /// What each iteration made of them, from the first on (once for each).
    #[arg(long, value_name = "FILE")]
    parents: Vec<PathBuf>,
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
    let HierarchyArgs { clusters, parents, out, closure, if_stale } = args;
    let hierarchy = Hierarchy::from_files(clusters, parents, out, closure);
    let fingerprint = hierarchy.fingerprint();
    let parts = fingerprint.parts()?;
    let wanted = |path: &Path| match if_stale {
        true => is_stale(path, &fingerprint, &parts, display),
        false => Ok(true),
    };
    let wanted = [wanted(out)?, wanted(closure)?];
    if wanted != [false; 2] {
        hierarchy.write(wanted)?;
    }
    let did = if wanted == [false; 2] { "is up to date" } else { "made" };
    print(&format!("{} {did}\n", out.display()))?;
    Ok(exit::OK)
}

fn is_stale(
    path: &Path,
    fingerprint: &Fingerprint,
    parts: &Parts,
    display: &Display,
) -> Result<bool> {
    Ok(match manifest::state(path, fingerprint, parts)? {
        State::Fresh { .. } => false,
        State::Stale(_) => true,
        State::Edited { .. } => {
            let name = path.display();
            display.warning(&format!(
                "{name} was edited by hand and is kept (without --if-stale it is made again)"
            ));
            false
        }
    })
}
