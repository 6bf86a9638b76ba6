//! Names of a level that are all different.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use cladus_core::name::{Distinct, alike, key, words_key};

use crate::draft::NameDraft;

/// One name a draft, in their order; no two of a level are equal in their words, no two siblings
/// nearly so. The larger class keeps the plainer name, the smaller one gets a phrase that tells
/// them apart, or, if it has none, a number.
pub(crate) fn settle(drafts: &[NameDraft]) -> Vec<String> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    // Who is alone has a name already.
    order.sort_by_key(|&at| (!drafts[at].alone, Reverse(drafts[at].weight), at));
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut of_set: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut numbers = Distinct::new();
    let mut names = vec![String::new(); drafts.len()];
    for at in order {
        let draft = &drafts[at];
        let siblings = of_set.entry(draft.set).or_default();
        let free = |name: &String| {
            let key = key(name);
            !name.is_empty()
                && !taken.contains(&words_key(name))
                && !siblings.iter().any(|other| alike(&key, other))
        };
        // What a parent shares with a child's name says too little, unless most children share it.
        let children: Vec<String> = match draft.alone || (draft.broad && !draft.heap) {
            true => Vec::new(),
            false => draft.children.iter().map(|child| words_key(child)).collect(),
        };
        let own = |name: &String| free(name) && !children.contains(&words_key(name));
        let name = draft.names().find(own).or_else(|| draft.names().find(free));
        let name = name.unwrap_or_else(|| {
            let plain = draft.names().next().unwrap_or_default();
            numbers.take(&plain);
            let free = |name: &String| !taken.contains(&words_key(name));
            // The numbers do not end, so one is free.
            std::iter::repeat_with(|| numbers.numbered(&plain)).find(free).unwrap_or_default()
        });
        taken.insert(words_key(&name));
        siblings.push(key(&name));
        names[at] = name;
    }
    names
}
