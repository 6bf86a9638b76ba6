//! Names for the classes of a level: siblings are named together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::aim::{Middle, aim};
use crate::candidates::{Phrase, PhraseCandidates};
use crate::compose::{headline, plain_name};
use crate::corpus::Corpus;
use crate::draft::NameDraft;
use crate::meaning::{MeaningSpace, dot};
use crate::pick::{PhraseChoice, shortlist};
use crate::rank::{Ranked, Ranking, rank};
use crate::settle::settle;
use crate::spell::spelled;
use crate::verbs::{ClassVerbs, agrees, imperative};
use crate::whole::{choose, choose_by_words};

/// The power of a phrase's fit by its words, and of its being a noun phrase, where phrases are
/// embedded: then nearness to the class decides.
const WORDS: f32 = 0.5;
const QUALITY: f32 = 0.35;
/// What is hardly a noun phrase is not told.
const HARDLY: f32 = 0.15;
/// The weight of a phrase doubles about every 0.09 of cosine.
const NEARNESS: f32 = 8.0;
/// Classes whose phrases are embedded at once, at least; also bounds what is kept of their words.
const BATCH: usize = 1_024;

/// Clusters that need a name in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Numbers of their texts in the corpus.
    pub texts: Vec<usize>,
    /// Classes of one set are siblings: their names must tell them apart.
    pub set: u32,
}

/// A name, and what else there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// At most ten words; different from all other names of the level.
    pub name: String,
    /// The phrases in it, as they are written inside a sentence.
    pub phrases: Vec<String>,
    /// What else many of the texts share, likewise.
    pub further: Vec<String>,
    /// Some texts that stand for the class well, the best one first.
    pub typical: Vec<usize>,
    /// Its largest texts, the largest one first; of equally large ones those that stand for it best.
    pub largest: Vec<usize>,
    /// How many texts it has.
    pub children: usize,
    /// Items under them.
    pub items: u64,
    /// Has the largest text more than half of the items?
    pub half: bool,
}

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

/// What names are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// People read them.
    Reading,
    /// Clusters are compared with them.
    Guiding,
}

fn named<M: MeaningSpace>(
    corpus: &Corpus<'_>,
    classes: &[Class],
    mut meaning: Option<&mut M>,
    purpose: Use,
) -> Result<Vec<Headline>, M::Error> {
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
    let drafts: Vec<NameDraft> = drafts.into_iter().flatten().collect();
    let names = settle(&drafts);
    Ok(drafts.into_iter().zip(names).map(|(draft, name)| draft.headline(name)).collect())
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

/// A sibling set on its way to names.
pub(crate) struct Siblings<'a> {
    pub(crate) corpus: &'a Corpus<'a>,
    pub(crate) purpose: Use,
    /// Numbers of the classes.
    pub(crate) set: Vec<usize>,
    all: PhraseCandidates<'a>,
    rankings: Vec<Ranking>,
    /// By class: the phrases looked at closely, and how they are written.
    pub(crate) choices: Vec<Vec<PhraseChoice>>,
    /// By class: the verb that leads its name, if names are imperatives.
    verbs: Vec<Option<String>>,
    /// By class: sets of choices that would name it, best first; empty until names are embedded.
    pub(crate) sets: Vec<Vec<Vec<usize>>>,
    /// By class: where its name should lie; empty until that is known.
    pub(crate) aims: Vec<Vec<f32>>,
    /// By class: is it a heap, without anything that several of its children share?
    pub(crate) heaps: Vec<bool>,
    /// By class: does its name cover at least half of it?
    pub(crate) broad: Vec<bool>,
}

impl<'a> Siblings<'a> {
    fn read(corpus: &'a Corpus<'a>, classes: &[Class], set: &[usize], purpose: Use) -> Self {
        let texts: Vec<&[usize]> = set.iter().map(|&at| &classes[at].texts[..]).collect();
        let all = PhraseCandidates::collect(corpus, &texts);
        let rankings = rank(corpus, &texts, &all);
        let choices = rankings
            .iter()
            .map(|ranking| {
                let mut choices = shortlist(corpus, &all, ranking);
                for choice in &mut choices {
                    let entry = &ranking.phrases[choice.at];
                    let phrase = &all.phrases[entry.phrase as usize];
                    choice.singular = spelled(corpus, phrase, false);
                    let several = entry.texts.len() > 1 || phrase.counted > 0;
                    choice.written = spelled(corpus, phrase, several);
                }
                choices
            })
            .collect();
        let (verbs, sets) = (vec![None; set.len()], vec![Vec::new(); set.len()]);
        let (heaps, broad) = (vec![false; set.len()], vec![false; set.len()]);
        let aims = Vec::new();
        Self {
            corpus,
            purpose,
            set: set.to_vec(),
            all,
            rankings,
            choices,
            verbs,
            sets,
            aims,
            heaps,
            broad,
        }
    }

    /// Names begin with their classes' verbs.
    fn lead(&mut self, classes: &[Class], verbs: &[ClassVerbs]) {
        for (place, &at) in self.set.iter().enumerate() {
            let verb = verbs[at].verb();
            let (ranking, choices) = (&self.rankings[place], &mut self.choices[place]);
            favour(self.corpus, &classes[at], ranking, choices, &verb);
            self.verbs[place] = Some(verb);
        }
    }

    /// A phrase of the class at `place`.
    pub(crate) fn phrase(&self, place: usize, choice: usize) -> &Phrase<'a> {
        let entry = &self.rankings[place].phrases[self.choices[place][choice].at];
        &self.all.phrases[entry.phrase as usize]
    }

    /// What is known of it in its class.
    pub(crate) fn entry(&self, place: usize, choice: usize) -> &Ranked {
        &self.rankings[place].phrases[self.choices[place][choice].at]
    }

    /// How many children of the class hold it.
    pub(crate) fn support(&self, place: usize, choice: usize) -> usize {
        self.entry(place, choice).texts.len()
    }

    /// The weights of the class's children.
    pub(crate) fn weights(&self, place: usize) -> &[f32] {
        &self.rankings[place].weights
    }

    /// The name of the class at `place` that is made of these choices.
    pub(crate) fn named(&self, place: usize, picked: &[usize]) -> String {
        let phrases: Vec<Vec<String>> =
            picked.iter().map(|&at| self.choices[place][at].written.clone()).collect();
        headline(self.corpus.tongue(), self.verbs[place].as_deref(), &phrases)
    }

    fn drafts(self, classes: &[Class]) -> Vec<(usize, NameDraft)> {
        let Self {
            corpus,
            purpose: _,
            set,
            all,
            rankings,
            choices,
            verbs,
            sets,
            aims: _,
            heaps,
            broad,
        } = self;
        let places =
            set.into_iter().zip(rankings.iter().zip(choices)).zip(verbs.into_iter().zip(sets));
        places
            .zip(heaps.into_iter().zip(broad))
            .map(|(((at, (ranking, choices)), (verb, sets)), (heap, broad))| {
                let class = &classes[at];
                let picked = sets.first().cloned().unwrap_or_default();
                let typical = typical(corpus, class, ranking);
                let largest = largest(corpus, class, &typical);
                let items = class.texts.iter().map(|&text| corpus.text(text).size).sum();
                let most = largest.first().map_or(0, |&text| corpus.text(text).size);
                let half = class.texts.len() > 2 && 2 * most > items;
                let fallback = fallback(corpus, class, &typical);
                let further = further(corpus, &all, ranking, &choices, &picked);
                let children =
                    class.texts.iter().map(|&text| corpus.text(text).name.to_owned()).collect();
                let weight = class.texts.iter().map(|&text| corpus.text(text).size.max(1)).sum();
                let choices = choices.into_iter().map(|choice| choice.written).collect();
                let set = class.set;
                let alone = class.texts.len() == 1;
                let draft = NameDraft {
                    verb,
                    tongue: corpus.tongue(),
                    choices,
                    picked,
                    heap,
                    broad,
                    title_case: corpus.title_case(),
                    sets,
                    further,
                    typical,
                    largest,
                    items,
                    half,
                    fallback,
                    children,
                    weight,
                    set,
                    alone,
                };
                (at, draft)
            })
            .collect()
    }
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

/// "Write" goes with what is written: phrases of children that do something else count less.
fn favour(
    corpus: &Corpus<'_>,
    class: &Class,
    ranking: &Ranking,
    choices: &mut [PhraseChoice],
    verb: &str,
) {
    let agrees: Vec<bool> =
        class.texts.iter().map(|&text| agrees(corpus.name_words(text).1.as_ref(), verb)).collect();
    if !agrees.contains(&true) {
        return;
    }
    for choice in choices {
        let texts = &ranking.phrases[choice.at].texts;
        let share = texts.iter().filter(|(text, _)| agrees[*text as usize]).count() as f32
            / texts.len().max(1) as f32;
        choice.agreement = 0.1 + 0.9 * share;
        choice.fit *= choice.agreement;
    }
}

/// A few texts near the middle of the class, first those that say something of their own.
fn typical(corpus: &Corpus<'_>, class: &Class, ranking: &Ranking) -> Vec<usize> {
    const FEW: usize = 4;
    let mut order: Vec<usize> = (0..class.texts.len()).collect();
    let value = |at: usize| ranking.closeness[at] * ranking.weights[at];
    order.sort_by(|&a, &b| {
        value(b)
            .total_cmp(&value(a))
            .then_with(|| corpus.text(class.texts[a]).name.cmp(corpus.text(class.texts[b]).name))
    });
    let mut found: Vec<(usize, Vec<u32>)> = Vec::new();
    let mut alike: Vec<usize> = Vec::new();
    for at in order {
        let text = class.texts[at];
        let stems = corpus.name_stems(text);
        let fresh = found.iter().all(|(_, known)| {
            let common = stems.iter().filter(|stem| known.contains(stem)).count();
            2 * common < stems.len().max(1)
        });
        if fresh && found.len() < FEW {
            found.push((text, stems));
        } else if alike.len() < FEW {
            alike.push(text);
        }
    }
    found.into_iter().map(|(text, _)| text).chain(alike).take(FEW).collect()
}

/// The largest texts, those of `typical` first among equals.
fn largest(corpus: &Corpus<'_>, class: &Class, typical: &[usize]) -> Vec<usize> {
    const FEW: usize = 4;
    let mut order = class.texts.clone();
    let place = |text: &usize| typical.iter().position(|known| known == text).unwrap_or(FEW);
    order.sort_by_key(|text| (Reverse(corpus.text(*text).size), place(text)));
    order.truncate(FEW);
    order
}

/// The name where no phrase was found: that of a child, as it stands.
fn fallback(corpus: &Corpus<'_>, class: &Class, typical: &[usize]) -> String {
    typical
        .iter()
        .chain(&class.texts)
        .map(|&text| plain_name(corpus.text(text).name))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "Unnamed".to_owned())
}

/// What else many texts of the class hold, common words of the whole level included: this is not
/// for telling siblings apart but for saying what it is about.
fn further(
    corpus: &Corpus<'_>,
    all: &PhraseCandidates<'_>,
    ranking: &Ranking,
    choices: &[PhraseChoice],
    picked: &[usize],
) -> Vec<String> {
    const FEW: usize = 4;
    let content = |phrase: u32| -> Vec<u32> { all.phrases[phrase as usize].content_stems(corpus) };
    let mut known: Vec<Vec<u32>> =
        picked.iter().map(|&at| content(ranking.phrases[choices[at].at].phrase)).collect();
    let mut order: Vec<(f32, usize)> = ranking
        .phrases
        .iter()
        .enumerate()
        .take(120)
        .filter(|(_, entry)| entry.texts.len() > 1 || ranking.weights.len() < 4)
        .map(|(at, entry)| (entry.coverage * entry.quality * entry.rarity, at))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut found = Vec::new();
    for (_, at) in order {
        let entry = &ranking.phrases[at];
        let stems = content(entry.phrase);
        let named = corpus.form(all.phrases[entry.phrase as usize].ends().1).usage.named > 0;
        let telling =
            (named || 4 * entry.texts.len() >= ranking.weights.len()) && entry.quality > HARDLY;
        if !telling
            || found.len() == FEW
            || known.iter().any(|old| stems.iter().any(|stem| old.contains(stem)))
        {
            continue;
        }
        let phrase = &all.phrases[entry.phrase as usize];
        found.push(spelled(corpus, phrase, entry.texts.len() > 1).join(" "));
        known.push(stems);
    }
    found
}

#[cfg(test)]
mod tests;
