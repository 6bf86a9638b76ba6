//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_cli::ShardArgs;
use cladus_core::artifact::{self, Embeddings};
use cladus_core::config::Config;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::{EmbeddedText, Embedder, EmbedderChoice, EmbedderRequest, Embedders, Why};
use cladus_llm::{LlmArgs, Sessions, depending_on_embedder};
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::children::{MADE, means};
use crate::gather::GatheredShares;
use crate::level::LevelShare;

/// Raised by hand when the same input gives other vectors.
pub const VERSION: u32 = 1;

/// What `cladus-embed` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct EmbedArgs {
    /// Clusters to embed.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Embeddings of the level below: a cluster then gets the mean direction of its children, if they were
    /// made by the same embedder. Empty if there is no level below.
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub children: Option<PathBuf>,
    /// File to write the embeddings to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How texts are embedded: auto, minilm, static, lexical, api (an embedding model), or a folder with a
    /// sentence transformer [default: auto].
    #[arg(long, value_name = "EMBEDDER")]
    pub embedder: Option<String>,
    /// Random seed [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Settings file for everything not set by a flag.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Shards.
    #[command(flatten, next_help_heading = "Shards")]
    pub shards: ShardArgs,
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

    fn children(&self) -> Option<&Path> {
        self.children.as_deref().filter(|path| !path.as_os_str().is_empty())
    }

    /// What the embeddings of all clusters depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let mut fingerprint = Fingerprint::new("embed", VERSION).input("clusters", &self.clusters);
        if let Some(children) = self.children() {
            fingerprint = fingerprint.input("children", children);
        }
        depending_on_embedder(fingerprint, &self.settings()?, &self.clusters)
    }
}

impl StageArgs for EmbedArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// Embeds the clusters. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written or breaks its contract, the embedder is not known, or the
/// endpoint, or what may be spent on it, stops the work.
pub fn run(args: &EmbedArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    if let Some(shares) = args.shards.gathered(&args.out, &args.whole()?)?
        && let Some(gathered) = GatheredShares::open(&shares)?
    {
        let wanted = EmbedderRequest::parse(&args.settings()?.embedder);
        let why = wanted.ok().map(|wanted| wanted.choose_for(&args.clusters)).transpose()?;
        let why = why.and_then(|choice| choice.why);
        let note = note(&gathered.head, gathered.rows, why.as_ref());
        let written = Some(gathered.write(&args.out)?);
        return Ok(Ran { written, note, asked: Asked::default() });
    }
    let (settings, out) = (args.settings()?, args.out());
    let outside = sessions.embedder(&settings, "embed", &out, progress)?;
    let choice = match &outside {
        Some(_) => None,
        None => Some(EmbedderRequest::parse(&settings.embedder)?.choose_for(&args.clusters)?),
    };
    let (below, kind) = (args.children(), choice.as_ref().map(|choice| &choice.kind));
    // Of members a share needs only those that are clusters; the whole sees that none is missing.
    let members = below.is_some() || args.shards.shard.is_none();
    let level = LevelShare::read(&args.clusters, args.shards, members, kind, settings.seed)?;
    progress.begin(level.clusters.len() as u64);
    let below = below.map(|path| level.children(path, args.shards)).transpose()?;
    let embedders = sessions.embedders();
    let ground = match choice {
        Some(choice) => Ground::built_in(choice, &level, below, settings.seed, embedders)?,
        None => Ground::outside(outside, below)?,
    };
    let embeddings = args.embedded(&level, &ground, progress)?;
    published(&out, &embeddings, ground.why.as_ref())
}

impl EmbedArgs {
    /// The vectors of the clusters of `level`.
    fn embedded(
        &self,
        level: &LevelShare,
        ground: &Ground<'_>,
        progress: &dyn Progress,
    ) -> Result<Embeddings> {
        let Ground { embedder, children, .. } = ground;
        let known = match children {
            Some(children) => means(&level.clusters, children),
            None => vec![None; level.clusters.len()],
        };
        let open = level.texts().into_iter().zip(&known).filter(|(_, known)| known.is_none());
        let open: Vec<EmbeddedText<'_>> = open.map(|(text, _)| text).collect();
        progress.advance((level.clusters.len() - open.len()) as u64);
        let done = |texts| progress.advance(texts as u64);
        let vectors = match open[..] {
            // An endpoint does not say how long its vectors are before it has made one.
            [] if self.shards.shard.is_some() || children.is_some() => Vec::new(),
            _ => cladus_embedder::embed_distinct(embedder.as_ref(), &open, &done)?,
        };
        let dim = children.as_ref().map_or_else(|| embedder.dim(), |children| children.dim);
        let vectors = match children {
            Some(_) => {
                let mut fresh = vectors.chunks_exact(dim.max(1));
                let next = |known: Option<Vec<f32>>| {
                    known.unwrap_or_else(|| fresh.next().unwrap_or_default().to_vec())
                };
                known.into_iter().flat_map(next).collect()
            }
            None => vectors,
        };
        Ok(Embeddings {
            dim,
            vectors,
            embedder: Some(embedder.id()),
            centre: embedder.centre().map(<[f32]>::to_vec),
            made: children.is_some().then(|| MADE.to_owned()),
            cluster_ids: level.clusters.iter().map(|cluster| cluster.id.clone()).collect(),
        })
    }
}

/// What the vectors come from.
struct Ground<'a> {
    embedder: Box<dyn Embedder + 'a>,
    why: Option<Why>,
    /// The children's vectors, where they are of the same embedder.
    children: Option<Embeddings>,
}

impl<'a> Ground<'a> {
    /// An endpoint's embedder.
    fn outside(
        embedder: Option<Box<dyn Embedder + 'a>>,
        children: Option<Embeddings>,
    ) -> Result<Self> {
        let embedder = embedder.ok_or_else(|| Error::Bug("no embedder was chosen".to_owned()))?;
        let id = embedder.id();
        let children = children.filter(|children| children.embedder.as_ref() == Some(&id));
        Ok(Self { embedder, why: None, children })
    }

    fn built_in(
        choice: EmbedderChoice,
        level: &LevelShare,
        children: Option<Embeddings>,
        seed: u64,
        embedders: &Embedders,
    ) -> Result<Self> {
        let EmbedderChoice { kind, why } = choice;
        let id = children.as_ref().and_then(|children| children.embedder.as_deref());
        let centre = children.as_ref().and_then(|children| children.centre.as_deref());
        let same = id.map(|id| embedders.at(&kind, id, centre)).transpose()?.flatten();
        Ok(match same {
            Some(embedder) => Self { embedder, why, children },
            None => {
                let embedder = embedders.fit(&kind, &level.corpus(), seed)?;
                Self { embedder, why, children: None }
            }
        })
    }
}

fn published(out: &Path, embeddings: &Embeddings, why: Option<&Why>) -> Result<Ran> {
    let note = note(embeddings, embeddings.cluster_ids.len(), why);
    let written = Some(artifact::write_embeddings(out, embeddings)?);
    Ok(Ran { written, note, asked: Asked::default() })
}

/// A few words about so many vectors.
fn note(head: &Embeddings, rows: usize, why: Option<&Why>) -> String {
    let id = head.embedder.as_deref().unwrap_or_default();
    let method = id.split(' ').next().unwrap_or_default();
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let made = head.made.as_ref().map_or_else(String::new, |made| format!("; {made}"));
    format!("{rows} vectors of {} ({method}{why}{made})", head.dim)
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-embed", "Stage 1: clusters to embeddings", |args, progress| {
        run(args, &Sessions::default(), progress)
    })
}
