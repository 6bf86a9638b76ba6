//! What phrases mean, where the caller can embed them.

use std::convert::Infallible;

/// The space that the texts of a corpus lie in, and the way to put phrases beside them.
pub trait MeaningSpace {
    /// Why phrases could not be embedded.
    type Error;

    /// One L2-normalised vector a phrase, row-major, [`dim`](Self::dim) numbers each.
    ///
    /// # Errors
    /// When the phrases could not be embedded.
    fn embed(&mut self, phrases: &[&str]) -> Result<Vec<f32>, Self::Error>;

    /// The length of a vector.
    fn dim(&self) -> usize;

    /// One L2-normalised vector a text of the corpus, row-major. Asked for after
    /// [`embed`](Self::embed), so that this may still move the space.
    fn texts(&self) -> &[f32];

    /// The mean direction of all texts of the level; of those of the corpus, where these are all.
    fn middle(&self) -> Vec<f32> {
        let rows = self.texts().len().checked_div(self.dim()).unwrap_or(0);
        mean(self.texts(), self.dim(), 0..rows)
    }
}

/// No space: phrases are judged by their words alone.
#[derive(Debug, Clone, Copy)]
pub struct WordsOnly;

impl MeaningSpace for WordsOnly {
    type Error = Infallible;

    fn embed(&mut self, _: &[&str]) -> Result<Vec<f32>, Infallible> {
        Ok(Vec::new())
    }

    fn dim(&self) -> usize {
        0
    }

    fn texts(&self) -> &[f32] {
        &[]
    }
}

/// The mean direction of some rows; zeros if there are none.
pub(crate) fn mean(vectors: &[f32], dim: usize, rows: impl Iterator<Item = usize>) -> Vec<f32> {
    let mut mean = RunningMean::default();
    for row in rows {
        mean.add(vectors.get(row * dim..(row + 1) * dim).unwrap_or(&[]));
    }
    mean.sum.resize(dim, 0.0);
    mean.direction()
}

/// The mean direction of vectors that come one by one.
#[derive(Debug, Default)]
pub struct RunningMean {
    sum: Vec<f32>,
}

impl RunningMean {
    /// Takes in one more, as long as those before.
    pub fn add(&mut self, vector: &[f32]) {
        if self.sum.len() < vector.len() {
            self.sum.resize(vector.len(), 0.0);
        }
        for (sum, value) in self.sum.iter_mut().zip(vector) {
            *sum += value;
        }
    }

    /// Zeros if there is none.
    pub fn direction(self) -> Vec<f32> {
        let mut sum = self.sum;
        let norm = dot(&sum, &sum).sqrt();
        if norm > 0.0 {
            sum.iter_mut().for_each(|value| *value /= norm);
        }
        sum
    }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
