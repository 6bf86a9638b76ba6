//! The embedders that run in this process.

use std::path::PathBuf;

use cladus_models::transformer::Transformer;

use crate::corpus::{CorpusSample, STATIC_SEED};
use crate::model::Distilled;
use crate::{Error, Lexical};

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
    /// The kind and seed of the embedder that has this [`id`](crate::Embedder::id), if it is a built-in one.
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
            Self::Folder(folder) => Ok(Transformer::id_of(folder)?),
        }
    }

    /// A sample of a corpus, nothing yet, that an embedder of this kind would be fitted on with this seed.
    pub fn sample(&self, seed: u64) -> CorpusSample {
        CorpusSample::new(match self {
            Self::Static => Some(STATIC_SEED),
            Self::Lexical => Some(seed),
            Self::MiniLm | Self::Folder(_) => None,
        })
    }

    /// Do its vectors depend on a seed?
    pub fn is_seeded(&self) -> bool {
        *self == Self::Lexical
    }
}
