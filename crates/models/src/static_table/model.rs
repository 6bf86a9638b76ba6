//! The shipped model, and texts to vectors.

use std::sync::OnceLock;

use crate::tokenizer::{Cleaning, PieceVocabulary, WordPiece};
use rayon::prelude::*;

use crate::static_table::Error;
use crate::static_table::table::TokenTable;

/// Texts that one task embeds at a time.
const BATCH: usize = 256;

/// Pieces of a name, or of a description, that are read: what follows says the same again.
const LONGEST: usize = 256;

/// A corpus of so many texts is half as sure of its centre as a large one.
const SURE: f64 = 20.0;

/// What is nearer to the centre than this has no direction from there.
const NO_DIRECTION: f64 = 1e-3;

/// A table of token vectors with its vocabulary.
#[derive(Debug)]
pub struct Static {
    table: TokenTable,
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
                include_bytes!("../../model/static/table.bin"),
                include_str!("../../model/static/vocabulary.txt"),
            )
        });
        shipped.as_ref().map_err(Clone::clone)
    }

    fn parse(table: &'static [u8], vocabulary: &'static str) -> Result<Self, Error> {
        let (table, vocabulary) =
            (TokenTable::parse(table)?, PieceVocabulary::new(vocabulary.lines(), "##"));
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
        format!("static-2 {digest}")
    }

    /// The length of a vector.
    pub fn dim(&self) -> usize {
        self.table.dim
    }

    /// What the vectors of `texts` have in common: their mean, [`dim`](Self::dim) numbers, drawn
    /// towards 0 where they are few. Seen from there, what tells texts of one field apart is larger
    /// than what the field says in all of them.
    pub fn centre(&self, texts: &[(&str, &str)]) -> Vec<f32> {
        let mut sum = vec![0.0_f64; self.dim()];
        // One after the other: a sum must not depend on the number of threads.
        for vector in self.embed(texts, None, &|_| {}).chunks_exact(self.dim()) {
            sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        sum.into_iter().map(|sum| (sum / (texts.len() as f64 + SURE)) as f32).collect()
    }

    /// One L2-normalised vector a text, of its name and description together, as seen from `centre`
    /// where there is one: row-major, `texts.len()` × [`dim`](Self::dim). Either part may be empty.
    ///
    /// All texts in which no token is known share one vector. The same text gives the same bits, alone
    /// or among others, at any thread count and on any processor. `on_done` is told, from any thread,
    /// each time some more texts are finished.
    pub fn embed(
        &self,
        texts: &[(&str, &str)],
        centre: Option<&[f32]>,
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Vec<f32> {
        let mut vectors = vec![0.0; texts.len() * self.table.dim];
        vectors.par_chunks_mut(BATCH * self.table.dim).zip(texts.par_chunks(BATCH)).for_each(
            |(vectors, texts)| {
                let mut ids = Vec::new();
                for (vector, text) in vectors.chunks_exact_mut(self.table.dim).zip(texts) {
                    self.embed_one(*text, &mut ids, vector);
                    if let Some(centre) = centre {
                        see_from(centre, vector);
                    }
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
        let length = length(vector.iter().copied());
        if length > 0.0 {
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        } else if let Some(last) = vector.last_mut() {
            // Far from every other text: the last axis is the one that says least.
            *last = 1.0;
        }
    }
}

fn length(vector: impl Iterator<Item = f32>) -> f64 {
    vector.map(|x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// The direction from `centre` to `vector`; what lies in the centre stays as it is.
fn see_from(centre: &[f32], vector: &mut [f32]) {
    let length = length(vector.iter().zip(centre).map(|(x, c)| x - c));
    if length > NO_DIRECTION {
        let pairs = vector.iter_mut().zip(centre);
        pairs.for_each(|(x, c)| *x = (f64::from(*x - c) / length) as f32);
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
        hasher.update(include_bytes!("../../model/static/vocabulary.txt"));
        assert_eq!(hasher.finalize(), model.table.digest);
    }

    #[test]
    fn a_centre_takes_away_what_all_texts_share() {
        let model = Static::shipped().unwrap();
        let texts: Vec<(&str, &str)> =
            ["network", "storage", "login", "printer", "payroll", "travel"]
                .into_iter()
                .map(|what| (what, "A request to the help desk of the company."))
                .collect();
        let cosine = |vectors: &[f32]| -> f32 {
            let (a, b) = vectors[..2 * model.dim()].split_at(model.dim());
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        };
        let plain = model.embed(&texts, None, &|_| {});
        let many: Vec<(&str, &str)> = texts.iter().cycle().take(600).copied().collect();
        let centre = model.centre(&many);
        let seen = model.embed(&texts, Some(&centre), &|_| {});
        assert!(cosine(&seen) < cosine(&plain) - 0.3, "{} {}", cosine(&seen), cosine(&plain));
        for vector in seen.chunks_exact(model.dim()) {
            assert!((length(vector.iter().copied()) - 1.0).abs() < 1e-5);
        }
        // One text over and over: it is the centre, and keeps a direction all the same.
        let same = vec![texts[0]; 30_000];
        let vectors = model.embed(&texts[..1], Some(&model.centre(&same)), &|_| {});
        assert!((length(vectors.into_iter()) - 1.0).abs() < 1e-5);
        assert!(model.centre(&[]).iter().all(|x| *x == 0.0));
    }
}
