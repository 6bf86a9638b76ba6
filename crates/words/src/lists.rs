//! Closed lists of English words, lower case, one text file a list.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

type WordList = LazyLock<HashSet<&'static str>>;

macro_rules! words {
    ($file:literal) => {
        LazyLock::new(|| include_str!(concat!("lists/", $file)).split_whitespace().collect())
    };
}

static LINKS: WordList = words!("links.txt");
static FILLERS: WordList = words!("fillers.txt");
static WEAK: WordList = words!("weak.txt");
static ADJECTIVES: WordList = words!("adjectives.txt");
static PARTICIPLES: WordList = words!("participles.txt");
static DETERMINERS: WordList = words!("determiners.txt");
static THINGS: WordList = words!("things.txt");
static MASS: WordList = words!("mass.txt");
static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut words = include_str!("lists/irregular.txt").split_whitespace();
    std::iter::from_fn(|| Some((words.next()?, words.next()?))).collect()
});
static AUXILIARIES: WordList = words!("auxiliaries.txt");
static VERBS: [(VerbKind, WordList); 6] = [
    (VerbKind::Analyze, words!("analyze.txt")),
    (VerbKind::Build, words!("build.txt")),
    (VerbKind::Explain, words!("explain.txt")),
    (VerbKind::Fix, words!("fix.txt")),
    (VerbKind::Manage, words!("manage.txt")),
    (VerbKind::Write, words!("write.txt")),
];

/// What is put before words and says nothing alone, longer than three letters; sorted.
const PREFIXES: &[&str] = &[
    "anti", "auto", "counter", "cross", "extra", "half", "hyper", "infra", "inter", "intra",
    "macro", "meta", "micro", "mini", "mono", "multi", "near", "neo", "omni", "over", "para",
    "poly", "post", "proto", "pseudo", "quasi", "retro", "self", "semi", "super", "tele", "trans",
    "ultra", "under", "well",
];

/// Is it a prefix that may be written as a word: the "multi" of "multi-value"?
pub(crate) fn is_prefix(norm: &str) -> bool {
    PREFIXES.binary_search(&norm).is_ok()
}

/// Function words that may stand inside a phrase ("diseases of the ear"), never at its ends.
pub(crate) fn is_link(norm: &str) -> bool {
    LINKS.contains(norm)
}

/// Words that carry no topic of their own wherever they stand: the vocabulary of reporting
/// ("various", "including"). A phrase never holds one.
pub(crate) fn is_filler(norm: &str) -> bool {
    FILLERS.contains(norm)
}

/// Words that say something only after another word ("issue types", never "types" alone).
pub(crate) fn is_weak(norm: &str) -> bool {
    WEAK.contains(norm)
}

/// Nouns whose commonest sense is something that can be counted: a thing, a person, an animal, a part of a
/// body, a place, a group, a shape, a message or an act. `scripts/things.py` takes them from WordNet. Or
/// what does something, by its ending.
pub(crate) fn is_thing(norm: &str) -> bool {
    let made = ["er", "or", "ist"].iter().any(|ending| norm.ends_with(ending)) && norm.len() > 4;
    let compared =
        || norm.strip_suffix("er").is_some_and(|base| is_adjective(base) || is_filler(base));
    THINGS.contains(norm) || (made && !compared())
}

/// Common adjectives, which end no phrase. Endings tell others.
pub(crate) fn is_adjective(norm: &str) -> bool {
    ADJECTIVES.contains(norm)
}

/// "starred", "sent": as good as endings and a list of irregular ones tell. These end no phrase.
pub(crate) fn is_participle(norm: &str) -> bool {
    let regular =
        norm.len() > 4 && norm.is_ascii() && norm.ends_with("ed") && !norm.ends_with("eed");
    regular || PARTICIPLES.contains(norm)
}

/// Nouns that have no plural.
pub(crate) fn is_mass(norm: &str) -> bool {
    MASS.contains(norm)
}

/// The plural of a noun that has one of its own.
pub(crate) fn irregular_plural(norm: &str) -> Option<&'static str> {
    IRREGULAR.get(norm).copied()
}

/// "men", "feet": a plural already.
pub(crate) fn is_irregular_plural(norm: &str) -> bool {
    IRREGULAR.values().any(|plural| *plural == norm)
}

/// "stuck", "left": those that an ending does not tell.
pub(crate) fn is_irregular_participle(norm: &str) -> bool {
    PARTICIPLES.contains(norm)
}

/// Words that open an object, so that the word before them is probably a verb.
pub(crate) fn is_determiner(norm: &str) -> bool {
    DETERMINERS.contains(norm)
}

/// Words after which an English base verb stands ("to merge", "can merge").
pub(crate) fn is_auxiliary(norm: &str) -> bool {
    AUXILIARIES.contains(norm)
}

/// What the leading verb of an imperative name does, coarsely: verbs of one kind can be replaced
/// by the kind's own verb without making the name untrue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum VerbKind {
    /// Judges or measures.
    Analyze,
    /// Makes something work.
    Build,
    /// Tells somebody something. These verbs often stand before the real one ("Explain how to
    /// reset …", "Provide guidance on logging …").
    Explain,
    /// Mends.
    Fix,
    /// Keeps something in order.
    Manage,
    /// Makes a text.
    Write,
}

impl VerbKind {
    /// The verb that stands for all of the kind.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Build => "build",
            Self::Explain => "explain",
            Self::Fix => "fix",
            Self::Manage => "manage",
            Self::Write => "write",
        }
    }
}

/// The kind of a base verb, if it is one that task names commonly start with.
pub(crate) fn verb_kind(norm: &str) -> Option<VerbKind> {
    VERBS.iter().find(|(_, words)| words.contains(norm)).map(|&(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_sorted_so_that_the_search_finds_them() {
        assert!(PREFIXES.is_sorted());
    }

    #[test]
    fn a_verb_has_one_kind_and_every_kind_its_verb() {
        for (kind, words) in &VERBS {
            assert!(words.contains(kind.verb()), "{kind:?}");
            for word in words.iter() {
                assert_eq!(verb_kind(word), Some(*kind), "{word}");
            }
        }
    }

    #[test]
    fn a_link_is_no_filler() {
        for word in LINKS.iter() {
            assert!(!is_filler(word) && !is_weak(word), "{word}");
        }
    }

    #[test]
    fn lists_hold_lower_case_words() {
        let lists =
            [&LINKS, &FILLERS, &WEAK, &ADJECTIVES, &PARTICIPLES, &DETERMINERS, &AUXILIARIES];
        for word in lists.into_iter().flat_map(|list| list.iter()) {
            assert_eq!(*word, word.to_lowercase());
        }
    }
}
