//! A candidate as it is offered.

/// A candidate, as far as choosing by embedding is concerned.
#[derive(Debug, Clone, Default)]
pub struct OfferedCandidate {
    /// The group it was proposed for; `None`: offered to every group.
    pub group: Option<u32>,
    /// Rows of the clusters it was drawn from; may be empty.
    pub exemplars: Vec<u32>,
    /// The first candidate of the same name, where this is not the first.
    pub same_as: Option<u32>,
}
