//! From a text to what is counted in it: words and character n-grams.

use cladus_words::{is_stop_word, tokens};

use crate::EmbeddedText;
use crate::corpus::mix;

/// Bytes of a name or a description that are read. A cluster's text has a few hundred; what a
/// megabyte of text is about shows in its beginning.
const MAX_BYTES: usize = 8 * 1024;
/// A word of the name counts as often as this many in the description.
const NAME_WEIGHT: f32 = 2.0;
/// Lengths of the character n-grams, counted with the marks for a word's beginning and end.
const GRAM_LENGTHS: std::ops::RangeInclusive<usize> = 3..=4;

/// A feature's name (a hash of what it is) and how often it occurs, weighted by field.
pub(super) type FeatureCounts = Vec<(u64, f32)>;

/// What occurs in one text. Both parts are sorted by hash, each hash once.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Features {
    /// Stems; for scripts without spaces, characters.
    pub(super) words: FeatureCounts,
    /// Character n-grams within words; for scripts without spaces, pairs of characters.
    pub(super) grams: FeatureCounts,
}

impl Features {
    /// What occurs in `text`, in any script. Empty only for a blank text.
    pub(super) fn of(text: &EmbeddedText<'_>) -> Self {
        let mut features = Self::default();
        features.add(text, StopWords::Skip);
        if features.words.is_empty() {
            // "How to", "About": all there is.
            features.add(text, StopWords::Keep);
        }
        if features.words.is_empty() {
            // "?!", "<>"
            for (field, weight) in fields(text) {
                features.add_word(field.trim(), weight);
            }
        }
        merge(&mut features.words);
        merge(&mut features.grams);
        features
    }

    fn add(&mut self, text: &EmbeddedText<'_>, stop: StopWords) {
        for (field, weight) in fields(text) {
            let mut previous: Option<(usize, String)> = None;
            for token in tokens(field) {
                if stop == StopWords::Keep || !is_stop_word(&token.norm) {
                    self.add_word(&token.stem, weight);
                }
                // Words that touch belong to a script without spaces, which comes character by
                // character: pairs are to it what n-grams are to the others.
                if let Some((end, previous)) = &previous
                    && *end == token.start
                {
                    self.grams.push((hash(PAIR, [&**previous, &*token.norm]), weight));
                }
                previous = Some((token.start + token.surface.len(), token.norm));
            }
            // Emoji are not words to Unicode, but say something.
            for symbol in field.chars().filter(|c| is_symbol(*c)) {
                self.add_word(symbol.encode_utf8(&mut [0; 4]), weight);
            }
        }
    }

    fn add_word(&mut self, word: &str, weight: f32) {
        if word.is_empty() {
            return;
        }
        self.words.push((hash(WORD, [word]), weight));
        let marked: Vec<char> =
            std::iter::once('<').chain(word.chars()).chain(std::iter::once('>')).collect();
        for start in 0..marked.len() {
            let mut gram = Fnv::new(GRAM);
            for (length, letter) in marked[start..].iter().enumerate().map(|(at, c)| (at + 1, c)) {
                if length > *GRAM_LENGTHS.end() {
                    break;
                }
                gram.add_char(*letter);
                if GRAM_LENGTHS.contains(&length) {
                    self.grams.push((gram.finish(), weight));
                }
            }
        }
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum StopWords {
    Skip,
    Keep,
}

fn fields<'a>(text: &EmbeddedText<'a>) -> [(&'a str, f32); 2] {
    [(head(text.name), NAME_WEIGHT), (head(text.description), 1.0)]
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// Arrows to technical signs and dingbats, currencies, and the planes of emoji.
fn is_symbol(c: char) -> bool {
    matches!(c, '\u{20A0}'..='\u{20CF}' | '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

fn merge(counts: &mut FeatureCounts) {
    counts.sort_unstable_by_key(|(hash, _)| *hash);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}

const WORD: u8 = b'w';
const GRAM: u8 = b'g';
const PAIR: u8 = b'p';

fn hash<const N: usize>(kind: u8, parts: [&str; N]) -> u64 {
    let mut fnv = Fnv::new(kind);
    for part in parts {
        part.chars().for_each(|c| fnv.add_char(c));
        fnv.add_char('\0');
    }
    fnv.finish()
}

/// FNV-1a over characters, then a mixing step: FNV alone leaves the upper bits of short strings
/// too even.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Fnv {
    fn new(kind: u8) -> Self {
        Self(0xCBF2_9CE4_8422_2325 ^ u64::from(kind))
    }

    fn add_char(&mut self, c: char) {
        self.0 = (self.0 ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01B3);
    }

    fn finish(self) -> u64 {
        mix(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Features {
        Features::of(&EmbeddedText::name(name))
    }

    fn shared(left: &str, right: &str) -> usize {
        let (left, right) = (of(left), of(right));
        left.grams.iter().filter(|(hash, _)| right.grams.iter().any(|(h, _)| h == hash)).count()
    }

    #[test]
    fn only_blank_texts_have_no_features() {
        for blank in ["", "  ", "\n\t"] {
            assert_eq!(of(blank), Features::default(), "{blank:?}");
        }
        for something in ["how to", "?!", "🎉", "重置", "إعادة", "a", "ก", "<>"] {
            let features = of(something);
            assert!(!features.words.is_empty() && !features.grams.is_empty(), "{something:?}");
        }
    }

    #[test]
    fn related_words_share_n_grams_in_every_script() {
        assert!(shared("hypertension", "hypotensive") >= 3);
        assert!(shared("重置密码", "忘记密码") >= 3, "two characters and their pair");
        assert!(shared("المدرسة", "مدرسة") >= 3);
        assert_eq!(shared("abc", "xyz"), 0);
    }

    #[test]
    fn case_inflection_and_order_do_not_count() {
        assert_eq!(of("Resetting Passwords"), of("password, reset"));
    }

    #[test]
    fn the_name_counts_more() {
        let features = Features::of(&EmbeddedText::new("alpha", "omega"));
        let weight =
            |word| features.words.iter().find(|(h, _)| *h == hash(WORD, [word])).unwrap().1;
        assert_eq!((weight("alpha"), weight("omega")), (NAME_WEIGHT, 1.0));
    }

    #[test]
    fn a_huge_text_is_read_up_to_a_limit() {
        let huge = "ä word ".repeat(200_000);
        let features = of(&huge);
        assert_eq!(features.words.len(), 2);
        assert!(features.words[0].1 < 4_000.0);
    }
}
