//! What stands beside a phrase, counted.

/// What follows a phrase, counted: whether it is a whole noun phrase shows in that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Followed {
    /// Nothing, or a word that cannot belong to it.
    pub(crate) nothing: u32,
    /// "of", "for" and the like: a complement.
    pub(crate) link: u32,
    /// "of" among these.
    pub(crate) of: u32,
    /// "and", "or": whether more would have come cannot be told.
    pub(crate) conjunction: u32,
    /// Another word of the same noun phrase.
    pub(crate) more: u32,
    /// Different such words, up to [`VARIETY`].
    pub(crate) others: Vec<u32>,
}

/// Different continuations of a phrase that are told apart.
pub(crate) const VARIETY: usize = 12;
