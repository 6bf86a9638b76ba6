//! Tables whose columns stand below each other with blanks between them, as reports are printed.

use crate::frame::framed::{Framed, cut};
use crate::read::lines;
use crate::values::cells;
use crate::values::vocabulary;

/// Rows that a table has at least.
const ENOUGH: usize = 3;

/// Columns between two blanks and more, below a header; nothing where that is not plain to see.
pub(crate) fn of(text: &str) -> Option<Framed> {
    if text.contains('\t') || !text.contains("  ") {
        return None;
    }
    let all: Vec<&str> = text.lines().collect();
    let rows: Vec<(usize, Vec<String>)> = all
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !is_rule(line))
        .map(|(at, line)| (at, parts(line)))
        .collect();
    let ((start, header), below) = rows.split_first()?;
    let width = header.len();
    // What the last lines say of the table is none of its rows.
    let end = below.iter().rposition(|(_, cells)| cells.len() == width)? + 1;
    let as_wide = below[..end].iter().all(|(_, cells)| cells.len() == width);
    let known = header.iter().any(|cell| vocabulary::is_column_name(cell));
    let numbers = (0..width).any(|at| {
        !cells::is_number(&header[at])
            && below[..end].iter().all(|(_, row)| row.get(at).is_some_and(|c| cells::is_number(c)))
    });
    let texts = (0..width).any(|at| {
        below[..end]
            .iter()
            .all(|(_, row)| row.get(at).is_some_and(|c| c.contains(char::is_alphabetic)))
    });
    let named = header.iter().all(|cell| !cells::is_number(cell));
    if width < 2 || end < ENOUGH || !as_wide || !known || !numbers || !texts || !named {
        return None;
    }
    if lines::recognised(text).is_some() {
        return None;
    }
    let last = below[end - 1].0 + 1;
    let (text, emptied) =
        cut(text, (*start, last), |line| (!is_rule(line)).then(|| parts(line).join("\t")));
    let left = all[last..].iter().filter(|line| !line.trim().is_empty() && !is_rule(line)).count();
    let mut notes = vec!["columns below each other".to_owned()];
    if left > 0 {
        notes.push(format!("{} below the table not read", crate::frame::framed::counted(left)));
    }
    Some(Framed { text, emptied, delimiter: Some(b'\t'), notes })
}

/// `-----  ---`, `=====`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() > 2 && line.chars().all(|c| matches!(c, '-' | '=' | ' ' | '─' | '═' | '_'))
}

fn parts(line: &str) -> Vec<String> {
    line.trim()
        .split("  ")
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_below_each_other_are_a_table() {
        for text in [
            "CLUSTER        SIZE\n-------------------\nLate parcels     12\nLost             3\nBroken            5\n",
            "====== =====\nTopic   n\n====== =====\nLate    12\nLost    3\nBroken  5\n====== =====\n",
            "Topic   n\nLate    12\nLost    3\nBroken  5\n\nmade by hand\n",
        ] {
            let framed = of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(framed.text.lines().filter(|line| line.contains('\t')).count(), 4, "{text}");
        }
        for text in [
            "Late parcels\nLost  parcels\nBroken\n",
            "  12  Late\n   3  Lost\n   5  Broken\n",
            "Mail\n  Late\n  Lost\n  Broken\n",
        ] {
            assert!(of(text).is_none(), "{text}");
        }
    }
}
