//! Built-in embedders behind one small trait.
//!
//! An embedder turns a text into a point on the unit sphere, so that texts about the same thing
//! lie close together. [`Embedder`] says what every one of them promises; the first is
//! [`Lexical`], which knows nothing but the corpus it was fitted on.
//!
//! ```
//! use cladus_embedder::{Text, choose, embed_distinct};
//!
//! let corpus = [Text::new("Reset a password", "Users who are locked out."), Text::name("Refunds")];
//! let embedder = choose("auto", &corpus, 0)?;
//! let vectors = embed_distinct(embedder.as_ref(), &corpus, &|_| {})?;
//! assert_eq!(vectors.len(), corpus.len() * embedder.dim());
//! # Ok::<(), cladus_embedder::Error>(())
//! ```

mod choose;
mod distinct;
mod embedder;
mod error;
mod lexical;
mod space;
mod vector;

pub use choose::{Kind, choose};
pub use distinct::embed_distinct;
pub use embedder::{Embedder, Text};
pub use error::Error;
pub use lexical::Lexical;
pub use space::{PhraseSpace, Space};
pub use vector::dot;
