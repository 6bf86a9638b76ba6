//! Names for the classes of a level, sibling set by sibling set.

use std::collections::BTreeMap;

use crate::candidates::Candidates;
use crate::compose::headline;
use crate::corpus::Corpus;
use crate::meaning::{Meaning, dot};
use crate::pick::{Choice, pick, shortlist};
use crate::rank::{Ranking, rank};
use crate::spell::spelled;
use crate::tune::t;

/// Sibling sets whose phrases are embedded at once.
const CHUNK: usize = 64;

/// try-out
pub struct Named { pub name: String, pub top: Vec<(String, f32, f32, f32)> }

/// try-out
pub fn try_names<E>(corpus: &Corpus<'_>, sets: &[Vec<Vec<usize>>], meaning: Option<&Meaning<'_, E>>) -> Result<Vec<Vec<Named>>, E> {
    let mut out = Vec::new();
    for chunk in sets.chunks(CHUNK) {
        let mut ready: Vec<(Candidates<'_>, Vec<Ranking>, Vec<Vec<Choice>>)> = chunk.iter().map(|classes| {
            let all = Candidates::collect(corpus, classes);
            let rankings = rank(corpus, classes, &all);
            let lists = rankings.iter().map(|ranking| shortlist(&all, ranking)).collect();
            (all, rankings, lists)
        }).collect();
        if let Some(meaning) = meaning { weigh(corpus, chunk, &mut ready, meaning)?; }
        for (all, rankings, lists) in &ready {
            out.push(rankings.iter().zip(lists).map(|(ranking, choices)| {
                let picked = pick(all, ranking, choices);
                let words: Vec<Vec<String>> = picked.iter().map(|&index| {
                    let e = &ranking.phrases[choices[index].at];
                    spelled(corpus, &all.phrases[e.phrase as usize], e.texts.len() > 1)
                }).collect();
                let top = choices.iter().map(|c| { let e = &ranking.phrases[c.at]; (spelled(corpus, &all.phrases[e.phrase as usize], false).join(" "), e.worth, e.coverage, c.fit) }).collect();
                Named { name: headline(None, &words), top }
            }).collect());
        }
    }
    Ok(out)
}

fn weigh<E>(corpus: &Corpus<'_>, chunk: &[Vec<Vec<usize>>], ready: &mut [(Candidates<'_>, Vec<Ranking>, Vec<Vec<Choice>>)], meaning: &Meaning<'_, E>) -> Result<(), E> {
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    for (all, rankings, lists) in ready.iter() { for (ranking, choices) in rankings.iter().zip(lists) { for c in choices {
        texts.insert(spelled(corpus, &all.phrases[ranking.phrases[c.at].phrase as usize], false).join(" "), 0);
    } } }
    let list: Vec<String> = texts.keys().cloned().collect();
    for (i, v) in texts.values_mut().enumerate() { *v = i; }
    let vectors = (meaning.embed)(&list)?;
    let dim = meaning.dim;
    let middle = meaning.mean(0..corpus.len());
    for ((all, rankings, lists), classes) in ready.iter_mut().zip(chunk) {
        for ((ranking, choices), class) in rankings.iter().zip(lists).zip(classes) {
            let center = meaning.mean(class.iter().copied());
            let mut near = Vec::new();
            for c in choices.iter_mut() {
                let text = spelled(corpus, &all.phrases[ranking.phrases[c.at].phrase as usize], false).join(" ");
                let at = texts[&text];
                c.vector = vectors[at * dim..(at + 1) * dim].to_vec();
                near.push(dot(&c.vector, &center) - t(15) * dot(&c.vector, &middle));
            }
            let top_near = near.iter().copied().fold(f32::MIN, f32::max);
            let top_fit = choices.iter().map(|c| c.fit).fold(1e-9, f32::max);
            for (c, near) in choices.iter_mut().zip(near) {
                c.fit = (c.fit / top_fit).powf(t(16)) * ranking.phrases[c.at].quality.powf(t(23)) * (t(17) * (near - top_near)).exp();
            }
        }
    }
    Ok(())
}
