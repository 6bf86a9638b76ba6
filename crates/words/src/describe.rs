//! Two sentences about a class: what its children share, and a few of them by name.

use serde::{Deserialize, Serialize};

use crate::class::Headline;
use crate::compose::{is_latin, listed};
use crate::corpus::Corpus;
use crate::opening::base_verb;
use crate::scan::truncated;
use crate::sentences::unstopped;
use crate::spell::{capitalised, recased};
use crate::tongue::{Says, Tongue};

/// Longest name of a child that is told whole, in bytes.
const LONGEST: usize = 120;
/// Children that are told by name.
const MOST_NAMES: usize = 3;
/// Phrases that say what it is about.
const MOST_PHRASES: usize = 4;

/// Exactly two sentences: what is in it and how much, and which children are the largest. They hold the
/// words that the children share, common ones included, so that the next level can be named from them.
pub fn description(corpus: &Corpus<'_>, headline: &Headline) -> String {
    Telling::of(corpus, headline).under(&headline.name)
}

/// What there is to say about a class, whatever it will be called: its texts are not needed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// The language's place among those that are known.
    tongue: usize,
    phrases: Vec<String>,
    further: Vec<String>,
    /// Names of the largest children as they stand inside a sentence, and whether they are tasks.
    told: Vec<(String, bool)>,
    /// The same names where no sentence stands around them.
    listed: Vec<String>,
    /// Have the largest children's names a Latin letter, or any?
    latin: bool,
    lettered: bool,
    children: usize,
    items: u64,
    half: bool,
}

impl Telling {
    /// As it is told in the language of the corpus.
    pub fn of(corpus: &Corpus<'_>, headline: &Headline) -> Self {
        let Headline { phrases, further, largest, children, items, half, .. } = headline;
        let names = || largest.iter().map(|&at| corpus.text(at).name);
        let told = largest.iter().map(|&at| told(corpus, at));
        let listed = names().map(|name| unstopped(truncated(name, LONGEST)));
        Self {
            tongue: corpus.tongue().place(),
            phrases: phrases.clone(),
            further: further.clone(),
            told: told.filter(|(name, _)| !name.is_empty()).take(MOST_NAMES).collect(),
            listed: listed.filter(|name| !name.is_empty()).take(MOST_NAMES).collect(),
            latin: names().any(is_latin),
            lettered: names().any(has_letters),
            children: *children,
            items: *items,
            half: *half,
        }
    }

    /// What else many of the class share, beside what its name is made of.
    pub fn further(&self) -> &[String] {
        &self.further
    }

    /// The two sentences about what is called `name`.
    pub fn under(&self, name: &str) -> String {
        if self.latin || is_latin(name) || !(self.lettered || has_letters(name)) {
            format!("{} {}", self.contents(name), self.largest(name))
        } else {
            self.wordless(name)
        }
    }

    fn tongue(&self) -> &'static Tongue {
        Tongue::at(self.tongue)
    }

    /// "Covers passwords and lockouts in 12 clusters with 340 items."
    fn contents(&self, name: &str) -> String {
        let tongue = self.tongue();
        let Says { counted, plain, mixed, .. } = *tongue.says;
        let further = self.further.iter().take(MOST_PHRASES.saturating_sub(self.phrases.len()));
        let phrases: Vec<String> = self.phrases.iter().chain(further).cloned().collect();
        let about = unstopped(&listed(tongue, &phrases));
        let sentence = match &about[..] {
            "" => mixed,
            _ if self.items > self.children as u64 => varied(counted, name),
            _ => varied(plain, name),
        };
        sentence
            .replace("{n}", &grouped(self.children as u64, tongue))
            .replace("{items}", &grouped(self.items, tongue))
            .replace("{about}", &about)
    }

    /// "The largest are card games, board games and word games."
    fn largest(&self, name: &str) -> String {
        let tongue = self.tongue();
        let tasks = tongue.is_english() && self.told.iter().all(|&(_, task)| task);
        let mut names: Vec<String> = self.told.iter().map(|(name, _)| name.clone()).collect();
        let Says { largest, all, half, mixed, .. } = *tongue.says;
        if names.is_empty() {
            return mixed.replace("{n}", &grouped(self.children as u64, tongue));
        }
        let sentence = if tasks {
            varied(TASKS, name)
        } else if self.children <= names.len() {
            varied(all, name)
        } else if self.half {
            names.truncate(1);
            varied(half, name)
        } else {
            varied(largest, name)
        };
        sentence.replace("{names}", &series(tongue, &names, if tasks { "or" } else { tongue.and }))
    }

    /// The same without a word of English around it.
    fn wordless(&self, name: &str) -> String {
        let stop = if name.chars().any(|c| c > '\u{2e80}') { "。" } else { ". " };
        let or_name = |parts: Vec<String>| match parts.is_empty() {
            true => vec![name.to_owned()],
            false => parts,
        };
        let phrases = or_name([&self.phrases[..], &self.further].concat());
        let names = or_name(self.listed.clone());
        let sentence = |parts: &[String]| capitalised(&unstopped(&listed(self.tongue(), parts)));
        format!("{}{stop}{}{stop}", sentence(&phrases), sentence(&names)).trim_end().to_owned()
    }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// What people want, where the children are tasks.
const TASKS: &[&str] = &[
    "People want to {names}.",
    "Most often people want to {names}.",
    "Typical tasks are to {names}.",
];

/// One of the sentences, the same for the same name.
fn varied(sentences: &[&'static str], name: &str) -> &'static str {
    let sum: usize = name.bytes().map(usize::from).sum();
    sentences.get(sum % sentences.len().max(1)).copied().unwrap_or_default()
}

/// "a, b and c"; semicolons where one of them holds a comma or the like.
fn series(tongue: &Tongue, names: &[String], and: &str) -> String {
    let Some((last, rest)) = names.split_last() else { return String::new() };
    let nested =
        |name: &String| name.contains(',') || name.split(' ').any(|word| tongue.joins(word));
    if rest.is_empty() {
        last.clone()
    } else if names.iter().any(nested) {
        format!("{}; {and} {last}", rest.join("; "))
    } else if and == tongue.and {
        listed(tongue, names)
    } else {
        format!("{} {and} {last}", rest.join(", "))
    }
}

/// "12,340".
fn grouped(number: u64, tongue: &Tongue) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push_str(tongue.thousands);
        }
        out.push(digit);
    }
    out
}

/// A child's name as it stands inside a sentence, and whether it is a task: "reset a password".
fn told(corpus: &Corpus<'_>, at: usize) -> (String, bool) {
    let name = unstopped(truncated(corpus.text(at).name, LONGEST).trim());
    let words: Vec<&str> = name.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return (String::new(), false) };
    let tongue = corpus.tongue();
    if !tongue.is_english() {
        let (open, close) = tongue.quotes;
        return (format!("{open}{name}{close}"), false);
    }
    let lower = first.to_lowercase();
    let opening = corpus.name_words(at).1;
    // "Lists the orders" is none to want.
    let task = opening.is_some() && base_verb(&lower).is_none_or(|base| base == lower);
    let first = if task { lower } else { recased(corpus, first).join(" ") };
    let name = std::iter::once(first.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>();
    (name.join(" "), task)
}
