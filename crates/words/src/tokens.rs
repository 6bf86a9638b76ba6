//! From text to tokens: Unicode words with a normalised form and a stem.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// As it stands in the text.
    pub surface: &'a str,
    /// Byte offset of `surface` in the text.
    pub start: usize,
    /// NFKC, lower case.
    pub norm: String,
    /// `norm` without English inflection; equal to `norm` for other scripts.
    pub stem: String,
}

/// The words of `text` in order (Unicode word boundaries, UAX 29; punctuation is left out).
///
/// Chinese, Japanese and Thai come out character by character or in short runs, as UAX 29 cuts
/// them: good enough to count what two texts share.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    text.unicode_word_indices()
        .map(|(start, surface)| {
            let norm: String = surface.nfkc().flat_map(char::to_lowercase).collect();
            let stem = stem(&norm);
            Token { surface, start, norm, stem }
        })
        .collect()
}

/// The stem of a lower-case word (Snowball English; words with other letters stay as they are).
pub fn stem(norm: &str) -> String {
    let word = norm.strip_suffix("'s").or_else(|| norm.strip_suffix("’s")).unwrap_or(norm);
    if word.is_ascii() {
        Stemmer::create(Algorithm::English).stem(word).into_owned()
    } else {
        word.to_owned()
    }
}

/// Is this lower-case word one that says nothing about a topic (articles, pronouns, and the verbs
/// of reporting that summaries are full of)?
pub fn is_stop_word(norm: &str) -> bool {
    STOP_WORDS.binary_search(&norm).is_ok()
}

/// Sorted, lower case.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "between", "both", "but", "by", "can", "could", "did", "do", "does", "each",
    "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is",
    "it", "its", "many", "may", "more", "most", "my", "no", "nor", "not", "of", "on", "one", "or",
    "other", "our", "out", "over", "several", "she", "should", "so", "some", "such", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "to", "under", "up", "us", "was", "we", "were", "what", "when", "where", "whether", "which",
    "while", "who", "whose", "why", "will", "with", "within", "without", "would", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_so_that_the_search_finds_them() {
        assert!(STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn inflections_share_a_stem() {
        let found = tokens("Invoices, invoiced; invoicing");
        assert!(found.iter().all(|token| token.stem == "invoic"), "{found:?}");
    }

    #[test]
    fn other_scripts_are_words_too() {
        assert_eq!(tokens("إعادة تعيين").len(), 2);
        assert!(!tokens("重置密码").is_empty());
    }
}
