//! How a phrase is written: its commonest spelling, the right capitals, the plural.

use crate::candidates::Phrase;
use crate::corpus::Corpus;
use crate::elision::spans_in;
use crate::lists::{
    irregular_plural, is_filler, is_irregular_plural, is_mass, is_participle, is_thing,
};
use crate::scan::Gap;
use crate::vocabulary::{WordForm, WordKind, WordUsage};

/// Of how many things a phrase speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhraseNumber {
    /// Of as many as it is written for.
    Kept,
    /// Of several, where the texts say so of its last word.
    Open,
    /// Of several, where that is possible.
    Several,
}

/// The words of a phrase as they stand inside a sentence, one a written word; in a spelling that is `own`,
/// if there is one.
pub(crate) fn spelled(
    corpus: &Corpus<'_>,
    phrase: &Phrase<'_>,
    number: PhraseNumber,
    own: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let plural = number == PhraseNumber::Several;
    let tongue = corpus.tongue();
    let head = |spelling: &str| {
        let mut words = spelling.split_whitespace();
        let head = if tongue.head_first { words.next() } else { words.next_back() };
        tongue.is_plural(&head.unwrap_or_default().to_lowercase())
    };
    let spelling = if plural && !tongue.is_english() {
        // Only what the texts write themselves is a plural.
        let own_head = |spelling: &str| head(spelling) && own(spelling);
        commonest(phrase, own_head).or_else(|| commonest(phrase, head))
    } else {
        let noun = |spelling: &str| {
            let last = spelling.rsplit([' ', '-']).next().unwrap_or(spelling).to_lowercase();
            !(tongue.is_english() && is_participle(&last))
        };
        let own_noun = |spelling: &str| own(spelling) && noun(spelling);
        commonest(phrase, own_noun).or_else(|| commonest(phrase, noun))
    };
    let spelling = spelling.or_else(|| commonest(phrase, |_| true));
    let mut words = recased(corpus, spelling.unwrap_or_default());
    if tongue.is_english() && number != PhraseNumber::Kept {
        pluralise_head(corpus, &mut words, plural);
    }
    words
}

/// The spelling used most of those that will do, whatever its case.
fn commonest<'a>(phrase: &Phrase<'a>, will_do: impl Fn(&str) -> bool) -> Option<&'a str> {
    let mut by_case: Vec<(String, u32, &'a str)> = Vec::new();
    for &(spelling, weight) in phrase.spellings.iter().filter(|(spelling, _)| will_do(spelling)) {
        let lower = spelling.to_lowercase();
        match by_case.iter_mut().find(|(known, ..)| *known == lower) {
            Some((_, sum, _)) => *sum += weight,
            None => by_case.push((lower, weight, spelling)),
        }
    }
    by_case
        .into_iter()
        .min_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)))
        .map(|(_, _, spelling)| spelling)
}

/// Splits into written words and gives every word its capitals as the corpus writes it.
pub(crate) fn recased(corpus: &Corpus<'_>, text: &str) -> Vec<String> {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    let found = spans_in(corpus.tongue(), text, 40);
    for (at, span) in found.iter().enumerate() {
        out.push_str(&text[last..span.start]);
        let glued =
            span.gap == Gap::Glue || found.get(at + 1).is_some_and(|next| next.gap == Gap::Glue);
        let upper = |at: usize| {
            let word = found.get(at).map(|span| &text[span.start..span.end]);
            word.is_some_and(|word| word.starts_with(char::is_uppercase))
        };
        // "Google Calendar": a name of its own.
        let surface = &text[span.start..span.end];
        let shouted = surface.chars().all(char::is_uppercase);
        let proper =
            at > 0 && upper(at) && upper(at - 1) && !shouted && !corpus.tongue().capital_nouns;
        if proper {
            out.push_str(surface);
        } else {
            out.push_str(&cased(corpus, surface, glued, !upper(at + 1)));
        }
        last = span.end;
    }
    out.push_str(&text[last..]);
    out.split_whitespace().map(str::to_owned).collect()
}

/// One word with its capitals. A part of a compound keeps its own, unless it only had them for
/// standing first.
fn cased(corpus: &Corpus<'_>, surface: &str, glued: bool, alone: bool) -> String {
    let lower = surface.to_lowercase();
    let none = WordUsage::default();
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
    let link = form.is_some_and(|form| form.kind == WordKind::Link);
    // What only ever stands first is a noun in German, unless one follows.
    let noun = corpus.tongue().capital_nouns && alone && usage.lower == 0 && !link;
    let shouted = usage.capital + usage.lower == 0 && surface.chars().all(char::is_uppercase);
    let capital =
        noun || shouted || if corpus.title_case() { !link } else { usage.capital > usage.lower };
    if capital { upper_first(&lower) } else { lower }
}

/// First letter in upper case, unless the word has capitals of its own ("iPhone") or is code
/// ("wandb.save").
pub(crate) fn capitalised(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or(text);
    // "web-Suchportale" only has the capital of its second noun.
    let first = word.split(['-', '/']).next().unwrap_or(word);
    let own = first.chars().any(char::is_uppercase) || word.contains(['.', '_', '(']);
    if own { text.to_owned() } else { upper_first(text) }
}

pub(crate) fn upper_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "Branch protection rule" → "branch protection rules", if the texts use that plural themselves.
fn pluralise_head(corpus: &Corpus<'_>, words: &mut [String], several: bool) {
    let end = words
        .iter()
        .skip(1)
        .position(|word| corpus.form_by_norm(word).is_some_and(|form| form.kind == WordKind::Link))
        .map_or(words.len(), |link| link + 1);
    let Some(head) = words[..end].last_mut() else { return };
    // "Google Calendar" is one.
    let proper = head.starts_with(char::is_uppercase) && !corpus.title_case();
    if !proper && let Some(plural) = plural(corpus, head, several) {
        *head = plural;
    }
}

/// As it stands before another noun, in the singular if the texts have it: "vitamin deficiencies".
pub(crate) fn qualifying(corpus: &Corpus<'_>, words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    let Some(last) = words.last_mut() else { return words };
    let of = |cut: &str, end: &str| Some(format!("{}{end}", last.strip_suffix(cut)?));
    let known = |singular: &String| {
        !singular.ends_with('s') && corpus.form_by_norm(&singular.to_lowercase()).is_some()
    };
    let singular = [of("ies", "y"), of("es", ""), of("s", "")].into_iter().flatten().find(known);
    if let Some(singular) = singular {
        *last = singular;
    }
    words
}

/// The plural of a noun that can be counted: the corpus has that plural, or speaks of "a" such
/// thing.
fn plural(corpus: &Corpus<'_>, word: &str, several: bool) -> Option<String> {
    let lower = word.to_lowercase();
    let plain = word.chars().skip(1).all(|c| c.is_ascii_lowercase())
        && word.starts_with(|c: char| c.is_ascii_alphabetic());
    let form = corpus.form_by_norm(&lower);
    let proper = !corpus.title_case() && form.is_some_and(WordForm::is_proper);
    if !plain
        || proper
        || is_participle(&lower)
        || lower.len() < 3
        || is_mass(&lower)
        || is_filler(&lower)
    {
        return None;
    }
    let irregular = irregular_plural(&lower);
    if is_irregular_plural(&lower) {
        return None;
    }
    if irregular.is_none() && lower.ends_with('s') && !lower.ends_with("ss") {
        // Most are plurals.
        return None;
    }
    let (cut, suffix) = match lower.as_bytes() {
        [.., before, b'y'] if !b"aeiou".contains(before) => (1, "ies"),
        [.., b'x' | b'z'] | [.., b's' | b'c', b'h'] | [.., b's', b's'] => (0, "es"),
        _ => (0, "s"),
    };
    let written = match irregular {
        Some(plural) => word[..1].chars().chain(plural.chars().skip(1)).collect(),
        None => format!("{}{suffix}", &word[..word.len() - cut]),
    };
    let (known, counted) = form.map_or((0, 0), |form| (form.usage.count, form.usage.counted));
    let attested = corpus.form_by_norm(&written.to_lowercase()).is_some_and(|form| {
        let WordUsage { count, named, .. } = form.usage;
        // One package called "pythons" among thousands for Python makes no plural of it.
        !form.is_verbal() && 100 * count >= known && (named > 0 || !corpus.title_case())
    });
    let countable = counted >= 1 && 20 * counted >= known && !lower.ends_with("ing");
    let guessed = several && is_thing(&lower);
    (attested || (!corpus.title_case() && (countable || guessed))).then_some(written)
}
