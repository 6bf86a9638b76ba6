//! A line that is being typed.

use cladus_core::text;
use unicode_segmentation::UnicodeSegmentation;

/// A line and a cursor in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TypedLine {
    before: String,
    after: String,
}

impl TypedLine {
    /// A line that is there already, the cursor at its end.
    pub(crate) fn of(text: &str) -> Self {
        Self { before: text.to_owned(), after: String::new() }
    }

    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// What stands before the cursor, and behind it.
    pub(crate) fn parts(&self) -> (&str, &str) {
        (&self.before, &self.after)
    }

    /// Puts in what was typed or pasted, but what could act on a terminal; lines become one.
    pub(crate) fn insert(&mut self, typed: &str) {
        let line: String = typed.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        self.before += &text::clean_id(&line);
    }

    /// Takes away what stands before the cursor. Was there anything?
    pub(crate) fn backspace(&mut self) -> bool {
        let Some((at, _)) = self.before.grapheme_indices(true).next_back() else { return false };
        self.before.truncate(at);
        true
    }

    pub(crate) fn delete(&mut self) {
        let first = self.after.graphemes(true).next().map_or(0, str::len);
        self.after.drain(..first);
    }

    pub(crate) fn left(&mut self) {
        if let Some((at, _)) = self.before.grapheme_indices(true).next_back() {
            self.after.insert_str(0, &self.before[at..]);
            self.before.truncate(at);
        }
    }

    pub(crate) fn right(&mut self) {
        let first = self.after.graphemes(true).next().map_or(0, str::len);
        self.before.extend(self.after.drain(..first));
    }

    pub(crate) fn home(&mut self) {
        self.after.insert_str(0, &self.before);
        self.before.clear();
    }

    pub(crate) fn end(&mut self) {
        self.before += &self.after;
        self.after.clear();
    }

    /// Takes away all that stands before the cursor.
    pub(crate) fn cut_before(&mut self) {
        self.before.clear();
    }

    /// Takes away the word before the cursor.
    pub(crate) fn cut_word(&mut self) {
        let kept = self.before.trim_end();
        let at = kept.rfind(' ').map_or(0, |at| at + 1);
        self.before.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_by_what_readers_see_as_letters() {
        let mut line = TypedLine::of("aé👩‍🚀");
        assert!(line.backspace());
        line.left();
        line.insert("\u{1b}[31mX\ny\u{202e}");
        assert_eq!(line.parts(), ("aX y", "é"), "no escape sequence, no new line, no override");
        line.home();
        line.delete();
        line.end();
        line.cut_word();
        assert_eq!(line.text(), "X ");
        line.cut_before();
        assert!(!line.backspace() && line.text().is_empty());
    }
}
