//! A class with everything its name can be made of.

use crate::class::Headline;
use crate::compose::{MOST_WORDS, headline};
use crate::spell::upper_first;
use crate::tongue::Tongue;
use crate::worded::agreeing;

/// What is known of a class before the names of the whole level are settled.
#[derive(Debug, Clone)]
pub(crate) struct NameDraft {
    /// Leads the name, if names are imperatives.
    pub(crate) verb: Option<String>,
    pub(crate) tongue: &'static Tongue,
    /// The phrases looked at closely, in written words.
    pub(crate) choices: Vec<Vec<String>>,
    /// The same of several, beside others of several.
    pub(crate) plurals: Vec<Option<Vec<String>>>,
    /// Those that make the name.
    pub(crate) picked: Vec<usize>,
    /// Nothing is shared by several children: the first phrase names one of them, and says so.
    pub(crate) heap: bool,
    /// Are names In Title Case?
    pub(crate) title_case: bool,
    /// It covers at least half of the class.
    pub(crate) broad: bool,
    /// Sets of choices that would make a name, best first, where names were compared as a whole.
    pub(crate) sets: Vec<Vec<usize>>,
    pub(crate) further: Vec<String>,
    pub(crate) typical: Vec<usize>,
    pub(crate) largest: Vec<usize>,
    pub(crate) items: u64,
    pub(crate) half: bool,
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

/// "and others" as "and Others".
fn titled(and_others: &str) -> String {
    match and_others.rsplit_once(' ') {
        Some((and, others)) => format!("{and} {}", upper_first(others)),
        None => and_others.to_owned(),
    }
}

impl NameDraft {
    fn phrases(&self, picked: &[usize]) -> Vec<Vec<String>> {
        agreeing(picked.iter().map(|&at| (&self.choices[at], self.plurals[at].as_ref())))
    }

    /// The name made of some of the choices.
    fn named(&self, picked: &[usize]) -> String {
        let phrases = self.phrases(picked);
        headline(self.tongue, self.verb.as_deref(), &phrases)
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
        if self.heap {
            let others = match self.title_case {
                true => titled(self.tongue.and_others),
                false => self.tongue.and_others.to_owned(),
            };
            let of = move |few: Vec<usize>| {
                if let Some(name) = self.and_other(&few) {
                    return name;
                }
                let named = |few: &[usize]| {
                    let few: Vec<String> =
                        self.phrases(few).iter().map(|words| words.join(" ")).collect();
                    let few = vec![few.join(", ").split(' ').map(str::to_owned).collect()];
                    format!("{} {others}", headline(self.tongue, self.verb.as_deref(), &few))
                };
                let fits = |name: &String| name.split(' ').count() <= MOST_WORDS;
                (1..=few.len())
                    .rev()
                    .map(|take| named(&few[..take]))
                    .find(fits)
                    .unwrap_or_else(|| named(&few[..1]))
            };
            let best = self.picked.clone();
            let rest = (0..self.choices.len()).map(|at| vec![at]);
            return Box::new(std::iter::once(best).chain(rest).map(of));
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

    /// "Hospital, library and other activities": examples of one kind, in English.
    fn and_other(&self, few: &[usize]) -> Option<String> {
        let (last, rest) = few.split_last()?;
        let (kind, _) = self.choices[*last].split_last()?;
        let which = |at: usize| {
            let (word, which) = self.choices[at].split_last()?;
            (word.eq_ignore_ascii_case(kind) && !which.is_empty()).then(|| which.join(" "))
        };
        let examples: Option<Vec<String>> =
            rest.iter().chain([last]).map(|&at| which(at)).collect();
        let examples = examples.filter(|found| found.len() > 1 && self.tongue.is_english())?;
        let other = if self.title_case { "Other" } else { "other" };
        let words = format!("{} and {other} {kind}", examples.join(", "));
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let room = MOST_WORDS - usize::from(self.verb.is_some());
        (words.len() <= room).then(|| headline(self.tongue, self.verb.as_deref(), &[words]))
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
        let Self { further, typical, largest, items, half, .. } = self;
        let children = self.children.len();
        Headline { name, phrases, further, typical, largest, children, items, half }
    }
}
