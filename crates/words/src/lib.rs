//! Words, stems and phrases.
//!
//! What the extractive backends and the lexical embedder know about language lives here: plain
//! functions over `&str`, no files, no vectors, no randomness. Everything works on any script;
//! English gets stemming and a list of stop words on top.

mod candidates;
mod compose;
mod corpus;
mod lists;
mod meaning;
mod naming;
mod opening;
mod pick;
mod rank;
mod scan;
mod slug;
mod spell;
mod style;
mod tokens;
mod tune;
mod vocabulary;

pub use corpus::{Corpus, Text};
pub use slug::slug;
pub use tokens::{Token, is_stop_word, stem, tokens};
pub use meaning::Meaning;
pub use naming::{Named, try_names};
