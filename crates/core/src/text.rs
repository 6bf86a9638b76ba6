//! Text from outside is data: in every prompt, page and terminal.
//!
//! Names and descriptions come from users' files and from models. They end up in terminals, in
//! Parquet files that people open with tools we do not control, and in prompts. So they are cleaned
//! once, when they are read, and everything behind that can rely on it.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Longest name kept from an input, in characters.
pub const MAX_NAME_CHARS: usize = 500;
/// Longest candidate name, in characters.
pub const MAX_CANDIDATE_CHARS: usize = 200;
/// Longest description kept from an input, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 5_000;

/// One line of safe text: NFC, no control characters, terminal escape sequences, bidirectional
/// overrides or invisible characters, white space collapsed to single spaces and trimmed.
///
/// Joiners (U+200C, U+200D) stay: emoji, Persian and the Indic scripts need them.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for piece in without_escapes(text).nfc() {
        if piece.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_unsafe(piece) {
            line.push(piece);
        }
    }
    line.truncate(line.trim_end().len());
    Cow::Owned(line)
}

/// [`clean`], and cut to at most `max_chars` characters (the last one then an ellipsis).
pub fn clean_to(text: &str, max_chars: usize) -> Cow<'_, str> {
    // Cleaning a gigabyte to keep a line of it would be a waste; what is cut off here could only
    // have mattered if nearly all of the text before it was invisible.
    let head = match text.char_indices().nth(max_chars.saturating_mul(4)) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let cut = head.len() < text.len();
    let cleaned = clean(head);
    let end = cleaned.char_indices().nth(max_chars.saturating_sub(1));
    match end {
        Some((end, last)) if cut || end + last.len_utf8() < cleaned.len() => {
            Cow::Owned(format!("{}…", cleaned[..end].trim_end()))
        }
        _ => cleaned,
    }
}

/// An identifier, without anything that could act on a terminal; otherwise as it was.
pub fn clean_id(id: &str) -> Cow<'_, str> {
    if id.chars().any(is_unsafe) {
        Cow::Owned(without_escapes(id).chars().filter(|c| !is_unsafe(*c)).collect())
    } else {
        Cow::Borrowed(id)
    }
}

/// A candidate's name as `candidates` holds it: [`clean`], no quotes or backslashes, no full stop at
/// the end. What is nothing then is `None`.
pub fn candidate_name(name: &str) -> Option<String> {
    let quote = |c: char| matches!(c, '"' | '\\' | '`' | '“' | '”' | '„' | '«' | '»');
    let plain: String =
        clean_to(name, MAX_CANDIDATE_CHARS).chars().filter(|c| !quote(*c)).collect();
    let plain = plain.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    let plain = clean(plain.trim_end_matches(|c: char| c == '.' || c.is_whitespace())).into_owned();
    (!plain.is_empty()).then_some(plain)
}

fn is_clean(text: &str) -> bool {
    let mut after_space = true;
    for c in text.chars() {
        if c == ' ' {
            if after_space {
                return false;
            }
            after_space = true;
        } else {
            if is_unsafe(c) || c.is_whitespace() {
                return false;
            }
            after_space = false;
        }
    }
    (text.is_empty() || !after_space) && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}'                  // soft hyphen
            | '\u{061C}'                // Arabic letter mark
            | '\u{180E}'                // Mongolian vowel separator
            | '\u{200B}'                // zero width space
            | '\u{200E}'..='\u{200F}'   // direction marks
            | '\u{2028}'..='\u{202E}'   // separators, bidirectional embeddings and overrides
            | '\u{2060}'..='\u{206F}'   // invisible operators, isolates, deprecated controls
            | '\u{FEFF}'                // byte order mark
            | '\u{FFF9}'..='\u{FFFB}'   // interlinear annotation
            | '\u{FFFE}'..='\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}' // tags: text that no reader sees and every model reads
        )
}

/// Removes whole escape sequences (ECMA-48 CSI, OSC and other strings), so that `ESC [ 31 m` does
/// not leave `[31m` behind.
fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains(['\u{1b}', '\u{9b}', '\u{90}', '\u{9d}']) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let kind = match c {
            '\u{1b}' => rest.next(),
            '\u{9b}' => Some('['),
            '\u{90}' | '\u{9d}' => Some(']'),
            other => {
                kept.push(other);
                continue;
            }
        };
        match kind {
            Some('[') => {
                // Parameters and intermediates, then one final byte.
                for c in rest.by_ref() {
                    if !matches!(c, ' '..='?') {
                        break;
                    }
                }
            }
            Some(']' | 'P' | 'X' | '^' | '_') => {
                // A string up to BEL or ST; an unfinished one must not swallow the whole text.
                let tail = rest.as_str();
                let end = tail
                    .char_indices()
                    .take(4_096)
                    .find(|(_, c)| matches!(c, '\u{07}' | '\u{9c}' | '\u{1b}'));
                if let Some((end, stop)) = end {
                    let tail = &tail[end + stop.len_utf8()..];
                    rest = if stop == '\u{1b}' {
                        tail.strip_prefix('\\').unwrap_or(tail)
                    } else {
                        tail
                    }
                    .chars();
                }
            }
            _ => {}
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(dirty: &str, expected: &str) {
        assert_eq!(clean(dirty), expected, "{dirty:?}");
    }

    #[test]
    fn what_could_act_on_a_terminal_is_gone() {
        check("\u{1b}[31mRed\u{1b}[0m alert", "Red alert");
        check("\u{1b}]52;c;ZXZpbA==\u{07}Copy", "Copy");
        check("\u{1b}]8;;http://x\u{1b}\\link", "link");
        check("\u{9b}2Jgone", "gone");
        check("never \u{1b}]closed", "never closed");
        check("bell\u{07} and nul\0", "bell and nul");
    }

    #[test]
    fn what_hides_or_reorders_text_is_gone() {
        check("abc\u{202e}txt.exe", "abctxt.exe");
        check("a\u{200b}b\u{feff}c", "abc");
        check("visible\u{e0041}\u{e0042}", "visible");
        check("fi\u{ad}ne", "fine");
    }

    #[test]
    fn white_space_is_single_spaces() {
        check("  two\r\n\tlines \u{2028}here\u{a0}", "two lines here");
        check("", "");
        check(" \t ", "");
    }

    #[test]
    fn text_of_every_script_stays() {
        for text in ["Réinitialiser", "إعادة تعيين كلمة المرور", "重置密码", "👩‍👩‍👧 family", "می‌خواهم"]
        {
            check(text, text);
        }
        check("e\u{301}", "é");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let long = "ü".repeat(1_000_000);
        let cut = clean_to(&long, 10);
        assert_eq!(cut.chars().count(), 10);
        assert!(cut.ends_with('…'));
        assert_eq!(clean_to("short", 10), "short");
        assert_eq!(clean_to("exactly ten", 11), "exactly ten");
    }

    #[test]
    fn a_candidates_name_is_bare() {
        let name = |text: &str| candidate_name(text);
        assert_eq!(name("\"Debug Python.\" "), Some("Debug Python".to_owned()));
        assert_eq!(name("'Fix C:\\ paths'"), Some("Fix C: paths".to_owned()));
        assert_eq!(name("Rock 'n' roll"), Some("Rock 'n' roll".to_owned()));
        assert_eq!((name("..."), name(" \"\" ")), (None, None));
    }

    #[test]
    fn ids_keep_their_spaces() {
        assert_eq!(clean_id("a  b"), "a  b");
        assert_eq!(clean_id("a\u{1b}[2Jb\n"), "ab");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
            prop_assert!(!once.chars().any(|c| c.is_control()));
            prop_assert!(!once.contains("  "));
        }

        #[test]
        fn cut_text_is_never_longer(text in any::<String>(), max in 1usize..40) {
            prop_assert!(clean_to(&text, max).chars().count() <= max);
        }
    }
}
