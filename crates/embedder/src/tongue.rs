//! The language of a corpus: models that learned English are no good at others.
//!
//! Single names are too short to tell, so what is looked at is a sample of all of them together.

use std::collections::BinaryHeap;

use whatlang::Lang;

/// Texts in the sample.
const TEXTS: usize = 500;
/// Characters of each that are read.
const CHARS: usize = 200;

/// A sample of a corpus that does not depend on the order of its texts.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Those of the texts with the lowest hashes, the highest of them on top.
    texts: BinaryHeap<([u8; 8], String)>,
}

impl Sample {
    /// Takes one more text of the corpus into account.
    pub(crate) fn add(&mut self, name: &str, description: &str) {
        let hash = hash(name, description);
        let full = self.texts.len() == TEXTS;
        if full && self.texts.peek().is_some_and(|(highest, _)| hash >= *highest) {
            return;
        }
        let text: String =
            name.chars().chain(". ".chars()).chain(description.chars()).take(CHARS).collect();
        self.texts.push((hash, text));
        if full {
            self.texts.pop();
        }
    }

    /// The English name of the language that most of the sample is in; `None` where that cannot be
    /// told (lists of product names, very few words).
    pub(crate) fn language(self) -> Option<&'static str> {
        let texts = self.texts.into_sorted_vec();
        let all: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
        let found = whatlang::detect(&all.join("\n"))?;
        found.is_reliable().then_some(found.lang().eng_name())
    }
}

/// How well the models that are built in know a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LanguageSupport {
    /// They have learned it.
    Well,
    /// It shares so many words with English that the transformer is at least as good at it as the
    /// words of the corpus itself; the static model is not.
    InPart,
    /// The words of the corpus tell more.
    Not,
}

/// Languages of [`LanguageSupport::InPart`]: where the nearest neighbour shares the category at least as often as
/// with lexical vectors, in the mean over package descriptions and application summaries with and
/// without their descriptions.
const RELATED: &[Lang] = &[Lang::Deu, Lang::Fra, Lang::Ita, Lang::Spa];

/// How well the models know `language` (its English name; `None` where nobody can tell).
pub(crate) fn known(language: Option<&str>) -> LanguageSupport {
    match language {
        None => LanguageSupport::Well,
        Some(name) if name == Lang::Eng.eng_name() => LanguageSupport::Well,
        Some(name) if RELATED.iter().any(|lang| lang.eng_name() == name) => LanguageSupport::InPart,
        Some(_) => LanguageSupport::Not,
    }
}

fn hash(name: &str, description: &str) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(description.as_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(texts: &[(&str, &str)]) -> Option<&'static str> {
        let mut sample = Sample::default();
        texts.iter().for_each(|(name, description)| sample.add(name, description));
        sample.language()
    }

    #[test]
    fn names_alone_are_enough_together() {
        let english = [
            "Reset a lost password",
            "Refunds for parcels that come too late",
            "Change the address of an order",
            "The login does not work with this browser",
            "What the monthly invoice shows",
        ];
        let german = [
            "Passwort zurücksetzen",
            "Rückerstattung für verspätete Pakete",
            "Die Adresse einer Bestellung ändern",
        ];
        let japanese = ["パスワードを再設定する", "返金", "住所の変更"];
        let of = |names: &[&'static str]| {
            language(&names.iter().map(|name| (*name, "")).collect::<Vec<_>>())
        };
        assert_eq!(of(&english), Some("English"));
        assert_eq!(of(&german), Some("German"));
        assert_eq!(of(&japanese), Some("Japanese"));
    }

    #[test]
    fn nobody_knows_the_language_of_nothing() {
        assert_eq!(language(&[]), None);
        assert_eq!(language(&[("?!", ""), ("12", "")]), None);
        assert_eq!(language(&[("numpy", ""), ("left pad", "")]), None);
    }

    #[test]
    fn the_sample_depends_on_the_texts_and_not_on_their_order() {
        let texts: Vec<String> = (0..3000).map(|i| format!("Text number {i}")).collect();
        let sampled = |order: Vec<&String>| {
            let mut sample = Sample::default();
            order.into_iter().for_each(|text| sample.add(text, ""));
            sample.texts.into_sorted_vec()
        };
        let forward = sampled(texts.iter().collect());
        assert_eq!(forward.len(), TEXTS);
        assert_eq!(forward, sampled(texts.iter().rev().collect()));
        let numbers: Vec<usize> =
            forward.iter().map(|(_, text)| text[12..text.len() - 2].parse().unwrap()).collect();
        let late = numbers.iter().filter(|number| **number >= 1500).count();
        assert!((200..300).contains(&late), "from all over: {late} of {TEXTS}");
    }
}
