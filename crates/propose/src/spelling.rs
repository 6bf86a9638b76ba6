//! One spelling for what several groups were told in other words.

use std::collections::{HashMap, HashSet};

use cladus_asking::names::is_unspaced;
use cladus_core::artifact::Candidate;
use cladus_core::normal::normal_form;
use cladus_words::{is_stop_word, tokens};

/// Words that say how two things stand to each other: "from Oracle to Postgres" is not "from
/// Postgres to Oracle", and "with tokens" is not "without". Sorted.
const RELATIONS: [&str; 16] = [
    "after", "before", "between", "from", "into", "no", "nor", "not", "out", "over", "than", "to",
    "under", "up", "via", "without",
];

/// Gives candidates that say the same in all but word order, inflection and idle words one
/// spelling: the most frequent, of equally frequent ones the first. Every group keeps its row, and
/// has it once. Linear in the candidates.
pub(crate) fn one_spelling(candidates: &mut Vec<Candidate>) {
    let keys: Vec<String> = candidates.iter().map(|candidate| key(&candidate.name)).collect();
    let mut spellings: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for (place, candidate) in candidates.iter().enumerate() {
        // The first place a spelling stands at, and how often it occurs.
        let known = spellings.entry(&keys[place]).or_default();
        match known.iter_mut().find(|(first, _)| candidates[*first].name == candidate.name) {
            Some((_, count)) => *count += 1,
            None => known.push((place, 1)),
        }
    }
    let chosen: Vec<String> = keys
        .iter()
        .zip(candidates.iter())
        .map(|(key, candidate)| {
            let known = spellings.get(key.as_str()).into_iter().flatten();
            let best = known.max_by_key(|(first, count)| (*count, std::cmp::Reverse(*first)));
            best.map_or(&candidate.name, |(first, _)| &candidates[*first].name).clone()
        })
        .collect();
    for (candidate, name) in candidates.iter_mut().zip(chosen) {
        candidate.name = name;
    }
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert((candidate.group_id, candidate.name.clone())));
}

/// What a name says: the stems of its words that say something, in any order; in their order where
/// a word says how they stand to each other. Signs that make a name another one (C, C++, C#) count.
fn key(name: &str) -> String {
    if name.chars().any(is_unspaced) {
        return normal_form(name);
    }
    let words = tokens(name);
    let related = words.iter().any(|word| RELATIONS.binary_search(&word.norm.as_str()).is_ok());
    let says = |norm: &str| RELATIONS.binary_search(&norm).is_ok() || !is_stop_word(norm);
    let mut stems: Vec<String> = words
        .iter()
        .filter(|word| says(&word.norm))
        .map(|word| {
            let signs = name[word.start + word.surface.len()..].chars();
            let signs = signs.take_while(|c| matches!(c, '+' | '#'));
            word.stem.chars().chain(signs).collect()
        })
        .collect();
    if !related {
        stems.sort_unstable();
        stems.dedup();
    }
    if stems.is_empty() { normal_form(name) } else { stems.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(group: u32, name: &str) -> Candidate {
        Candidate { group_id: Some(group), name: name.to_owned(), ..Candidate::default() }
    }

    #[track_caller]
    fn check(before: &[(u32, &str)], after: &[(u32, &str)]) {
        let rows = |of: &[(u32, &str)]| -> Vec<Candidate> {
            of.iter().map(|(group, name)| candidate(*group, name)).collect()
        };
        let mut found = rows(before);
        one_spelling(&mut found);
        assert_eq!(found, rows(after));
    }

    #[test]
    fn the_most_frequent_spelling_wins_then_the_first() {
        check(
            &[(0, "Billing and refunds"), (1, "Refunds & billing"), (2, "Refunds & billing")],
            &[(0, "Refunds & billing"), (1, "Refunds & billing"), (2, "Refunds & billing")],
        );
        check(
            &[(0, "Data import"), (1, "Importing data")],
            &[(0, "Data import"), (1, "Data import")],
        );
        check(&[(0, "Data import"), (0, "Importing data")], &[(0, "Data import")]);
    }

    #[test]
    fn what_only_looks_alike_stays_apart() {
        for pair in [
            [(0, "From Oracle to Postgres"), (1, "From Postgres to Oracle")],
            [(0, "Requests with tokens"), (1, "Requests without tokens")],
            [(0, "C errors"), (1, "C++ errors")],
            [(0, "上海旅行"), (1, "海上旅行")],
            [(0, "To be"), (1, "Not to be")],
        ] {
            check(&pair, &pair);
        }
    }

    #[test]
    fn relations_are_sorted_so_that_the_search_finds_them() {
        assert!(RELATIONS.is_sorted());
    }
}
