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
    /// Sets of choices that would make a name, best first, where names were compared as a whole.
    pub(crate) sets: Vec<Vec<usize>>,
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
    ///
    /// Made one by one: hardly any class needs a second one.
    pub(crate) fn names(&self) -> Box<dyn Iterator<Item = String> + '_> {
        // A child that is alone has a name already; it may be too long to be one.
        if self.picked.is_empty() || (self.alone && self.fallback.split(' ').count() <= MOST_WORDS)
        {
            let single = (0..self.choices.len()).map(|at| self.named(&[at]));
            return Box::new(std::iter::once_with(|| self.fallback.clone()).chain(single));
        }
        let spare = || (0..self.choices.len()).filter(|at| !self.picked.contains(at));
        let kept = &self.picked[..self.picked.len() - 1];
        let best = std::iter::once(&self.picked).chain(self.sets.iter().skip(1));
        let fuller = spare().take(if self.sets.is_empty() { self.fuller() } else { 0 });
        Box::new(
            best.map(|picked| self.named(picked))
                .chain(fuller.map(|at| self.named(&[&self.picked[..], &[at]].concat())))
                .chain(spare().map(move |at| self.named(&[kept, &[at]].concat()))),
        )
    }

    /// How many of the names after the first say as much or more: they hold all of its phrases and
    /// one more, or were chosen like it.
    pub(crate) fn fuller(&self) -> usize {
        if !self.sets.is_empty() {
            return self.sets.len() - 1;
        }
        if self.picked.len() < 3 { self.choices.len() - self.picked.len() } else { 0 }
    }

    pub(crate) fn headline(self, name: String) -> Headline {
        let phrases = self.picked.iter().map(|&at| self.choices[at].join(" ")).collect();
        Headline { name, phrases, further: self.further, typical: self.typical }
    }
}
