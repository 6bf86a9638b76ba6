//! Names of a level that are all different.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use cladus_core::name::{Distinct, alike, key, words_key};

use crate::draft::NameDraft;

/// A class of a level on its own, as far as its name has to be told from those of all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenName {
    /// What it could be called, the best name first.
    pub names: Vec<String>,
    /// What it should not be called if there is anything else.
    pub avoided: Vec<String>,
    /// Items under it.
    pub weight: u64,
    /// Classes of one set are siblings.
    pub set: u32,
    /// A single child.
    pub alone: bool,
}

/// One name for each class of a level, in their order: what [`crate::guides`] and
/// [`crate::headlines`] would call them.
pub fn told_apart(classes: &[OpenName]) -> Vec<String> {
    settle(classes)
}

/// What a name is chosen from.
pub(crate) trait NameChoice {
    /// Names, the best one first.
    fn names(&self) -> Box<dyn Iterator<Item = String> + '_>;
    /// The words of names that say too little.
    fn avoided(&self) -> Vec<String>;
    fn weight(&self) -> u64;
    fn set(&self) -> u32;
    fn alone(&self) -> bool;
}

impl NameChoice for OpenName {
    fn names(&self) -> Box<dyn Iterator<Item = String> + '_> {
        Box::new(self.names.iter().cloned())
    }

    fn avoided(&self) -> Vec<String> {
        self.avoided.clone()
    }

    fn weight(&self) -> u64 {
        self.weight
    }

    fn set(&self) -> u32 {
        self.set
    }

    fn alone(&self) -> bool {
        self.alone
    }
}

impl NameChoice for NameDraft {
    fn names(&self) -> Box<dyn Iterator<Item = String> + '_> {
        self.names()
    }

    fn avoided(&self) -> Vec<String> {
        // What a parent shares with a child's name says too little, unless most children share it.
        match self.alone || (self.broad && !self.heap) {
            true => Vec::new(),
            false => self.children.iter().map(|child| words_key(child)).collect(),
        }
    }

    fn weight(&self) -> u64 {
        self.weight
    }

    fn set(&self) -> u32 {
        self.set
    }

    fn alone(&self) -> bool {
        self.alone
    }
}

impl NameDraft {
    /// It without what only its own class needs to know.
    pub(crate) fn open(&self) -> OpenName {
        OpenName {
            names: self.names().collect(),
            avoided: self.avoided(),
            weight: self.weight,
            set: self.set,
            alone: self.alone,
        }
    }
}

/// One name a draft, in their order; no two of a level are equal in their words, no two siblings
/// nearly so. The larger class keeps the plainer name, the smaller one gets a phrase that tells
/// them apart, or, if it has none, a number.
pub(crate) fn settle<C: NameChoice>(drafts: &[C]) -> Vec<String> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    // Who is alone has a name already.
    order.sort_by_key(|&at| (!drafts[at].alone(), Reverse(drafts[at].weight()), at));
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut of_set: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut numbers = Distinct::new();
    let mut names = vec![String::new(); drafts.len()];
    for at in order {
        let draft = &drafts[at];
        let siblings = of_set.entry(draft.set()).or_default();
        let free = |name: &String| {
            let key = key(name);
            !name.is_empty()
                && !taken.contains(&words_key(name))
                && !siblings.iter().any(|other| alike(&key, other))
        };
        let avoided = draft.avoided();
        let own = |name: &String| free(name) && !avoided.contains(&words_key(name));
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
