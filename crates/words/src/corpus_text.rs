//! A text as the naming is given it.

/// A name holds its topic in its first words; the rest of a long one is not read.
pub(crate) const NAME_WORDS: usize = 24;
/// Two sentences hold about 40.
pub(crate) const DESCRIPTION_WORDS: usize = 120;

/// A cluster as the naming sees it.
#[derive(Debug, Clone, Copy)]
pub struct CorpusText<'a> {
    /// Up to ten words or so.
    pub name: &'a str,
    /// May be empty.
    pub description: &'a str,
    /// Items under it; larger clusters count a little more.
    pub size: u64,
}
