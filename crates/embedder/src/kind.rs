//! The embedders that run in this process.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cladus_transformer::Transformer;

use crate::model::{Distilled, Sentence};
use crate::{EmbeddedText, Embedder, Error, Lexical};

/// An embedder that runs in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbedderKind {
    /// The transformer that is built in, all-MiniLM-L6-v2.
    MiniLm,
    /// Its distillate without a transformer.
    Static,
    /// [`Lexical`].
    Lexical,
    /// The sentence transformer in a folder.
    Folder(PathBuf),
}

impl EmbedderKind {
    /// The kind and seed of the embedder that has this [`id`](Embedder::id), if it is a built-in one.
    pub fn of_id(id: &str) -> Option<(Self, u64)> {
        let mut words = id.split(' ');
        let method = words.next()?;
        if method == Lexical::VERSION {
            let seed = words.find_map(|word| word.strip_prefix("seed="))?;
            return Some((Self::Lexical, seed.parse().ok()?));
        }
        let kind = match method.split('-').next()? {
            "minilm" => Self::MiniLm,
            "static" => Self::Static,
            _ => return None,
        };
        Some((kind, 0))
    }

    /// Method, version and weights, known without a corpus: what a fingerprint holds.
    ///
    /// # Errors
    /// When a folder's files cannot be read.
    pub fn version(&self) -> Result<String, Error> {
        match self {
            Self::MiniLm => Ok(Transformer::minilm_id()),
            Self::Static => Distilled::version(),
            Self::Lexical => Ok(Lexical::VERSION.to_owned()),
            Self::Folder(folder) => Ok(Sentence::open(folder)?.id()),
        }
    }

    /// Do its vectors depend on a seed?
    pub fn is_seeded(&self) -> bool {
        *self == Self::Lexical
    }

    /// The embedder with this `id` and `centre`, as a file of embeddings says them, if it is of this
    /// kind and version and need not be fitted again.
    ///
    /// # Errors
    /// When a model cannot be read.
    pub fn at(&self, id: &str, centre: Option<&[f32]>) -> Result<Option<Box<dyn Embedder>>, Error> {
        let embedder: Option<Box<dyn Embedder>> = match (self, centre) {
            (Self::Static, Some(centre)) => match Distilled::at(centre, id)? {
                Some(embedder) => Some(Box::new(embedder)),
                None => None,
            },
            // These depend on their corpus.
            (Self::Static | Self::Lexical, _) => None,
            (Self::MiniLm | Self::Folder(_), _) => Some(self.fit(&[], 0)?),
        };
        Ok(embedder.filter(|embedder| embedder.id() == id))
    }

    /// The embedder, fitted on `corpus` where it needs one.
    ///
    /// Whoever wants to embed other texts into the space of some stored vectors (a candidate's
    /// name among the clusters) fits again, on the same texts with the same seed, and has the
    /// same embedder: its [`id`](Embedder::id) says so.
    ///
    /// # Errors
    /// When a model cannot be read.
    pub fn fit(&self, corpus: &[EmbeddedText<'_>], seed: u64) -> Result<Box<dyn Embedder>, Error> {
        Ok(match self {
            Self::MiniLm => Box::new(Sentence::shipped()?),
            Self::Static => Box::new(Distilled::fit(corpus)?),
            Self::Lexical => Box::new(fitted(corpus, seed)),
            Self::Folder(folder) => Box::new(Sentence::open(folder)?),
        })
    }
}

/// The embedder that was fitted last: stages that run in one process, one after the other, want the
/// same one.
static LAST: Mutex<Option<Arc<Lexical>>> = Mutex::new(None);

fn fitted(corpus: &[EmbeddedText<'_>], seed: u64) -> Arc<Lexical> {
    let id = Lexical::id_for(corpus, seed);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(embedder) = &*last
        && embedder.id() == id
    {
        return Arc::clone(embedder);
    }
    // Let go of the old one before the new one is made.
    *last = None;
    // On a thread of the pool: fitting hands it a thousand small pieces of work, and each hand-over
    // from outside would wake it up anew.
    let (embedder, ()) = rayon::join(|| Arc::new(Lexical::fit(corpus, seed)), || ());
    *last = Some(Arc::clone(&embedder));
    embedder
}
