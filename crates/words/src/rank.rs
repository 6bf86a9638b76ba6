//! How well a phrase names a class: class-based tf-idf, with contrast to the sibling classes.

use std::collections::HashMap;

use crate::candidates::{Phrase, PhraseCandidates, Posting};
use crate::class::Use;
use crate::corpus::Corpus;
use crate::followed::Followed;
use crate::lists::{is_adjective, is_participle};
use crate::vocabulary::{WordForm, WordKind};

// Chosen by hand on nine sets of clusters of different kinds, and not finely: names change little
// when any of these moves by a third.

/// How much of the background the sibling classes make; the other texts make the rest.
const SIBLINGS: f32 = 0.5;
/// The background of a phrase that stands nowhere else.
const FLOOR: f32 = 0.02;
/// How strongly a phrase loses that is no commoner in the class than elsewhere.
const EXCESS: f32 = 0.25;
/// What is left of a phrase whose texts are untypical of their class.
const UNTYPICAL: f32 = 0.4;
/// What is left of a phrase of one text, in a class of several and in one of two or three.
const ALONE: (f32, f32) = (0.5, 0.7);
/// What is left of a phrase that ends in a word which no name holds.
const UNNAMED: f32 = 0.6;
/// What is left of a phrase that holds "for", "in" and the like; and of one that only one text holds.
const LINK: f32 = 0.3;
const PROSE: f32 = 0.2;
/// What is left of one that begins with an adjective that says little ("excessive", "blank").
const VAGUE: f32 = 0.5;
/// What is left of one that holds a clause.
const CLAUSE: f32 = 0.03;
/// What is left of one whose first word never begins a phrase.
const TORN: f32 = 0.4;
/// What is left of one that ends in a participle, an adjective or a verb; or in what looks like an
/// adjective.
const NO_NOUN: f32 = 0.03;
const MODIFIER: f32 = 0.1;
/// How complete a phrase is that a complement follows ("encounter for …").
const LINKED: f32 = 0.3;
/// The same where other words follow it elsewhere, and three children make the class: one is a third of it.
const TOPIC: f32 = 0.8;
/// How complete one is that ever other words follow ("flag of …", "error 404").
const KINDS: f32 = 0.8;
/// How complete a proper name is, whatever follows ("Python scripts").
const PROPER: f32 = 0.8;

/// A phrase with its score in one class.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    pub(crate) phrase: u32,
    /// Worth per covered share of the class.
    pub(crate) worth: f32,
    /// How much of a noun phrase it is, 0 to 1; part of the worth.
    pub(crate) quality: f32,
    /// How rare its words are over the whole level, whatever the siblings.
    pub(crate) rarity: f32,
    /// Share of the class that holds it, 0 to 1.
    pub(crate) coverage: f32,
    /// How much commoner it is in the class than elsewhere, 0 to 1.
    pub(crate) excess: f32,
    /// Texts of the class that hold it, with their strength.
    pub(crate) texts: Vec<(u32, f32)>,
    /// Does it stand behind another word of its noun phrase in all names among them?
    pub(crate) within: bool,
}

/// The phrases of every class with their scores, best first, and the weights of its texts.
pub(crate) struct Ranking {
    /// By text, by its size; add up to 1.
    pub(crate) weights: Vec<f32>,
    /// By text: how typical of the class its words are, 0 to 1.
    pub(crate) closeness: Vec<f32>,
    pub(crate) phrases: Vec<Ranked>,
}

/// Ranks the phrases of each class of a sibling set.
///
/// The score is that of class-based tf-idf (Grootendorst, 2022, "BERTopic"): the frequency of a
/// phrase in a class times `ln(1 + 1 / mean frequency in the other classes)`, where frequency
/// counts texts, not words: a name should be true of most children, and a child that repeats
/// itself is still one child.
pub(crate) fn rank(
    corpus: &Corpus<'_>,
    classes: &[&[usize]],
    all: &PhraseCandidates<'_>,
    purpose: Use,
) -> Vec<Ranking> {
    let weights: Vec<Vec<f32>> = classes.iter().map(|class| text_weights(corpus, class)).collect();
    let (ranked, total) = held(all, &weights);
    let mut rankings = Vec::with_capacity(classes.len());
    for ((class, weights), mut phrases) in classes.iter().zip(weights).zip(ranked) {
        let counts = WordCounts::read(corpus, class, &weights);
        let others = classes.len().saturating_sub(1);
        for entry in &mut phrases {
            let siblings = (total[entry.phrase as usize] - entry.coverage).max(0.0);
            let siblings = (others > 0).then(|| SIBLINGS * siblings / others as f32);
            let phrase = &all.phrases[entry.phrase as usize];
            score(entry, phrase, corpus, &counts, (class.len(), purpose), siblings);
        }
        phrases.sort_by(|a, b| {
            (b.worth * b.coverage).total_cmp(&(a.worth * a.coverage)).then_with(|| {
                all.phrases[a.phrase as usize].spellings[0]
                    .cmp(&all.phrases[b.phrase as usize].spellings[0])
            })
        });
        let closeness = counts.closeness.clone();
        rankings.push(Ranking { weights, closeness, phrases });
    }
    rankings
}

/// The phrases that each class holds, without their scores, and by phrase what all classes hold of it.
fn held(all: &PhraseCandidates<'_>, weights: &[Vec<f32>]) -> (Vec<Vec<Ranked>>, Vec<f32>) {
    let mut total = vec![0.0_f32; all.phrases.len()];
    let mut ranked: Vec<Vec<Ranked>> = Vec::with_capacity(weights.len());
    for (postings, weights) in all.postings.iter().zip(weights) {
        let mut class: Vec<Ranked> = Vec::new();
        for run in postings.chunk_by(|a, b| a.phrase == b.phrase) {
            let phrase = &all.phrases[run[0].phrase as usize];
            // A list in one name is that name's own.
            if run.len() < 2 && (!phrase.named || phrase.list) {
                continue;
            }
            let texts: Vec<(u32, f32)> = run.iter().map(|p| (p.text, p.strength)).collect();
            let coverage: f32 = texts.iter().map(|&(text, s)| weights[text as usize] * s).sum();
            total[run[0].phrase as usize] += coverage;
            class.push(Ranked {
                phrase: run[0].phrase,
                worth: 0.0,
                quality: 1.0,
                rarity: 0.0,
                coverage,
                excess: 0.0,
                texts,
                within: is_within(run),
            });
        }
        ranked.push(class);
    }
    (ranked, total)
}

/// Does a phrase stand behind another word of its noun phrase in all names that hold it?
fn is_within(postings: &[Posting]) -> bool {
    let mut named = postings.iter().filter(|posting| posting.strength >= 1.0).peekable();
    named.peek().is_some() && named.all(|posting| posting.within)
}

/// Scores a phrase of a class with so many texts; `siblings`: what its siblings
/// add to how common it is elsewhere, where it has any.
fn score(
    entry: &mut Ranked,
    phrase: &Phrase<'_>,
    corpus: &Corpus<'_>,
    counts: &WordCounts,
    (texts, purpose): (usize, Use),
    siblings: Option<f32>,
) {
    let elsewhere = counts.elsewhere(corpus, phrase, texts);
    let background = match siblings {
        None => elsewhere,
        Some(siblings) => siblings + (1.0 - SIBLINGS) * elsewhere,
    };
    entry.rarity = (1.0 / counts.rarest(corpus, phrase).max(FLOOR)).ln().max(0.1);
    let idf = (1.0 + 1.0 / (background + FLOOR)).ln();
    let typical = counts.typical(&entry.texts);
    entry.excess = (1.0 - background / entry.coverage.max(1e-9)).max(0.02);
    let excess = entry.excess.powf(EXCESS);
    let named = entry.texts.iter().any(|&(_, s)| s == 1.0);
    let alone = match texts {
        _ if entry.texts.len() > 1 => 1.0,
        0..=1 => 1.0,
        2..=3 => ALONE.1,
        _ => ALONE.0,
    };
    let prose = if phrase.linked && entry.texts.len() < 2 { PROSE } else { 1.0 };
    entry.quality = alone * prose * quality(corpus, phrase, named, (texts, purpose));
    entry.worth = idf
        * excess
        * entry.quality
        * length_factor(phrase.length)
        * (UNTYPICAL + (1.0 - UNTYPICAL) * typical);
}

/// Mild weights by size, adding up to 1: a thousand times larger counts three times as much.
fn text_weights(corpus: &Corpus<'_>, class: &[usize]) -> Vec<f32> {
    let raw: Vec<f32> =
        class.iter().map(|&at| 1.0 + 0.3 * (corpus.text(at).size.max(1) as f32).ln()).collect();
    let sum: f32 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

/// Two and three words say what one leaves open; four are hard to read.
fn length_factor(length: f32) -> f32 {
    match length {
        l if l < 1.5 => 1.0,
        l if l < 2.5 => 1.3,
        l if l < 3.5 => 1.35,
        l if l < 4.5 => 1.15,
        _ => 0.8,
    }
}

/// Whether it is a noun phrase, as far as its surroundings tell, from 0 to 1; `named`: a name of
/// the class holds it.
fn quality(
    corpus: &Corpus<'_>,
    phrase: &Phrase<'_>,
    named: bool,
    (texts, purpose): (usize, Use),
) -> f32 {
    let (first, last) = (corpus.form(phrase.ends().0), corpus.form(phrase.ends().1));
    let (english, head_first) = (corpus.tongue().is_english(), corpus.tongue().head_first);
    let complete = complete(corpus, phrase, (texts, purpose));
    let whole = if complete < 0.25 { 0.2 * complete } else { 0.15 + 0.85 * complete };
    let torn = if head_first { TORN / 8.0 } else { TORN };
    let factor = |holds: bool, factor: f32| if holds { factor } else { 1.0 };
    let numbered = purpose == Use::Reading && phrase.length > 1.0 && last.is_code();
    whole
        * factor(phrase.list, 0.6)
        * factor(phrase.linked, LINK)
        * factor(english && phrase.length > 1.0 && is_adjective(&first.norm), VAGUE)
        * factor(!named && last.norm.contains('_'), 0.2)
        * factor(phrase.clause, CLAUSE)
        * (torn + (1.0 - torn) * begins(&phrase.preceded))
        * factor(phrase.part, 0.6)
        * factor(last.kind == WordKind::Number || numbered, 0.5)
        * ending(phrase, last, english)
        * factor(!named && last.usage.named == 0, UNNAMED)
}

/// How complete it is by what follows it, 0 to 1.
fn complete(corpus: &Corpus<'_>, phrase: &Phrase<'_>, (texts, purpose): (usize, Use)) -> f32 {
    let last = corpus.form(phrase.ends().1);
    let &Followed { nothing, link, conjunction, more, codes, ref others, .. } = &phrase.followed;
    // "Theme 2.0", "Theme 3.1": what a reader calls these is "themes".
    let codes = if purpose == Use::Reading { codes } else { 0 };
    let (nothing, more) = (nothing + codes, more - codes);
    let known = nothing + link + more;
    let complete = if corpus.tongue().head_first {
        // What follows a noun says which.
        1.0
    } else if known > 0 {
        // What many different words follow is a thing with kinds ("flag of …", "error 404").
        let kinds = if others.len() > 1 && is_thing(corpus, last) {
            others.len() as f32 / more.min(12) as f32
        } else {
            0.0
        };
        // "Soil for blueberries", "soil drainage": a topic, unlike the "encounter" of "encounter for".
        let topic = more > 0 && texts == 3 && purpose == Use::Reading;
        let linked = if topic { TOPIC } else { LINKED };
        (nothing as f32 + linked * link as f32 + KINDS * kinds * more as f32) / known as f32
    } else if conjunction > 0 && corpus.tongue().is_english() && is_modifier(&last.norm) {
        0.2
    } else if conjunction > 0 {
        0.5
    } else {
        0.8
    };
    // "Amazon Chime" names something even where "account" follows.
    if last.is_proper() && !corpus.title_case() && (others.len() > 1 || more <= nothing + link) {
        return complete.max(PROPER);
    }
    complete
}

/// What its last word leaves of it.
fn ending(phrase: &Phrase<'_>, last: &WordForm, english: bool) -> f32 {
    let verb = phrase.length <= 1.0 && last.listed && 4 * last.usage.verb > last.usage.count;
    if verb || english && (is_participle(&last.norm) || is_adjective(&last.norm)) {
        NO_NOUN
    } else if english && is_modifier(&last.norm) && 3 * last.usage.last <= last.usage.named {
        MODIFIER
    } else {
        1.0
    }
}

/// Is it a noun that stands by itself somewhere?
fn is_thing(corpus: &Corpus<'_>, form: &WordForm) -> bool {
    let WordForm { usage, norm, .. } = form;
    usage.last > 0 || usage.counted > 0 || corpus.form_by_norm(&format!("{norm}s")).is_some()
}

/// How much of a beginning its first word is, 0 to 1: "alerts" has kinds, "scanning alerts" only ever
/// stands after "code".
fn begins(preceded: &Followed) -> f32 {
    let Followed { nothing, more, others, .. } = preceded;
    let known = nothing + more;
    if known == 0 {
        return 1.0;
    }
    let kinds = if others.len() > 1 { others.len() as f32 / (*more).min(12) as f32 } else { 0.0 };
    (*nothing as f32 + kinds * *more as f32) / known as f32
}

/// Does it look like an adjective?
pub(crate) fn is_modifier(norm: &str) -> bool {
    const ENDINGS: [&str; 8] = ["al", "ic", "ive", "ous", "able", "ible", "ary", "less"];
    norm.len() > 5 && norm.is_ascii() && ENDINGS.iter().any(|ending| norm.ends_with(ending))
}

/// Word counts of one class.
struct WordCounts {
    /// By stem: how many texts of the class hold it.
    count: HashMap<u32, f32>,
    /// By text: cosine to the class's mean vector, relative to the highest.
    closeness: Vec<f32>,
}

impl WordCounts {
    fn read(corpus: &Corpus<'_>, class: &[usize], weights: &[f32]) -> Self {
        let vectors: Vec<Vec<(u32, f32)>> = class.iter().map(|&at| stems(corpus, at)).collect();
        let mut count: HashMap<u32, f32> = HashMap::new();
        for &(stem, strength) in vectors.iter().flatten() {
            *count.entry(stem).or_default() += strength;
        }
        let idf = |stem: u32| (1.0 / corpus.share(stem).max(1e-9)).ln().max(0.0);
        let norm = |vector: &[(u32, f32)]| {
            vector.iter().map(|&(stem, s)| (s * idf(stem)).powi(2)).sum::<f32>().sqrt().max(1e-9)
        };
        let norms: Vec<f32> = vectors.iter().map(|vector| norm(vector)).collect();
        let mut mean: Vec<(u32, f32)> = vectors
            .iter()
            .zip(&norms)
            .zip(weights)
            .flat_map(|((vector, norm), w)| {
                vector.iter().map(move |&(stem, s)| (stem, w * s * idf(stem) / norm))
            })
            .collect();
        mean.sort_by_key(|&(stem, _)| stem);
        let mut merged: Vec<(u32, f32)> = Vec::with_capacity(mean.len());
        for (stem, value) in mean {
            match merged.last_mut() {
                Some((last, sum)) if *last == stem => *sum += value,
                _ => merged.push((stem, value)),
            }
        }
        let mut closeness: Vec<f32> = vectors
            .iter()
            .zip(&norms)
            .map(|(vector, norm)| {
                vector
                    .iter()
                    .filter_map(|&(stem, s)| {
                        let at = merged.binary_search_by_key(&stem, |&(stem, _)| stem).ok()?;
                        Some(s * idf(stem) / norm * merged[at].1)
                    })
                    .sum()
            })
            .collect();
        let most = closeness.iter().copied().fold(1e-9, f32::max);
        closeness.iter_mut().for_each(|close| *close /= most);
        Self { count, closeness }
    }

    /// The share of all texts that hold the rarest word of the phrase.
    fn rarest(&self, corpus: &Corpus<'_>, phrase: &Phrase<'_>) -> f32 {
        phrase.content_stems(corpus).into_iter().map(|stem| corpus.share(stem)).fold(1.0, f32::min)
    }

    /// The share of the texts outside the class that hold the rarest word of the phrase.
    fn elsewhere(&self, corpus: &Corpus<'_>, phrase: &Phrase<'_>, inside: usize) -> f32 {
        let outside = (corpus.len() - inside).max(1) as f32;
        let share = |stem: u32| {
            let count = self.count.get(&stem).copied().unwrap_or(0.0);
            (corpus.share(stem) * corpus.len() as f32 - count).max(0.0) / outside
        };
        phrase.content_stems(corpus).into_iter().map(share).fold(1.0, f32::min)
    }

    /// How typical of the class the texts are that hold a phrase, 0 to 1.
    fn typical(&self, texts: &[(u32, f32)]) -> f32 {
        let sum: f32 = texts.iter().map(|&(text, _)| self.closeness[text as usize]).sum();
        sum / texts.len().max(1) as f32
    }
}

/// The content stems of a text, once each, with their strength; sorted.
fn stems(corpus: &Corpus<'_>, at: usize) -> Vec<(u32, f32)> {
    let (name, opening) = corpus.name_words(at);
    let object = opening.map_or(0, |opening| opening.object);
    let description = corpus.description_words(at);
    let mut found: Vec<(u32, f32)> = name[object..]
        .iter()
        .chain(&description)
        .map(|word| (corpus.form(word.form), word.strength))
        .filter(|(form, _)| matches!(form.kind, WordKind::Content | WordKind::Weak))
        .map(|(form, strength)| (form.stem, strength))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    found.dedup_by_key(|(stem, _)| *stem);
    found
}
