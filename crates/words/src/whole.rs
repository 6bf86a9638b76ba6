//! Which phrases together make the name that lies nearest to its class.
//!
//! The phrases of a shortlist are near their class one by one; a name is read as a whole. So names of
//! one, two and three phrases are compared as they would be written, by the vector of the name itself.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::meaning::{Meaning, dot};
use crate::naming::{Class, Siblings};
use crate::pick::{Choice, MOST, apart};
use crate::settle::key;

/// What each phrase after the first must bring, in cosine: a short name is easier to read.
const FURTHER: f32 = 0.015;
/// What being no whole noun phrase costs, and going with another verb than the name's, in cosine for
/// each factor of e.
const QUALITY: f32 = 0.02;
const OTHER_VERB: f32 = 0.02;
/// Below this quality it is hardly a noun phrase ("owned", "abnormal uterine"): one spoils a name of
/// three, at this price for each factor of e.
const HARDLY: f32 = 0.15;
const SPOILT: f32 = 0.1;
/// What every word of a phrase beyond three costs: a long one is prose ("hours on an approved timesheet").
const WORDY: f32 = 0.02;
const FEW_WORDS: usize = 3;
/// Names of a class that are embedded: the best by the mean of their phrases' vectors, which is nearly
/// theirs.
pub(crate) const EMBEDDED: usize = 24;

/// Some phrases of a class, as indices into its choices, and how well they name it.
#[derive(Debug, Clone)]
struct Set {
    picked: Vec<usize>,
    /// Apart from where the name lies.
    worth: f32,
    /// With that, as far as it is known.
    value: f32,
}

/// Gives every class of a batch the best sets of phrases for its name, best first.
///
/// # Errors
/// Those of embedding names.
pub(crate) fn choose<M: Meaning>(
    batch: &mut [Siblings<'_>],
    classes: &[Class],
    meaning: &mut M,
) -> Result<(), M::Error> {
    let drafted: Vec<Vec<Vec<(Set, String)>>> = batch
        .par_iter()
        .map(|siblings| {
            (0..siblings.set.len()).map(|place| drafted(siblings, place, classes)).collect()
        })
        .collect();
    let names: BTreeSet<&str> =
        drafted.iter().flatten().flatten().map(|(_, name)| name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let vectors = meaning.embed(&names)?;
    let dim = meaning.dim();
    batch.par_iter_mut().zip(&drafted).for_each(|(siblings, drafted)| {
        for (place, drafted) in drafted.iter().enumerate() {
            let aim = &siblings.aims[place];
            let mut sets: Vec<Set> = drafted
                .iter()
                .filter_map(|(set, name)| {
                    let row = names.binary_search(&name.as_str()).ok()?;
                    let vector = vectors.get(row * dim..(row + 1) * dim)?;
                    Some(Set { value: set.worth + dot(vector, aim), ..set.clone() })
                })
                .collect();
            best_first(&mut sets);
            siblings.sets[place] = sets.into_iter().map(|set| set.picked).collect();
        }
    });
    Ok(())
}

/// The names of a class that are worth embedding. A name that a child has says too little, so it is
/// none of them unless there is no other.
fn drafted(siblings: &Siblings<'_>, place: usize, classes: &[Class]) -> Vec<(Set, String)> {
    let texts = &classes[siblings.set[place]].texts;
    let children: BTreeSet<String> =
        texts.iter().map(|&text| key(siblings.corpus.text(text).name)).collect();
    let mut sets = sets(siblings, place, &siblings.aims[place]);
    best_first(&mut sets);
    let named = || sets.iter().map(|set| (set.clone(), siblings.named(place, &set.picked)));
    let own = named().filter(|(_, name)| !children.contains(&key(name)));
    let own: Vec<(Set, String)> = own.take(EMBEDDED).collect();
    if own.is_empty() { named().take(EMBEDDED).collect() } else { own }
}

/// By value, then as they stand: shorter names first, better phrases first.
fn best_first(sets: &mut [Set]) {
    sets.sort_by(|a, b| b.value.total_cmp(&a.value));
}

/// All sets of up to [`MOST`] phrases that can stand in one name, valued by the mean of their vectors.
fn sets(siblings: &Siblings<'_>, place: usize, aim: &[f32]) -> Vec<Set> {
    let choices = &siblings.choices[place];
    let near: Vec<f32> = choices.iter().map(|choice| dot(&choice.vector, aim)).collect();
    let phrase = |at: usize| siblings.phrase(place, at);
    let like = pairs(choices.len(), |a, b| dot(&choices[a].vector, &choices[b].vector));
    let together = pairs(choices.len(), |a, b| apart(siblings.corpus, phrase(a), phrase(b)));
    let own: Vec<f32> =
        (0..choices.len()).map(|at| worth(&choices[at], siblings.quality(place, at))).collect();
    let spoilt: Vec<f32> =
        (0..choices.len()).map(|at| spoilt(siblings.quality(place, at))).collect();
    let wordy: Vec<f32> = choices
        .iter()
        .map(|choice| WORDY * choice.written.len().saturating_sub(FEW_WORDS) as f32)
        .collect();
    let mut found: Vec<Set> = Vec::new();
    let mut open: Vec<Vec<usize>> = (0..choices.len()).map(|at| vec![at]).collect();
    while let Some(picked) = open.pop() {
        let count = picked.len() as f32;
        let sum: f32 = picked.iter().map(|&at| near[at]).sum();
        let square: f32 = picked
            .iter()
            .flat_map(|&a| picked.iter().map(move |&b| (a, b)))
            .map(|(a, b)| like[a][b])
            .sum();
        let worth = picked.iter().map(|&at| own[at]).sum::<f32>() / count
            + picked.iter().map(|&at| spoilt[at] - wordy[at]).sum::<f32>()
            - FURTHER * (count - 1.0);
        let value = worth + sum / square.max(1e-9).sqrt();
        if picked.len() < MOST {
            let last = picked[picked.len() - 1];
            let next = (last + 1..choices.len())
                .filter(|&next| picked.iter().all(|&at| together[at][next]));
            open.extend(next.map(|next| [&picked[..], &[next]].concat()));
        }
        found.push(Set { picked, worth, value });
    }
    // The order of equals is that of reading, not that of the search.
    found.sort_by(|a, b| (a.picked.len(), &a.picked).cmp(&(b.picked.len(), &b.picked)));
    found
}

/// What `of` says of every two of `count`.
fn pairs<T>(count: usize, of: impl Fn(usize, usize) -> T) -> Vec<Vec<T>> {
    (0..count).map(|a| (0..count).map(|b| of(a, b)).collect()).collect()
}

/// What a phrase is worth wherever it lies.
fn worth(choice: &Choice, quality: f32) -> f32 {
    QUALITY * quality.max(1e-3).ln() + OTHER_VERB * choice.agreement.max(1e-3).ln()
}

/// What a phrase takes from the whole name.
fn spoilt(quality: f32) -> f32 {
    SPOILT * (quality.max(1e-2) / HARDLY).ln().min(0.0)
}
