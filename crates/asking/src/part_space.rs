//! The space of a level, of which only the vectors of a share are at hand.

use std::path::Path;

use cladus_core::{Error, Result, artifact};
use cladus_embedder::{EmbeddedText, Embedder, Embedders, embed_distinct, maker_of};
use cladus_words::{MeaningSpace, RunningMean};

use crate::part::GroupShare;

/// Vectors of the clusters of a share, and the middle of all.
pub struct ShareSpace {
    embedder: Box<dyn Embedder>,
    /// Row-major, one L2-normalised vector a cluster, in the order of the file.
    pub vectors: Vec<f32>,
    /// The length of a vector.
    pub dim: usize,
    /// Of the whole level.
    middle: Vec<f32>,
}

impl ShareSpace {
    /// The vectors in the file `embeddings` of the clusters in the file `clusters`, as far as they are in
    /// `share`. `asked` is the embedder that is asked for.
    ///
    /// `None` where the vectors are somebody's own, so that phrases cannot be put beside them, or the file's
    /// rows are not those of the share's level.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, or a model cannot be read.
    pub fn read(
        share: &GroupShare,
        embeddings: &Path,
        asked: &str,
        clusters: &Path,
        embedders: &Embedders,
    ) -> Result<Option<Self>> {
        let head = artifact::embeddings_head(embeddings)?;
        let Some(embedder) = maker_of(&head, asked, clusters, embedders)? else { return Ok(None) };
        let mut middle = RunningMean::default();
        let read = share.vectors(embeddings, |row| middle.add(row))?;
        Ok(read.map(|(vectors, dim)| Self { embedder, vectors, dim, middle: middle.direction() }))
    }
}

impl MeaningSpace for ShareSpace {
    type Error = Error;

    fn embed(&mut self, phrases: &[&str]) -> Result<Vec<f32>> {
        let phrases: Vec<EmbeddedText<'_>> =
            phrases.iter().map(|phrase| EmbeddedText::name(phrase)).collect();
        Ok(embed_distinct(self.embedder.as_ref(), &phrases, &|_| {})?)
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn texts(&self) -> &[f32] {
        &self.vectors
    }

    fn middle(&self) -> Vec<f32> {
        self.middle.clone()
    }
}
