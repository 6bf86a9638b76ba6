//! Built-in embedders behind one small trait.
//!
//! An embedder turns a text into a point on the unit sphere, so that texts about the same thing
//! lie close together. [`Embedder`] says what every one of them promises. There are
//!
//! * a sentence transformer, all-MiniLM-L6-v2, or another one in a folder ([`cladus_models::transformer`]);
//! * its distillate, a table of words, which is a hundred times as fast ([`cladus_models::static_table`]);
//! * [`Lexical`], which knows nothing but the corpus it was fitted on, and with it any language.
//!
//! [`Embedders`] makes them, and is handed from stage to stage so that none is made twice.
//! [`EmbedderRequest`] is what somebody asks for; `auto` leaves the [`EmbedderChoice`] to the number of texts and the
//! language they are in.
//!
//! ```
#![doc = include_str!("../examples/embedder.rs")]
//! ```

mod choose;
mod corpus;
mod distinct;
mod embedder;
mod embedders;
mod error;
mod kind;
mod lexical;
mod memo;
mod model;
mod smooth;
mod space;
mod tongue;

pub use choose::{
    EmbedderChoice, EmbedderRequest, FEW_TEXTS, FEW_TEXTS_OF_A_MODEL, Why, choose, settled,
};
pub use corpus::CorpusSample;
pub use distinct::embed_distinct;
pub use embedder::{EmbeddedText, Embedder};
pub use embedders::Embedders;
pub use error::Error;
pub use kind::EmbedderKind;
pub use lexical::Lexical;
pub use space::{PhraseSpace, Space, maker_of};
