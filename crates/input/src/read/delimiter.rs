//! What parts the columns of a text: said with a flag, or found out.

use cladus_core::{Error, Result};
use csv::{ReaderBuilder, Trim};

use crate::values::vocabulary;

/// Delimiters that are looked for; where two explain a file alike, the first.
pub(crate) const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// How many rows a guess looks at.
const SAMPLE_ROWS: usize = 200;
/// How many bytes a guess looks at.
const SAMPLE_BYTES: usize = 1 << 20;

/// The delimiter that was asked for.
pub(crate) fn of(asked: &str) -> Result<u8> {
    match asked {
        "tab" | "\\t" | "\t" => Ok(b'\t'),
        "comma" => Ok(b','),
        "semicolon" => Ok(b';'),
        "bar" | "pipe" => Ok(b'|'),
        "space" | " " => Ok(b' '),
        _ => match asked.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => {
                Ok(*byte)
            }
            _ => Err(Error::config_hint(
                format!("--delimiter {asked:?} is no delimiter"),
                "one character, or comma, semicolon, tab, bar or space",
            )),
        },
    }
}

/// As messages call what is between the columns.
pub(crate) fn said(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "commas",
        b'\t' => "tabs",
        b';' => "semicolons",
        b'|' => "bars",
        b' ' => "spaces",
        _ => "delimiters",
    }
}

/// As the format is called.
pub(crate) fn called(delimiter: Option<u8>) -> &'static str {
    match delimiter {
        None => "text, one name a line",
        Some(b',') => "CSV",
        Some(b'\t') => "columns between tabs",
        Some(b';') => "columns between semicolons",
        Some(b'|') => "columns between bars",
        Some(b' ') => "columns between blanks",
        Some(_) => "columns",
    }
}

/// The delimiter that parts most rows into as many fields as the first has; none where nothing does.
pub(crate) fn guess(text: &str) -> Option<u8> {
    let cut = text.len() > SAMPLE_BYTES;
    let mut end = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = &text[..end];
    let mut best: Option<(f64, usize, u8)> = None;
    for delimiter in DELIMITERS {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .trim(Trim::None)
            .from_reader(sample.as_bytes());
        let mut widths: Vec<usize> = reader
            .byte_records()
            .take(SAMPLE_ROWS)
            .map_while(std::result::Result::ok)
            .map(|record| record.len())
            .collect();
        if cut && widths.len() < SAMPLE_ROWS && widths.len() > 1 {
            // The last row is cut off.
            widths.pop();
        }
        let Some(&first) = widths.first().filter(|first| **first > 1) else { continue };
        let same = widths.iter().filter(|width| **width == first).count() as f64;
        let share = same / widths.len() as f64;
        // Commas in some names of a list have a blank behind them, and no column is as wide.
        if delimiter == b',' && share < 0.9 && is_prose(sample) {
            continue;
        }
        let better = best.is_none_or(|(best, fields, _)| {
            share > best + 0.05 || (share > best - 0.05 && first > fields)
        });
        if share > 0.5 && better {
            best = Some((share, first, delimiter));
        }
    }
    best.map(|(_, _, delimiter)| delimiter)
        .or_else(|| quoted(sample).then_some(b' '))
        .or_else(|| DELIMITERS.into_iter().find(|delimiter| of_row_names(sample, *delimiter)))
}

/// The first rows of a text, where that is what parts their cells.
pub(crate) fn fields(text: &str, delimiter: u8, rows: usize) -> Vec<Vec<String>> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let records = reader.records().take(rows).map_while(std::result::Result::ok);
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

/// R's `write.table` with other delimiters: every row is one wider than the header.
fn of_row_names(sample: &str, delimiter: u8) -> bool {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample.as_bytes());
    let mut records = reader.records().take(SAMPLE_ROWS).map_while(std::result::Result::ok);
    let Some(first) = records.next().filter(|first| first.len() > 1) else { return false };
    let mut widths = records.map(|record| record.len()).peekable();
    widths.peek().is_some()
        && widths.all(|width| width == first.len() + 1)
        && first.iter().any(vocabulary::is_column_name)
}

/// R's `write.table`: blanks between columns, every text in quotes, and rows as wide as the header, or one
/// wider for their names.
fn quoted(sample: &str) -> bool {
    let mut reader = ReaderBuilder::new()
        .delimiter(b' ')
        .has_headers(false)
        .flexible(true)
        .from_reader(sample.as_bytes());
    let widths: Vec<usize> = reader
        .byte_records()
        .take(SAMPLE_ROWS)
        .map_while(std::result::Result::ok)
        .map(|record| record.len())
        .collect();
    let (Some(&first), Some(&second)) = (widths.first(), widths.get(1)) else { return false };
    let lines = || sample.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE_ROWS);
    lines().all(|line| line.starts_with('"'))
        && lines().next().is_some_and(|line| line.ends_with('"') && line.contains("\" \""))
        && second > 1
        && (second == first || second == first + 1)
        && widths[1..].iter().all(|width| *width == second)
}

/// Is there a blank behind every comma, and nothing that only a table has?
fn is_prose(sample: &str) -> bool {
    let first = sample.lines().next().unwrap_or_default();
    !sample.contains('"')
        && sample.matches(',').count() == sample.matches(", ").count()
        && !first.split(',').any(vocabulary::is_column_name)
}

/// Blanks between a delimiter and a quote hide the quote.
pub(crate) fn without_blanks(text: &str, delimiter: u8) -> Option<String> {
    let hidden = format!("{} \"", char::from(delimiter));
    if !text.contains(&hidden) {
        return None;
    }
    let (mut kept, mut quoted, mut at_start) = (String::with_capacity(text.len()), false, true);
    let mut blanks = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        // A quotation mark inside quotes is written twice.
        if quoted && letter == '"' && letters.next_if_eq(&'"').is_some() {
            kept.push_str("\"\"");
            continue;
        }
        if !quoted && at_start && letter == ' ' {
            blanks.push(letter);
            continue;
        }
        if letter == '"' && (quoted || at_start) {
            quoted = !quoted;
        } else {
            kept.push_str(&blanks);
        }
        blanks.clear();
        at_start = !quoted && (letter == char::from(delimiter) || letter == '\n');
        kept.push(letter);
    }
    kept.push_str(&blanks);
    Some(kept)
}
