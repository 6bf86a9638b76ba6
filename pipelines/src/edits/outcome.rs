//! What became of each edit, for people and programs.

use std::fmt;

use cladus_cli::Display;
use serde::Serialize;

use super::file::{Edit, Edits};

/// What became of one edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditOutcome {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it says, in words.
    pub edit: String,
    /// Why it does not apply; nothing where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What else came of it: parents that have gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Ids of the clusters that are not as the iterations made them because of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<String>,
}

/// Whether the edits of a file apply.
#[derive(Debug, Clone, Serialize)]
pub struct Binding {
    /// How many there are.
    pub edits: usize,
    /// What becomes of each; not known where what they are about has to be made first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Vec<EditOutcome>>,
}

impl EditOutcome {
    /// Of `edit`, which does not apply.
    pub fn problem(edit: &Edit, problem: String) -> Self {
        Self {
            line: edit.line,
            edit: edit.verb.to_string(),
            problem: Some(problem),
            notes: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// Does it apply?
    pub fn applies(&self) -> bool {
        self.problem.is_none()
    }
}

impl fmt::Display for EditOutcome {
    /// In a line, without the file's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.edit)?;
        self.problem.as_ref().map_or(Ok(()), |problem| write!(f, ": {problem}"))
    }
}

/// "3 apply, 1 does not".
pub fn summary(outcomes: &[EditOutcome]) -> String {
    let apply = outcomes.iter().filter(|outcome| outcome.applies()).count();
    let not = outcomes.len() - apply;
    let word = |n: usize, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let applied = format!("{apply} {}", word(apply, "applies", "apply"));
    match not {
        0 => applied,
        _ => format!("{applied}, {not} {} not", word(not, "does", "do")),
    }
}

/// Says which of `edits` do not apply and, where the hierarchy was `made` anew, what came of those that
/// do.
pub fn tell(edits: &Edits, outcomes: &[EditOutcome], made: bool, display: &Display) {
    let path = edits.path().display();
    if made && !outcomes.is_empty() {
        display.line(&format!("{path}: {}", summary(outcomes)));
        for outcome in outcomes {
            for note in &outcome.notes {
                display.line(&format!("{path}: line {}: {note}", outcome.line));
            }
        }
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.applies()) {
        display.warning(&format!("{path}: {outcome} (not applied)"));
    }
}

impl fmt::Display for Binding {
    /// A line for all, and one for each that does not apply.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(outcomes) = &self.outcomes else {
            let n = self.edits;
            return write!(f, "{n}; whether they apply is known once the hierarchy is built");
        };
        f.write_str(&summary(outcomes))?;
        let mut problems = outcomes.iter().filter(|outcome| !outcome.applies()).peekable();
        if problems.peek().is_some() {
            f.write_str(":")?;
        }
        problems.try_for_each(|outcome| write!(f, "\n{outcome}"))
    }
}
