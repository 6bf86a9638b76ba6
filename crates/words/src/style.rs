//! How the names of a corpus are written: led by verbs or not, In Title Case or not.

use crate::corpus_text::{CorpusText, NAME_WORDS};
use crate::opening::{VerbLed, base_verb};
use crate::scan::spans;
use crate::tongue::Tongue;

/// What all names have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) led: VerbLed,
    pub(crate) title_case: bool,
    /// Do names begin in lower case?
    pub(crate) begun_low: bool,
}

/// Reads the style off the names of two words and more: a single word shows neither.
///
/// Some verbs are nouns, too ("record formats"), so a few names that start with one say nothing;
/// most names starting with one do.
#[derive(Debug, Default)]
pub(crate) struct StyleCount {
    several: usize,
    led: usize,
    content: usize,
    titled: usize,
    /// Names of any length, and those of them that begin in lower case.
    begun: (usize, usize),
}

impl StyleCount {
    pub(crate) fn add(&mut self, text: &CorpusText<'_>) {
        let first = text.name.trim_start().chars().next().filter(|c| c.is_alphabetic());
        self.begun.0 += usize::from(first.is_some());
        self.begun.1 += usize::from(first.is_some_and(char::is_lowercase));
        let spans = spans(text.name, NAME_WORDS);
        let words: Vec<&str> = spans.iter().map(|span| &text.name[span.start..span.end]).collect();
        if words.len() < 2 {
            return;
        }
        self.several += 1;
        self.led += usize::from(base_verb(&words[0].to_lowercase()).is_some());
        let mut rest = words[1..].iter().filter(|word| word.len() > 3).peekable();
        if rest.peek().is_some() {
            self.content += 1;
            self.titled +=
                usize::from(rest.all(|word| word.starts_with(|c: char| !c.is_lowercase())));
        }
    }

    pub(crate) fn style(&self, tongue: &Tongue) -> Style {
        let Self { several, led, content, titled, begun } = *self;
        let led = match 100 * led / several.max(1) {
            // Only English verbs are known.
            _ if !tongue.is_english() => VerbLed::No,
            0..15 => VerbLed::No,
            15..80 => VerbLed::Listed,
            _ => VerbLed::All,
        };
        let title_case = led == VerbLed::No
            && !tongue.capital_nouns
            && content > 0
            && 100 * titled / content >= 70;
        Style { led, title_case, begun_low: 10 * begun.1 > 7 * begun.0 }
    }
}
