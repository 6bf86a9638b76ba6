//! Two sentences about a class: what its children share, and a few of them by name.

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
    let names: Vec<&str> = headline.largest.iter().map(|&at| corpus.text(at).name).collect();
    let letters = [&headline.name].into_iter().map(String::as_str).chain(names).collect::<String>();
    if is_latin(&letters) || !letters.chars().any(char::is_alphabetic) {
        format!("{} {}", contents(corpus, headline), children(corpus, headline))
    } else {
        wordless(corpus, headline)
    }
}

/// "Covers passwords and lockouts in 12 clusters with 340 items."
fn contents(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let tongue = corpus.tongue();
    let Says { counted, plain, mixed, .. } = *tongue.says;
    let further = headline.further.iter().take(MOST_PHRASES.saturating_sub(headline.phrases.len()));
    let phrases: Vec<String> = headline.phrases.iter().chain(further).cloned().collect();
    let about = unstopped(&listed(tongue, &phrases));
    let sentence = match &about[..] {
        "" => mixed,
        _ if headline.items > headline.children as u64 => varied(counted, headline),
        _ => varied(plain, headline),
    };
    sentence
        .replace("{n}", &grouped(headline.children as u64, tongue))
        .replace("{items}", &grouped(headline.items, tongue))
        .replace("{about}", &about)
}

/// "The largest are card games, board games and word games."
fn children(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let tongue = corpus.tongue();
    let told: Vec<(String, bool)> = headline
        .largest
        .iter()
        .map(|&at| told(corpus, at))
        .filter(|(name, _)| !name.is_empty())
        .take(MOST_NAMES)
        .collect();
    let tasks = tongue.is_english() && told.iter().all(|&(_, task)| task);
    let mut names: Vec<String> = told.into_iter().map(|(name, _)| name).collect();
    let Says { largest, all, half, mixed, .. } = *tongue.says;
    if names.is_empty() {
        return mixed.replace("{n}", &grouped(headline.children as u64, tongue));
    }
    let sentence = if tasks {
        varied(TASKS, headline)
    } else if headline.children <= names.len() {
        varied(all, headline)
    } else if headline.half {
        names.truncate(1);
        varied(half, headline)
    } else {
        varied(largest, headline)
    };
    sentence.replace("{names}", &series(tongue, &names, if tasks { "or" } else { tongue.and }))
}

/// What people want, where the children are tasks.
const TASKS: &[&str] = &[
    "People want to {names}.",
    "Most often people want to {names}.",
    "Typical tasks are to {names}.",
];

/// One of the sentences, the same for the same name.
fn varied(sentences: &[&'static str], headline: &Headline) -> &'static str {
    let sum: usize = headline.name.bytes().map(usize::from).sum();
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

/// The same without a word of English around it.
fn wordless(corpus: &Corpus<'_>, headline: &Headline) -> String {
    let stop = if headline.name.chars().any(|c| c > '\u{2e80}') { "。" } else { ". " };
    let mut phrases: Vec<String> = headline.phrases.clone();
    phrases.extend(headline.further.iter().cloned());
    let mut names: Vec<String> = headline
        .largest
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
    let sentence = |parts: &[String]| capitalised(&unstopped(&listed(corpus.tongue(), parts)));
    format!("{}{stop}{}{stop}", sentence(&phrases), sentence(&names)).trim_end().to_owned()
}
