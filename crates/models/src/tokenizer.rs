//! Text to word pieces, as BERT's tokeniser does it.
//!
//! The ids are those of the `tokenizers` package that the models were trained with, special tokens
//! and truncation included; `scripts/check_tokens.py` compares the two.
//!
//! ```
#![doc = include_str!("../examples/pieces.rs")]
//! ```

mod open;
mod split;
mod vocabulary;
mod wordpiece;

pub use split::Cleaning;
pub use vocabulary::PieceVocabulary;
pub use wordpiece::WordPiece;

#[cfg(test)]
mod tests;
