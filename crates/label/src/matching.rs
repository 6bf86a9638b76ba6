//! From what a model said to the candidate it meant.

use std::collections::HashMap;

use cladus_core::artifact::Match;
use cladus_core::normal::normal_form;

use crate::normal::may_be_misspelt;

/// What an answer must share with a name to pass for it: one minus the number of edits (insert,
/// delete, replace, swap two neighbours) for each character of the longer one.
pub const FUZZY: f64 = 0.9;

/// The candidates shown to a model, in the order and so with the numbers shown: from 1.
#[derive(Debug)]
pub struct Matcher<'a> {
    names: &'a [&'a str],
    /// By name and by number.
    forms: Vec<String>,
    /// The candidates of a normal form, rising.
    by_form: HashMap<String, Vec<usize>>,
}

/// The candidate that an answer means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchedAnswer {
    /// Position in the names shown, from 0.
    pub candidate: usize,
    /// [`Match::Exact`], [`Match::Normalised`] or [`Match::Fuzzy`].
    pub matched: Match,
    /// Of the normal forms, 0 to 1; 1 for a number.
    pub similarity: f32,
}

/// Why an answer means none of the candidates. The text is fit to be shown to the model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// Nothing was said.
    #[error("the answer is empty")]
    Empty,
    /// A number that was not offered.
    #[error("there is no number {number}, only 1 to {offered}")]
    NoSuchNumber {
        /// As answered.
        number: String,
        /// How many candidates there are.
        offered: usize,
    },
    /// Two candidates fit equally well.
    #[error("the answer could mean {first:?} or {second:?}")]
    Ambiguous {
        /// The candidate that comes first.
        first: String,
        /// One that fits as well.
        second: String,
    },
    /// No candidate is called anything like it.
    #[error("{answer:?} is not one of the names offered")]
    Unknown {
        /// The beginning of the answer.
        answer: String,
    },
}

impl<'a> Matcher<'a> {
    /// Of the names in the order shown. Of equal names the first stands for all.
    pub fn new(names: &'a [&'a str]) -> Self {
        let forms: Vec<String> = names.iter().map(|name| normal_form(name)).collect();
        let mut by_form: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, form) in forms.iter().enumerate() {
            by_form.entry(form.clone()).or_default().push(at);
        }
        Self { names, forms, by_form }
    }

    /// The candidate meant: by the whole name or the number; by the name but for case, white
    /// space, punctuation or quotes; or by the *most* similar name, if it is similar enough and
    /// may be the same, misspelt. What could as well mean another candidate means none.
    ///
    /// # Errors
    /// What is wrong with the answer.
    pub fn find(&self, answer: &str) -> Result<MatchedAnswer, Mismatch> {
        let answer = answer.trim();
        if answer.is_empty() {
            return Err(Mismatch::Empty);
        }
        let Some(numbered) = Numbered::parse(answer) else { return self.by_name(answer) };
        let by_number = self.by_number(numbered.digits);
        match (self.by_whole_name(answer), by_number) {
            // "2024" is both a name and (among enough candidates) a number.
            (Some(Ok(name)), Ok(number))
                if name.candidate != number.candidate && numbered.rest.is_empty() =>
            {
                Err(self.ambiguous(name.candidate, number.candidate))
            }
            (Some(name), _) => name,
            (None, Ok(number)) if !numbered.rest.is_empty() => match self.by_name(numbered.rest) {
                Ok(name) if self.names[name.candidate] != self.names[number.candidate] => {
                    Err(self.ambiguous(name.candidate, number.candidate))
                }
                Err(ambiguous @ Mismatch::Ambiguous { .. }) => Err(ambiguous),
                // The same, or a remark.
                _ => Ok(number),
            },
            (None, number) => number,
        }
    }

    fn by_number(&self, digits: &str) -> Result<MatchedAnswer, Mismatch> {
        match digits.parse::<usize>() {
            Ok(number) if (1..=self.names.len()).contains(&number) => {
                Ok(MatchedAnswer { candidate: number - 1, matched: Match::Exact, similarity: 1.0 })
            }
            _ => {
                Err(Mismatch::NoSuchNumber { number: beginning(digits), offered: self.names.len() })
            }
        }
    }

    fn by_name(&self, answer: &str) -> Result<MatchedAnswer, Mismatch> {
        self.by_whole_name(answer).unwrap_or_else(|| self.by_similar_name(answer))
    }

    fn by_whole_name(&self, answer: &str) -> Option<Result<MatchedAnswer, Mismatch>> {
        let found =
            |candidate, matched| Some(Ok(MatchedAnswer { candidate, matched, similarity: 1.0 }));
        if let Some(at) = self.names.iter().position(|name| name.trim() == answer) {
            return found(at, Match::Exact);
        }
        let form = normal_form(answer);
        let alike = if form.is_empty() { return None } else { self.by_form.get(&form)? };
        let (first, others) = alike.split_first()?;
        // Names that differ only in what does not matter, and the answer is none of them.
        match others.iter().find(|other| self.names[**other] != self.names[*first]) {
            Some(other) => Some(Err(self.ambiguous(*first, *other))),
            None => found(*first, Match::Normalised),
        }
    }

    fn by_similar_name(&self, answer: &str) -> Result<MatchedAnswer, Mismatch> {
        let form = normal_form(answer);
        let mut best: Option<(f64, usize)> = None;
        let mut rival = None;
        for (at, name) in self.forms.iter().enumerate() {
            let similarity = similarity(&form, name);
            if similarity < FUZZY || !may_be_misspelt(&form, name) {
                continue;
            }
            match best {
                Some((most, _)) if similarity < most => {}
                Some((most, first)) if similarity == most => {
                    if self.forms[first] != *name {
                        rival = Some(at);
                    }
                }
                _ => (best, rival) = (Some((similarity, at)), None),
            }
        }
        match (best, rival) {
            (Some((_, first)), Some(second)) => Err(self.ambiguous(first, second)),
            (Some((similarity, candidate)), None) => Ok(MatchedAnswer {
                candidate,
                matched: Match::Fuzzy,
                similarity: similarity as f32,
            }),
            (None, _) => Err(Mismatch::Unknown { answer: beginning(answer) }),
        }
    }

    fn ambiguous(&self, one: usize, other: usize) -> Mismatch {
        Mismatch::Ambiguous {
            first: self.names[one.min(other)].to_owned(),
            second: self.names[one.max(other)].to_owned(),
        }
    }
}

/// Normalised Damerau–Levenshtein similarity, or 0 where the lengths alone say that it is below
/// [`FUZZY`] (so that an essay for an answer costs nothing).
fn similarity(left: &str, right: &str) -> f64 {
    let (shorter, longer) = {
        let (left, right) = (left.chars().count(), right.chars().count());
        (left.min(right), left.max(right))
    };
    if (shorter as f64) < FUZZY * longer as f64 {
        return 0.0;
    }
    strsim::normalized_damerau_levenshtein(left, right)
}

fn beginning(answer: &str) -> String {
    const CHARS: usize = 80;
    match answer.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", &answer[..end]),
        None => answer.to_owned(),
    }
}

/// An answer that begins with a number: "3", "#3", "(3)", "Category 3", "**3.** Billing".
struct Numbered<'a> {
    digits: &'a str,
    /// What follows, if anything.
    rest: &'a str,
}

impl<'a> Numbered<'a> {
    fn parse(answer: &'a str) -> Option<Self> {
        const MARKS: &[char] = &['#', '(', '[', '{', '*', '"', '\'', '`', '“', '«', ':', '=', ' '];
        const ENDS: &[char] =
            &['.', ')', ']', '}', ':', '*', '"', '\'', '`', '”', '»', '-', '–', '—', ','];
        const NOUNS: [&str; 9] =
            ["answer", "candidate", "category", "choice", "label", "no.", "no", "number", "option"];

        let mut start = answer.trim_start_matches(MARKS);
        let noun = NOUNS.iter().find_map(|noun| {
            let head = start.get(..noun.len())?;
            head.eq_ignore_ascii_case(noun).then(|| &start[noun.len()..])
        });
        if let Some(after) = noun.filter(|after| after.starts_with(MARKS)) {
            start = after.trim_start_matches(MARKS);
        }
        let end = start.find(|c: char| !c.is_ascii_digit()).unwrap_or(start.len());
        let (digits, after) = start.split_at(end);
        let rest = after.trim_start_matches(ENDS);
        // "2.0 migration", "3-D printing" and "3 wishes" are names; "2. Migration" has a number.
        let set_off = after.starts_with(char::is_whitespace)
            && after.trim_start().starts_with(['-', '–', '—', ':', '(']);
        let apart = rest.is_empty()
            || set_off
            || after.starts_with([')', ']', ':'])
            || (rest.len() < after.len() && rest.starts_with(char::is_whitespace));
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ENDS.contains(&c));
        (!digits.is_empty() && apart).then_some(Self { digits, rest })
    }
}
