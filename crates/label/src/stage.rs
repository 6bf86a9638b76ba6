//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::artifact::{self, Artifact, Cluster, Label, Written};
use cladus_core::config::Config;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;

use crate::extractive::{Task, label};
use crate::offers::Candidate;
use crate::scope::{Scope, UnknownScope};
use crate::vectors::Vectors;

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
    let scope = args.scope.as_deref().unwrap_or(&settings.label.scope);
    let scope: Scope = scope.parse().map_err(|e: UnknownScope| Error::config(e.to_string()))?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let n = clusters.rows.len() as u64;
    progress.begin(n);
    let embeddings = args.embeddings.as_deref();
    let mut space = Space::of(&clusters, embeddings, &settings.embedder, settings.seed)?;
    let offered = offered(&candidates, &clusters)?;
    let names = if space.takes_names() || offered.iter().any(|c| c.exemplars.is_empty()) {
        // Before the clusters' vectors are used: it may replace them (see `Space::names`).
        let names: Vec<&str> = candidates.rows.iter().map(|c| c.name.as_str()).collect();
        space.names(&names, progress)?
    } else {
        // Somebody's own vectors: a candidate is where the clusters are that it was drawn from.
        exemplar_means(&offered, &space)
    };

    let choices = label(&Task {
        clusters: Vectors::new(&space.vectors, space.dim),
        groups: &groups,
        candidates: &offered,
        names: Vectors::new(&names, space.dim),
        scope,
    })
    .map_err(|e| Error::damaged(&args.candidates, e.to_string()))?;
    progress.advance(n);

    let close = choices.iter().filter(|c| c.runner_up.is_some_and(|r| r.margin < CLOSE)).count();
    let rows = clusters.rows.into_iter().zip(choices).map(|(cluster, choice)| Label {
        cluster_id: cluster.id,
        candidate_id: choice.candidate,
        answer: None,
        matched: choice.matched,
        similarity: choice.similarity,
        runner_up: choice.runner_up.map(|runner_up| runner_up.candidate),
        margin: choice.runner_up.map(|runner_up| runner_up.margin),
        remark: None,
        asked: artifact::CallCost::default(),
    });
    let written = artifact::write_labels(&args.out, &rows.collect::<Vec<_>>())?;
    Ok((written, format!("{n} clusters, {close} of them close calls")))
}

/// A margin (cosine) below this is reported as a close call.
const CLOSE: f32 = 0.02;

/// The candidates with their exemplars as rows of the clusters.
fn offered(
    candidates: &Artifact<Vec<artifact::Candidate>>,
    clusters: &Artifact<Vec<Cluster>>,
) -> Result<Vec<Candidate>> {
    let index = clusters.index();
    let rows = candidates.rows.iter().enumerate();
    rows.map(|(row, candidate)| {
        let exemplar = |id: &String| {
            let found = index.get(id.as_str()).and_then(|row| u32::try_from(*row).ok());
            found.ok_or_else(|| {
                let problem = format!("cluster {id:?} is not in {}", clusters.path.display());
                Error::value(&candidates.path, row, "exemplars", problem)
            })
        };
        let exemplars = candidate.exemplars.iter().flatten().map(exemplar);
        Ok(Candidate { group: candidate.group_id, exemplars: exemplars.collect::<Result<_>>()? })
    })
    .collect()
}

/// The mean direction of each candidate's exemplars, row-major.
fn exemplar_means(offered: &[Candidate], space: &Space<'_>) -> Vec<f32> {
    let mut means = vec![0.0; offered.len() * space.dim];
    for (mean, candidate) in means.chunks_exact_mut(space.dim.max(1)).zip(offered) {
        for &row in &candidate.exemplars {
            let start = row as usize * space.dim;
            let vector = &space.vectors[start..start + space.dim];
            mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        let norm = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm > 0.0 {
            mean.iter_mut().for_each(|value| *value /= norm);
        }
    }
    means
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-label", "Stage 4: exactly one candidate for every cluster", run)
}
