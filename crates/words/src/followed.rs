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
    /// A number or a code among these ("error 404", "form W-2"): what stands before it is whole.
    pub(crate) codes: u32,
    /// Different such words, up to [`VARIETY`].
    pub(crate) others: Vec<u32>,
}

/// Different continuations of a phrase that are told apart.
pub(crate) const VARIETY: usize = 12;

/// Where a phrase stands in the names that hold it, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NamePlaces {
    /// In all.
    pub(crate) named: u32,
    /// Behind "for", "in", "by" and the like: it says where or for whom, another word what.
    pub(crate) behind: u32,
    /// Right behind "of" or "of the": it belongs to what is before.
    pub(crate) under: u32,
}

impl NamePlaces {
    /// The share of names in which it does not say what they are about.
    pub(crate) fn aside(self) -> f32 {
        self.behind as f32 / self.named.max(1) as f32
    }

    /// Does it belong to what is before it in most names?
    pub(crate) fn is_under(self) -> bool {
        self.under > 0 && 2 * self.under >= self.named
    }
}
