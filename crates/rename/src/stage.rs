//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::Result;
use cladus_core::artifact::{self, Written};
use cladus_core::config::Config;
use cladus_core::progress::Progress;
use cladus_embedder::Space;

use crate::extractive::parents;
use crate::families::{by_label, merge_to, split_to};

/// Raised by hand when the same input gives other parents.
pub const VERSION: u32 = 1;

/// What `cladus-rename` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct RenameArgs {
    /// The clusters that get parents.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their labels.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    /// The candidates that the labels speak of.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// The clusters' embeddings [default: embedded again, where they are needed].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the parents.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// At most so many parents, and not far fewer: the nearest are merged, or the largest split,
    /// where the labels would leave others [default: what the level plan wants].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

/// Makes and names parents. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others.
pub fn run(args: &RenameArgs, progress: &dyn Progress) -> Result<(Written, String)> {
    let settings = Config::load_or_default(args.params.as_deref())?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let labels = artifact::read_labels(&args.labels)?.aligned(&clusters, &candidates)?;
    let n = clusters.rows.len();
    let target = settings.parents_wanted(args.parents, n)?;

    let mut families = by_label(&labels);
    let labelled = families.len();
    // Far fewer than planned is only mended where more were on offer: who hands in a taxonomy of
    // three wants three.
    let wanted_least = target.min(n).min(candidates.rows.len()).div_ceil(2);
    let mut space =
        Space::of(&clusters, args.embeddings.as_deref(), &settings.embedder, settings.seed)?;
    let merges = merge_to(&mut families, &space.vectors, space.dim, target);
    let splits = split_to(&mut families, &space.vectors, space.dim, wanted_least);
    progress.begin(families.len() as u64);
    let parents = parents(&clusters.rows, &candidates.rows, &families, &mut space, progress)?;

    let alone = families.iter().filter(|family| family.children.len() == 1).count();
    let mut note = format!("{} parents", parents.len());
    if alone > 0 {
        note += &format!(", {alone} of them clusters that moved up alone");
    }
    if merges > 0 {
        note += &format!(", {labelled} merged to the {target} planned");
    }
    if splits > 0 {
        note += &format!(", {labelled} split towards the {target} planned");
    }
    let parents: Vec<artifact::Parent> = parents.into_iter().map(artifact::Parent::from).collect();
    Ok((artifact::write_parents(&args.out, &parents)?, note))
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main(
        "cladus-rename",
        "Stage 5: equally labelled clusters become named parents",
        run,
    )
}
