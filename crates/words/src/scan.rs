//! From text to words with what stands between them: the raw material of phrases.

use unicode_segmentation::UnicodeSegmentation;

/// What separates a word from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing or a hyphen: both belong to one written word ("two-factor", "W&B", "密码").
    Glue,
    /// A space, or a sign that leaves a phrase whole ("Weights & Biases", "audio/video").
    Space,
    /// Punctuation that ends a phrase.
    Break,
    /// The start of the text or of a sentence: a capital letter means nothing here.
    Start,
}

/// A word where it stands: byte offsets into the text, and what precedes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) gap: Gap,
}

/// The first words of `text`, at most `max_words` of them and none beyond `16 * max_words` bytes:
/// a name of a megabyte costs no more than one of a line.
pub(crate) fn spans(text: &str, max_words: usize) -> Vec<Span> {
    let text = truncated(text, 16 * max_words);
    let mut found: Vec<Span> = Vec::new();
    let mut last_end = 0;
    for (start, word) in text.unicode_word_indices().take(max_words) {
        let gap = if found.is_empty() { Gap::Start } else { gap(&text[last_end..start]) };
        let end = start + word.len() + sign_length(word, &text[start + word.len()..]);
        last_end = end;
        let mut from = start;
        let mut gap = gap;
        // "Intl.Locale" is two words written as one.
        for cut in inner_stops(word) {
            found.push(Span { start: from, end: start + cut, gap });
            (from, gap) = (start + cut + 1, Gap::Glue);
        }
        found.push(Span { start: from, end, gap });
    }
    found
}

/// `text` up to `limit` bytes, cut between characters.
pub(crate) fn truncated(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn gap(between: &str) -> Gap {
    match between {
        "" | "-" | "‐" | "‑" | "&" | "@" | "’" | "'" | "·" => Gap::Glue,
        " " | "\u{a0}" | "/" | " & " | " / " | " + " | "’ " | "' " => Gap::Space,
        _ if between
            .trim_start_matches(['"', '”', '’', ')', ']'])
            .starts_with(['.', '!', '?', ':', '\n', '。', '！', '？', '：']) =>
        {
            Gap::Start
        }
        _ if between.chars().all(char::is_whitespace) => Gap::Space,
        _ => Gap::Break,
    }
}

/// Where full stops stand before a capital letter inside a word.
fn inner_stops(word: &str) -> Vec<usize> {
    let stop = |&at: &usize| {
        word[at + 1..].starts_with(char::is_uppercase) && word[..at].ends_with(char::is_lowercase)
    };
    word.match_indices('.').map(|(at, _)| at).filter(stop).collect()
}

/// "C++", "C#", "F#": the signs belong to the word.
fn sign_length(word: &str, rest: &str) -> usize {
    if word.len() != 1 || !word.starts_with(|c: char| c.is_ascii_uppercase()) {
        return 0;
    }
    if rest.starts_with("++") { 2 } else { usize::from(rest.starts_with('#')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words joined by `_` where glued, ` ` where spaced, ` | ` at a break, ` || ` at a start.
    fn shown(text: &str) -> String {
        let mut out = String::new();
        for span in spans(text, 50) {
            out.push_str(match span.gap {
                Gap::Glue => "_",
                Gap::Space => " ",
                Gap::Break => " | ",
                Gap::Start => " || ",
            });
            out.push_str(&text[span.start..span.end]);
        }
        out.trim_start_matches(" || ").to_owned()
    }

    #[test]
    fn gaps_tell_where_a_phrase_may_run_on() {
        let cases = [
            ("two-factor login codes", "two_factor login codes"),
            ("Weights & Biases, W&B", "Weights Biases | W_B"),
            ("One. Two; three (four)", "One || Two | three | four"),
            ("audio/video in C++ or C#", "audio video in C++ or C#"),
            ("重置密码", "重_置_密_码"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn a_huge_text_costs_no_more_than_a_long_one() {
        let text = "word ".repeat(1 << 20);
        assert_eq!(spans(&text, 30).len(), 30);
        assert!(spans(&"x".repeat(1 << 20), 30)[0].end <= 480);
    }
}
