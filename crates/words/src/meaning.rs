//! What phrases mean, if the caller can embed them: how near each is to the class it would name.

/// Vectors of the texts and a way to embed phrases into the same space.
pub struct Meaning<'a, E> {
    /// Row-major, one L2-normalised vector of `dim` a text of the corpus.
    pub vectors: &'a [f32],
    /// Length of a vector.
    pub dim: usize,
    /// One L2-normalised vector of `dim` a phrase.
    pub embed: &'a dyn Fn(&[String]) -> Result<Vec<f32>, E>,
}

impl<E> Meaning<'_, E> {
    /// The mean direction of some texts; zeros if there are none.
    pub(crate) fn mean(&self, texts: impl Iterator<Item = usize>) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.dim];
        for text in texts {
            let row = self.vectors.get(text * self.dim..(text + 1) * self.dim).unwrap_or(&[]);
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
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
