//! Slugs.

use crate::{is_stop_word, tokens};

/// Three words of `name` in snake_case: the first that say something, in the letters they have.
/// A name without words gives "unnamed".
pub fn slug(name: &str) -> String {
    let words: Vec<String> = tokens(name).into_iter().take(64).map(|token| token.norm).collect();
    let telling = || words.iter().filter(|word| !is_stop_word(word));
    let chosen: Vec<&String> =
        if telling().count() > 0 { telling().take(3).collect() } else { words.iter().take(3).collect() };
    let clean = |word: &String| -> String { word.chars().filter(|c| c.is_alphanumeric()).take(40).collect() };
    let chosen: Vec<String> = chosen.into_iter().map(clean).filter(|word| !word.is_empty()).collect();
    if chosen.is_empty() { "unnamed".to_owned() } else { chosen.join("_") }
}
