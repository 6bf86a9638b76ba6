//! The tokeniser: special tokens, words, pieces, truncation.

use std::sync::OnceLock;

use cladus_core::{Error, Result};

use crate::tokenizer::split::{Cleaning, words};
use crate::tokenizer::vocabulary::PieceVocabulary;

/// A word of more characters is unknown.
const LONGEST_WORD: usize = 100;

/// The pieces of `bert-base-uncased`, a line each, which all-MiniLM-L6-v2 shares.
static UNCASED: &str = include_str!("../../model/tokenizer/vocab.txt");

/// Turns texts into the ids of word pieces, as BERT's tokeniser does.
#[derive(Debug)]
pub struct WordPiece {
    vocabulary: PieceVocabulary,
    cleaning: Cleaning,
    longest_word: usize,
    unknown: u32,
    begin: u32,
    end: u32,
    /// Tokens that are found in the text as they are, before it is cleaned.
    special: Vec<(String, u32)>,
}

impl WordPiece {
    /// The shipped tokeniser, that of all-MiniLM-L6-v2, built once in a process.
    pub fn minilm() -> Result<&'static Self> {
        static SHIPPED: OnceLock<WordPiece> = OnceLock::new();
        if let Some(shipped) = SHIPPED.get() {
            return Ok(shipped);
        }
        let vocabulary = PieceVocabulary::new(UNCASED.lines(), "##");
        let tokens = Self::new(vocabulary, Cleaning::UNCASED)
            .map_err(|problem| Error::Bug(format!("the shipped vocabulary: {problem}")))?;
        Ok(SHIPPED.get_or_init(|| tokens))
    }

    /// A tokeniser with BERT's five special tokens, of which `[UNK]`, `[CLS]` and `[SEP]` must be
    /// in the vocabulary. Says what is missing otherwise.
    pub fn new(vocabulary: PieceVocabulary, cleaning: Cleaning) -> Result<Self, String> {
        let id = |token: &str| {
            vocabulary.id(token).ok_or_else(|| format!("it has no piece {token}, which is needed"))
        };
        let (unknown, begin, end) = (id("[UNK]")?, id("[CLS]")?, id("[SEP]")?);
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
            .iter()
            .filter_map(|token| Some(((*token).to_owned(), vocabulary.id(token)?)))
            .collect();
        let longest_word = LONGEST_WORD;
        Ok(Self { vocabulary, cleaning, longest_word, unknown, begin, end, special })
    }

    pub(crate) fn with_longest_word(self, longest_word: usize) -> Self {
        Self { longest_word, ..self }
    }

    /// The pieces behind the ids.
    pub fn vocabulary(&self) -> &PieceVocabulary {
        &self.vocabulary
    }

    /// How texts are cleaned.
    pub fn cleaning(&self) -> Cleaning {
        self.cleaning
    }

    /// The ids of a text between `[CLS]` and `[SEP]`, at most `limit` of them with those two.
    ///
    /// Time and memory follow `limit`, not the text, except where the text has nothing to read.
    pub fn encode(&self, text: &str, limit: usize) -> Vec<u32> {
        let mut ids = vec![self.begin];
        self.pieces(text, limit.saturating_sub(2), &mut ids);
        ids.push(self.end);
        ids
    }

    /// Appends the ids of a text, at most `limit` of them, without `[CLS]` and `[SEP]`.
    pub fn pieces(&self, text: &str, limit: usize, ids: &mut Vec<u32>) {
        let before = ids.len();
        let mut word = String::new();
        let mut rest = text;
        while ids.len() - before < limit {
            let found = self.next_special(rest);
            let plain = found.map_or(rest, |(start, _, _)| &rest[..start]);
            words(plain, self.cleaning, self.longest_word, &mut word, &mut |word| {
                self.word(word, ids);
                ids.len() - before < limit
            });
            let Some((_, end, id)) = found else { break };
            ids.push(id);
            rest = &rest[end..];
        }
        ids.truncate(before.saturating_add(limit));
    }

    fn word(&self, word: &str, ids: &mut Vec<u32>) {
        let fits = word.len() <= self.longest_word || word.chars().count() <= self.longest_word;
        if !(fits && self.vocabulary.cut(word, ids)) {
            ids.push(self.unknown);
        }
    }

    /// Where the next special token begins and ends, and its id.
    fn next_special(&self, text: &str) -> Option<(usize, usize, u32)> {
        text.match_indices('[').find_map(|(start, _)| {
            let (token, id) =
                self.special.iter().find(|(token, _)| text[start..].starts_with(token.as_str()))?;
            Some((start, start + token.len(), *id))
        })
    }
}
