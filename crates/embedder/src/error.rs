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
    /// An embedder broke its promise.
    #[error("embedder {id}: {problem}")]
    Broken {
        /// The embedder's id.
        id: String,
        /// What is wrong with its vectors.
        problem: String,
    },
}
