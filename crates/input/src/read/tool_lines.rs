//! Lines that a tool prints, one cluster each.

use cladus_core::Place;

use crate::values::table::{InputTable, TableRow};

/// The lines that are not blank, and where they stand.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (Place, &str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| (Place::Line(at + 1), line))
}

/// Rows of the tool called `shape`; nothing where there are none.
pub(crate) fn of_tool(
    shape: &'static str,
    columns: &[&str],
    rows: Vec<TableRow>,
) -> Option<InputTable> {
    (!rows.is_empty()).then(|| InputTable {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        format: "text".to_owned(),
        shape: Some(shape),
        ..InputTable::default()
    })
}
