//! Words, stems and phrases.
//!
//! What the extractive backends and the lexical embedder know about language lives here: plain
//! functions over `&str`, no files, no randomness. Everything works on any script; the languages in
//! `tongue` get stems, idle words, articles and sentences of their own, English grammar on top.
//!
//! [`headlines`] names classes of clusters. A name is made of phrases of the clusters' own names
//! and descriptions: runs of one to four words that look like noun phrases (`source`), ranked by
//! class-based tf-idf (M. Grootendorst, *BERTopic: neural topic modeling with a class-based TF-IDF
//! procedure*, 2022) against the sibling classes and all other texts (`rank`). Some are looked at
//! closely, chosen by maximal marginal relevance (J. Carbonell and J. Goldstein, *The use of MMR,
//! diversity-based reranking*, 1998; `pick`), and, where the caller can embed phrases ([`MeaningSpace`]),
//! weighed by how near they are to the class (`naming`; `aim` says where that is). Of the names that up
//! to three of them make, the one wins that covers most of the class at the least cost to a reader
//! (`whole`). Phrases are written as the texts write them (`spell`), what they share being said once
//! (`compose`), and under the verb that most of the clusters' names start with, if that is how they are
//! written (`opening`, `verbs`). No two names of a level are the same (`settle`).
//!
//! ```
#![doc = include_str!("../examples/headlines.rs")]
//! ```

mod aim;
mod bonded;
mod candidates;
mod class;
mod compose;
mod corpus;
mod corpus_text;
mod describe;
mod draft;
mod elision;
mod few;
mod followed;
mod level_words;
mod lists;
mod meaning;
mod naming;
mod opening;
mod parts;
mod pick;
mod rank;
mod relate;
mod scan;
mod sentences;
mod settle;
mod siblings;
mod slug;
mod source;
mod spell;
mod style;
mod tokens;
mod tongue;
mod verbs;
mod vocabulary;
mod whole;
mod worded;

pub use class::{Class, Headline};
pub use corpus::Corpus;
pub use corpus_text::CorpusText;
pub use describe::{Telling, description};
pub use level_words::{LevelCounting, LevelSurvey, LevelWords};
pub use meaning::{MeaningSpace, RunningMean, WordsOnly};
pub use naming::{guides, headlines, open_guides, open_headlines};
pub use sentences::sentences;
pub use settle::{OpenName, told_apart};
pub use slug::{slug, slug_of};
pub use tokens::{Token, is_stop_word, stem, tokens};
pub use tongue::is_heap;

/// Phrases and names of a class that [`headlines`] embeds, at most, beside its texts' names: what a
/// [`MeaningSpace`] that is paid for comes to.
pub const EMBEDDED_OF_A_CLASS: (usize, usize) = (pick::SHORTLIST, whole::EMBEDDED);
