//! Elided articles as words of their own.

use crate::scan::{Gap, Span, spans};
use crate::tongue::Tongue;

/// [`spans`], where elided articles ("l'adresse") are words of their own.
pub(crate) fn spans_in(tongue: &Tongue, text: &str, max_words: usize) -> Vec<Span> {
    let mut found = spans(text, max_words);
    let elided = |span: &Span| tongue.elided(&text[span.start..span.end]);
    if found.iter().all(|span| elided(span).is_none()) {
        return found;
    }
    let mut parted = Vec::with_capacity(found.len() + 4);
    for span in found.drain(..) {
        match elided(&span) {
            Some(length) => {
                let cut = span.start + length;
                parted.push(Span { end: cut, ..span });
                parted.push(Span { start: cut, gap: Gap::Space, ..span });
            }
            None => parted.push(span),
        }
    }
    parted
}
