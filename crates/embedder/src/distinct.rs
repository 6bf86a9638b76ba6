//! Identical texts are embedded once, and what comes back is checked.

use std::collections::HashMap;

use crate::{EmbeddedText, Embedder, Error};

/// How far the squared length of a vector may be from 1.
const UNIT_TOLERANCE: f32 = 1e-3;

/// Embeds `texts` in order, each distinct one once: row-major, `texts.len()` × `embedder.dim()`.
///
/// `on_done` counts all texts, repeats included, so that it ends at `texts.len()`.
///
/// # Errors
/// The embedder's own, and [`Error::Broken`] when its vectors are too few or not of unit length.
pub fn embed_distinct(
    embedder: &dyn Embedder,
    texts: &[EmbeddedText<'_>],
    on_done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<f32>, Error> {
    let mut first: HashMap<EmbeddedText<'_>, usize> = HashMap::with_capacity(texts.len());
    let mut distinct = Vec::new();
    let rows: Vec<usize> = texts
        .iter()
        .map(|text| {
            *first.entry(*text).or_insert_with(|| {
                distinct.push(*text);
                distinct.len() - 1
            })
        })
        .collect();

    let vectors = embedder.embed(&distinct, on_done)?;
    check(embedder, distinct.len(), &vectors)?;
    if distinct.len() == texts.len() {
        return Ok(vectors);
    }
    on_done(texts.len() - distinct.len());
    let dim = embedder.dim();
    let mut all = Vec::with_capacity(texts.len() * dim);
    for row in rows {
        all.extend_from_slice(&vectors[row * dim..(row + 1) * dim]);
    }
    Ok(all)
}

fn check(embedder: &dyn Embedder, texts: usize, vectors: &[f32]) -> Result<(), Error> {
    let dim = embedder.dim();
    let broken = |problem| Error::Broken { id: embedder.id(), problem };
    if dim == 0 || vectors.len() != texts * dim {
        return Err(broken(format!("{} numbers for {texts} texts × {dim}", vectors.len())));
    }
    for (row, vector) in vectors.chunks_exact(dim).enumerate() {
        let length: f32 = vector.iter().map(|x| x * x).sum();
        if length.is_nan() || (length - 1.0).abs() > UNIT_TOLERANCE {
            return Err(broken(format!("vector {row} has squared length {length}, not 1")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers with the number of texts it was shown, as an angle.
    struct Fake(f32);

    impl Embedder for Fake {
        fn id(&self) -> String {
            "fake-1".to_owned()
        }
        fn dim(&self) -> usize {
            2
        }
        fn embed(
            &self,
            texts: &[EmbeddedText<'_>],
            on_done: &(dyn Fn(usize) + Sync),
        ) -> Result<Vec<f32>, Error> {
            on_done(texts.len());
            Ok((0..texts.len())
                .flat_map(|row| {
                    let (sin, cos) = (row as f32).sin_cos();
                    [self.0 * cos, self.0 * sin]
                })
                .collect())
        }
    }

    #[test]
    fn repeats_get_the_first_ones_vector_in_place() {
        let (a, b) = (EmbeddedText::name("a"), EmbeddedText::new("a", "b"));
        let done = AtomicUsize::new(0);
        let texts = [a, b, a, a];
        let vectors = embed_distinct(&Fake(1.0), &texts, &|n| {
            done.fetch_add(n, Ordering::Relaxed);
        })
        .unwrap();
        let (sin, cos) = 1.0_f32.sin_cos();
        assert_eq!(vectors, [1.0, 0.0, cos, sin, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(done.into_inner(), texts.len());
    }

    #[test]
    fn vectors_that_are_not_unit_are_refused() {
        for length in [0.0, 2.0, f32::NAN] {
            let error =
                embed_distinct(&Fake(length), &[EmbeddedText::name("a")], &|_| {}).unwrap_err();
            assert!(error.to_string().starts_with("embedder fake-1: vector 0 has"), "{error}");
        }
    }
}
