//! Two sentences about a class: what its children share, and a few of them by name.

use crate::compose::{is_latin, listed};
use crate::corpus::Corpus;
use crate::naming::Headline;
use crate::opening::base_verb;
use crate::scan::truncated;
use crate::sentences::unstopped;
use crate::spell::{capitalised, recased};

/// Longest name of a child that is told whole, in bytes.
const LONGEST: usize = 120;
/// Children that are told by name.
const MOST_NAMES: usize = 3;

/// Exactly two sentences. They hold the words that the children share, common ones included, so
/// that the next level can be embedded and named from them.
pub fn description(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let names: Vec<&str> = headline.typical.iter().map(|&at| corpus.text(at).name).collect();
    let letters = [&headline.name].into_iter().map(String::as_str).chain(names).collect::<String>();
    if is_latin(&letters) || !letters.chars().any(char::is_alphabetic) {
        format!("{} {}", shared(headline), examples(corpus, headline))
    } else {
        wordless(corpus, headline)
    }
}

/// "Mostly about passwords and sign-in codes, along with lockouts and phones."
fn shared(headline: &Headline) -> String {
    let about = unstopped(&listed(&headline.phrases));
    let along = unstopped(&listed(&headline.further));
    match (about.is_empty(), along.is_empty()) {
        (false, false) => format!("Mostly about {about}, along with {along}."),
        (false, true) => format!("All about {about}."),
        (true, false) => format!("Mostly about {along}."),
        (true, true) => "Too different, or too short, to have words in common.".to_owned(),
    }
}

/// "People want to reset a password, unlock an account or move a phone."
fn examples(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let told: Vec<(String, bool)> = headline
        .typical
        .iter()
        .map(|&at| told(corpus, at))
        .filter(|(name, _)| !name.is_empty())
        .take(MOST_NAMES)
        .collect();
    let names: Vec<String> = told.iter().map(|(name, _)| name.clone()).collect();
    let Some((last, rest)) = names.split_last() else {
        return "Nothing is known by name.".to_owned();
    };
    let nested =
        names.iter().any(|name| [",", " and ", " or "].iter().any(|sign| name.contains(sign)));
    let separate = if nested { "; " } else { ", " };
    let with = |word: &str| match rest {
        [] => last.clone(),
        rest if nested => format!("{}; {word} {last}", rest.join(separate)),
        rest => format!("{} {word} {last}", rest.join(separate)),
    };
    if told.iter().all(|&(_, task)| task) {
        format!("People want to {}.", with("or"))
    } else if rest.is_empty() {
        format!("An example is {last}.")
    } else {
        format!("Examples are {}.", with("and"))
    }
}

/// A child's name as it stands inside a sentence, and whether it is a task: "reset a password".
fn told(corpus: &Corpus<'_>, at: usize) -> (String, bool) {
    let name = unstopped(truncated(corpus.text(at).name, LONGEST).trim());
    let words: Vec<&str> = name.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return (String::new(), false) };
    let lower = first.to_lowercase();
    let opening = corpus.name_words(at).1;
    // "Lists the orders" is none to want.
    let task = opening.is_some() && base_verb(&lower).is_none_or(|base| base == lower);
    let first = if task { lower } else { recased(corpus, first).join(" ") };
    let name = std::iter::once(first.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>();
    (name.join(" "), task)
}

/// The same without a word of English around it.
fn wordless(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let stop = if headline.name.chars().any(|c| c > '\u{2e80}') { "。" } else { ". " };
    let mut phrases: Vec<String> = headline.phrases.clone();
    phrases.extend(headline.further.iter().cloned());
    let mut names: Vec<String> = headline
        .typical
        .iter()
        .map(|&at| unstopped(truncated(corpus.text(at).name, LONGEST)))
        .filter(|name| !name.is_empty())
        .take(MOST_NAMES)
        .collect();
    if phrases.is_empty() {
        phrases.push(headline.name.clone());
    }
    if names.is_empty() {
        names.push(headline.name.clone());
    }
    let sentence = |parts: &[String]| capitalised(&unstopped(&listed(parts)));
    format!("{}{stop}{}{stop}", sentence(&phrases), sentence(&names)).trim_end().to_owned()
}
