//! What imperative children have in common: the verb of their parent's name.

use std::collections::BTreeMap;

use crate::corpus::Corpus;
use crate::lists::{VerbKind, verb_kind};
use crate::opening::NameOpening;

/// A verb alone names a class that this share of the children starts with.
const MOST: f32 = 0.5;
/// Two verbs together do from this share on.
const MOST_OF_TWO: f32 = 0.7;
/// Names are imperatives if this share of the parents has a verb of its own.
const COMMON: f32 = 0.6;

/// The leading verbs of one class.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClassVerbs {
    /// With the share of the children that start with them, highest first.
    shares: Vec<(String, f32)>,
    /// The same by kind.
    kinds: Vec<(VerbKind, f32)>,
    children: usize,
}

impl ClassVerbs {
    pub(crate) fn read(corpus: &Corpus<'_>, class: &[usize]) -> Self {
        let mut shares: BTreeMap<String, f32> = BTreeMap::new();
        let mut kinds: BTreeMap<VerbKind, f32> = BTreeMap::new();
        let each = 1.0 / class.len().max(1) as f32;
        for &at in class {
            let Some(opening) = corpus.name_words(at).1 else { continue };
            let mut seen: Vec<VerbKind> = Vec::new();
            for verb in opening.verbs {
                let first = verb.split(' ').next().unwrap_or(&verb);
                if let Some(kind) = verb_kind(first).filter(|kind| !seen.contains(kind)) {
                    seen.push(kind);
                    *kinds.entry(kind).or_default() += each;
                }
                *shares.entry(verb).or_default() += each;
            }
        }
        Self { shares: descending(shares), kinds: descending(kinds), children: class.len() }
    }

    /// The verb or the two verbs that most of the children start with.
    fn own(&self) -> Option<String> {
        match &self.shares[..] {
            [(verb, share), ..] if *share >= MOST => Some(verb.clone()),
            [(a, one), (b, two), ..] if one + two >= MOST_OF_TWO && 3.0 * two >= *one => {
                Some(format!("{a} and {b}"))
            }
            _ => None,
        }
    }

    /// The verb of the name where names are imperatives: the children's own one, or one that is
    /// true of what most of them do.
    pub(crate) fn verb(&self) -> String {
        let general = || match self.kinds.first() {
            Some((kind, share)) if *share >= MOST => kind.verb().to_owned(),
            _ => "work with".to_owned(),
        };
        self.own().unwrap_or_else(general)
    }
}

/// Should the parents of this level have imperative names? Only if most of them have a verb that
/// is really theirs: "Manage …" on everything says nothing, a noun phrase is shorter then.
pub(crate) fn imperative(corpus: &Corpus<'_>, classes: &[ClassVerbs]) -> bool {
    if !corpus.is_imperative() {
        return false;
    }
    let several = classes.iter().filter(|class| class.children > 1);
    let (own, all) = several
        .fold((0, 0), |(own, all), class| (own + usize::from(class.own().is_some()), all + 1));
    all > 0 && own as f32 >= COMMON * all as f32
}

/// Does a name that opens like this do what `verb` (or one of two) says, or the like?
pub(crate) fn agrees(opening: Option<&NameOpening>, verb: &str) -> bool {
    let Some(opening) = opening else { return false };
    verb.split(" and ").any(|wanted| {
        let kind = verb_kind(wanted).filter(|kind| kind.verb() == wanted);
        opening.verbs.iter().any(|own| {
            own == wanted
                || (kind.is_some() && verb_kind(own.split(' ').next().unwrap_or(own)) == kind)
        })
    })
}

fn descending<K: Ord + Clone>(shares: BTreeMap<K, f32>) -> Vec<(K, f32)> {
    let mut sorted: Vec<(K, f32)> = shares.into_iter().collect();
    // Stable: equal shares stay in the order of the map.
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    sorted
}
