//! A class with everything its name can be made of.

use crate::compose::{MOST_WORDS, headline};
use crate::naming::Headline;

/// What is known of a class before the names of the whole level are settled.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Leads the name, if names are imperatives.
    pub(crate) verb: Option<String>,
    /// The phrases looked at closely, in written words.
    pub(crate) choices: Vec<Vec<String>>,
    /// Those that make the name.
    pub(crate) picked: Vec<usize>,
    pub(crate) further: Vec<String>,
    pub(crate) typical: Vec<usize>,
    /// The name if there are no phrases.
    pub(crate) fallback: String,
    /// The children's names.
    pub(crate) children: Vec<String>,
    /// Items under it.
    pub(crate) weight: u64,
    pub(crate) set: u32,
    /// A single child.
    pub(crate) alone: bool,
}

impl Draft {
    /// The name made of some of the choices.
    fn named(&self, picked: &[usize]) -> String {
        let phrases: Vec<Vec<String>> = picked.iter().map(|&at| self.choices[at].clone()).collect();
        headline(self.verb.as_deref(), &phrases)
    }

    /// Names for the class, the best one first, each made of other phrases.
    pub(crate) fn names(&self) -> Vec<String> {
        // A child that is alone has a name already; it may be too long to be one.
        if self.picked.is_empty() || (self.alone && self.fallback.split(' ').count() <= MOST_WORDS)
        {
            return std::iter::once(self.fallback.clone())
                .chain((0..self.choices.len()).map(|at| self.named(&[at])))
                .collect();
        }
        let spare: Vec<usize> =
            (0..self.choices.len()).filter(|at| !self.picked.contains(at)).collect();
        let kept = &self.picked[..self.picked.len() - 1];
        let mut names = vec![self.named(&self.picked)];
        if self.picked.len() < 3 {
            names.extend(spare.iter().map(|&at| self.named(&[&self.picked[..], &[at]].concat())));
        }
        names.extend(spare.iter().map(|&at| self.named(&[kept, &[at]].concat())));
        names
    }

    /// How many of the names after the first hold all of its phrases and one more.
    pub(crate) fn fuller(&self) -> usize {
        if self.picked.len() < 3 { self.choices.len() - self.picked.len() } else { 0 }
    }

    pub(crate) fn headline(self, name: String) -> Headline {
        let phrases = self.picked.iter().map(|&at| self.choices[at].join(" ")).collect();
        Headline { name, phrases, further: self.further, typical: self.typical }
    }
}
