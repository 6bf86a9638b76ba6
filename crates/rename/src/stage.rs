//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::artifact::{self, Candidate, Cluster, Written};
use cladus_core::config::Config;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result, id, plan};
use cladus_embedder::Space;

use crate::families::{Family, by_label, merge_to, split_to};

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
    let target = match args.parents {
        Some(0) => return Err(Error::config("--parents is 0, expected at least 1")),
        Some(parents) => parents,
        None => {
            let levels = settings.levels.as_ref();
            let per_group = settings.clusters_per_group;
            let plan = plan::level_plan(n, settings.max_clusters, levels, per_group)?;
            plan.first().copied().unwrap_or(n.max(1))
        }
    };

    let mut families = by_label(&labels);
    let labelled = families.len();
    // Far fewer than planned is only mended where more were on offer: who hands in a taxonomy of
    // three wants three.
    let wanted_least = target.min(n).min(candidates.rows.len()).div_ceil(2);
    let space = Space::of(&clusters, args.embeddings.as_deref(), &settings.embedder, settings.seed)?;
    let merges = merge_to(&mut families, &space.vectors, space.dim, target);
    let splits = split_to(&mut families, &space.vectors, space.dim, wanted_least);
    progress.begin(families.len() as u64);
    let parents = name(&clusters.rows, &candidates.rows, &families, &space, progress)?;

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
    Ok((artifact::write_parents(&args.out, &parents)?, note))
}

fn name(clusters: &[Cluster], candidates: &[Candidate], families: &[Family], _space: &Space<'_>, progress: &dyn Progress) -> Result<Vec<Cluster>> {
    let level = clusters.iter().map(|c| c.level).max().unwrap_or(0) + 1;
    let mut out = Vec::new();
    for (k, f) in families.iter().enumerate() {
        if let [only] = f.children[..] { out.push(clusters[only].clone()); continue; }
        let ids: Vec<String> = f.children.iter().map(|&c| clusters[c].id.clone()).collect();
        let name = format!("{} {k}", candidates[f.candidate as usize].name);
        out.push(Cluster { id: id::parent_id(ids.iter().map(String::as_str)), slug: "a_b_c".into(), description: format!("{name}."), name: name.clone(), level, size: f.children.iter().map(|&c| clusters[c].size).sum(), members: ids });
        progress.made(&name);
        progress.advance(1);
    }
    Ok(out)
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-rename", "Stage 5: equally labelled clusters become named parents", run)
}
