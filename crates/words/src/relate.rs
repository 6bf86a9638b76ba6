//! How two phrases of a class belong together, as its children put it: "metal" and "manufacturing" are
//! "metal manufacturing", "disorders" and "metabolism" are "disorders of metabolism". What stands before a
//! noun and says which is known of English alone.

use std::collections::BTreeMap;

use crate::candidates::Phrase;
use crate::corpus::{Corpus, Word};
use crate::scan::Gap;
use crate::tongue::WordRole;
use crate::vocabulary::WordKind;

/// Children that must put it so.
const CHILDREN: usize = 2;

/// Words that begin a clause.
const RELATIVE: [&str; 4] = ["that", "which", "who", "not"];

/// How the first of two phrases belongs to the second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bond {
    /// It says which: "metal" of "metal manufacturing".
    Qualifies,
    /// The second one says of what, for whom, where, behind this word.
    Links { word: String, of: bool },
}

impl Bond {
    pub(crate) fn is_of(&self) -> bool {
        matches!(self, Self::Links { of: true, .. })
    }
}

/// How two phrases belong together in the names of a class.
#[derive(Debug)]
pub(crate) struct Bonded {
    pub(crate) bond: Bond,
    /// Is the first one asked about the first one written?
    pub(crate) in_order: bool,
    /// In so many names.
    pub(crate) count: usize,
    /// So many names hold the phrase that depends on the other one.
    pub(crate) dependent: usize,
}

impl Bonded {
    /// Several children put it so, and where the dependent phrase stands, it hardly stands for itself.
    pub(crate) fn is_usual(&self) -> bool {
        self.count >= CHILDREN && 2 * self.count >= self.dependent
    }
}

/// How `a` and `b` belong together most often in the names of a class's texts that hold both; none where
/// each stands for itself.
pub(crate) fn bond(
    corpus: &Corpus<'_>,
    texts: &[usize],
    a: &Phrase<'_>,
    b: &Phrase<'_>,
) -> Option<Bonded> {
    let mut found: BTreeMap<(Bond, bool), usize> = BTreeMap::new();
    let (mut with_a, mut with_b) = (0, 0);
    for &text in texts {
        let (words, opening) = corpus.name_words(text);
        let words = &words[opening.map_or(0, |opening| opening.object)..];
        let (at_a, at_b) = (place(corpus, words, a), place(corpus, words, b));
        with_a += usize::from(at_a.is_some());
        with_b += usize::from(at_b.is_some());
        let (Some(at_a), Some(at_b)) = (at_a, at_b) else { continue };
        let in_order = at_a < at_b;
        let (first, second) = if in_order { (at_a, at_b) } else { (at_b, at_a) };
        if let Some(bond) = between(corpus, words, first, second) {
            *found.entry((bond, in_order)).or_default() += 1;
        }
    }
    let ((bond, in_order), count) = found.into_iter().max_by_key(|(_, count)| *count)?;
    let first_depends = bond == Bond::Qualifies;
    let dependent = if first_depends == in_order { with_a } else { with_b };
    Some(Bonded { bond, in_order, count, dependent })
}

/// Where a phrase stands in a name: its first word, and the one behind it.
fn place(corpus: &Corpus<'_>, words: &[Word], phrase: &Phrase<'_>) -> Option<(usize, usize)> {
    let stems: Vec<(usize, u32)> = words
        .iter()
        .enumerate()
        .map(|(at, word)| (at, corpus.form(word.form)))
        .filter(|(_, form)| form.role != WordRole::And)
        .map(|(at, form)| (at, form.stem))
        .collect();
    let key = &phrase.stems;
    let run = stems
        .windows(key.len().max(1))
        .find(|run| run.iter().map(|(_, stem)| stem).eq(key.iter()))?;
    Some((run.first()?.0, run.last()?.0 + 1))
}

/// How the phrase at `first` belongs to the one at `second`, by the words between and behind them.
fn between(
    corpus: &Corpus<'_>,
    words: &[Word],
    first: (usize, usize),
    second: (usize, usize),
) -> Option<Bond> {
    if first.1 > second.0 {
        return None;
    }
    let kind = |at: usize| corpus.form(words[at].form).kind;
    let role = |at: usize| corpus.form(words[at].form).role;
    let goes_on = |at: usize| matches!(words[at].gap, Gap::Glue | Gap::Space);
    let plain = |at: usize| {
        let form = corpus.form(words[at].form);
        let other =
            form.kind == WordKind::Stop && !form.auxiliary && !RELATIVE.contains(&&*form.norm);
        matches!(form.kind, WordKind::Content | WordKind::Weak | WordKind::Number)
            || form.role == WordRole::And
            || other
    };
    // Words of one noun phrase, lists in it included.
    let one_phrase = |from: usize, to: usize| (from..to).all(|at| goes_on(at) && plain(at));
    let ends = words.get(second.1).is_none_or(|word| {
        !matches!(word.gap, Gap::Glue | Gap::Space)
            || corpus.form(word.form).kind == WordKind::Link && role(second.1) != WordRole::And
    });
    // "Metal window and door manufacturing" is metal manufacturing; "theatre and film festivals" are not
    // theatre festivals, as far as one can tell.
    let listed = |at: usize| role(at) == WordRole::And;
    if one_phrase(first.1, second.0 + 1) && !listed(first.1) && !listed(second.0 - 1) {
        return (ends && corpus.tongue().is_english()).then_some(Bond::Qualifies);
    }
    let link = first.1;
    let links = goes_on(link)
        && kind(link) == WordKind::Link
        && matches!(role(link), WordRole::Of | WordRole::Link);
    let article =
        |at: usize| at < second.0 && matches!(role(at), WordRole::The | WordRole::A) && goes_on(at);
    let from = if article(link + 1) { link + 2 } else { link + 1 };
    (links && from <= second.0 && one_phrase(from, second.0 + 1)).then(|| Bond::Links {
        word: corpus.form(words[link].form).norm.clone(),
        of: role(link) == WordRole::Of,
    })
}
