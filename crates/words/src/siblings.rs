//! A sibling set on its way to names.

use std::cmp::Reverse;

use crate::candidates::{Phrase, PhraseCandidates};
use crate::class::{Class, Use};
use crate::compose::{headline, plain_name};
use crate::corpus::Corpus;
use crate::draft::NameDraft;
use crate::pick::{PhraseChoice, shortlist};
use crate::rank::{Ranked, Ranking, rank};
use crate::spell::{PhraseNumber, spelled};
use crate::verbs::{ClassVerbs, agrees};
use crate::worded::{agreeing, word};

/// What is hardly a noun phrase is not told.
const HARDLY: f32 = 0.15;

/// A sibling set on its way to names.
pub(crate) struct Siblings<'a> {
    pub(crate) corpus: &'a Corpus<'a>,
    pub(crate) purpose: Use,
    /// Numbers of the classes.
    pub(crate) set: Vec<usize>,
    pub(crate) all: PhraseCandidates<'a>,
    pub(crate) rankings: Vec<Ranking>,
    /// By class: the phrases looked at closely, and how they are written.
    pub(crate) choices: Vec<Vec<PhraseChoice>>,
    /// By class: the verb that leads its name, if names are imperatives.
    pub(crate) verbs: Vec<Option<String>>,
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
    pub(crate) fn read(
        corpus: &'a Corpus<'a>,
        classes: &[Class],
        set: &[usize],
        purpose: Use,
    ) -> Self {
        let texts: Vec<&[usize]> = set.iter().map(|&at| &classes[at].texts[..]).collect();
        let all = PhraseCandidates::collect(corpus, &texts);
        let rankings = rank(corpus, &texts, &all, purpose);
        let choices = rankings
            .iter()
            .zip(&texts)
            .map(|(ranking, class)| {
                let mut choices = shortlist(corpus, &all, ranking);
                for choice in &mut choices {
                    let entry = &ranking.phrases[choice.at];
                    let phrase = &all.phrases[entry.phrase as usize];
                    word(corpus, phrase, entry, (class, purpose), choice);
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
    pub(crate) fn lead(&mut self, classes: &[Class], verbs: &[ClassVerbs]) {
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
        let choice = |&at: &usize| {
            let choice = &self.choices[place][at];
            (&choice.written, choice.plural.as_ref())
        };
        let phrases = agreeing(picked.iter().map(choice));
        headline(self.corpus.tongue(), self.verbs[place].as_deref(), &phrases)
    }

    pub(crate) fn drafts(self, classes: &[Class]) -> Vec<(usize, NameDraft)> {
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
                let (choices, plurals) =
                    choices.into_iter().map(|choice| (choice.written, choice.plural)).unzip();
                let set = class.set;
                let alone = class.texts.len() == 1;
                let draft = NameDraft {
                    verb,
                    tongue: corpus.tongue(),
                    choices,
                    plurals,
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
        let several = entry.texts.len() > 1;
        let number = if several { PhraseNumber::Several } else { PhraseNumber::Open };
        found.push(spelled(corpus, phrase, number, &|_| true).join(" "));
        known.push(stems);
    }
    found
}
