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
}

/// Reads the style off the names of two words and more: a single word shows neither.
///
/// Some verbs are nouns, too ("record formats"), so a few names that start with one say nothing;
/// most names starting with one do.
pub(crate) fn style(texts: &[CorpusText<'_>], tongue: &Tongue) -> Style {
    let (mut several, mut led, mut content, mut titled) = (0_usize, 0, 0, 0);
    for text in texts {
        let spans = spans(text.name, NAME_WORDS);
        let words: Vec<&str> = spans.iter().map(|span| &text.name[span.start..span.end]).collect();
        if words.len() < 2 {
            continue;
        }
        several += 1;
        led += usize::from(base_verb(&words[0].to_lowercase()).is_some());
        let mut rest = words[1..].iter().filter(|word| word.len() > 3).peekable();
        if rest.peek().is_some() {
            content += 1;
            titled += usize::from(rest.all(|word| word.starts_with(|c: char| !c.is_lowercase())));
        }
    }
    let led = match 100 * led / several.max(1) {
        // Only English verbs are known.
        _ if !tongue.is_english() => VerbLed::No,
        0..15 => VerbLed::No,
        15..80 => VerbLed::Listed,
        _ => VerbLed::All,
    };
    let title_case =
        led == VerbLed::No && !tongue.capital_nouns && content > 0 && 100 * titled / content >= 70;
    Style { led, title_case }
}
