//! Where sentences end.

/// The sentences of a text, trimmed, blank ones left out.
///
/// A sentence ends at a full stop, question or exclamation mark that white space or the end
/// follows, and at the full-width ones anywhere. A stop after a single letter ("J. Doe") or inside
/// "e.g." ends nothing.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|&(_, next)| next);
        let ends = match letter {
            '。' | '！' | '？' => true,
            '!' | '?' | '؟' | '…' => next.is_none_or(char::is_whitespace),
            '.' => next.is_none_or(|next| next.is_whitespace() && !is_initial(&text[start..at])),
            _ => false,
        };
        if ends {
            found.push(&text[start..at + letter.len_utf8()]);
            start = at + letter.len_utf8();
        }
    }
    found.push(&text[start..]);
    found.into_iter().map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
}

/// Does the text before a stop end in one letter, as initials and "e.g" do?
fn is_initial(before: &str) -> bool {
    let word = before.rsplit([' ', '.']).next().unwrap_or(before);
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// A piece of text that can stand inside a sentence without ending it.
pub(crate) fn unstopped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let inside =
            letter == '.' && next.is_some_and(|next| !next.is_whitespace() && !is_stop(next));
        if !is_stop(letter) || inside {
            out.push(letter);
        } else if !out.ends_with(',') && !out.is_empty() {
            out.push(',');
        }
    }
    out.truncate(out.trim_end_matches([',', ' ', ';', ':', '.']).len());
    out
}

fn is_stop(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '؟' | '…' | '。' | '！' | '？')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_says_so() {
        let cases: [(&str, &[&str]); 6] = [
            ("One. Two!", &["One.", "Two!"]),
            ("Runs on Node.js 20 and up. Fast.", &["Runs on Node.js 20 and up.", "Fast."]),
            ("Birds, e.g. J. Doe's owls. Fish.", &["Birds, e.g. J. Doe's owls.", "Fish."]),
            ("重置密码。解锁账户。", &["重置密码。", "解锁账户。"]),
            ("no stop", &["no stop"]),
            (" ", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(sentences(text), expected);
        }
    }

    #[test]
    fn a_piece_without_stops_ends_no_sentence() {
        for text in ["What now? Go on.", "A. B", "etc.", "???", "好。", "a.. b"] {
            assert_eq!(sentences(&format!("x {} y.", unstopped(text))).len(), 1, "{text}");
        }
    }
}
