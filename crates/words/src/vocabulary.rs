//! Every different word of a corpus once: its kind, its stem and how it is used.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::lists::{is_auxiliary, is_determiner, is_filler, is_link, is_weak};
use crate::opening::{base_verb, gerund_base};
use crate::tokens::is_stop_word;
use crate::tongue::{Tongue, WordRole};

/// What a word may do in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// Says something alone.
    Content,
    /// Says something after another word only.
    Weak,
    /// A number: inside or at the end of a phrase.
    Number,
    /// Joins content words ("of", "and").
    Link,
    /// Ends every phrase.
    Stop,
}

/// How a lower-cased word is used over the corpus, by the words around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordUsage {
    pub(crate) count: u32,
    /// Inside a sentence, in lower case.
    pub(crate) lower: u32,
    /// Inside a sentence, with a capital first letter only.
    pub(crate) capital: u32,
    /// As a verb stands: before a determiner, or after an auxiliary.
    pub(crate) verb: u32,
    /// In a name, not as its leading verb.
    pub(crate) named: u32,
    /// At the end of a noun phrase that starts with "a" or "an": one of several.
    pub(crate) counted: u32,
    /// At the beginning of a name with a capital and without, where names begin without.
    pub(crate) initial: (u32, u32),
    /// As the last word of a name.
    pub(crate) last: u32,
    /// The commonest spelling that lower case or a capital cannot give ("OAuth", "API").
    pub(crate) mixed: Option<(String, u32)>,
}

/// One lower-cased word.
#[derive(Debug, Clone)]
pub(crate) struct WordForm {
    pub(crate) norm: String,
    pub(crate) stem: u32,
    pub(crate) kind: WordKind,
    pub(crate) role: WordRole,
    pub(crate) determiner: bool,
    pub(crate) auxiliary: bool,
    /// A listed verb in some form.
    pub(crate) listed: bool,
    pub(crate) usage: WordUsage,
}

impl WordForm {
    /// Is it written like a name ("OAuth", "Python")?
    pub(crate) fn is_proper(&self) -> bool {
        let usage = &self.usage;
        let mixed = usage.mixed.as_ref().map_or(0, |(_, count)| *count);
        2 * (usage.capital + mixed) > usage.count && self.norm.len() > 2
    }

    /// Is it a number or a code ("404", "DR17", "pre-0.30")?
    pub(crate) fn is_code(&self) -> bool {
        self.kind == WordKind::Number || self.norm.contains(|c: char| c.is_ascii_digit())
    }

    /// Does it end like an adverb?
    pub(crate) fn is_adverb(&self) -> bool {
        const NOUNS: [&str; 16] = [
            "ally",
            "anomaly",
            "assembly",
            "belly",
            "bully",
            "butterfly",
            "family",
            "firefly",
            "italy",
            "jelly",
            "july",
            "lily",
            "monopoly",
            "rally",
            "reply",
            "supply",
        ];
        // "WebAssembly", "superfamily"; but "generally" is no "ally".
        let ends_in_noun = |noun: &&str| noun.len() > 5 && self.norm.ends_with(noun);
        self.norm.len() > 3
            && self.norm.ends_with("ly")
            && self.norm.is_ascii()
            && NOUNS.binary_search(&self.norm.as_str()).is_err()
            && !NOUNS.iter().any(ends_in_noun)
    }

    /// Is it used as a verb rather than as a noun, as far as prose tells?
    pub(crate) fn is_verbal(&self) -> bool {
        let usage = &self.usage;
        (4 * usage.verb > usage.count && 3 * usage.named < usage.count)
            || (self.listed && usage.named == 0)
    }
}

/// All different words, as numbers in the order of their first appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordVocabulary {
    surfaces: HashMap<String, u32>,
    norms: HashMap<String, u32>,
    stems: HashMap<String, u32>,
    /// By stem: does it belong to a link?
    links: Vec<bool>,
    forms: Vec<WordForm>,
}

impl WordVocabulary {
    /// The form of a word as written, added when it is new.
    pub(crate) fn add(&mut self, tongue: &Tongue, surface: &str) -> u32 {
        if let Some(&form) = self.surfaces.get(surface) {
            return form;
        }
        let norm: String = surface.nfkc().flat_map(char::to_lowercase).collect();
        let form = self.add_norm(tongue, norm);
        self.surfaces.insert(surface.to_owned(), form);
        form
    }

    fn add_norm(&mut self, tongue: &Tongue, norm: String) -> u32 {
        if let Some(&form) = self.norms.get(&norm) {
            return form;
        }
        let stemmed = tongue.stem(&norm);
        let next_stem = number(self.stems.len());
        let stem = *self.stems.entry(stemmed).or_insert(next_stem);
        let english = tongue.is_english();
        let (kind, role) = (kind(tongue, &norm), tongue.role(&norm));
        if stem == next_stem {
            self.links.push(kind == WordKind::Link);
        }
        let form = number(self.forms.len());
        self.norms.insert(norm.clone(), form);
        self.forms.push(WordForm {
            stem,
            kind,
            role,
            determiner: english && is_determiner(&norm),
            auxiliary: english && is_auxiliary(&norm),
            listed: english && (base_verb(&norm).is_some() || gerund_base(&norm).is_some()),
            usage: WordUsage::default(),
            norm,
        });
        form
    }

    pub(crate) fn form_of(&self, surface: &str) -> Option<u32> {
        self.surfaces.get(surface).copied()
    }

    pub(crate) fn by_norm(&self, norm: &str) -> Option<&WordForm> {
        self.norms.get(norm).map(|&form| self.form(form))
    }

    pub(crate) fn form(&self, form: u32) -> &WordForm {
        &self.forms[form as usize]
    }

    pub(crate) fn usage_mut(&mut self, form: u32) -> &mut WordUsage {
        &mut self.forms[form as usize].usage
    }

    pub(crate) fn is_link_stem(&self, stem: u32) -> bool {
        self.links.get(stem as usize).copied().unwrap_or(false)
    }

    pub(crate) fn stem_count(&self) -> usize {
        self.stems.len()
    }
}

/// Vocabularies of more than four thousand million words do not fit in memory anyway.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// "n.e.c", "n.c.a", "n.e.g": not elsewhere classified, in the languages of classifications.
fn is_remainder(norm: &str) -> bool {
    let mut letters = norm.trim_end_matches('.').split('.');
    letters.next() == Some("n")
        && letters.clone().count() > 1
        && letters.all(|letter| letter.chars().count() == 1)
}

fn kind(tongue: &Tongue, norm: &str) -> WordKind {
    if is_remainder(norm) {
        return WordKind::Stop;
    }
    if !tongue.is_english() {
        let number = || norm.chars().all(|c| c.is_numeric() || c == '.' || c == ',');
        return match tongue.role(norm) {
            WordRole::A => WordKind::Stop,
            WordRole::None if tongue.is_idle(norm) => WordKind::Stop,
            WordRole::None if number() => WordKind::Number,
            WordRole::None if norm.chars().count() == 1 && norm.is_ascii() => WordKind::Weak,
            WordRole::None => WordKind::Content,
            _ => WordKind::Link,
        };
    }
    if is_link(norm) {
        WordKind::Link
    } else if is_stop_word(norm) || is_filler(norm) {
        WordKind::Stop
    } else if norm.chars().all(|c| c.is_numeric() || c == '.' || c == ',') {
        WordKind::Number
    } else if is_weak(norm) || (norm.is_ascii() && norm.len() == 1) {
        WordKind::Weak
    } else {
        WordKind::Content
    }
}
