//! Which phrases of a class go into its name: good ones, each for a part of the class of its own.

use crate::candidates::Candidates;
use crate::meaning::dot;
use crate::rank::Ranking;
use crate::tune::t;

/// Most phrases of a name.
pub(crate) const MOST: usize = 3;
/// Phrases of a class that are looked at closely.
pub(crate) const SHORTLIST: usize = 12;

/// A phrase of a class that is looked at closely.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Index into the ranking's phrases.
    pub(crate) at: usize,
    /// How well it fits the class.
    pub(crate) fit: f32,
    /// Its vector, empty if phrases are not embedded.
    pub(crate) vector: Vec<f32>,
    /// Its written words, as the texts have them.
    pub(crate) singular: Vec<String>,
    /// Its written words, as a name has them.
    pub(crate) written: Vec<String>,
}

/// The phrases worth a closer look, best first.
///
/// Greedy maximal marginal relevance (Carbonell and Goldstein, 1998), where what a phrase repeats
/// is measured twice: by the words it shares with the phrases already taken, and by the texts
/// that they cover already.
pub(crate) fn shortlist(all: &Candidates<'_>, ranking: &Ranking) -> Vec<Choice> {
    let choices: Vec<Choice> = ranking
        .phrases
        .iter()
        .take(4 * SHORTLIST)
        .enumerate()
        .map(|(at, entry)| Choice {
            at,
            fit: entry.worth * entry.coverage,
            vector: Vec::new(),
            singular: Vec::new(),
            written: Vec::new(),
        })
        .collect();
    let order = greedy(all, ranking, &choices, SHORTLIST, 0.0, 0.3);
    order.into_iter().map(|index| choices[index].clone()).collect()
}

/// The phrases of the name, best first, as indices into `choices`.
pub(crate) fn pick(all: &Candidates<'_>, ranking: &Ranking, choices: &[Choice]) -> Vec<usize> {
    greedy(
        all,
        ranking,
        choices,
        MOST,
        if choices.iter().any(|c| !c.vector.is_empty()) { t(13) } else { t(8) },
        1.0,
    )
}

fn greedy(
    all: &Candidates<'_>,
    ranking: &Ranking,
    choices: &[Choice],
    most: usize,
    worthwhile: f32,
    diversity: f32,
) -> Vec<usize> {
    let mut left: Vec<f32> = ranking.weights.clone();
    let mut picked: Vec<usize> = Vec::new();
    let mut first = 0.0;
    while picked.len() < most {
        let mut best: Option<(usize, f32)> = None;
        for index in (0..choices.len()).filter(|index| !picked.contains(index)) {
            let gain = gain(all, ranking, choices, index, &left, &picked, diversity);
            if gain > best.map_or(0.0, |(_, known)| known) {
                best = Some((index, gain));
            }
        }
        let Some((index, gain)) = best else { break };
        if picked.is_empty() {
            first = gain;
        } else if gain < worthwhile * first * if picked.len() > 1 { t(19) } else { 1.0 } {
            break;
        }
        for &(text, strength) in &ranking.phrases[choices[index].at].texts {
            left[text as usize] *= 1.0 - strength * diversity;
        }
        picked.push(index);
        if worthwhile > 0.0 && left.iter().sum::<f32>() < 1.0 - t(9) {
            break;
        }
    }
    picked
}

fn gain(
    all: &Candidates<'_>,
    ranking: &Ranking,
    choices: &[Choice],
    index: usize,
    left: &[f32],
    picked: &[usize],
    diversity: f32,
) -> f32 {
    let choice = &choices[index];
    let entry = &ranking.phrases[choice.at];
    let fresh: f32 = entry.texts.iter().map(|&(text, s)| left[text as usize] * s).sum();
    let stems = &all.phrases[entry.phrase as usize].stems;
    let overlap = picked
        .iter()
        .map(|&other| {
            let other = &choices[other];
            let phrase = ranking.phrases[other.at].phrase;
            let known = &all.phrases[phrase as usize];
            // Half of a list and more of it reads as another list.
            if known.list || all.phrases[entry.phrase as usize].list {
                return if diversity < 1.0 { 0.0 } else { 1.2 };
            }
            let words = shared(stems, &known.stems);
            let repeated =
                if words > 0.0 && !factorable(stems, &known.stems) { t(22) } else { 0.0 };
            words.max(dot(&choice.vector, &other.vector)).max(repeated)
        })
        .fold(0.0, f32::max);
    choice.fit
        * (fresh / entry.coverage.max(1e-9)).powf(t(14))
        * (1.0 - t(10) * diversity * overlap).max(0.0)
}

/// Can two phrases be said as one ("bird and fish families", "disorders of bone and skin")?
fn factorable(a: &[u32], b: &[u32]) -> bool {
    let short = a.len() <= 3 && b.len() <= 3;
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (short && a.len() > 1 && b.len() > 1 && a.last() == b.last())
        || (front > 0 && front < a.len() && front < b.len())
}

/// Words of the shorter phrase that the other one holds, as a share.
pub(crate) fn shared(a: &[u32], b: &[u32]) -> f32 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let common = short.iter().filter(|stem| long.contains(stem)).count();
    common as f32 / short.len().max(1) as f32
}
