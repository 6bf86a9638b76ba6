//! A text without what stands around its table.

use cladus_core::numbers::thousands;

/// A text without what is around its table.
pub(crate) struct Framed {
    /// Lines before the table are empty, so that places stay what they are.
    pub(crate) text: String,
    /// How many lines were made empty.
    pub(crate) emptied: usize,
    pub(crate) delimiter: Option<u8>,
    pub(crate) notes: Vec<String>,
}

/// The lines from `from` to before `to`, each as `line` writes it, where it writes any; those before are
/// empty.
pub(crate) fn cut(
    text: &str,
    (from, to): (usize, usize),
    line: impl Fn(&str) -> Option<String>,
) -> (String, usize) {
    let mut kept = String::with_capacity(text.len());
    let mut emptied = 0;
    for (at, whole) in text.lines().enumerate().take(to) {
        match (at >= from).then(|| line(whole)).flatten() {
            Some(line) => kept.push_str(&line),
            None => emptied += 1,
        }
        kept.push('\n');
    }
    (kept, emptied)
}

pub(crate) fn counted(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{} lines", thousands(lines as u64)) }
}
