//! Reasons as people and programs read them.

use std::fmt::Write as _;

use cladus_core::manifest::Reason;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// A reason, in words as well.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The reason, its part, the old and the new value.
    #[serde(flatten)]
    pub reason: Reason,
    /// The same in words.
    pub text: String,
    /// Of a text (a prompt): lines that came and went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<ChangedLines>,
}

/// How many lines of a text are not what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChangedLines {
    /// Lines that came.
    pub added: usize,
    /// Lines that went.
    pub removed: usize,
}

impl From<Reason> for Explained {
    fn from(reason: Reason) -> Self {
        let lines = match &reason {
            Reason::Changed { texts: Some((old, new)), .. } => {
                Some(ChangedLines::between(old, new))
            }
            _ => None,
        };
        let mut text = reason.to_string();
        if let Some(ChangedLines { added, removed }) = lines {
            // Writing to a String cannot fail.
            let _ = write!(text, " (+{added} -{removed} lines)");
        }
        Self { reason, text, lines }
    }
}

/// All of `reasons`, in words as well.
pub fn explained(reasons: impl IntoIterator<Item = Reason>) -> Vec<Explained> {
    reasons.into_iter().map(Explained::from).collect()
}

impl ChangedLines {
    fn between(old: &str, new: &str) -> Self {
        let diff = TextDiff::from_lines(old, new);
        let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        Self { added: count(ChangeTag::Insert), removed: count(ChangeTag::Delete) }
    }
}

impl Explained {
    /// What changed in a text, line by line, as `diff -u` shows it.
    pub fn diff(&self) -> Option<String> {
        let Reason::Changed { part, texts: Some((old, new)), .. } = &self.reason else {
            return None;
        };
        let diff = TextDiff::from_lines(old.as_str(), new.as_str());
        let names = (format!("{part} when it was made"), format!("{part} now"));
        Some(diff.unified_diff().context_radius(3).header(&names.0, &names.1).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_prompt_is_told_by_its_lines() {
        let changed = Reason::Changed {
            part: "prompt".to_owned(),
            old: Some("0".repeat(32)),
            new: Some("f".repeat(32)),
            texts: Some(("a\nb\nc\n".to_owned(), "a\nB\nc\nd\n".to_owned())),
        };
        let explained = Explained::from(changed);
        assert_eq!(explained.text, "prompt: 00000000 -> ffffffff (+2 -1 lines)");
        let diff = explained.diff().unwrap();
        assert!(diff.contains("\n-b\n+B\n c\n+d\n"), "{diff}");
        let json = serde_json::to_value(&explained).unwrap();
        assert_eq!((&json["reason"], &json["lines"]["added"]), (&"changed".into(), &2.into()));
    }
}
