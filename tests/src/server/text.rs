//! Words, blocks between tags, hashes.

use std::collections::HashMap;

const DULL: &[&str] = &[
    "a", "about", "an", "and", "are", "as", "asked", "at", "be", "by", "can", "for", "from", "has",
    "have", "help", "how", "i", "in", "into", "is", "it", "its", "of", "on", "or", "people",
    "that", "the", "their", "them", "these", "they", "this", "those", "to", "use", "used", "user",
    "users", "using", "was", "were", "which", "with",
];

/// A number made of all `parts`, the same on every machine.
pub(super) fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// [`hash`] as a number in [0, 1).
pub(super) fn fraction(parts: &[&[u8]]) -> f64 {
    (hash(parts) >> 11) as f64 / (1u64 << 53) as f64
}

/// A block `<tag id="…">text</tag>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The attribute `id`.
    pub id: Option<String>,
    /// What stands inside, as it stands there.
    pub text: String,
}

/// The blocks called `tag`, in the order of the text.
pub fn blocks(text: &str, tag: &str) -> Vec<Block> {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(&open) {
        rest = &rest[at + open.len()..];
        // `<items>` is no `<item>`.
        if !rest.starts_with(['>', ' ', '\n', '\t']) {
            continue;
        }
        let Some((attributes, inside)) = rest.split_once('>') else { break };
        let Some((text, after)) = inside.split_once(&close) else { break };
        let id = attributes.split_once("id=").map(|(_, value)| value.trim_start());
        let id = id.map(|value| match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or(""),
            _ => value.split_whitespace().next().unwrap_or(""),
        });
        found.push(Block { id: id.map(str::to_owned), text: text.to_owned() });
        rest = after;
    }
    found
}

/// Words that say something, in lower case, in the order of the text; tags and entities are no words.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        plain.push(' ');
        rest = rest[at..].split_once('>').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let plain = plain.replace("&amp;", " ").replace("&lt;", " ").replace("&gt;", " ");
    plain
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 1 && !DULL.contains(&word.as_str()))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect()
}

/// How often each word is there, and where first.
pub(super) fn counted<'a>(
    words: impl IntoIterator<Item = &'a String>,
) -> HashMap<&'a str, (usize, usize)> {
    let mut counts = HashMap::new();
    for (at, word) in words.into_iter().enumerate() {
        counts.entry(word.as_str()).or_insert((0, at)).0 += 1;
    }
    counts
}

/// With a capital.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Tokens of so many bytes, roughly.
pub(super) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_words() {
        let text = "<items>\n<item id=\"7\" size='2'>Reset &amp; <b>explain</b> passwords</item><item>x1 42</item></items>";
        let found = blocks(text, "item");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].id.as_deref(), Some("7"));
        assert_eq!(words(&found[0].text), ["reset", "explain", "passwords"]);
        assert_eq!((found[1].id.as_deref(), words(&found[1].text)), (None, vec!["x1".to_owned()]));
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
