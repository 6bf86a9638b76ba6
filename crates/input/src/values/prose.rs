//! Lines of whole sentences, which are a text or documents and no names.

use serde_json::Value;

use crate::values::table::{InputTable, is_blank};
use cladus_core::numbers::thousands;

/// So many letters a line has on average at least that is no name.
const LONG: usize = 100;

/// Are the rows sentences, each as long as a document, in a text without columns?
pub(crate) fn is(table: &InputTable) -> Option<String> {
    if !table.nameless || table.shape.is_some() || table.rows.is_empty() {
        return None;
    }
    let lines: Vec<String> =
        table.rows.iter().take(400).map(|row| line(&row.cells)).collect::<Option<_>>()?;
    let letters: usize = lines.iter().map(|line| line.chars().count()).sum();
    let sentences = lines.iter().filter(|line| is_sentence(line)).count();
    if letters < lines.len() * LONG || sentences * 10 < lines.len() * 8 {
        return None;
    }
    Some(format!(
        "looks like a text of whole sentences or documents, one a line ({} lines of {} letters on average), not like names of clusters.",
        thousands(table.rows.len() as u64),
        thousands((letters / lines.len()) as u64)
    ))
}

/// The line that a row was: commas in a text have blanks behind them, and no number stands alone.
fn line(cells: &[Value]) -> Option<String> {
    let texts: Vec<&str> =
        cells.iter().filter(|cell| !is_blank(cell)).map(Value::as_str).collect::<Option<_>>()?;
    let prose = texts.iter().skip(1).all(|text| text.starts_with(' '));
    let number = texts.iter().any(|text| crate::values::cells::is_number(text));
    (prose && !number).then(|| texts.join(","))
}

fn is_sentence(line: &str) -> bool {
    let line = line.trim().trim_end_matches(['"', '”', '»', ')']);
    line.ends_with(['.', '!', '?', '。']) && line.split_whitespace().count() > 8
}
