//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::artifact::{self, Label, Match, Written};
use cladus_core::config::Config;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;

/// Raised by hand when the same input gives other labels.
pub const VERSION: u32 = 1;

/// What `cladus-label` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct LabelArgs {
    /// The clusters to label.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their groups.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// The candidates to choose from.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// The clusters' embeddings [default: embedded again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the labels.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What a cluster is offered: its group's candidates (group), all, or the nearest ones
    /// (nearest, nearest:K) [default: group].
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

/// Labels every cluster. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, does not fit the others, or a group
/// has no candidate.
pub fn run(args: &LabelArgs, progress: &dyn Progress) -> Result<(Written, String)> {
    let settings = Config::load_or_default(args.params.as_deref())?;
    let _scope = args.scope.as_deref().unwrap_or(&settings.label.scope);
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let mut space =
        Space::of(&clusters, args.embeddings.as_deref(), &settings.embedder, settings.seed)?;
    let names: Vec<&str> = candidates.rows.iter().map(|c| c.name.as_str()).collect();
    let name_vectors = space.names(&names, progress)?;
    let dim = space.dim;
    let index = clusters.index();
    let mut refs = name_vectors.clone();
    for (c, cand) in candidates.rows.iter().enumerate() {
        for ex in cand.exemplars.iter().flatten() {
            if let Some(&row) = index.get(ex.as_str()) {
                for d in 0..dim { refs[c*dim+d] += space.vectors[row*dim+d]; }
            }
        }
        let v = &mut refs[c*dim..(c+1)*dim];
        let n: f32 = v.iter().map(|x| x*x).sum::<f32>().sqrt().max(1e-9);
        v.iter_mut().for_each(|x| *x /= n);
    }
    progress.begin(clusters.rows.len() as u64);
    let mut rows = Vec::new();
    for (i, cl) in clusters.rows.iter().enumerate() {
        let v = &space.vectors[i*dim..(i+1)*dim];
        let mut sc: Vec<(f32, usize)> = candidates.rows.iter().enumerate().filter(|(_, c)| c.group_id.is_none_or(|g| g == groups[i])).map(|(c, _)| (v.iter().zip(&refs[c*dim..(c+1)*dim]).map(|(a,b)| a*b).sum::<f32>(), c)).collect();
        sc.sort_by(|a,b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let Some(best) = sc.first() else { return Err(Error::config("no candidate")) };
        rows.push(Label { cluster_id: cl.id.clone(), candidate_id: best.1 as u32, answer: None, matched: if sc.len() == 1 { Match::Only } else { Match::Nearest }, similarity: best.0.clamp(0.0, 1.0), runner_up: sc.get(1).map(|s| s.1 as u32), margin: sc.get(1).map(|s| best.0 - s.0) });
    }
    Ok((artifact::write_labels(&args.out, &rows)?, "labelled".to_owned()))
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-label", "Stage 4: exactly one candidate for every cluster", run)
}
