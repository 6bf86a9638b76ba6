//! Which phrases of a class are looked at closely, and which of them can stand in one name.

use crate::candidates::{Phrase, PhraseCandidates};
use crate::corpus::Corpus;
use crate::rank::Ranking;

/// Most phrases of a name.
pub(crate) const MOST: usize = 3;
/// The power of the share of its texts that a phrase is the first to cover.
const FRESH: f32 = 0.7;
/// A phrase is left to a longer one that holds it in this share of its texts.
const NESTED: f32 = 0.8;
/// What repeating the words of another phrase costs, and how much of its texts it takes.
const REPEATS: f32 = 0.75;
const DIVERSITY: f32 = 0.3;
/// Saying a word twice that cannot be said once counts as more than repeating it.
const ECHO: f32 = 1.2;
/// Below this quality it is no noun phrase.
const DEBRIS: f32 = 0.06;
/// Phrases of a class that are looked at closely: embedded, with a transformer each costs as much as a
/// cluster. They are the best by their words; more of them make names no better.
pub(crate) const SHORTLIST: usize = 16;

/// A phrase of a class that is looked at closely.
#[derive(Debug, Clone)]
pub(crate) struct PhraseChoice {
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
    /// The same of several, beside others of several, where only one child has one.
    pub(crate) plural: Option<Vec<String>>,
}

/// The phrases worth a closer look, best first.
///
/// Greedy maximal marginal relevance (Carbonell and Goldstein, 1998), where what a phrase repeats
/// is measured twice: by the words it shares with the phrases already taken, and by the texts
/// that they cover already.
pub(crate) fn shortlist(
    corpus: &Corpus<'_>,
    all: &PhraseCandidates<'_>,
    ranking: &Ranking,
) -> Vec<PhraseChoice> {
    let close = &ranking.phrases[..ranking.phrases.len().min(4 * SHORTLIST)];
    let phrase = |at: usize| &all.phrases[close[at].phrase as usize];
    let stems: Vec<Vec<u32>> =
        (0..close.len()).map(|at| phrase(at).content_stems(corpus)).collect();
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
    let mut open: Vec<usize> = (0..close.len()).filter(|&at| !nested(at)).collect();
    // What is hardly a noun phrase ("owned", "showing wrong times") is left out, if there is any other.
    if open.iter().any(|&at| close[at].quality > DEBRIS) {
        open.retain(|&at| close[at].quality > DEBRIS);
    }
    let mut left: Vec<f32> = ranking.weights.clone();
    let mut picked: Vec<usize> = Vec::new();
    while picked.len() < SHORTLIST {
        let mut best: Option<(usize, f32)> = None;
        for &at in open.iter().filter(|at| !picked.contains(at)) {
            let entry = &close[at];
            let fresh: f32 = entry.texts.iter().map(|&(text, s)| left[text as usize] * s).sum();
            let overlap = picked.iter().map(|&other| repeats(corpus, phrase(at), phrase(other)));
            let gain = entry.worth
                * entry.coverage
                * (fresh / entry.coverage.max(1e-9)).powf(FRESH)
                * (1.0 - REPEATS * DIVERSITY * overlap.fold(0.0_f32, f32::max)).max(0.0);
            if gain > best.map_or(0.0, |(_, known)| known) {
                best = Some((at, gain));
            }
        }
        let Some((at, _)) = best else { break };
        for &(text, strength) in &close[at].texts {
            left[text as usize] *= 1.0 - strength * DIVERSITY;
        }
        picked.push(at);
    }
    let choice = |at: usize| PhraseChoice {
        at,
        fit: close[at].worth * close[at].coverage,
        agreement: 1.0,
        vector: Vec::new(),
        singular: Vec::new(),
        written: Vec::new(),
        plural: None,
    };
    picked.into_iter().map(choice).collect()
}

/// How much of what a phrase says another one has said.
fn repeats(corpus: &Corpus<'_>, phrase: &Phrase<'_>, known: &Phrase<'_>) -> f32 {
    let words = shared(corpus, phrase, known);
    if echoes(corpus, phrase, known, words) { words.max(ECHO) } else { words }
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

/// Can two phrases be said as one ("bird and fish families", "disorders of bone and skin")?
fn factorable(corpus: &Corpus<'_>, a: &[u32], b: &[u32]) -> bool {
    let links = |stems: &[u32]| stems.iter().any(|&stem| corpus.is_link_stem(stem));
    let short = |stems: &[u32]| (2..=3).contains(&stems.len()) && !links(stems);
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let goes_on = |stems: &[u32]| stems.get(front).is_some_and(|&stem| !corpus.is_link_stem(stem));
    (short(a) && short(b) && a.last() == b.last()) || (front > 0 && goes_on(a) && goes_on(b))
}

/// Is the first one short for the second ("W&B" and "WandB" for "Weights & Biases")?
pub(crate) fn abbreviates(short: &[String], long: &[String]) -> bool {
    let letters = |words: &[String]| -> String {
        let all = words.iter().flat_map(|word| word.chars()).flat_map(char::to_lowercase);
        all.collect::<String>().replace('&', "and")
    };
    let letters = letters(short).replace(|c: char| !c.is_alphanumeric(), "");
    let initials = |joint: &str| -> String {
        let initial = |word: &String| match &word[..] {
            "&" | "and" => joint.to_owned(),
            word => word.chars().take(1).flat_map(char::to_lowercase).collect(),
        };
        long.iter().map(initial).collect()
    };
    long.len() > 1 && letters.len() > 1 && (letters == initials("and") || letters == initials(""))
}

/// Words of the shorter phrase that the other one holds, as a share; links do not count.
fn shared(corpus: &Corpus<'_>, a: &Phrase<'_>, b: &Phrase<'_>) -> f32 {
    let a = a.content_stems(corpus);
    let b = b.content_stems(corpus);
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let common = short.iter().filter(|stem| long.contains(stem)).count();
    common as f32 / short.len().max(1) as f32
}
