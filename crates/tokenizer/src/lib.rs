//! Text to word pieces, as BERT's tokeniser does it.
//!
//! The ids are those of the `tokenizers` package that the models were trained with, special tokens
//! and truncation included; `scripts/check_tokens.py` compares the two.
//!
//! ```
//! let tokens = cladus_tokenizer::WordPiece::minilm()?;
//! // [CLS] re ##set a password . [SEP]
//! assert_eq!(tokens.encode("Reset a password.", 256), [101, 25141, 1037, 20786, 1012, 102]);
//! # Ok::<(), cladus_core::Error>(())
//! ```

mod open;
mod split;
mod vocabulary;
mod wordpiece;

pub use split::Cleaning;
pub use vocabulary::Vocabulary;
pub use wordpiece::WordPiece;

#[cfg(test)]
mod tests;
