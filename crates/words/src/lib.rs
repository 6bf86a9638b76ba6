//! Words, stems and phrases.
//!
//! What the extractive backends and the lexical embedder know about language lives here: plain
//! functions over `&str`, no files, no vectors, no randomness. Everything works on any script;
//! English gets stemming and a list of stop words on top.

mod candidates;
mod compose;
mod corpus;
mod describe;
mod draft;
mod lists;
mod meaning;
mod naming;
mod opening;
mod pick;
mod rank;
mod scan;
mod sentences;
mod settle;
mod slug;
mod source;
mod spell;
mod style;
mod tokens;
mod verbs;
mod vocabulary;

pub use corpus::{Corpus, Text};
pub use describe::description;
pub use meaning::{Meaning, WordsOnly};
pub use naming::{Class, Headline, headlines};
pub use sentences::sentences;
pub use slug::{slug, slug_of};
pub use tokens::{Token, is_stop_word, stem, tokens};
