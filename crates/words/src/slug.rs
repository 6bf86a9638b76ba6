//! Short names for machines: three words in snake case.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::lists::is_link;
use crate::scan::{Gap, spans};
use crate::tokens::is_stop_word;

/// Words of a slug.
const WORDS: usize = 3;
/// Longest word of a slug, in characters.
const LONGEST: usize = 24;

/// A slug of a name: its first words that say something, or, if none does, its first words. A name
/// without words gives "unnamed".
pub fn slug(name: &str) -> String {
    slug_of(&[name])
}

/// A slug of the first words that say something in `texts`, taken in order until there are three:
/// "Passwords and two-factor login" becomes `passwords_two_factor`.
///
/// Latin letters lose their accents; other scripts keep their letters. Fewer words only if the
/// texts have no more; never empty.
pub fn slug_of(texts: &[&str]) -> String {
    let written: Vec<String> = texts.iter().flat_map(|text| written(text)).collect();
    let idle = |word: &String| is_stop_word(word) || is_link(word);
    let mut words: Vec<&String> = Vec::new();
    for word in written.iter().filter(|word| !idle(word)) {
        if words.len() < WORDS && !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        words = written.iter().take(WORDS).collect();
    }
    let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
    if words.is_empty() { "unnamed".to_owned() } else { words.join("_") }
}

/// The words of a text as a slug has them. A run of ideographs is one.
fn written(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut run = false;
    for span in spans(text, 60) {
        let word = plain(&text[span.start..span.end]);
        let unspaced = word.chars().all(|c| c > '\u{2e80}');
        match words.last_mut() {
            Some(last) if run && unspaced && span.gap == Gap::Glue => last.push_str(&word),
            _ => words.push(word),
        }
        run = unspaced;
    }
    words
        .into_iter()
        .map(|word| word.chars().take(LONGEST).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Lower case, letters and digits only, Latin letters without their marks.
fn plain(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for letter in word.nfc().flat_map(char::to_lowercase) {
        let base = letter.nfd().next().unwrap_or(letter);
        if base.is_ascii_alphanumeric() {
            out.push(base);
        } else if letter.is_alphanumeric() || (is_combining_mark(letter) && !out.is_ascii()) {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slugs_are_short_and_snake_case(texts in prop::collection::vec(any::<String>(), 0..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let slug = slug_of(&texts);
            prop_assert!((1..=WORDS).contains(&slug.split('_').count()), "{}", slug);
            prop_assert!(slug.split('_').all(|word| !word.is_empty()), "{}", slug);
            prop_assert!(slug.chars().count() <= WORDS * (LONGEST + 1));
            prop_assert_eq!(slug.to_lowercase(), slug);
        }
    }

    #[test]
    fn three_words_that_say_something() {
        let cases: [(&[&str], &str); 9] = [
            (&["Passwords and two-factor login"], "passwords_two_factor"),
            (&["The state of the art"], "state_art"),
            (&["Gists", "gist comments", "forks"], "gists_gist_comments"),
            (&["Réserver un hôtel à Zürich"], "reserver_un_hotel"),
            (&["重置密码"], "重置密码"),
            (&["إعادة تعيين كلمة المرور"], "إعادة_تعيين_كلمة"),
            (&["C++ & C#"], "c"),
            (&["To be or not"], "to_be_or"),
            (&["???", "🎉"], "unnamed"),
        ];
        for (texts, expected) in cases {
            assert_eq!(slug_of(texts), expected);
        }
    }
}
