//! Languages: what joins words, which words say nothing, and how two sentences about a parent go.
//!
//! A corpus is in one language, told from all of its texts together. What is known of each stands in
//! `tongue/known.rs`; texts in a language that is not known there are read like English ones, and what
//! is joined is joined as its script does.

mod known;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use whatlang::Lang;

use crate::corpus_text::CorpusText;
use crate::scan::truncated;

use known::KNOWN;

/// Texts that the language is told from, spread over the corpus, and bytes of each.
const SAMPLE: usize = 500;
const BYTES: usize = 240;

/// Function words that must be there for a language to be told by them.
const FEWEST: usize = 2;

/// How a function word works in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WordRole {
    /// None of these.
    #[default]
    None,
    /// "and", "und", "y".
    And,
    /// "or", "oder", "o".
    Or,
    /// "of", "des", "della": a complement that belongs to the word before.
    Of,
    /// "the".
    The,
    /// "a", "an": one of several.
    A,
    /// "for", "with".
    Link,
}

/// A language.
#[derive(Debug)]
pub(crate) struct Tongue {
    pub(crate) lang: Lang,
    /// Its stop words go by this.
    code: &'static str,
    stemmer: Option<Algorithm>,
    pub(crate) and: &'static str,
    or: &'static str,
    /// What "and" is before a word that begins with one of these.
    and_before: Option<(&'static str, &'static [&'static str])>,
    of: &'static [&'static str],
    the: &'static [&'static str],
    a: &'static [&'static str],
    links: &'static [&'static str],
    /// Words that say nothing about a topic, beside its stop words.
    idle: &'static [&'static str],
    /// Are nouns, and only they, written with a capital letter?
    pub(crate) capital_nouns: bool,
    /// What ends in an apostrophe before a word: "l'", "dell'".
    elisions: &'static [&'static str],
    /// A first word that ends in one of these, before an article, is a verb.
    infinitives: &'static [&'static str],
    /// Which endings of a head look like a plural.
    plurals: &'static [&'static str],
    /// Does the head of a noun phrase come first ("facturas pagadas")?
    pub(crate) head_first: bool,
    /// "and others", after a name.
    pub(crate) and_others: &'static str,
    /// What a name is put between.
    pub(crate) quotes: (&'static str, &'static str),
    /// What stands between thousands.
    pub(crate) thousands: &'static str,
    pub(crate) says: &'static Says,
}

/// Sentences. `{about}` is a list of phrases, `{n}` the number of children, `{items}` that of items,
/// `{names}` a list of children.
#[derive(Debug)]
pub(crate) struct Says {
    /// What is in it, with items and, where every cluster is one, without.
    pub(crate) counted: &'static [&'static str],
    pub(crate) plain: &'static [&'static str],
    /// Where nothing is shared.
    pub(crate) mixed: &'static str,
    /// The largest children, where there are more.
    pub(crate) largest: &'static [&'static str],
    /// All children, where these are all.
    pub(crate) all: &'static [&'static str],
    /// One child that is more than half of it.
    pub(crate) half: &'static [&'static str],
}

/// Word lists of one language as sets.
struct Lists {
    roles: HashMap<&'static str, WordRole>,
    stops: HashSet<&'static str>,
}

static LISTS: LazyLock<Vec<Lists>> = LazyLock::new(|| KNOWN.iter().map(Lists::of).collect());

impl Lists {
    fn of(tongue: &Tongue) -> Self {
        let mut roles = HashMap::new();
        let all = [
            (WordRole::Link, tongue.links),
            (WordRole::A, tongue.a),
            (WordRole::The, tongue.the),
            (WordRole::Of, tongue.of),
        ];
        for (role, words) in all {
            roles.extend(words.iter().map(|word| (*word, role)));
        }
        roles.insert(tongue.and, WordRole::And);
        roles.insert(tongue.or, WordRole::Or);
        if let Some((and, _)) = tongue.and_before {
            roles.insert(and, WordRole::And);
        }
        let listed = stop_words::lookup(tongue.code).unwrap_or(&[]);
        Self { roles, stops: listed.iter().chain(tongue.idle).copied().collect() }
    }
}

/// Does a name say that what it names is a heap: "Git and others"?
pub fn is_heap(name: &str) -> bool {
    KNOWN.iter().any(|tongue| {
        let lower = name.to_lowercase();
        let rest = lower.strip_suffix(tongue.and_others);
        rest.is_some_and(|rest| rest.ends_with(' ') && rest.len() > 1)
    })
}

/// Some texts of a corpus, by which its language is told.
#[derive(Debug)]
pub(crate) struct TongueSample {
    step: usize,
    texts: Vec<String>,
}

impl TongueSample {
    /// Of a corpus of so many texts.
    pub(crate) fn new(texts: usize) -> Self {
        Self { step: texts.div_ceil(SAMPLE).max(1), texts: Vec::new() }
    }

    /// Looks at the text with this number.
    pub(crate) fn add(&mut self, at: usize, text: &CorpusText<'_>) {
        if at.is_multiple_of(self.step) {
            self.texts.push(format!("{}. {}", text.name, truncated(text.description, BYTES)));
        }
    }

    pub(crate) fn tongue(&self) -> &'static Tongue {
        Tongue::of(&self.texts.join("\n"))
    }
}

impl Tongue {
    /// Its place among those that are known.
    pub(crate) fn place(&self) -> usize {
        KNOWN.iter().position(|tongue| tongue.lang == self.lang).unwrap_or(0)
    }

    /// The one at this place; English, if there is none.
    pub(crate) fn at(place: usize) -> &'static Self {
        &KNOWN[if place < KNOWN.len() { place } else { 0 }]
    }

    pub(crate) fn is_english(&self) -> bool {
        self.lang == Lang::Eng
    }

    /// The language that most of a sample is in, English where that cannot be told or is not known.
    fn of(sample: &str) -> &'static Self {
        let words: Vec<String> = sample.unicode_words().map(str::to_lowercase).collect();
        let guess = whatlang::detect(sample);
        let place = |lang: Lang| KNOWN.iter().position(|tongue| tongue.lang == lang);
        // Function words tell a language even where every text mixes it with English terms.
        let hits: Vec<usize> = (0..KNOWN.len())
            .map(|at| {
                let likely = guess.as_ref().is_some_and(|guess| guess.lang() == KNOWN[at].lang);
                words.iter().filter(|word| LISTS[at].knows(word)).count() + usize::from(likely)
            })
            .collect();
        let others = (1..KNOWN.len()).max_by_key(|&at| (hits[at], std::cmp::Reverse(at)));
        let best = others.unwrap_or(0);
        let reliable = guess.as_ref().filter(|guess| guess.is_reliable());
        if let Some(at) = reliable.and_then(|guess| place(guess.lang()))
            && (at == 0 || (hits[at] >= hits[0] && 2 * hits[at] >= hits[best]))
        {
            return &KNOWN[at];
        }
        // A twelfth of all words and more are function words.
        let foreign = hits[best] > FEWEST.max(2 * hits[0]) && 12 * hits[best] > words.len();
        &KNOWN[if foreign { best } else { 0 }]
    }

    fn lists(&self) -> &'static Lists {
        let at = KNOWN.iter().position(|tongue| tongue.lang == self.lang).unwrap_or(0);
        &LISTS[at]
    }

    pub(crate) fn role(&self, norm: &str) -> WordRole {
        let role = |norm: &str| self.lists().roles.get(norm).copied();
        if let Some(role) = role(norm) {
            return role;
        }
        // "l’" is "l'".
        let Some(bare) = norm.strip_suffix(['\'', '’']) else { return WordRole::None };
        if self.elisions.contains(&bare) { WordRole::Of } else { WordRole::None }
    }

    /// Is it a word that says nothing about a topic? Not asked of English, which has lists of its own.
    pub(crate) fn is_idle(&self, norm: &str) -> bool {
        self.lists().stops.contains(norm) || self.and_others.ends_with(&format!(" {norm}"))
    }

    /// The length of the elided article that `word` begins with, its apostrophe included.
    pub(crate) fn elided(&self, word: &str) -> Option<usize> {
        let (at, apostrophe) = word.char_indices().find(|(_, c)| matches!(c, '\'' | '’'))?;
        let end = at + apostrophe.len_utf8();
        let known = end < word.len() && self.elisions.contains(&word[..at].to_lowercase().as_str());
        known.then_some(end)
    }

    /// Does it look like a verb that tells to do something?
    pub(crate) fn is_infinitive(&self, norm: &str) -> bool {
        norm.chars().count() > 4 && self.infinitives.iter().any(|ending| norm.ends_with(ending))
    }

    pub(crate) fn is_plural(&self, norm: &str) -> bool {
        self.plurals.iter().any(|ending| norm.ends_with(ending))
    }

    /// The stem of a lower-case word.
    pub(crate) fn stem(&self, norm: &str) -> String {
        if self.is_english() {
            return crate::tokens::stem(norm);
        }
        match self.stemmer {
            Some(algorithm) => {
                let stem = Stemmer::create(algorithm).stem(norm).into_owned();
                // Some stemmers write the same letter in two ways.
                stem.nfkc().collect()
            }
            None => norm.to_owned(),
        }
    }

    /// What stands for "and" before `next`.
    pub(crate) fn and_before(&self, next: &str) -> &'static str {
        match self.and_before {
            Some((other, beginnings)) => {
                let lower = next.to_lowercase();
                let fits = beginnings.iter().any(|beginning| lower.starts_with(beginning));
                // "y hielo": a diphthong.
                if fits && !lower.starts_with("hie") { other } else { self.and }
            }
            None => self.and,
        }
    }

    /// Does a phrase hold "and" or "or"?
    pub(crate) fn joins(&self, word: &str) -> bool {
        matches!(self.role(&word.to_lowercase()), WordRole::And | WordRole::Or) || word == "&"
    }
}

impl Lists {
    fn knows(&self, word: &str) -> bool {
        self.roles.contains_key(word) || self.stops.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(names: &[&str]) -> Lang {
        fn text<'a>(name: &'a str) -> CorpusText<'a> {
            CorpusText { name, description: "", size: 1 }
        }
        let mut sample = TongueSample::new(names.len());
        names.iter().enumerate().for_each(|(at, name)| sample.add(at, &text(name)));
        sample.tongue().lang
    }

    #[test]
    fn a_corpus_is_in_the_language_of_its_texts() {
        let cases: [(&[&str], Lang); 6] = [
            (
                &["Reset a lost password", "Refunds for late parcels", "Change the address"],
                Lang::Eng,
            ),
            (
                &[
                    "Passwort zurücksetzen",
                    "Rückerstattung für verspätete Pakete",
                    "Adresse ändern",
                ],
                Lang::Deu,
            ),
            (
                &["Restablecer la contraseña", "Cambiar la dirección de envío", "Facturas del mes"],
                Lang::Spa,
            ),
            (&["Réinitialiser le mot de passe", "Factures du mois dernier"], Lang::Fra),
            (&["numpy", "left pad", "webpack", "Git", "Telnet"], Lang::Eng),
            (&[], Lang::Eng),
        ];
        for (names, expected) in cases {
            assert_eq!(language(names), expected, "{names:?}");
        }
    }

    #[test]
    fn and_is_what_the_next_word_wants() {
        let tongue = |lang| KNOWN.iter().find(|tongue| tongue.lang == lang).unwrap();
        assert_eq!(tongue(Lang::Spa).and_before("invierno"), "e");
        assert_eq!(tongue(Lang::Spa).and_before("hielo"), "y");
        assert_eq!(tongue(Lang::Deu).and_before("Igel"), "und");
    }

    #[test]
    fn elided_articles_are_words_of_their_own() {
        let tongue = |lang| KNOWN.iter().find(|tongue| tongue.lang == lang).unwrap();
        assert_eq!(tongue(Lang::Fra).elided("l’adresse"), Some(4));
        assert_eq!(tongue(Lang::Ita).elided("dell'ordine"), Some(5));
        assert_eq!(tongue(Lang::Eng).elided("don't"), None);
    }

    #[test]
    fn every_language_has_words_and_sentences() {
        for tongue in KNOWN.iter() {
            let Says { counted, plain, mixed, largest, all, half } = *tongue.says;
            for (sentences, holes) in [
                (counted, &["about", "n", "items"][..]),
                (plain, &["about", "n"]),
                (&[mixed][..], &["n"]),
                (largest, &["names"]),
                (all, &["names"]),
                (half, &["names"]),
            ] {
                assert!(!sentences.is_empty());
                for sentence in sentences {
                    assert!(sentence.ends_with('.'), "{sentence}");
                    assert!(
                        holes.iter().all(|hole| sentence.contains(&format!("{{{hole}}}"))),
                        "{sentence}"
                    );
                }
            }
        }
    }
}
