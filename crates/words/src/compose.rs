//! From phrases to a headline: what they share is said once, the rest is joined.

use crate::lists::is_link;
use crate::scan::truncated;
use crate::spell::capitalised;
use crate::tongue::{Tongue, WordRole};

/// Most words of a name.
pub(crate) const MOST_WORDS: usize = 10;
/// No name is longer, in characters, even if it is one word.
const LONGEST: usize = 100;
/// A longer name drops its last phrase.
pub(crate) const MOST_CHARS: usize = 64;

/// Joins phrases, each a list of written words, into one: "bird families" and "fish families"
/// become "bird and fish families", "disorders of bone" and "disorders of skin" become
/// "disorders of bone and skin". Two phrases that share words say enough; a third is left out.
pub(crate) fn joined(tongue: &Tongue, mut phrases: Vec<Vec<String>>) -> String {
    phrases.retain(|phrase| !phrase.is_empty());
    if let Some(merged) = merged(tongue, &phrases) {
        return merged.join(" ");
    }
    if let Some((a, b, merged)) = factored_pair(tongue, &phrases) {
        let rest: Vec<Vec<String>> = phrases
            .iter()
            .enumerate()
            .filter(|&(at, phrase)| at != a && at != b && !holds(&merged, phrase))
            .map(|(_, phrase)| phrase.clone())
            .collect();
        if !merged.iter().any(|word| tongue.joins(word)) {
            // One held the other.
            return joined(tongue, std::iter::once(merged).chain(rest).collect());
        }
        // "scales, bird and fish families"
        let before: Vec<String> =
            rest.iter().chain([&merged]).map(|words| words.join(" ")).collect();
        return before.join(", ");
    }
    let parts: Vec<String> = phrases.iter().map(|words| words.join(" ")).collect();
    listed(tongue, &parts)
}

/// All phrases in one: "code scanning alerts", "secret scanning alerts" and "expiry alerts" become
/// "code scanning, secret scanning and expiry alerts"; a beginning that they share likewise.
fn merged(tongue: &Tongue, phrases: &[Vec<String>]) -> Option<Vec<String>> {
    let (first, others) = phrases.split_first().filter(|(_, others)| !others.is_empty())?;
    let back = others.iter().map(|other| common(first.iter().rev(), other.iter().rev())).min()?;
    let front = others.iter().map(|other| common(first.iter(), other.iter())).min()?;
    let heads = |phrase: &Vec<String>| phrase[..phrase.len().saturating_sub(back)].to_vec();
    let tails = |phrase: &Vec<String>| phrase[front.min(phrase.len())..].to_vec();
    let plain = |rest: &Vec<String>| {
        let joins = |word: &String| match tongue.is_english() {
            true => is_link(word) || word == "&",
            false => tongue.role(&word.to_lowercase()) != WordRole::None || word == "&",
        };
        (1..=2).contains(&rest.len()) && !rest.iter().any(joins)
    };
    let list = |rests: &[Vec<String>]| {
        listed(tongue, &rests.iter().map(|r| r.join(" ")).collect::<Vec<_>>())
    };
    let heads: Vec<Vec<String>> = phrases.iter().map(heads).collect();
    if back > 0 && !tongue.head_first && heads.iter().all(plain) {
        // The last phrase has the plural, if any has.
        let shared = &phrases[phrases.len() - 1];
        let shared = &shared[shared.len() - back..];
        return Some([&[list(&heads)], shared].concat());
    }
    let tails: Vec<Vec<String>> = phrases.iter().map(tails).collect();
    if front > 0 && tails.iter().all(plain) {
        return Some([&first[..front], &[list(&tails)]].concat());
    }
    None
}

/// How many words two phrases share from where the iterators start.
fn common<'a>(a: impl Iterator<Item = &'a String>, b: impl Iterator<Item = &'a String>) -> usize {
    a.zip(b).take_while(|(x, y)| same(x, y)).count()
}

/// "a", "a and b", "a, b and c"; with a comma before "and" where a part holds one itself, and
/// without "and" where the words are not Latin.
pub(crate) fn listed(tongue: &Tongue, parts: &[String]) -> String {
    let Some((last, rest)) = parts.split_last() else { return String::new() };
    if rest.is_empty() {
        return last.clone();
    }
    if let Some(comma) = foreign_comma(&parts.concat()) {
        return parts.join(comma);
    }
    let nested = parts.iter().any(|part| part.split(' ').any(|word| tongue.joins(word)));
    let comma = if nested { "," } else { "" };
    format!("{}{comma} {} {last}", rest.join(", "), tongue.and_before(last))
}

/// Does the text hold Latin letters?
pub(crate) fn is_latin(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, 'À'..='ɏ'))
}

/// The comma of a script that has its own, or the plain one where no letter is Latin.
fn foreign_comma(text: &str) -> Option<&'static str> {
    let mut letters = text.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek()?;
    if is_latin(text) {
        return None;
    }
    Some(match letters.next()? {
        '\u{600}'..='\u{6ff}' => "، ",
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' => "、",
        _ => ", ",
    })
}

/// The first two phrases that share their end or their beginning, as one.
fn factored_pair(tongue: &Tongue, phrases: &[Vec<String>]) -> Option<(usize, usize, Vec<String>)> {
    for a in 0..phrases.len() {
        for b in a + 1..phrases.len() {
            if let Some(merged) = factored(tongue, &phrases[a], &phrases[b]) {
                return Some((a, b, merged));
            }
        }
    }
    None
}

fn factored(tongue: &Tongue, a: &[String], b: &[String]) -> Option<Vec<String>> {
    if a == b {
        return Some(a.to_vec());
    }
    // The shorter one says it all.
    if holds(a, b) {
        return Some(b.to_vec());
    }
    if holds(b, a) {
        return Some(a.to_vec());
    }
    let joint = |x: &[String]| x.iter().any(|word| tongue.joins(word));
    if joint(a) || joint(b) {
        return None;
    }
    merged(tongue, &[a.to_vec(), b.to_vec()])
}

fn same(a: &str, b: &str) -> bool {
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_lowercase();
    singular(a) == singular(b)
}

fn holds(long: &[String], short: &[String]) -> bool {
    long.len() >= short.len()
        && long.windows(short.len()).any(|run| run.iter().zip(short).all(|(x, y)| same(x, y)))
}

/// The phrases as one name of at most ten words, the last phrases left out if they do not fit.
pub(crate) fn headline(tongue: &Tongue, verb: Option<&str>, phrases: &[Vec<String>]) -> String {
    for take in (1..=phrases.len()).rev() {
        let mut name = joined(tongue, phrases[..take].to_vec());
        if let Some(verb) = verb {
            name = format!("{verb} {name}");
        }
        let fits =
            name.split([' ', '_']).count() <= MOST_WORDS && name.chars().count() <= MOST_CHARS;
        if fits || take == 1 {
            let words: Vec<&str> = name.split_whitespace().take(MOST_WORDS).collect();
            let line: String = words.join(" ").chars().take(LONGEST).collect();
            return capitalised(line.trim());
        }
    }
    String::new()
}

/// A child's name as the name of its class: one line without quotes and a final stop, at most ten
/// words, not very long.
pub(crate) fn plain_name(name: &str) -> String {
    let trim: &[_] = &['.', ',', ';', ':', '"', '“', '”', '\\', '\'', '。', ' '];
    let head = truncated(name.trim(), 4 * LONGEST);
    let words: Vec<&str> = head.split_whitespace().take(MOST_WORDS).collect();
    let line = words.join(" ").replace(['"', '\\'], "");
    let line: String = line.chars().take(LONGEST).collect();
    capitalised(line.trim_matches(trim))
}
