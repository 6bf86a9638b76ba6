//! The shipped model, and texts to vectors.

use std::sync::OnceLock;

use cladus_tokenizer::{Cleaning, Vocabulary, WordPiece};
use rayon::prelude::*;

use crate::Error;
use crate::table::Table;

/// Texts that one task embeds at a time.
const BATCH: usize = 256;

/// Pieces of a name, or of a description, that are read: what follows says the same again.
const LONGEST: usize = 256;

/// A table of token vectors with its vocabulary.
#[derive(Debug)]
pub struct Static {
    table: Table,
    tokens: WordPiece,
}

impl Static {
    /// The model in this build, read once a process.
    ///
    /// # Errors
    /// The build is damaged.
    pub fn shipped() -> Result<&'static Self, Error> {
        static SHIPPED: OnceLock<Result<Static, Error>> = OnceLock::new();
        let shipped = SHIPPED.get_or_init(|| {
            Self::parse(
                include_bytes!("../model/table.bin"),
                include_str!("../model/vocabulary.txt"),
            )
        });
        shipped.as_ref().map_err(Clone::clone)
    }

    fn parse(table: &'static [u8], vocabulary: &'static str) -> Result<Self, Error> {
        let (table, vocabulary) = (Table::parse(table)?, Vocabulary::new(vocabulary.lines(), "##"));
        if table.len != vocabulary.len() {
            let problem = format!("{} rows, {} pieces", table.len, vocabulary.len());
            return Err(Error::new(problem));
        }
        let tokens = WordPiece::new(vocabulary, Cleaning::UNCASED).map_err(Error::new)?;
        Ok(Self { table, tokens })
    }

    /// Everything that decides the vectors, in one stable line.
    pub fn id(&self) -> String {
        let digest: String =
            self.table.digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("static-1 {digest}")
    }

    /// The length of a vector.
    pub fn dim(&self) -> usize {
        self.table.dim
    }

    /// One L2-normalised vector a text, of its name and description together: row-major,
    /// `texts.len()` × [`dim`](Self::dim). Either part may be empty.
    ///
    /// All texts in which no token is known share one vector. The same text gives the same bits, alone
    /// or among others, at any thread count and on any processor. `on_done` is told, from any thread,
    /// each time some more texts are finished.
    pub fn embed(&self, texts: &[(&str, &str)], on_done: &(dyn Fn(usize) + Sync)) -> Vec<f32> {
        let mut vectors = vec![0.0; texts.len() * self.table.dim];
        vectors.par_chunks_mut(BATCH * self.table.dim).zip(texts.par_chunks(BATCH)).for_each(
            |(vectors, texts)| {
                let mut ids = Vec::new();
                for (vector, text) in vectors.chunks_exact_mut(self.table.dim).zip(texts) {
                    self.embed_one(*text, &mut ids, vector);
                }
                on_done(texts.len());
            },
        );
        vectors
    }

    /// `vector` is all zero; `ids` is anything.
    fn embed_one(&self, (name, description): (&str, &str), ids: &mut Vec<u32>, vector: &mut [f32]) {
        // Both weigh the same: where names are brands, twice the name's weight costs the nearest neighbour's
        // category for one item in ten.
        for part in [name, description] {
            ids.clear();
            self.tokens.pieces(part, LONGEST, ids);
            ids.iter().for_each(|id| self.table.add(*id, vector));
        }
        let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        } else if let Some(last) = vector.last_mut() {
            // Far from every other text: the last axis is the one that says least.
            *last = 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_rows_and_the_vocabulary() {
        let model = Static::shipped().unwrap();
        let mut hasher = blake3::Hasher::new();
        hasher.update(model.table.rows());
        hasher.update(include_bytes!("../model/vocabulary.txt"));
        assert_eq!(hasher.finalize(), model.table.digest);
    }
}
