//! Tables whose cells are between bars: Markdown, and what databases print.

use crate::columns::unclear::printable;
use crate::frame::framed::{Framed, counted};

/// A table in a text: its first line, its header, and the line behind it.
#[derive(Debug, Clone, Copy)]
struct TableLines {
    start: usize,
    header: usize,
    end: usize,
}

/// Rows between bars, with a rule below the header or boxes around; tables of the same columns are one.
pub(crate) fn of(text: &str) -> Option<Framed> {
    let lines: Vec<&str> = text.lines().collect();
    let first = next(&lines, 0)?;
    let boxed = lines[first.header].trim().starts_with(['|', '│', '┃', '║']);
    // Stata has its last columns side by side, with blanks between them.
    let spaced = !boxed && lines[first.header].split('|').any(|cell| cell.trim().contains("  "));
    let columns = |line: &str| {
        let line = inside(line, boxed);
        if spaced { parted_by_blanks(&line) } else { line }
    };
    let (mut tables, mut others) = (vec![first], Vec::new());
    let mut from = first.end;
    while let Some(table) = next(&lines, from) {
        let same = columns(lines[table.header]) == columns(lines[first.header]);
        if same {
            tables.push(table);
        } else {
            others.push(table);
        }
        from = table.end;
    }
    let is_inside = |at: usize| {
        tables.iter().chain(&others).any(|table| (table.start..table.end).contains(&at))
    };
    let around = (0..lines.len()).filter(|&at| !is_inside(at) && !lines[at].trim().is_empty());
    let around = around.count();
    let kept = |at: usize| {
        let line = lines[at];
        let of_table = tables.iter().any(|table| {
            (table.header..table.end).contains(&at)
                && (at != table.header || table.header == first.header)
        });
        (of_table && is_row(line) && !is_types(&inside(line, boxed))).then(|| columns(line))
    };
    let (mut text, mut emptied) = (String::with_capacity(text.len()), 0);
    for at in 0..tables.last()?.end {
        match kept(at) {
            Some(line) => text.push_str(&line),
            None => emptied += 1,
        }
        text.push('\n');
    }
    let mut notes = Vec::new();
    if tables.len() > 1 {
        notes.push(format!("{} tables of the same columns read as one", tables.len()));
    }
    if around > 0 {
        notes.push(format!("{} around the table not read", counted(around)));
    }
    notes.extend(others.iter().map(|table| {
        let header = columns(lines[table.header]).replace('|', ", ");
        format!("the table from line {} not read ({})", table.header + 1, printable(&header))
    }));
    Some(Framed { text, emptied, delimiter: Some(b'|'), notes })
}

/// The next table from a line on.
fn next(lines: &[&str], from: usize) -> Option<TableLines> {
    // The header is the first row above a rule, or the first one in a box.
    let rule = (from..lines.len()).find(|&at| {
        is_rule(lines[at]) && lines[at].contains(['|', '+', '┬', '┼', '┌', '╔', '┏', '╭'])
    })?;
    let header = match () {
        () if rule > from && is_row(lines[rule - 1]) => rule - 1,
        () if lines.get(rule + 1).is_some_and(|line| is_row(line)) => rule + 1,
        () => return None,
    };
    let is_part = |line: &str| is_row(line) || is_rule(line);
    let end = (header..lines.len()).find(|at| !is_part(lines[*at])).unwrap_or(lines.len());
    let rows = lines[header..end].iter().filter(|line| is_row(line)).count();
    (rows >= 2).then_some(TableLines { start: header.min(rule), header, end })
}

fn is_row(line: &str) -> bool {
    line.contains(['|', '│', '┃', '║']) && !is_rule(line)
}

/// DuckDB has the columns' types below their names.
fn is_types(row: &str) -> bool {
    const TYPES: [&str; 15] = [
        "int",
        "varchar",
        "double",
        "bigint",
        "uint",
        "float",
        "bool",
        "date",
        "timestamp",
        "decimal",
        "hugeint",
        "str",
        "f64",
        "i64",
        "u32",
    ];
    let mut cells = row.split('|').map(str::trim).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|cell| TYPES.iter().any(|name| cell.starts_with(name)))
}

/// Two blanks and more part columns too.
fn parted_by_blanks(row: &str) -> String {
    let parts = row.split('|').flat_map(|cell| cell.split("  "));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|")
}

/// `|---|:-:|`, `+----+`, `├────┤`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() > 2
        && line.contains(['-', '─', '═', '━', '='])
        && line.chars().all(|c| "-=+|: ".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c))
        && line
            .contains(['|', '+', '┬', '┼', '┌', '├', '└', '╔', '╠', '╚', '┏', '┡', '╭', '╰', '┴'])
}

/// A row without the bars around it, quoted as a field between bars must be.
fn inside(line: &str, boxed: bool) -> String {
    let line = line.trim().replace(['│', '┃', '║', '┆'], "|").replace("\\|", "\u{1}");
    let line = if boxed {
        line.strip_prefix('|')
            .unwrap_or(&line)
            .strip_suffix('|')
            .unwrap_or_else(|| line.strip_prefix('|').unwrap_or(&line))
            .to_owned()
    } else {
        line
    };
    let cells = line.split('|').map(|cell| {
        let cell = cell.trim().replace('\u{1}', "|");
        let bold = cell.strip_prefix("**").and_then(|cell| cell.strip_suffix("**"));
        let cell = bold.unwrap_or(&cell).to_owned();
        if cell.contains(['"', '|']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    cells.collect::<Vec<_>>().join("|")
}
