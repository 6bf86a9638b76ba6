//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::Result;
use cladus_core::artifact::{self, Written};
use cladus_core::config::Config;
use cladus_core::plan;
use cladus_core::progress::Progress;
use cladus_embedder::Space;

use crate::extractive::propose;

/// Raised by hand when the same input gives other candidates.
pub const VERSION: u32 = 1;

/// What `cladus-propose` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct ProposeArgs {
    /// The clusters that parents are wanted for.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their groups.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// Their embeddings [default: embedded again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the candidates.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How many candidates are wanted in all [default: what the level plan wants].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

/// Proposes candidates. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others.
pub fn run(args: &ProposeArgs, progress: &dyn Progress) -> Result<(Written, String)> {
    let settings = Config::load_or_default(args.params.as_deref())?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let target = settings.parents_wanted(args.parents, clusters.rows.len())?;
    let embeddings = args.embeddings.as_deref();
    let mut space = Space::of(&clusters, embeddings, &settings.embedder, settings.seed)?;

    let mut sizes = vec![0usize; groups.iter().max().map_or(0, |last| *last as usize + 1)];
    for &group in &groups {
        sizes[group as usize] += 1;
    }
    let wanted = plan::candidates_per_group(&sizes, target);
    progress.begin(sizes.len() as u64);
    let candidates = propose(&clusters.rows, &groups, &mut space, &wanted, progress)?;
    let note = format!("{} candidates for {} groups", candidates.len(), sizes.len());
    Ok((artifact::write_candidates(&args.out, &candidates)?, note))
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-propose", "Stage 3: candidate parent names for every group", run)
}
