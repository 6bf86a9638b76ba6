//! Cleaning a text and cutting it into words, in one pass and without keeping the text.

use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// What is done to a text before it is cut into words (a `BertNormalizer`'s settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleaning {
    /// Remove control characters.
    pub control: bool,
    /// Make every Chinese character a word.
    pub chinese: bool,
    /// Remove accents.
    pub accents: bool,
    /// Make everything lower case.
    pub lowercase: bool,
}

impl Cleaning {
    /// As models for lower case text have it.
    pub const UNCASED: Self = Self { control: true, chinese: true, accents: true, lowercase: true };
}

/// Calls `each` with every word of `text`, a punctuation mark being a word, until it says `false`.
///
/// `word` is room for the word at hand; of one longer than `longest` characters only the beginning
/// is handed over, and it is longer than that.
pub(crate) fn words(
    text: &str,
    cleaning: Cleaning,
    longest: usize,
    word: &mut String,
    each: &mut impl FnMut(&str) -> bool,
) -> bool {
    let mut cutter = Cutter { word, chars: 0, longest, each };
    cutter.word.clear();
    let whole = if text.is_ascii() {
        text.bytes().all(|byte| ascii(byte, cleaning).is_none_or(|letter| cutter.push(letter)))
    } else {
        unicode(text, cleaning, &mut cutter)
    };
    whole && cutter.end()
}

/// What an ASCII character becomes; `None` where it is removed.
fn ascii(byte: u8, cleaning: Cleaning) -> Option<char> {
    match byte {
        b'\t' | b'\n' | b'\r' => Some(' '),
        // Without cleaning these two are white space nevertheless.
        0x0b | 0x0c if !cleaning.control => Some(' '),
        0..0x20 | 0x7f if cleaning.control => None,
        _ if cleaning.lowercase => Some(char::from(byte.to_ascii_lowercase())),
        _ => Some(char::from(byte)),
    }
}

fn unicode<F: FnMut(&str) -> bool>(text: &str, cleaning: Cleaning, cutter: &mut Cutter<F>) -> bool {
    let cleaned = text.chars().filter(move |&c| !cleaning.control || !is_removed(c));
    let spaced = cleaned.flat_map(move |c| {
        let alone = (cleaning.chinese && is_chinese(c)).then_some(' ');
        alone.into_iter().chain([c]).chain(alone)
    });
    let mut lower = |c: char| {
        if cleaning.lowercase { c.to_lowercase().all(|c| cutter.push(c)) } else { cutter.push(c) }
    };
    if cleaning.accents {
        spaced.nfd().filter(|c| !c.is_mark_nonspacing()).all(&mut lower)
    } else {
        { spaced }.all(&mut lower)
    }
}

struct Cutter<'a, F> {
    word: &'a mut String,
    chars: usize,
    longest: usize,
    each: &'a mut F,
}

impl<F: FnMut(&str) -> bool> Cutter<'_, F> {
    /// Takes the next character; `false` when no more words are wanted.
    fn push(&mut self, c: char) -> bool {
        if c.is_ascii_alphanumeric() {
            self.keep(c)
        } else if c.is_whitespace() {
            self.end()
        } else if c.is_ascii_punctuation() || !c.is_ascii() && c.is_punctuation() {
            self.end() && self.keep(c) && self.end()
        } else {
            self.keep(c)
        }
    }

    fn keep(&mut self, c: char) -> bool {
        if self.chars <= self.longest {
            self.word.push(c);
            self.chars += 1;
        }
        true
    }

    fn end(&mut self) -> bool {
        let go_on = self.chars == 0 || (self.each)(self.word);
        self.word.clear();
        self.chars = 0;
        go_on
    }
}

fn is_removed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | '\u{fffd}' => true,
        ' '..='~' => false,
        _ => c.is_other(),
    }
}

/// Is this an ideograph, as the models' tokeniser counts them?
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}'
        | '\u{2b920}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}'
        | '\u{2f800}'..='\u{2fa1f}')
}
