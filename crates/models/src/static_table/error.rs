//! What can go wrong with a model's bytes.

/// The bytes of a model are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("static model: {problem}")]
pub struct Error {
    problem: String,
}

impl Error {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into() }
    }
}

impl From<Error> for cladus_core::Error {
    /// The only model there is comes with the build.
    fn from(error: Error) -> Self {
        Self::Bug(error.to_string())
    }
}
