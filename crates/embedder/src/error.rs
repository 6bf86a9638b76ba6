//! What can go wrong when embedding.

/// Errors of choosing and using an embedder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no embedder of that name.
    #[error("unknown embedder {name:?}; known are {}", known.join(", "))]
    Unknown {
        /// As given.
        name: String,
        /// The names that would do.
        known: &'static [&'static str],
    },
    /// The embedder is planned, but this build does not have it.
    #[error("embedder {name:?} is not in this build yet; there are {}", known.join(", "))]
    NotBuilt {
        /// As given.
        name: String,
        /// The names that would do.
        known: &'static [&'static str],
    },
    /// The embedder asks an endpoint, and nobody has connected it.
    #[error("embedder api needs an embedding model and its endpoint")]
    NotConnected,
    /// What an embedder that asks an endpoint has to say.
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
            Error::Unknown { .. } | Error::NotBuilt { .. } | Error::NotConnected => {
                Self::config(error.to_string())
            }
        }
    }
}
