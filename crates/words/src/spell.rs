//! How a phrase is written: its commonest spelling, the right capitals, the plural.

use crate::candidates::Phrase;
use crate::corpus::Corpus;
use crate::scan::{Gap, spans};
use crate::vocabulary::{Form, Kind, Usage};

/// The words of a phrase as they stand inside a sentence, one a written word.
pub(crate) fn spelled(corpus: &Corpus<'_>, phrase: &Phrase<'_>, plural: bool) -> Vec<String> {
    let mut words = recased(corpus, commonest(phrase));
    if plural {
        pluralise_head(corpus, &mut words);
    }
    words
}

/// The spelling used most, whatever its case.
fn commonest<'a>(phrase: &Phrase<'a>) -> &'a str {
    let mut by_case: Vec<(String, u32, &'a str)> = Vec::new();
    for &(spelling, weight) in &phrase.spellings {
        let lower = spelling.to_lowercase();
        match by_case.iter_mut().find(|(known, ..)| *known == lower) {
            Some((_, sum, _)) => *sum += weight,
            None => by_case.push((lower, weight, spelling)),
        }
    }
    by_case
        .into_iter()
        .min_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)))
        .map_or("", |(_, _, spelling)| spelling)
}

/// Splits into written words and gives every word its capitals as the corpus writes it.
pub(crate) fn recased(corpus: &Corpus<'_>, text: &str) -> Vec<String> {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    let found = spans(text, 40);
    for (at, span) in found.iter().enumerate() {
        out.push_str(&text[last..span.start]);
        let glued =
            span.gap == Gap::Glue || found.get(at + 1).is_some_and(|next| next.gap == Gap::Glue);
        out.push_str(&cased(corpus, &text[span.start..span.end], glued));
        last = span.end;
    }
    out.push_str(&text[last..]);
    out.split_whitespace().map(str::to_owned).collect()
}

/// One word with its capitals. A part of a compound keeps its own, unless it only had them for
/// standing first.
fn cased(corpus: &Corpus<'_>, surface: &str, glued: bool) -> String {
    let lower = surface.to_lowercase();
    let none = Usage::default();
    let form = corpus.form_by_norm(&lower);
    let usage = form.map_or(&none, |form| &form.usage);
    if let Some((mixed, count)) = &usage.mixed
        && 3 * count >= usage.count
    {
        return mixed.clone();
    }
    if glued && surface.chars().count() == 1 {
        return surface.to_owned();
    }
    let link = form.is_some_and(|form| form.kind == Kind::Link);
    let capital = if corpus.title_case() { !link } else { usage.capital > usage.lower };
    if capital { upper_first(&lower) } else { lower }
}

/// First letter in upper case, unless the word has capitals of its own ("iPhone") or is code
/// ("wandb.save").
pub(crate) fn capitalised(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or(text);
    let own = word.chars().any(char::is_uppercase) || word.contains(['.', '_', '(']);
    if own { text.to_owned() } else { upper_first(text) }
}

fn upper_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "Branch protection rule" → "branch protection rules", if the texts use that plural themselves.
fn pluralise_head(corpus: &Corpus<'_>, words: &mut [String]) {
    let end = words
        .iter()
        .skip(1)
        .position(|word| corpus.form_by_norm(word).is_some_and(|form| form.kind == Kind::Link))
        .map_or(words.len(), |link| link + 1);
    let Some(head) = words[..end].last_mut() else { return };
    if let Some(plural) = plural(corpus, head) {
        *head = plural;
    }
}

/// The plural of a noun that can be counted: the corpus has that plural, or speaks of "a" such
/// thing.
fn plural(corpus: &Corpus<'_>, word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let single =
        lower.len() > 2 && lower.bytes().all(|b| b.is_ascii_lowercase()) && !lower.ends_with('s');
    if corpus.title_case() || !single {
        return None;
    }
    let (cut, suffix) = match lower.as_bytes() {
        [.., before, b'y'] if !b"aeiou".contains(before) => (1, "ies"),
        [.., b'x' | b'z'] | [.., b'c' | b's', b'h'] => (0, "es"),
        _ => (0, "s"),
    };
    let written = format!("{}{suffix}", &word[..word.len() - cut]);
    let form = corpus.form_by_norm(&lower);
    let (known, counted) = form.map_or((0, 0), |form| (form.usage.count, form.usage.counted));
    let proper = form.is_some_and(Form::is_proper);
    let attested = corpus.form_by_norm(&written.to_lowercase()).is_some_and(|form| {
        let Usage { count, named, .. } = form.usage;
        // One package called "pythons" among thousands for Python makes no plural of it.
        let common = 12 * count >= known || (named > 0 && !proper && 100 * count >= known);
        !form.is_verbal() && count >= 2 && common
    });
    let countable = counted >= 2 && 12 * counted >= known && !lower.ends_with("ing");
    (attested || countable).then_some(written)
}
