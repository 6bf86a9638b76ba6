//! What a misspelt word probably means.

/// How alike (Jaro) a word and what it is taken for are at least; command lines use the same.
const ALIKE: f64 = 0.7;

/// The one of `known` that `word` is probably meant to be: the most similar, if it is similar enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let scored = known.into_iter().map(|name| (strsim::jaro(&word, &name.to_lowercase()), name));
    let alike = scored.filter(|(score, _)| *score > ALIKE);
    // The first of equals: the order in which they are listed.
    alike.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, name)| name)
}

/// A message about a TOML file's unknown key or value, without the list of all known ones where one of
/// them is probably meant; and that one as a hint.
pub fn unknown_key(message: &str) -> (&str, Option<String>) {
    let lists_known = |start: &&str| message.starts_with(start);
    if !["unknown field", "unknown variant"].iter().any(lists_known) {
        return (message, None);
    }
    // Words are between backquotes: what was written, and then what is known.
    let mut words = message.split('`').skip(1).step_by(2);
    let found = words.next().and_then(|word| nearest(word, words));
    match found {
        Some(meant) => {
            let short = message.split(", expected").next().unwrap_or(message);
            (short, Some(format!("did you mean `{meant}`?")))
        }
        None => (message, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_word_is_meant() {
        let known = ["auto", "auto:N", "minilm", "static", "lexical", "api"];
        for (word, meant) in [
            ("Minilm", Some("minilm")),
            ("mini-lm", Some("minilm")),
            ("lexcial", Some("lexical")),
            ("statik", Some("static")),
            ("openai", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_right_one() {
        let message = "unknown field `max_cluster`, expected one of `levels`, `max_clusters`";
        let (short, hint) = unknown_key(message);
        assert_eq!(short, "unknown field `max_cluster`");
        assert_eq!(hint.as_deref(), Some("did you mean `max_clusters`?"));
        let message = "unknown field `zzz`, expected `seed` or `levels`";
        assert_eq!(unknown_key(message), (message, None));
        let message = "invalid type: string \"`seed`\", expected u64";
        assert_eq!(unknown_key(message), (message, None));
    }
}
