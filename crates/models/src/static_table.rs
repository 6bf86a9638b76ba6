//! Sentence embeddings without a transformer, for large inputs.
//!
//! A text's vector is the sum of its tokens' vectors, L2-normalised. The table of token vectors is
//! distilled from all-MiniLM-L6-v2 (`scripts/train_static.py`), so that what is near in the
//! transformer's space is near here, at several hundred times its speed. How much a token counts is in
//! the length of its vector. [`Static::centre`] is what the texts of a corpus have in common; vectors
//! are best compared as seen from there.
//!
//! ```
#![doc = include_str!("../examples/table.rs")]
//! ```

mod error;
mod model;
mod table;

pub use error::Error;
pub use model::Static;
