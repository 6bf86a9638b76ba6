//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::artifact::{self, Embeddings, Written};
use cladus_core::config::Config;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Text;

/// Raised by hand when the same input gives other vectors.
pub const VERSION: u32 = 1;

/// What `cladus-embed` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct EmbedArgs {
    /// The clusters to embed.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Where to write the embeddings.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// auto, or the name of a built-in embedder [default: auto].
    #[arg(long, value_name = "EMBEDDER")]
    pub embedder: Option<String>,
    /// Everything random follows from it [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

/// Embeds the clusters. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written or breaks its contract, or the embedder is not known.
pub fn run(args: &EmbedArgs, progress: &dyn Progress) -> Result<(Written, String)> {
    let settings = Config::load_or_default(args.params.as_deref())?;
    let asked = args.embedder.as_deref().unwrap_or(&settings.embedder);
    let seed = args.seed.unwrap_or(settings.seed);
    let clusters = artifact::read_clusters(&args.clusters)?.rows;
    let texts: Vec<Text<'_>> =
        clusters.iter().map(|cluster| Text::new(&cluster.name, &cluster.description)).collect();
    progress.begin(texts.len() as u64);
    let embedder =
        cladus_embedder::choose(asked, &texts, seed).map_err(|e| Error::config(e.to_string()))?;
    let done = |texts| progress.advance(texts as u64);
    let vectors = cladus_embedder::embed_distinct(embedder.as_ref(), &texts, &done)
        .map_err(|e| Error::Bug(e.to_string()))?;
    let embeddings = Embeddings {
        dim: embedder.dim(),
        vectors,
        embedder: Some(embedder.id()),
        cluster_ids: clusters.iter().map(|cluster| cluster.id.clone()).collect(),
    };
    let id = embedder.id();
    let method = id.split(' ').next().unwrap_or_default();
    let note = format!("{} vectors of {} ({method})", clusters.len(), embeddings.dim);
    Ok((artifact::write_embeddings(&args.out, &embeddings)?, note))
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-embed", "Stage 1: clusters to embeddings", run)
}
