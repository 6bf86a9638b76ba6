//! Names for the classes of a level: siblings are named together.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::aim::{Middle, aim};
use crate::class::{Class, Headline, Use};
use crate::corpus::Corpus;
use crate::describe::Telling;
use crate::draft::NameDraft;
use crate::meaning::{MeaningSpace, dot};
use crate::settle::{OpenName, settle};
use crate::siblings::Siblings;
use crate::verbs::{ClassVerbs, imperative};
use crate::whole::{choose, choose_by_words};

/// The power of a phrase's fit by its words, and of its being a noun phrase, where phrases are
/// embedded: then nearness to the class decides.
const WORDS: f32 = 0.5;
const QUALITY: f32 = 0.35;
/// The weight of a phrase doubles about every 0.09 of cosine.
const NEARNESS: f32 = 8.0;
/// Classes whose phrases are embedded at once, at least; also bounds what is kept of their words.
const BATCH: usize = 1_024;

/// Names all classes of a level, in their order, for readers.
///
/// Without a `meaning`, phrases are judged by their words alone.
///
/// # Errors
/// Those of embedding phrases.
pub fn headlines<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    meaning: Option<&mut M>,
) -> Result<Vec<Headline>, M::Error> {
    named(corpus, classes, meaning, Use::Reading)
}

/// The same for what is compared with clusters by where it lies: the names that lie nearest to their
/// classes, whatever a reader would say of them.
///
/// # Errors
/// Those of embedding phrases.
pub fn guides<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    meaning: Option<&mut M>,
) -> Result<Vec<Headline>, M::Error> {
    named(corpus, classes, meaning, Use::Guiding)
}

/// The classes of [`guides`] before their names are told apart: with those of other classes of the level they
/// can be, by [`crate::told_apart`].
///
/// # Errors
/// Those of embedding phrases.
pub fn open_guides<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    meaning: Option<&mut M>,
) -> Result<Vec<OpenName>, M::Error> {
    let drafts = drafted(corpus, classes, meaning, Use::Guiding)?;
    Ok(drafts.par_iter().map(NameDraft::open).collect())
}

/// The classes of [`headlines`] before their names are told apart: what each could be called, and what there is
/// to say about it.
///
/// # Errors
/// Those of embedding phrases.
pub fn open_headlines<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    meaning: Option<&mut M>,
) -> Result<Vec<(OpenName, Telling)>, M::Error> {
    let drafts = drafted(corpus, classes, meaning, Use::Reading)?;
    let opened = drafts.into_par_iter().map(|draft| {
        let open = draft.open();
        (open, Telling::of(corpus, &draft.headline(String::new())))
    });
    Ok(opened.collect())
}

fn named<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    meaning: Option<&mut M>,
    purpose: Use,
) -> Result<Vec<Headline>, M::Error> {
    let drafts = drafted(corpus, classes, meaning, purpose)?;
    let names = settle(&drafts);
    Ok(drafts.into_iter().zip(names).map(|(draft, name)| draft.headline(name)).collect())
}

fn drafted<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    mut meaning: Option<&mut M>,
    purpose: Use,
) -> Result<Vec<NameDraft>, M::Error> {
    let verbs: Vec<ClassVerbs> =
        classes.par_iter().map(|class| ClassVerbs::read(corpus, &class.texts)).collect();
    let led = imperative(corpus, &verbs);
    let mut by_set: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, class) in classes.iter().enumerate() {
        by_set.entry(class.set).or_default().push(at);
    }
    let mut drafts: Vec<Option<NameDraft>> = classes.iter().map(|_| None).collect();
    let sets: Vec<Vec<usize>> = by_set.into_values().collect();
    let mut middle = None;
    for batch in batches(&sets) {
        let mut batch: Vec<Siblings<'_>> =
            batch.par_iter().map(|set| Siblings::read(corpus, classes, set, purpose)).collect();
        if let Some(meaning) = meaning.as_deref_mut() {
            let middle = match &mut middle {
                Some(middle) => middle,
                none => none.insert(Middle::of(corpus, meaning)?),
            };
            aim(&mut batch, classes, middle, meaning)?;
            weigh(&mut batch, meaning)?;
        }
        if led {
            batch.par_iter_mut().for_each(|siblings| siblings.lead(classes, &verbs));
        }
        if let Some(meaning) = meaning.as_deref_mut() {
            choose(&mut batch, classes, meaning)?;
        } else {
            choose_by_words(&mut batch, classes);
        }
        let made: Vec<Vec<(usize, NameDraft)>> =
            batch.into_par_iter().map(|siblings| siblings.drafts(classes)).collect();
        for (at, draft) in made.into_iter().flatten() {
            drafts[at] = Some(draft);
        }
    }
    Ok(drafts.into_iter().flatten().collect())
}

/// The sets in runs of at least [`BATCH`] classes.
fn batches(sets: &[Vec<usize>]) -> Vec<&[Vec<usize>]> {
    let mut batches = Vec::new();
    let (mut from, mut open) = (0, 0);
    for (at, set) in sets.iter().enumerate() {
        open += set.len();
        if open >= BATCH || at + 1 == sets.len() {
            batches.push(&sets[from..=at]);
            (from, open) = (at + 1, 0);
        }
    }
    batches
}

/// Gives every phrase of the shortlists its vector, and weighs in how near it is to its class.
fn weigh<M: MeaningSpace>(batch: &mut [Siblings<'_>], meaning: &mut M) -> Result<(), M::Error> {
    let mut phrases: BTreeSet<String> = BTreeSet::new();
    for choice in batch.iter().flat_map(|siblings| siblings.choices.iter().flatten()) {
        phrases.insert(choice.singular.join(" "));
    }
    let phrases: Vec<&str> = phrases.iter().map(String::as_str).collect();
    let vectors = meaning.embed(&phrases)?;
    let dim = meaning.dim();
    batch.par_iter_mut().for_each(|siblings| {
        let Siblings { aims, rankings, choices, .. } = siblings;
        for ((aim, ranking), choices) in aims.iter().zip(rankings).zip(choices) {
            let most = choices.iter().map(|choice| choice.fit).fold(f32::MIN_POSITIVE, f32::max);
            for choice in choices {
                let text = choice.singular.join(" ");
                let Ok(row) = phrases.binary_search(&text.as_str()) else { continue };
                choice.vector = vectors.get(row * dim..(row + 1) * dim).unwrap_or(&[]).to_vec();
                let near = dot(&choice.vector, aim);
                choice.fit = (choice.fit / most).powf(WORDS)
                    * ranking.phrases[choice.at].quality.powf(QUALITY)
                    * (NEARNESS * near).exp();
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
