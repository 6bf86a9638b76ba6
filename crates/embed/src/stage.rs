//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_core::Result;
use cladus_core::artifact::{self, Embeddings};
use cladus_core::config::Config;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_embedder::Text;
use cladus_llm::{LlmArgs, Sessions, depending_on_embedder};

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
    /// auto, the name of a built-in embedder, or api (an embedding model) [default: auto].
    #[arg(long, value_name = "EMBEDDER")]
    pub embedder: Option<String>,
    /// Everything random follows from it [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// The embedding model.
    #[command(flatten, next_help_heading = "Language model")]
    pub llm: LlmArgs,
}

impl EmbedArgs {
    fn settings(&self) -> Result<Config> {
        let mut settings = Config::load_or_default(self.params.as_deref())?;
        if let Some(embedder) = &self.embedder {
            settings.embedder.clone_from(embedder);
        }
        settings.seed = self.seed.unwrap_or(settings.seed);
        self.llm.apply(&mut settings)?;
        Ok(settings)
    }
}

impl StageArgs for EmbedArgs {
    fn out(&self) -> &Path {
        &self.out
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        let fingerprint = Fingerprint::new("embed", VERSION).input("clusters", &self.clusters);
        Ok(depending_on_embedder(fingerprint, &self.settings()?))
    }
}

/// Embeds the clusters. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written or breaks its contract, the embedder is not known, or the
/// endpoint, or what may be spent on it, stops the work.
pub fn run(args: &EmbedArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let settings = args.settings()?;
    let outside = sessions.embedder(&settings, "embed", &args.out, progress)?;
    let clusters = artifact::read_clusters(&args.clusters)?.rows;
    let texts: Vec<Text<'_>> =
        clusters.iter().map(|cluster| Text::new(&cluster.name, &cluster.description)).collect();
    progress.begin(texts.len() as u64);
    let embedder = match outside {
        Some(embedder) => embedder,
        None => cladus_embedder::choose(&settings.embedder, &texts, settings.seed)?,
    };
    let done = |texts| progress.advance(texts as u64);
    let vectors = cladus_embedder::embed_distinct(embedder.as_ref(), &texts, &done)?;
    let embeddings = Embeddings {
        dim: embedder.dim(),
        vectors,
        embedder: Some(embedder.id()),
        cluster_ids: clusters.iter().map(|cluster| cluster.id.clone()).collect(),
    };
    let id = embedder.id();
    let method = id.split(' ').next().unwrap_or_default();
    let note = format!("{} vectors of {} ({method})", clusters.len(), embeddings.dim);
    let written = Some(artifact::write_embeddings(&args.out, &embeddings)?);
    Ok(Ran { written, note, asked: Asked::default() })
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-embed", "Stage 1: clusters to embeddings", |args, progress| {
        run(args, &Sessions::default(), progress)
    })
}
