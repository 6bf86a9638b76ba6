//! Short texts whose vectors are remembered.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most vectors that are remembered: with 384 dimensions, 75 MB.
const MOST: usize = 50_000;

/// The vectors that one transformer gave to names and phrases. Stages that run in one process, one after
/// the other, ask for much the same ones: candidates are named by the phrases that their clusters' parents
/// will be named by.
#[derive(Debug, Default)]
pub(crate) struct Memo(Mutex<Option<MemoEntry>>);

#[derive(Debug)]
struct MemoEntry {
    /// The id of the transformer.
    id: String,
    vectors: HashMap<Box<str>, Box<[f32]>>,
}

impl Memo {
    /// One vector of `dim` numbers a text, row-major; `make` is asked once, for those that are not
    /// remembered, be it none.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn vectors<E>(
        &self,
        id: &str,
        dim: usize,
        texts: &[&str],
        make: impl FnOnce(&[&str]) -> Result<Vec<f32>, E>,
    ) -> Result<Vec<f32>, E> {
        let mut all = vec![0.0; texts.len() * dim];
        let mut missing: Vec<usize> = Vec::new();
        {
            let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = held.as_ref().filter(|held| held.id == id);
            for (at, text) in texts.iter().enumerate() {
                match known.and_then(|held| held.vectors.get(*text)) {
                    Some(vector) => all[at * dim..(at + 1) * dim].copy_from_slice(vector),
                    None => missing.push(at),
                }
            }
        }
        let wanted: Vec<&str> = missing.iter().map(|&at| texts[at]).collect();
        let made = make(&wanted)?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|held| held.id != id) {
            *held = Some(MemoEntry { id: id.to_owned(), vectors: HashMap::new() });
        }
        for (&at, vector) in missing.iter().zip(made.chunks_exact(dim)) {
            all[at * dim..(at + 1) * dim].copy_from_slice(vector);
            if let Some(held) = &mut *held
                && held.vectors.len() < MOST
            {
                held.vectors.insert(texts[at].into(), vector.into());
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// The texts that were made anew, and the vectors of all.
    fn asked(memo: &Memo, id: &str, texts: &[&str]) -> (Vec<String>, Vec<f32>) {
        let mut made = Vec::new();
        let Ok(vectors) = memo.vectors::<Infallible>(id, 2, texts, |wanted| {
            made = wanted.iter().map(|text| (*text).to_owned()).collect();
            Ok(wanted.iter().flat_map(|text| [text.len() as f32, 1.0]).collect())
        });
        (made, vectors)
    }

    #[test]
    fn a_text_is_made_once_and_keeps_its_place() {
        let memo = Memo::default();
        let (made, vectors) = asked(&memo, "one", &["oak", "birch"]);
        assert_eq!((made.len(), &vectors[..]), (2, &[3.0, 1.0, 5.0, 1.0][..]));
        let (made, vectors) = asked(&memo, "one", &["birch", "fir tree", "oak"]);
        assert_eq!(made, ["fir tree"]);
        assert_eq!(vectors, [5.0, 1.0, 8.0, 1.0, 3.0, 1.0]);
    }

    #[test]
    fn another_transformer_has_other_vectors() {
        let memo = Memo::default();
        asked(&memo, "one", &["oak"]);
        assert_eq!(asked(&memo, "two", &["oak"]).0, ["oak"]);
        assert_eq!(asked(&memo, "one", &["oak"]).0, ["oak"]);
    }

    #[test]
    fn what_is_too_much_to_remember_is_still_answered() {
        let memo = Memo::default();
        let texts: Vec<String> = (0..MOST + 10).map(|number| number.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(asked(&memo, "one", &texts).1.len(), 2 * texts.len());
        assert_eq!(asked(&memo, "one", &texts).0, texts[MOST..]);
    }
}
