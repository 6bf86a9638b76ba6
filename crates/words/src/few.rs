//! Names of few children, which can name each of them.

use std::cmp::Reverse;

use crate::class::Use;
use crate::compose::{MOST_CHARS, MOST_WORDS};
use crate::whole::{FEW, LISTED, Valuation};

/// The characters of " and ", but for the comma that it stands for.
const AND: usize = 3;

/// What says where or for whom in so many names says nothing else of them.
const ASIDE: f32 = 0.5;

impl Valuation<'_> {
    /// Does a name of these fit, and name each of few children in whole phrases, as far as those are known?
    pub(crate) fn names_each(&self, picked: &[usize], mostly: f32) -> bool {
        let parts = &self.parts;
        let children = self.weights.len();
        self.purpose == Use::Reading
            && self.english
            && (3..=LISTED).contains(&children)
            && (2..=children.min(FEW)).contains(&picked.len())
            && picked
                .iter()
                .all(|&at| self.names_child(at) && parts[at].all < mostly && !self.is_torn(at))
            && self.broad.iter().all(|&broad| self.says_for_each(picked, broad))
            && self.fits(picked, AND)
            && self.shares_out(picked)
    }

    /// Where there are more children than phrases, heads of longer phrases say too little of them.
    fn is_torn(&self, at: usize) -> bool {
        let part = &self.parts[at];
        part.torn || (part.within && self.weights.len() > FEW)
    }

    /// Is it a whole phrase that says what a child is about: not the "mint" of "lamb with mint"?
    fn names_child(&self, at: usize) -> bool {
        self.parts[at].form == 0.0 && self.parts[at].aside < ASIDE
    }

    /// Has each child a phrase, and each phrase a child that no other one names?
    fn shares_out(&self, picked: &[usize]) -> bool {
        let names = |at: usize, text: usize| self.parts[at].named[text] == 1.0;
        let count = |text: usize| picked.iter().filter(|&&at| names(at, text)).count();
        let counts: Vec<usize> = (0..self.weights.len()).map(count).collect();
        let alone =
            |at: usize| counts.iter().enumerate().any(|(text, &n)| n == 1 && names(at, text));
        counts.iter().all(|&count| count > 0) && picked.iter().all(|&at| alone(at))
    }

    /// Is what most children hold a part of the phrase of each of them: "CD" of "CD playing, ripping and
    /// writing"?
    fn says_for_each(&self, picked: &[usize], broad: usize) -> bool {
        let names = |at: usize, text: usize| self.parts[at].named[text] == 1.0;
        (0..self.weights.len())
            .filter(|&text| names(broad, text))
            .all(|text| picked.iter().any(|&at| names(at, text) && self.holds[at][broad]))
    }

    /// Is there room for them in a name, beside so many characters and a word?
    pub(crate) fn fits(&self, picked: &[usize], beside: usize) -> bool {
        let (chars, words) = picked
            .iter()
            .map(|&at| self.parts[at].room)
            .fold((beside, 1), |(chars, words), (more_chars, more_words)| {
                (chars + more_chars + 1, words + more_words)
            });
        chars <= MOST_CHARS && words < MOST_WORDS
    }

    /// As few phrases as name each of few children: whole ones rather than such as always stand `within`
    /// another, then short ones.
    pub(crate) fn roll_call(
        &self,
        together: &[Vec<bool>],
        within: impl Fn(usize) -> bool,
    ) -> Option<Vec<usize>> {
        let parts = &self.parts;
        let mut left: Vec<usize> = (0..self.weights.len()).collect();
        let mut picked: Vec<usize> = Vec::new();
        while !left.is_empty() {
            let names =
                |at: usize| left.iter().filter(|&&text| parts[at].named[text] == 1.0).count();
            let goes_with = |at: usize| picked.iter().all(|&other| together[at][other]);
            let best = (0..parts.len())
                .filter(|&at| self.names_child(at) && names(at) > 0 && goes_with(at))
                .max_by_key(|&at| {
                    (names(at), !within(at), Reverse(parts[at].room.0), Reverse(at))
                })?;
            left.retain(|&text| parts[best].named[text] < 1.0);
            picked.push(best);
        }
        picked.sort_unstable();
        Some(picked)
    }
}
