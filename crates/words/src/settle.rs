//! Names of a level that are all different.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::compose::MOST_WORDS;
use crate::draft::Draft;

/// Siblings' names that are as alike as this are taken for the same by a reader.
pub(crate) const ALIKE: f64 = 0.9;

/// One name a draft, in their order; no two of a level are equal in their words, no two siblings
/// nearly so. The larger class keeps the plainer name, the smaller one gets a phrase that tells
/// them apart, or, if it has none, a number.
pub(crate) fn settle(drafts: &[Draft]) -> Vec<String> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    // Who is alone has a name already.
    order.sort_by_key(|&at| (!drafts[at].alone, Reverse(drafts[at].weight), at));
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut of_set: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut names = vec![String::new(); drafts.len()];
    for at in order {
        let draft = &drafts[at];
        let siblings = of_set.entry(draft.set).or_default();
        let free = |name: &String| {
            !name.is_empty()
                && !taken.contains(&key(name))
                && !siblings.iter().any(|other| alike(name, other))
        };
        // A parent that is called like a child says too little: say more, if there is more.
        let children: Vec<String> = match draft.alone {
            true => Vec::new(),
            false => draft.children.iter().map(|child| key(child)).collect(),
        };
        let own = |name: &String| !children.contains(&key(name));
        let name = draft
            .names()
            .take(1 + draft.fuller())
            .find(|name| own(name) && free(name))
            .or_else(|| draft.names().find(free))
            .unwrap_or_else(|| {
                let plain = draft.names().next().unwrap_or_default();
                numbered(&plain, &taken, &mut last)
            });
        taken.insert(key(&name));
        siblings.push(name.to_lowercase());
        names[at] = name;
    }
    names
}

/// The name with the first number that makes it new; `last` remembers the numbers given out.
fn numbered(name: &str, taken: &BTreeSet<String>, last: &mut BTreeMap<String, u64>) -> String {
    let words: Vec<&str> = name.split(' ').take(MOST_WORDS - 1).collect();
    let stem = words.join(" ");
    let number = last.entry(stem.clone()).or_insert(1);
    loop {
        *number += 1;
        let name = format!("{stem} ({number})");
        if !taken.contains(&key(&name)) {
            return name;
        }
    }
}

/// Equal for names of the same words, whatever their order, number, case and punctuation.
pub(crate) fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !matches!(*word, "and" | "the" | "of" | "for"))
        .map(|word| word.strip_suffix('s').unwrap_or(word))
        .collect();
    words.sort_unstable();
    if words.is_empty() { lower } else { words.join(" ") }
}

fn alike(name: &str, lower: &str) -> bool {
    let (short, long) = (name.len().min(lower.len()), name.len().max(lower.len()));
    // The distance is at least the difference in length.
    (10 * short >= 8 * long) && strsim::normalized_levenshtein(&name.to_lowercase(), lower) >= ALIKE
}
