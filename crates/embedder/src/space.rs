//! The space that the clusters of a level lie in: stored vectors, or fresh ones.

use std::borrow::Cow;
use std::path::Path;

use cladus_core::artifact::{self, Artifact, Cluster, Embeddings};
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};

use crate::{EmbeddedText, Embedder, EmbedderKind, EmbedderRequest, Embedders, embed_distinct};

/// The clusters' vectors, and the way to put other texts beside them.
pub struct Space<'a> {
    clusters: &'a Artifact<Vec<Cluster>>,
    /// Row-major, one L2-normalised vector of [`dim`](Self::dim) a cluster, in the clusters' order.
    pub vectors: Vec<f32>,
    /// The length of a vector.
    pub dim: usize,
    embedders: &'a Embedders,
    maker: Maker<'a>,
}

enum Maker<'a> {
    /// Made by this embedder.
    Fitted(Box<dyn Embedder + 'a>),
    /// Read from a file that says it was made by the embedder with this id.
    Stored { kind: EmbedderKind, seed: u64, id: String, centre: Option<Vec<f32>> },
    /// Read from a file that somebody else made.
    Unknown,
}

impl<'a> Space<'a> {
    /// The vectors of `clusters` from the file `embeddings`, or, without one, from the embedder
    /// called `asked`. `outside` is an embedder that is not built in, where one is connected; `embedders`
    /// makes the others.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit the clusters, or the embedder is not known.
    pub fn of(
        clusters: &'a Artifact<Vec<Cluster>>,
        embeddings: Option<&Path>,
        asked: &str,
        seed: u64,
        outside: Option<Box<dyn Embedder + 'a>>,
        embedders: &'a Embedders,
    ) -> Result<Self> {
        let Some(path) = embeddings else {
            return match outside {
                Some(embedder) => Self::made(clusters, embedder, embedders),
                None => Self::fitted(clusters, EmbedderRequest::parse(asked)?, seed, embedders),
            };
        };
        let mut stored = artifact::read_embeddings(path)?;
        let vectors = stored.aligned(clusters)?;
        let maker = match stored.rows.embedder {
            Some(id) => match outside.or(in_folder(asked, embedders)?.map(|it| it as Box<_>)) {
                Some(embedder) if embedder.id() == id => Maker::Fitted(embedder),
                _ => match EmbedderKind::of_id(&id) {
                    Some((kind, seed)) => {
                        Maker::Stored { kind, seed, id, centre: stored.rows.centre.take() }
                    }
                    None => Maker::Unknown,
                },
            },
            None => Maker::Unknown,
        };
        Ok(Self { clusters, vectors, dim: stored.rows.dim, embedders, maker })
    }

    fn fitted(
        clusters: &'a Artifact<Vec<Cluster>>,
        asked: EmbedderRequest,
        seed: u64,
        embedders: &'a Embedders,
    ) -> Result<Self> {
        let texts = texts(&clusters.rows);
        let choice = asked.choose(texts.iter().copied());
        Self::made(clusters, embedders.fit(&choice.kind, &texts, seed)?, embedders)
    }

    fn made(
        clusters: &'a Artifact<Vec<Cluster>>,
        embedder: Box<dyn Embedder + 'a>,
        embedders: &'a Embedders,
    ) -> Result<Self> {
        let vectors = embed(embedder.as_ref(), &texts(&clusters.rows))?;
        let dim = embedder.dim();
        Ok(Self { clusters, vectors, dim, embedders, maker: Maker::Fitted(embedder) })
    }

    /// Can other texts be put beside these vectors, as far as their file tells?
    pub fn takes_names(&self) -> bool {
        !matches!(self.maker, Maker::Unknown)
    }

    /// The clusters' vectors, drawn towards their neighbours': to be asked where clusters part from
    /// each other, not what a name is near to. Somebody's own vectors are taken as they are.
    pub fn smoothed(&self) -> Cow<'_, [f32]> {
        if !self.takes_names() {
            return Cow::Borrowed(&self.vectors);
        }
        self.embedders.smoothed(&self.vectors, self.dim, &texts(&self.clusters.rows))
    }

    /// The vectors of `names` in this space, row-major.
    ///
    /// Vectors of an embedder that is not built in cannot be joined by new ones: the clusters are
    /// then embedded again by the default embedder, and the user is told.
    ///
    /// # Errors
    /// When an embedder fails.
    pub fn names(&mut self, names: &[&str], progress: &dyn Progress) -> Result<Vec<f32>> {
        let refitted = match &self.maker {
            Maker::Fitted(_) => None,
            Maker::Stored { kind, seed, id, centre } => {
                let embedder = match self.embedders.at(kind, id, centre.as_deref())? {
                    Some(embedder) => embedder,
                    None => self.embedders.fit(kind, &texts(&self.clusters.rows), *seed)?,
                };
                if embedder.id() == *id {
                    self.maker = Maker::Fitted(embedder);
                    None
                } else {
                    progress.warn("the embeddings are of other clusters or another version: they are computed again to compare names");
                    Some((EmbedderRequest::This(kind.clone()), *seed))
                }
            }
            Maker::Unknown => {
                progress.warn("the embeddings are not from a built-in embedder: they are computed again to compare names");
                Some((EmbedderRequest::Auto(crate::FEW_TEXTS), 0))
            }
        };
        if let Some((asked, seed)) = refitted {
            *self = Self::fitted(self.clusters, asked, seed, self.embedders)?;
        }
        let names: Vec<EmbeddedText<'_>> =
            names.iter().map(|name| EmbeddedText::name(name)).collect();
        match &self.maker {
            Maker::Fitted(embedder) => embed(embedder.as_ref(), &names),
            Maker::Stored { .. } | Maker::Unknown => {
                Err(Error::Bug("a space without an embedder".to_owned()))
            }
        }
    }
}

/// The built-in embedder that made vectors of whose file `head` tells; `None` where there is no such, or it
/// would be another today. `asked` is what is asked for, and `clusters` the file of the clusters that the
/// vectors are of.
///
/// # Errors
/// When a model or the clusters cannot be read.
pub fn maker_of(
    head: &Embeddings,
    asked: &str,
    clusters: &Path,
    embedders: &Embedders,
) -> Result<Option<Box<dyn Embedder>>> {
    let Some(id) = &head.embedder else { return Ok(None) };
    if let Some(embedder) = in_folder(asked, embedders)?.filter(|embedder| embedder.id() == *id) {
        return Ok(Some(embedder));
    }
    let Some((kind, seed)) = EmbedderKind::of_id(id) else { return Ok(None) };
    let embedder = match embedders.at(&kind, id, head.centre.as_deref())? {
        Some(embedder) => embedder,
        None => {
            let mut corpus = kind.sample(seed);
            corpus.add_level(clusters)?;
            embedders.fit(&kind, &corpus.texts(), seed)?
        }
    };
    Ok(Some(embedder).filter(|embedder| embedder.id() == *id))
}

/// The sentence transformer of the folder that is `asked` for, if it is one.
fn in_folder(asked: &str, embedders: &Embedders) -> Result<Option<Box<dyn Embedder>>> {
    match EmbedderRequest::parse(asked) {
        Ok(EmbedderRequest::This(kind @ EmbedderKind::Folder(_))) => {
            Ok(Some(embedders.fit(&kind, &[], 0)?))
        }
        _ => Ok(None),
    }
}

fn texts(clusters: &[Cluster]) -> Vec<EmbeddedText<'_>> {
    clusters.iter().map(|cluster| EmbeddedText::new(&cluster.name, &cluster.description)).collect()
}

fn embed(embedder: &dyn Embedder, texts: &[EmbeddedText<'_>]) -> Result<Vec<f32>> {
    Ok(embed_distinct(embedder, texts, &|_| {})?)
}

/// A space as the naming of classes asks for it: phrases are embedded beside the clusters.
pub struct PhraseSpace<'s, 'a> {
    /// The clusters' space.
    pub space: &'s mut Space<'a>,
    /// Where to tell what the user should know.
    pub progress: &'s dyn Progress,
}

impl cladus_words::MeaningSpace for PhraseSpace<'_, '_> {
    type Error = Error;

    fn embed(&mut self, phrases: &[&str]) -> Result<Vec<f32>> {
        self.space.names(phrases, self.progress)
    }

    fn dim(&self) -> usize {
        self.space.dim
    }

    fn texts(&self) -> &[f32] {
        &self.space.vectors
    }
}
