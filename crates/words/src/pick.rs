//! Which phrases of a class go into its name: good ones, each for a part of the class of its own.

use crate::candidates::{Candidates, Followed, Phrase};
use crate::corpus::Corpus;
use crate::meaning::dot;
use crate::rank::Ranking;

/// Most phrases of a name.
pub(crate) const MOST: usize = 3;
/// A further phrase must bring this share of what the first one brought, by its words alone and
/// where phrases are embedded.
const WORTHWHILE: (f32, f32) = (0.22, 0.12);
/// A name that covers this much of its class needs no further phrase.
const COVERED: f32 = 0.8;
/// The power of the share of its texts that a phrase is the first to cover.
const FRESH: f32 = 0.7;
/// Kinds are named instead of what they are kinds of if they make this share of it, and each is
/// hardly worse as a phrase.
const KINDS_COVER: f32 = 0.7;
const KIND_QUALITY: f32 = 0.35;
/// A single word is a name if it is as rare as this: in hardly more than a text of twenty.
const TELLING: f32 = 2.9;
/// What a second phrase must bring where the first one is a common word.
const SECOND: f32 = 0.04;
/// A phrase is left to a longer one that holds it in this share of its texts.
const NESTED: f32 = 0.8;
/// What repeating another phrase costs, by likeness; an echo counts as more than alike.
const REPEATS: f32 = 0.75;
const ECHO: f32 = 1.2;
/// Phrases of a class that are looked at closely: embedded, with a transformer each costs as much as a
/// cluster. They are the best by their words; more of them make names no better.
pub(crate) const SHORTLIST: usize = 16;

/// A phrase of a class that is looked at closely.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Index into the ranking's phrases.
    pub(crate) at: usize,
    /// How well it fits the class.
    pub(crate) fit: f32,
    /// How far its texts do what the name's verb says, 0.1 to 1; part of the fit.
    pub(crate) agreement: f32,
    /// Its vector, empty if phrases are not embedded.
    pub(crate) vector: Vec<f32>,
    /// Its written words, as the texts have them.
    pub(crate) singular: Vec<String>,
    /// Its written words, as a name has them.
    pub(crate) written: Vec<String>,
}

/// What picking looks at.
#[derive(Clone, Copy)]
struct View<'v, 'a> {
    corpus: &'v Corpus<'a>,
    all: &'v Candidates<'a>,
    ranking: &'v Ranking,
    choices: &'v [Choice],
}

/// How picking goes on.
#[derive(Clone, Copy)]
struct Greed {
    /// Most phrases.
    most: usize,
    /// A further phrase must bring this share of what the first one brought.
    worthwhile: f32,
    /// Texts covered so far are enough at this share.
    enough: f32,
    /// How much repeating costs, 0 to 1.
    diversity: f32,
}

/// The phrases worth a closer look, best first.
///
/// Greedy maximal marginal relevance (Carbonell and Goldstein, 1998), where what a phrase repeats
/// is measured twice: by the words it shares with the phrases already taken, and by the texts
/// that they cover already.
pub(crate) fn shortlist(
    corpus: &Corpus<'_>,
    all: &Candidates<'_>,
    ranking: &Ranking,
) -> Vec<Choice> {
    let close = &ranking.phrases[..ranking.phrases.len().min(4 * SHORTLIST)];
    let stems: Vec<Vec<u32>> = close
        .iter()
        .map(|entry| all.phrases[entry.phrase as usize].content_stems(corpus))
        .collect();
    // "Biases" is nothing but a part of "Weights & Biases" if it stands in hardly another text.
    let nested = |at: usize| {
        close.iter().zip(&stems).any(|(entry, longer)| {
            longer.len() > stems[at].len()
                && entry.coverage > NESTED * close[at].coverage
                && entry.quality > NESTED * close[at].quality
                && !stems[at].is_empty()
                && longer.windows(stems[at].len()).any(|run| run == stems[at])
        })
    };
    let choices: Vec<Choice> = close
        .iter()
        .enumerate()
        .filter(|&(at, _)| !nested(at))
        .map(|(at, entry)| Choice {
            at,
            fit: entry.worth * entry.coverage,
            agreement: 1.0,
            vector: Vec::new(),
            singular: Vec::new(),
            written: Vec::new(),
        })
        .collect();
    let view = View { corpus, all, ranking, choices: &choices };
    let greed = Greed { most: SHORTLIST, worthwhile: 0.0, enough: 2.0, diversity: 0.3 };
    greedy(view, greed).into_iter().map(|index| choices[index].clone()).collect()
}

/// The phrases of the name, best first, as indices into `choices`.
pub(crate) fn pick(
    corpus: &Corpus<'_>,
    all: &Candidates<'_>,
    ranking: &Ranking,
    choices: &[Choice],
) -> Vec<usize> {
    let embedded = choices.iter().any(|choice| !choice.vector.is_empty());
    let worthwhile = if embedded { WORTHWHILE.1 } else { WORTHWHILE.0 };
    let view = View { corpus, all, ranking, choices };
    let picked = greedy(view, Greed { most: MOST, worthwhile, enough: COVERED, diversity: 1.0 });
    let [only] = picked[..] else { return picked };
    let entry = &ranking.phrases[choices[only].at];
    let phrase = &all.phrases[entry.phrase as usize];
    if let Some(kinds) = kinds(view, only) {
        return kinds;
    }
    let Followed { nothing, link, more, .. } = phrase.followed;
    if phrase.length > 1.0 || (entry.rarity > TELLING && link <= nothing + more) {
        return picked;
    }
    // "Contact" with what? "Hours" of what? A longer phrase says it, or a second one.
    let longer = (0..choices.len()).filter(|&at| {
        let other = &ranking.phrases[choices[at].at];
        at != only
            && shared(corpus, phrase, &all.phrases[other.phrase as usize]) == 1.0
            && 2.0 * other.coverage > entry.coverage
    });
    match longer.max_by(|&a, &b| choices[a].fit.total_cmp(&choices[b].fit).then(b.cmp(&a))) {
        Some(longer) => vec![longer],
        None => greedy(view, Greed { most: 2, worthwhile: SECOND, enough: 2.0, diversity: 1.0 }),
    }
}

/// "Alerts" that are code scanning alerts or secret scanning alerts: two or three kinds that make
/// most of what a phrase covers and can be said in one.
fn kinds(view: View<'_, '_>, only: usize) -> Option<Vec<usize>> {
    let View { corpus, all, ranking, choices } = view;
    let entry_of = |at: usize| &ranking.phrases[choices[at].at];
    let phrase_of = |at: usize| &all.phrases[entry_of(at).phrase as usize];
    let whole = entry_of(only);
    let mut order: Vec<usize> = (0..choices.len()).filter(|&at| at != only).collect();
    order.sort_by(|&a, &b| entry_of(b).coverage.total_cmp(&entry_of(a).coverage).then(a.cmp(&b)));
    let mut left: Vec<f32> = ranking.weights.clone();
    let mut kinds: Vec<usize> = Vec::new();
    let mut covered = 0.0;
    for at in order {
        let phrase = phrase_of(at);
        let fits = kinds.len() < MOST
            && phrase.length <= 3.0
            && !phrase.list
            && entry_of(at).quality > KIND_QUALITY * whole.quality
            && shared(corpus, phrase_of(only), phrase) == 1.0
            && choices[at].written.len() > choices[only].written.len()
            && kinds.iter().all(|&kind| mergeable(corpus, &phrase_of(kind).stems, &phrase.stems));
        let fresh: f32 = entry_of(at).texts.iter().map(|&(text, s)| left[text as usize] * s).sum();
        if fits && 2.0 * fresh > entry_of(at).coverage {
            for &(text, strength) in &entry_of(at).texts {
                left[text as usize] *= 1.0 - strength;
            }
            covered += fresh;
            kinds.push(at);
        }
    }
    (kinds.len() > 1 && covered > KINDS_COVER * whole.coverage).then_some(kinds)
}

fn greedy(view: View<'_, '_>, greed: Greed) -> Vec<usize> {
    let View { ranking, choices, .. } = view;
    let mut left: Vec<f32> = ranking.weights.clone();
    let mut picked: Vec<usize> = Vec::new();
    let mut first = 0.0;
    while picked.len() < greed.most {
        let mut best: Option<(usize, f32)> = None;
        for index in (0..choices.len()).filter(|index| !picked.contains(index)) {
            let gain = gain(view, index, &left, &picked, greed.diversity);
            if gain > best.map_or(0.0, |(_, known)| known) {
                best = Some((index, gain));
            }
        }
        let Some((index, gain)) = best else { break };
        if picked.is_empty() {
            first = gain;
        } else if gain < greed.worthwhile * first {
            break;
        }
        for &(text, strength) in &ranking.phrases[choices[index].at].texts {
            left[text as usize] *= 1.0 - strength * greed.diversity;
        }
        picked.push(index);
        if left.iter().sum::<f32>() < 1.0 - greed.enough {
            break;
        }
    }
    picked
}

/// What a phrase would add to those picked.
fn gain(view: View<'_, '_>, index: usize, left: &[f32], picked: &[usize], diversity: f32) -> f32 {
    let View { corpus, all, ranking, choices } = view;
    let choice = &choices[index];
    let entry = &ranking.phrases[choice.at];
    let phrase = &all.phrases[entry.phrase as usize];
    let fresh: f32 = entry.texts.iter().map(|&(text, s)| left[text as usize] * s).sum();
    let mut overlap = 0.0_f32;
    for &other in picked {
        let other = &choices[other];
        let known = &all.phrases[ranking.phrases[other.at].phrase as usize];
        let words = shared(corpus, phrase, known);
        if diversity == 1.0 && one_too_many(phrase, known, words) {
            return 0.0;
        }
        overlap = overlap.max(words).max(dot(&choice.vector, &other.vector));
        if echoes(corpus, phrase, known, words) {
            overlap = overlap.max(ECHO);
        }
    }
    choice.fit
        * (fresh / entry.coverage.max(1e-9)).powf(FRESH)
        * (1.0 - REPEATS * diversity * overlap).max(0.0)
}

/// Half of a list and more of it reads as another list, and a phrase that another one holds says
/// nothing; `words` is what they share.
fn one_too_many(a: &Phrase<'_>, b: &Phrase<'_>, words: f32) -> bool {
    a.list || b.list || words == 1.0
}

/// Is a word said twice that cannot be said once?
fn echoes(corpus: &Corpus<'_>, a: &Phrase<'_>, b: &Phrase<'_>, words: f32) -> bool {
    words > 0.0 && !factorable(corpus, &a.stems, &b.stems)
}

/// Can two phrases stand in one name?
pub(crate) fn apart(corpus: &Corpus<'_>, a: &Phrase<'_>, b: &Phrase<'_>) -> bool {
    let words = shared(corpus, a, b);
    !one_too_many(a, b, words) && !echoes(corpus, a, b, words)
}

/// Do two phrases differ in their first words only, or in their last ones only?
fn mergeable(corpus: &Corpus<'_>, a: &[u32], b: &[u32]) -> bool {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let links = |stems: &[u32]| stems.iter().any(|&stem| corpus.is_link_stem(stem));
    let short = |stems: &[u32]| (1..=2).contains(&stems.len()) && !links(stems);
    (back > 0
        && a.len() > back
        && b.len() > back
        && short(&a[..a.len() - back])
        && short(&b[..b.len() - back]))
        || (front > 0
            && a.len() > front
            && b.len() > front
            && short(&a[front..])
            && short(&b[front..]))
}

/// Can two phrases be said as one ("bird and fish families", "disorders of bone and skin")?
fn factorable(corpus: &Corpus<'_>, a: &[u32], b: &[u32]) -> bool {
    let links = |stems: &[u32]| stems.iter().any(|&stem| corpus.is_link_stem(stem));
    let short = |stems: &[u32]| (2..=3).contains(&stems.len()) && !links(stems);
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let goes_on = |stems: &[u32]| stems.get(front).is_some_and(|&stem| !corpus.is_link_stem(stem));
    (short(a) && short(b) && a.last() == b.last()) || (front > 0 && goes_on(a) && goes_on(b))
}

/// Words of the shorter phrase that the other one holds, as a share; links do not count.
fn shared(corpus: &Corpus<'_>, a: &Phrase<'_>, b: &Phrase<'_>) -> f32 {
    let a = a.content_stems(corpus);
    let b = b.content_stems(corpus);
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let common = short.iter().filter(|stem| long.contains(stem)).count();
    common as f32 / short.len().max(1) as f32
}
