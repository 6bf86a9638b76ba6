//! Columns between commas, semicolons, tabs or bars, with a header or without.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::Value;

use crate::read::delimiter;
use crate::read::header;
use crate::values::quotes::{self, QuoteStyle};
use crate::values::table::{InputTable, TableRow};
use crate::values::vocabulary;
use cladus_core::numbers::thousands;

/// Longer lines, in bytes, are no rows of a table; they would be copied many times before that is seen.
const LONGEST_LINE: usize = 32 << 20;

/// Reads a text file of columns.
pub(crate) fn read(path: &Path, text: &str, config: &InputConfig) -> Result<InputTable> {
    if let Some(line) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        let problem =
            format!("line {} is longer than {} MB: that is no table", line + 1, LONGEST_LINE >> 20);
        return Err(Error::damaged(path, problem));
    }
    let delimiter = match config.delimiter.as_deref() {
        Some(asked) => Some(delimiter::of(asked)?),
        None => delimiter::guess(text),
    };
    let mut table =
        InputTable { format: delimiter::called(delimiter).to_owned(), ..InputTable::default() };
    let mut records = match delimiter {
        Some(delimiter) => {
            let bare = delimiter::without_blanks(text, delimiter);
            records(path, bare.as_deref().unwrap_or(text), delimiter)?
        }
        None => one_a_line(text),
    };
    table.blank = records.blank;
    if delimiter == Some(b'|') {
        without_rules(&mut records.rows);
    }
    if config.header.is_none() {
        header::without_title(&mut records.rows, &mut table);
        header::without_types(&mut records.rows, &mut table);
        header::in_one_line(&mut records.rows, &mut table);
        header::of_row_names(&mut records.rows, &mut table);
    }
    let width = columns(&mut records.rows, delimiter, config, &mut table);
    rows(path, records.rows, width, delimiter, &mut table)?;
    Ok(table)
}

/// Without the line below the header of a table in Markdown.
fn without_rules(rows: &mut Vec<(usize, Vec<String>)>) {
    let is_rule = |cell: &String| {
        let cell = cell.trim();
        !cell.is_empty() && cell.trim_matches(':').chars().all(|c| c == '-')
    };
    rows.retain(|(_, cells)| {
        !cells.iter().filter(|cell| !cell.trim().is_empty()).all(is_rule)
            || cells.iter().all(|cell| cell.trim().is_empty())
    });
}

/// Takes the header off, where there is one, and names the columns; how many there are.
fn columns(
    rows: &mut Vec<(usize, Vec<String>)>,
    delimiter: Option<u8>,
    config: &InputConfig,
    table: &mut InputTable,
) -> usize {
    let counted = config.header.is_none() && header::is_counted(rows);
    if counted {
        rows.remove(0);
    }
    let has_header = match config.header.as_deref() {
        _ if counted => false,
        Some(asked) => asked == "yes",
        None => header::is_there(rows),
    };
    let first = if has_header && !rows.is_empty() { Some(rows.remove(0)) } else { None };
    if first.is_none() && !rows.is_empty() {
        table.nameless = true;
        if counted {
            table.notes.push("columns without names".to_owned());
        } else if delimiter.is_some() && rows.len() > 1 && header::width_of(rows) > 1 {
            table.notes.push("no header, the first row is a cluster".to_owned());
        }
    }
    let widest = rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let width = first.as_ref().map_or(widest, |(_, cells)| cells.len());
    table.columns = match first {
        Some((_, names)) => names.into_iter().map(|name| name.trim().to_owned()).collect(),
        None => (1..=width).map(|place| place.to_string()).collect(),
    };
    width
}

/// The rows, each as wide as the table.
fn rows(
    path: &Path,
    rows: Vec<(usize, Vec<String>)>,
    width: usize,
    delimiter: Option<u8>,
    table: &mut InputTable,
) -> Result<()> {
    let mut short: Option<(usize, usize)> = None;
    for (line, mut cells) in rows {
        if cells.len() > width {
            if cells[width..].iter().any(|cell| !cell.trim().is_empty()) {
                let problem = format!(
                    "line {line} has {} fields, the header has {width} (between {}): a field with the delimiter in it must be quoted",
                    cells.len(),
                    delimiter::said(delimiter.unwrap_or(b',')),
                );
                return Err(Error::damaged(path, problem));
            }
            cells.truncate(width);
        }
        if cells.len() < width && cells.iter().any(|cell| !cell.trim().is_empty()) {
            short = Some(short.map_or((line, 1), |(first, times)| (first, times + 1)));
        }
        cells.resize(width, String::new());
        let cells = cells.into_iter().map(Value::String).collect();
        table.rows.push(TableRow { place: Place::Line(line), cells });
    }
    if let Some((line, times)) = short {
        table.warnings.push(format!(
            "{} fewer fields than there are columns (line {line}{}): what is missing is taken as empty",
            if times == 1 { "1 row has".to_owned() } else { format!("{} rows have", thousands(times as u64)) },
            if times == 1 { "" } else { " is the first" },
        ));
    }
    Ok(())
}

/// Has it a header that is known and rows as wide?
pub(crate) fn is_table(text: &str) -> bool {
    let Some(delimiter) = delimiter::guess(text) else { return false };
    let Ok(found) = records(Path::new(""), text, delimiter) else { return false };
    let Some((_, first)) = found.rows.first() else { return false };
    let known = first.iter().any(|cell| vocabulary::is_column_name(cell));
    let as_wide = found.rows.iter().filter(|(_, cells)| cells.len() == first.len()).count();
    known && found.rows.len() > 1 && as_wide * 10 >= found.rows.len() * 9
}

/// Is it a table without a header: tabs in every line, or a number of each row's own before its only comma?
pub(crate) fn is_grid(text: &str) -> bool {
    let Some(mark) = delimiter::guess(text) else { return false };
    let Ok(found) = records(Path::new(""), text, mark) else { return false };
    let width = found.rows.first().map_or(0, |(_, cells)| cells.len());
    let all = |is: &dyn Fn(&[String]) -> bool| found.rows.iter().all(|(_, cells)| is(cells));
    if width < 2 || found.rows.len() < 2 || !all(&|cells| cells.len() == width) {
        return false;
    }
    // `1,200 Late parcels` has its comma inside the number.
    let inside = |cells: &[String]| {
        let digits = cells[1].chars().take_while(char::is_ascii_digit).count();
        digits == 3 && cells[1][digits..].starts_with(' ')
    };
    let numbered = all(&|cells| cells[0].trim().parse::<u64>().is_ok())
        && all(&|cells| cells[1..].iter().any(|cell| cell.contains(char::is_alphabetic)))
        && !all(&inside);
    numbered || mark == b'\t' && all(&|cells| !cells[0].trim().is_empty())
}

struct Records {
    /// With the line each begins in.
    rows: Vec<(usize, Vec<String>)>,
    /// Lines with nothing in them.
    blank: usize,
}

fn records(path: &Path, text: &str, delimiter: u8) -> Result<Records> {
    let style = quotes::of(text, delimiter);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .quoting(style != QuoteStyle::None)
        .escape((style == QuoteStyle::Backslash).then_some(b'\\'))
        .from_reader(text.as_bytes());
    let mut found = Records { rows: Vec::new(), blank: 0 };
    let mut record = ByteRecord::new();
    let mut next_line = 1;
    loop {
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|e| Error::damaged(path, format!("is not CSV: {e}")))? {
            break;
        }
        // The reader skips empty lines before it says where a record begins.
        let end = reader.position().line() as usize;
        let inside: usize =
            record.iter().map(|field| field.iter().filter(|byte| **byte == b'\n').count()).sum();
        let ends_with_newline = end > next_line + inside;
        let begin = if ends_with_newline { end - 1 - inside } else { end - inside };
        found.blank += begin.saturating_sub(next_line);
        next_line = end;
        let cells = record.iter().map(|field| String::from_utf8_lossy(field).into_owned());
        found.rows.push((begin, cells.collect()));
    }
    if let Some((line, last)) = found.rows.last()
        && last.iter().any(|cell| cell.contains('\n'))
        && style == QuoteStyle::Doubled
        && !text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2)
    {
        return Err(Error::damaged(
            path,
            format!("a quote that opens after line {line} is never closed"),
        ));
    }
    Ok(found)
}

fn one_a_line(text: &str) -> Records {
    let mut found = Records { rows: Vec::new(), blank: 0 };
    let numbered = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .all(|line| without_place(line.trim()).is_some());
    for (line, text) in text.lines().enumerate() {
        let text = text.trim();
        let text = if numbered { without_place(text).unwrap_or(text) } else { text };
        let name = unbulleted(text);
        if name.is_empty() {
            found.blank += 1;
        } else {
            found.rows.push((line + 1, vec![name.to_owned()]));
        }
    }
    found
}

/// `3. Late parcels` without its place in the list.
fn without_place(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(['.', ')']).filter(|_| rest.len() < line.len())?;
    rest.strip_prefix(' ').map(str::trim)
}

/// A line of a list without its mark.
fn unbulleted(line: &str) -> &str {
    let marked = ["- ", "* ", "• ", "+ "].iter().find_map(|mark| line.strip_prefix(mark));
    let line = marked.unwrap_or(line).trim();
    line.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(line)
}

#[cfg(test)]
#[path = "delimited_tests.rs"]
mod tests;
