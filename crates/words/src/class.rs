//! Clusters that need a name in common, and the name.

/// Clusters that need a name in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Numbers of their texts in the corpus.
    pub texts: Vec<usize>,
    /// Classes of one set are siblings: their names must tell them apart.
    pub set: u32,
}

/// A name, and what else there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// At most ten words; different from all other names of the level.
    pub name: String,
    /// The phrases in it, as they are written inside a sentence.
    pub phrases: Vec<String>,
    /// What else many of the texts share, likewise.
    pub further: Vec<String>,
    /// Some texts that stand for the class well, the best one first.
    pub typical: Vec<usize>,
    /// Its largest texts, the largest one first; of equally large ones those that stand for it best.
    pub largest: Vec<usize>,
    /// How many texts it has.
    pub children: usize,
    /// Items under them.
    pub items: u64,
    /// Has the largest text more than half of the items?
    pub half: bool,
}

/// What names are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// People read them.
    Reading,
    /// Clusters are compared with them.
    Guiding,
}
