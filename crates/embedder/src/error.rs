//! What can go wrong when embedding.

use cladus_core::suggest;

/// Errors of choosing and using an embedder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no embedder of that name.
    #[error("unknown embedder {name:?}; expected {}, or a folder with a sentence transformer", known.join(", "))]
    Unknown {
        /// As given.
        name: String,
        /// The names that would do.
        known: &'static [&'static str],
    },
    /// The embedder asks an endpoint, and nobody has connected it.
    #[error("embedder api needs an embedding model and its endpoint")]
    NotConnected,
    /// What a model, or an embedder that asks an endpoint, has to say.
    #[error(transparent)]
    Outside(Box<cladus_core::Error>),
    /// An embedder broke its promise.
    #[error("embedder {id}: {problem}")]
    Broken {
        /// The embedder's id.
        id: String,
        /// What is wrong with its vectors.
        problem: String,
    },
}

impl From<Error> for cladus_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Outside(error) => *error,
            Error::Broken { .. } => Self::Bug(error.to_string()),
            Error::Unknown { ref name, known } => {
                let hint = suggest::nearest(name, known.iter().copied())
                    .map(|meant| format!("did you mean {meant}?"));
                Self::Config { problem: error.to_string(), hint }
            }
            Error::NotConnected => Self::config(error.to_string()),
        }
    }
}

impl From<cladus_core::Error> for Error {
    fn from(error: cladus_core::Error) -> Self {
        Self::Outside(Box::new(error))
    }
}
