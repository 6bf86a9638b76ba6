//! What an embedder is.

use crate::Error;

/// What is embedded: a cluster, or (with an empty description) the name of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmbeddedText<'a> {
    /// A few words.
    pub name: &'a str,
    /// A sentence or two; may be empty.
    pub description: &'a str,
}

impl<'a> EmbeddedText<'a> {
    /// A name with its description.
    pub fn new(name: &'a str, description: &'a str) -> Self {
        Self { name, description }
    }

    /// A name alone.
    pub fn name(name: &'a str) -> Self {
        Self { name, description: "" }
    }
}

/// Turns texts into vectors of one space: what is near in it is near in meaning.
pub trait Embedder: Send + Sync {
    /// Everything that decides the vectors, in one stable line: method, version, parameters and,
    /// where it was fitted on a corpus, that corpus' digest. Two embedders with the same id give
    /// the same vectors. It is stored with them.
    fn id(&self) -> String;

    /// The length of a vector.
    fn dim(&self) -> usize;

    /// From where texts are seen, where a corpus decided that: with the [`id`](Self::id) it is all
    /// that [`Embedders::at`](crate::Embedders::at) needs.
    fn centre(&self) -> Option<&[f32]> {
        None
    }

    /// One L2-normalised vector a text: row-major, `texts.len()` × [`dim`](Self::dim).
    ///
    /// Every text has a vector, also an empty one: all empty texts share one. `on_done` is told,
    /// from any thread, each time some more texts are finished.
    ///
    /// # Errors
    /// When the embedder could not embed all of the texts.
    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, Error>;
}

impl<E: Embedder + ?Sized> Embedder for std::sync::Arc<E> {
    fn id(&self) -> String {
        (**self).id()
    }

    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn centre(&self) -> Option<&[f32]> {
        (**self).centre()
    }

    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, Error> {
        (**self).embed(texts, on_done)
    }
}
