//! How an imperative name starts: its verbs, and where their object begins.

use crate::lists::{VerbKind, is_determiner, verb_kind};
use crate::scan::{Gap, Span};
use crate::tongue::{Tongue, WordRole};

/// The start of "Diagnose and fix the login page", taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameOpening {
    /// Base forms, lower case, one or more.
    pub(crate) verbs: Vec<String>,
    /// Index of the first word of the object.
    pub(crate) object: usize,
}

/// Which first words count as verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerbLed {
    /// None: the names are noun phrases.
    No,
    /// Those on the list.
    Listed,
    /// Every one: nearly all of the names start with a listed verb, so the rest does, too.
    All,
}

/// Is `norm` a verb that task names commonly start with, in its base form or third person?
pub(crate) fn base_verb(norm: &str) -> Option<&str> {
    if verb_kind(norm).is_some() {
        return Some(norm);
    }
    [norm.strip_suffix("es"), norm.strip_suffix('s')]
        .into_iter()
        .flatten()
        .find(|base| verb_kind(base).is_some())
}

/// Takes the start of a name apart. None if it has no leading verb, or nothing after it.
pub(crate) fn opening(name: &str, spans: &[Span], led: VerbLed) -> Option<NameOpening> {
    if led == VerbLed::No {
        return None;
    }
    let words = OpeningWords { name, spans };
    let (first, mut at) = words.whole(0)?;
    let mut verb = match base_verb(&first) {
        Some(base) => base.to_owned(),
        None if led == VerbLed::All && words.plain(0) => first,
        None => return None,
    };
    if let Some(particle) = words.norm(at).filter(|word| is_particle(word) && words.spaced(at)) {
        verb = format!("{verb} {particle}");
        at += 1;
    }
    let mut verbs = vec![verb];
    while let Some((next, after)) = words.coordinated(at) {
        verbs.push(next);
        at = after;
    }
    if verbs.iter().all(|verb| verb_kind(verb) == Some(VerbKind::Explain)) {
        let (skipped, expected) = words.skip_preamble(at);
        at = skipped;
        if let Some((real, after)) = words.embedded(at, expected) {
            verbs = vec![real];
            at = after;
        }
    }
    at = words.skip_determiners(at);
    (at < spans.len()).then_some(NameOpening { verbs, object: at })
}

/// "Réinitialiser le mot de passe": a verb where an article follows it, in languages in which it would
/// come first.
pub(crate) fn infinitive(name: &str, spans: &[Span], tongue: &Tongue) -> Option<NameOpening> {
    let norm = |at: usize| spans.get(at).map(|span| name[span.start..span.end].to_lowercase());
    let first = norm(0).filter(|first| tongue.is_infinitive(first))?;
    let article = |at: usize| {
        let elided = spans.get(at).is_some_and(|span| {
            span.end - span.start < 4 && name[span.start..span.end].ends_with(['\'', '’'])
        });
        elided
            || norm(at).is_some_and(|word| {
                matches!(tongue.role(&word), WordRole::The | WordRole::A | WordRole::Of)
            })
    };
    let object = (1..spans.len()).find(|&at| !article(at))?;
    (object > 1).then_some(NameOpening { verbs: vec![first], object })
}

/// The form of verb that a preamble calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpectedVerb {
    None,
    /// "how to reset"
    Base,
    /// "guidance on resetting"
    Gerund,
}

/// The words of one name by position.
struct OpeningWords<'a> {
    name: &'a str,
    spans: &'a [Span],
}

impl OpeningWords<'_> {
    fn norm(&self, at: usize) -> Option<String> {
        let span = self.spans.get(at)?;
        Some(self.name[span.start..span.end].to_lowercase())
    }

    /// The written word that starts at `at` with the index after it: "role-play" is one.
    fn whole(&self, at: usize) -> Option<(String, usize)> {
        let first = self.spans.get(at)?;
        let mut end = at + 1;
        while self.spans.get(end).is_some_and(|span| span.gap == Gap::Glue) {
            end += 1;
        }
        Some((self.name[first.start..self.spans[end - 1].end].to_lowercase(), end))
    }

    fn spaced(&self, at: usize) -> bool {
        self.spans.get(at).is_some_and(|span| span.gap == Gap::Space)
    }

    /// Written like any word at the start of a sentence, and followed by another one.
    fn plain(&self, at: usize) -> bool {
        let Some(span) = self.spans.get(at) else { return false };
        let word = &self.name[span.start..span.end];
        self.spaced(at + 1)
            && word.chars().all(char::is_alphabetic)
            && !word.chars().skip(1).any(char::is_uppercase)
    }

    /// "and recommend", ", draft", "and stylistically rewrite" at `at`: the verb and what follows.
    fn coordinated(&self, at: usize) -> Option<(String, usize)> {
        let mut here = at;
        let joined = matches!(self.norm(here)?.as_str(), "and" | "or");
        if joined {
            here += 1;
        } else if self.spans[here].gap != Gap::Break {
            return None;
        }
        if self.norm(here)?.ends_with("ly") {
            here += 1;
        }
        let (word, after) = self.whole(here)?;
        // "Create and list" needs something to create and list.
        (verb_kind(&word).is_some() && after < self.spans.len()).then_some((word, after))
    }

    /// Skips "users how to", "guidance on", "best practices for"; and tells what kind of verb may
    /// stand after the last word skipped.
    fn skip_preamble(&self, mut at: usize) -> (usize, ExpectedVerb) {
        let mut expected = ExpectedVerb::None;
        while let Some(word) = self.norm(at) {
            expected = match word.as_str() {
                "to" | "me" | "us" | "users" | "people" | "them" => ExpectedVerb::Base,
                "about" | "for" | "in" | "of" | "on" | "with" => ExpectedVerb::Gerund,
                "how" | "using" => ExpectedVerb::None,
                _ if is_determiner(&word) || is_preamble(&word) => ExpectedVerb::None,
                _ => break,
            };
            at += 1;
        }
        (at, expected)
    }

    /// The verb proper after a preamble: "to reset", "on logging".
    fn embedded(&self, at: usize, expected: ExpectedVerb) -> Option<(String, usize)> {
        let here = if self.norm(at)?.ends_with("ly") { at + 1 } else { at };
        let (word, after) = self.whole(here)?;
        let verb = match expected {
            ExpectedVerb::None => None,
            ExpectedVerb::Gerund => gerund_base(&word),
            // After "how to" any word is a verb.
            ExpectedVerb::Base if at > 0 && self.norm(at - 1).as_deref() == Some("to") => {
                (!is_determiner(&word)).then(|| word.clone())
            }
            ExpectedVerb::Base => verb_kind(&word).map(|_| word.clone()),
        }?;
        self.spaced(after).then_some((verb, after))
    }

    fn skip_determiners(&self, mut at: usize) -> usize {
        while self.norm(at).is_some_and(|word| is_determiner(&word)) {
            at += 1;
        }
        at
    }
}

fn is_particle(norm: &str) -> bool {
    matches!(norm, "away" | "back" | "down" | "off" | "out" | "up")
}

fn is_preamble(norm: &str) -> bool {
    matches!(
        norm,
        "advice"
            | "assistance"
            | "best"
            | "documentation"
            | "examples"
            | "explanation"
            | "explanations"
            | "guidance"
            | "help"
            | "information"
            | "insights"
            | "instructions"
            | "overview"
            | "practices"
            | "steps"
            | "suggestions"
            | "support"
            | "tips"
            | "usage"
    )
}

/// "logging" → "log", "managing" → "manage": listed verbs only.
pub(crate) fn gerund_base(norm: &str) -> Option<String> {
    let root = norm.strip_suffix("ing")?;
    let mut bases = vec![root.to_owned(), format!("{root}e")];
    let mut letters = root.chars().rev();
    if let (Some(last), Some(before)) = (letters.next(), letters.next())
        && last == before
    {
        bases.push(root[..root.len() - last.len_utf8()].to_owned());
    }
    bases.into_iter().find(|base| verb_kind(base).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::spans;

    fn shown(name: &str) -> String {
        let spans = spans(name, 20);
        match opening(name, &spans, VerbLed::All) {
            None => "-".to_owned(),
            Some(found) => {
                format!("{} > {}", found.verbs.join("+"), &name[spans[found.object].start..])
            }
        }
    }

    #[test]
    fn verbs_and_objects_are_told_apart() {
        let cases = [
            ("Debug Python data frames", "debug > Python data frames"),
            ("Diagnose and recommend safe treatments", "diagnose+recommend > safe treatments"),
            ("Provide guidance on logging images", "log > images"),
            ("Explain how to securely remove hooks", "remove > hooks"),
            ("Guide me in deleting old drafts", "delete > old drafts"),
            ("Help users write cover letters", "write > cover letters"),
            ("Set up recurring payments", "set up > recurring payments"),
            ("Role-play as a pirate", "role-play > as a pirate"),
            ("Lists the open orders", "list > open orders"),
            ("Untangle duplicate accounts", "untangle > duplicate accounts"),
            ("Explain how to effectively version data sets", "version > data sets"),
            ("Explain tax rules", "explain > tax rules"),
            ("Debug", "-"),
            ("OAuth token scopes", "-"),
        ];
        for (name, expected) in cases {
            assert_eq!(shown(name), expected, "{name}");
        }
    }
}
