//! When two names are the same, and how they are kept apart: the only answer to that.
//!
//! * [`key`]: names with one key are the same name to a reader ("Sign-in" and "sign in").
//! * [`words_key`]: names of the same words, whatever their order and number. Names that we make differ
//!   by more than that.
//! * [`alike`]: names that a reader takes for the same at a glance. Siblings should differ by more.
//! * [`Distinct`]: gives out names no two of which have one key, and says what was done to them.

use std::collections::HashMap;

use crate::normal::normal_form;
use crate::text::{MAX_CANDIDATE_CHARS, clean_to};

/// From this similarity on (1 is equal), names are nearly the same.
pub const ALIKE: f64 = 0.9;
/// No name that says more, or has a number, is longer.
const MOST_WORDS: usize = 10;

/// What makes a name the name it is: not case, white space, punctuation or quotes. Names of nothing
/// but signs are told apart by these.
pub fn key(name: &str) -> String {
    let form = normal_form(name);
    if form.is_empty() { name.trim().to_lowercase() } else { form }
}

/// Are they one name?
pub fn same(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

/// The words of a name in alphabetical order, without a plural's "s" and without those that only join.
pub fn words_key(name: &str) -> String {
    let form = key(name);
    let mut words: Vec<&str> = form
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !matches!(*word, "and" | "the" | "of" | "for"))
        .map(|word| word.strip_suffix('s').unwrap_or(word))
        .collect();
    words.sort_unstable();
    words.dedup();
    if words.is_empty() { form } else { words.join(" ") }
}

/// Are these nearly one name? `a` and `b` are keys, so that whoever compares many makes them once.
pub fn alike(a: &str, b: &str) -> bool {
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    // The length alone may say that they are not: a letter has up to four bytes.
    let possible = short as f64 >= (ALIKE - 0.2) * long as f64;
    a == b || (possible && strsim::normalized_levenshtein(a, b) >= ALIKE)
}

/// A name that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Nobody else has it.
    pub name: String,
    /// Why it is not the name that was asked for.
    pub remark: Option<String>,
}

/// Names that are taken, among clusters that have to differ by name.
#[derive(Debug, Clone, Default)]
pub struct Distinct {
    /// By key: how many were numbered.
    taken: HashMap<String, u64>,
}

impl Distinct {
    /// None is taken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Is the name free?
    pub fn is_free(&self, name: &str) -> bool {
        !self.taken.contains_key(&key(name))
    }

    /// Takes a name, if it is free.
    pub fn take(&mut self, name: &str) -> bool {
        let mut new = false;
        self.taken.entry(key(name)).or_insert_with(|| {
            new = true;
            1
        });
        new
    }

    /// `name`, or, where another has it already, the name with what else there is to say (`further`,
    /// joined by `and`), or with a number: the first that is free.
    pub fn give(&mut self, name: &str, and: &str, further: &[String]) -> Given {
        let name = clean_to(name, MAX_CANDIDATE_CHARS).into_owned();
        if self.take(&name) {
            return Given { name, remark: None };
        }
        let remark = Some(format!("{name:?} is the name of another parent; it was made another"));
        let short = |name: &String| name.split_whitespace().count() <= MOST_WORDS;
        let fuller = further.iter().map(|phrase| format!("{name} {and} {phrase}")).filter(short);
        for fuller in fuller {
            if self.take(&fuller) {
                return Given { name: fuller, remark };
            }
        }
        Given { name: self.numbered(&name), remark }
    }

    /// The name with the first number that makes it new: "Invoices (2)".
    pub fn numbered(&mut self, name: &str) -> String {
        let words: Vec<&str> = name.split_whitespace().take(MOST_WORDS - 1).collect();
        let stem = words.join(" ");
        let mut number = self.taken.get(&key(&stem)).copied().unwrap_or(1);
        loop {
            number += 1;
            let numbered = format!("{stem} ({number})");
            if self.take(&numbered) {
                self.taken.insert(key(&stem), number);
                return numbered;
            }
        }
    }
}

impl<S: AsRef<str>> FromIterator<S> for Distinct {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut distinct = Self::new();
        for name in names {
            distinct.take(name.as_ref());
        }
        distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_reader_takes_for_one_are_one() {
        for (a, b) in [
            ("Sign-in", "sign in"),
            ("Billing & refunds", "Billing and refunds."),
            ("STRASSE", "Straße"),
            (" Two  spaces ", "two spaces"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [("C", "C++"), ("???", "!!!"), ("Invoices", "Invoices (2)")] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn words_count_whatever_their_order_and_number() {
        assert_eq!(words_key("Invoices and clients"), words_key("Client & invoice"));
        assert_ne!(words_key("Invoices"), words_key("Clients"));
        assert_eq!(words_key("The"), "the");
    }

    #[test]
    fn nearly_one_name() {
        assert!(alike(&key("Baking breads"), &key("baking  Bread")));
        assert!(!alike(&key("Baking"), &key("Baking bread")));
    }

    #[test]
    fn a_taken_name_says_more_or_gets_a_number_and_a_remark() {
        let mut names: Distinct = ["printing"].iter().collect();
        let further = ["paper jams".to_owned()];
        let mut give = |name: &str, further: &[String]| names.give(name, "and", further);
        assert_eq!(give("Scanning", &further), Given { name: "Scanning".into(), remark: None });
        assert_eq!(give("Printing", &further).name, "Printing and paper jams");
        let numbered = give("Printing", &further);
        assert_eq!(numbered.name, "Printing (2)");
        assert!(numbered.remark.is_some_and(|remark| remark.contains("\"Printing\"")));
        assert_eq!(give("printing", &[]).name, "printing (3)");
        assert_eq!(give("Printing (2)", &[]).name, "Printing (2) (2)");
    }
}
