//! Sentence embeddings by transformers of the BERT family, in 8 bits, in this process.
//!
//! Weights have 8 bits and a scale for each output; activations are brought to 8 bits token by
//! token. Texts are laid end to end, never padded, and nothing of one token's arithmetic depends on
//! which others are computed with it: a text has the same vector alone and among thousands, at any
//! number of threads. Sums of products are of integers, and everything else is plain IEEE
//! arithmetic in a fixed order, so the bits are the same on every processor, too.
//!
//! ```
#![doc = include_str!("../examples/minilm.rs")]
//! ```

mod attention;
mod blocks;
mod config;
mod encoder;
mod kernel;
mod linear;
mod math;
mod model;
mod rows;
mod weights;

pub use model::Transformer;
