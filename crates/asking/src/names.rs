//! How long a name is, and how it is cut.

use cladus_words::is_stop_word;

/// Most words of a name.
pub const MAX_WORDS: usize = 10;

/// How many words a name has. Scripts that put no spaces between words count two letters a word.
pub fn word_count(name: &str) -> usize {
    name.split_whitespace().map(words_in).sum()
}

/// The first [`MAX_WORDS`] words of a name, without a word at the end that leads on to nothing
/// ("of", "and").
pub fn cut(name: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut left = MAX_WORDS;
    for piece in name.split_whitespace() {
        let words = words_in(piece);
        if words > left {
            if left > 0 && words > 1 {
                let end = piece.char_indices().nth(2 * left).map_or(piece.len(), |(at, _)| at);
                kept.push(&piece[..end]);
            }
            break;
        }
        left -= words;
        kept.push(piece);
    }
    let leads_on = |piece: &&str| {
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bare.is_empty() || is_stop_word(&bare)
    };
    while kept.len() > 1 && kept.last().is_some_and(leads_on) {
        kept.pop();
    }
    kept.join(" ").trim_end_matches([',', ';', ':', '-', '–', '—', '/', '&']).trim_end().to_owned()
}

fn words_in(piece: &str) -> usize {
    let unspaced = piece.chars().filter(|c| is_unspaced(*c)).count();
    if unspaced > 0 {
        unspaced.div_ceil(2)
    } else {
        usize::from(piece.chars().any(char::is_alphanumeric))
    }
}

/// A letter of a script that puts no spaces between words (Chinese, Japanese, Thai, Lao, Burmese,
/// Khmer).
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_reader_counts() {
        for (name, words) in [
            ("Two-factor sign-in & e-mail", 3),
            ("重置密码和账户恢复", 5),
            ("", 0),
            ("– ?", 0),
            ("إعادة تعيين كلمة المرور", 4),
        ] {
            assert_eq!(word_count(name), words, "{name}");
        }
    }

    #[test]
    fn a_cut_name_has_ten_words_at_most() {
        let long = "one two three four five six seven eight nine of the ten eleven";
        assert_eq!(cut(long), "one two three four five six seven eight nine");
        assert_eq!(cut("short name"), "short name");
        assert_eq!(cut(&"密".repeat(50)), "密".repeat(20));
        assert_eq!(word_count(&cut(&"密 ab".repeat(50))), MAX_WORDS);
    }
}
