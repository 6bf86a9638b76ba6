//! Text in lines that fit.

use cladus_cli::columns;
use unicode_segmentation::UnicodeSegmentation;

/// `text` in lines of at most `width` columns, broken between words where that is possible.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if columns(&line) + gap + columns(word) <= width {
            if gap > 0 {
                line.push(' ');
            }
            line += word;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.graphemes(true) {
            if !line.is_empty() && columns(&line) + columns(letter) > width {
                lines.push(std::mem::take(&mut line));
            }
            line += letter;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_however_long_a_word_is() {
        assert_eq!(wrap("small breads", 20), ["small breads"]);
        assert_eq!(wrap("small breads and cakes", 12), ["small breads", "and cakes"]);
        assert_eq!(wrap("請求書と支払い", 6), ["請求書", "と支払", "い"]);
        assert_eq!(wrap("a bcdefgh", 3), ["a", "bcd", "efg", "h"]);
        assert!(wrap("  ", 5).is_empty());
        assert_eq!(wrap("請求", 1), ["請", "求"]);
    }
}
