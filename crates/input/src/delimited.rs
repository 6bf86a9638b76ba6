//! Columns between commas, semicolons, tabs or bars, with a header or without.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result};
use csv::{ByteRecord, ReaderBuilder, Trim};
use serde_json::Value;

use crate::table::{Row, Table};
use crate::understood::thousands;
use crate::vocabulary;

/// Delimiters that are looked for; where two explain a file alike, the first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// How many rows a guess looks at.
const SAMPLE_ROWS: usize = 200;
/// Longer lines, in bytes, are no rows of a table; they would be copied many times before that is seen.
const LONGEST_LINE: usize = 32 << 20;
/// How many bytes a guess looks at.
const SAMPLE_BYTES: usize = 1 << 20;

/// Reads a text file of columns.
pub(crate) fn read(path: &Path, text: &str, config: &InputConfig) -> Result<Table> {
    if let Some(line) = text.lines().position(|line| line.len() > LONGEST_LINE) {
        let problem =
            format!("line {} is longer than {} MB: that is no table", line + 1, LONGEST_LINE >> 20);
        return Err(Error::damaged(path, problem));
    }
    let delimiter = match config.delimiter.as_deref() {
        Some(asked) => Some(delimiter_of(asked)?),
        None => guess(text),
    };
    let mut table = Table { format: called(delimiter).to_owned(), ..Table::default() };
    let mut records = match delimiter {
        Some(delimiter) => {
            let bare = without_blanks(text, delimiter);
            records(path, bare.as_deref().unwrap_or(text), delimiter)?
        }
        None => one_a_line(text),
    };
    table.blank = records.blank;
    // The line below the header of a table in Markdown.
    let is_rule = |cell: &String| {
        let cell = cell.trim();
        !cell.is_empty() && cell.trim_matches(':').chars().all(|c| c == '-')
    };
    if delimiter == Some(b'|') {
        records.rows.retain(|(_, cells)| {
            !cells.iter().filter(|cell| !cell.trim().is_empty()).all(is_rule)
                || cells.iter().all(|cell| cell.trim().is_empty())
        });
    }
    if config.header.is_none() {
        without_title(&mut records.rows, &mut table);
        in_one_line(&mut records.rows, &mut table);
    }
    let counted = config.header.is_none() && is_counted(&records.rows);
    if counted {
        records.rows.remove(0);
    }
    let header = match config.header.as_deref() {
        _ if counted => false,
        Some(asked) => asked == "yes",
        None => has_header(&records.rows),
    };
    let first =
        if header && !records.rows.is_empty() { Some(records.rows.remove(0)) } else { None };
    if first.is_none() && !records.rows.is_empty() {
        table.nameless = true;
        if counted {
            table.notes.push("columns without names".to_owned());
        } else if delimiter.is_some() && records.rows.len() > 1 && width_of(&records.rows) > 1 {
            table.notes.push("no header, the first row is a cluster".to_owned());
        }
    }
    let widest = records.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let width = first.as_ref().map_or(widest, |(_, cells)| cells.len());
    table.columns = match first {
        Some((_, names)) => names.into_iter().map(|name| name.trim().to_owned()).collect(),
        None => (1..=width).map(|place| place.to_string()).collect(),
    };
    let mut short: Option<(usize, usize)> = None;
    for (line, mut cells) in records.rows {
        if cells.len() > width {
            if cells[width..].iter().any(|cell| !cell.trim().is_empty()) {
                let problem = format!(
                    "line {line} has {} fields, the header has {width} (between {}): a field with the delimiter in it must be quoted",
                    cells.len(),
                    said(delimiter.unwrap_or(b',')),
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
        table.rows.push(Row { place: Place::Line(line), cells });
    }
    if let Some((line, times)) = short {
        table.warnings.push(format!(
            "{} fewer fields than there are columns (line {line}{}): what is missing is taken as empty",
            if times == 1 { "1 row has".to_owned() } else { format!("{} rows have", thousands(times as u64)) },
            if times == 1 { "" } else { " is the first" },
        ));
    }
    Ok(table)
}

fn width_of(rows: &[(usize, Vec<String>)]) -> usize {
    rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0)
}

/// Rows above the header with hardly anything in them are a title.
fn without_title(rows: &mut Vec<(usize, Vec<String>)>, table: &mut Table) {
    let filled = |cells: &Vec<String>| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let known = |cells: &Vec<String>| {
        cells.iter().filter(|cell| vocabulary::is_column_name(cell)).count() >= 2
    };
    let width = width_of(rows);
    let header = rows
        .iter()
        .take(20)
        .position(|(_, cells)| known(cells) && filled(cells) * 2 > width && filled(cells) > 1);
    let Some(header) = header
        .filter(|&header| header > 0 && rows[..header].iter().all(|(_, cells)| filled(cells) <= 1))
    else {
        return;
    };
    let title: Vec<String> = rows
        .drain(..header)
        .flat_map(|(_, cells)| cells)
        .filter(|cell| !cell.trim().is_empty())
        .collect();
    if !title.is_empty() {
        table
            .notes
            .push(format!("above the table: {}", crate::unclear::printable(&title.join(" · "))));
    }
}

/// A single row of several texts is a list of names.
fn in_one_line(rows: &mut Vec<(usize, Vec<String>)>, table: &mut Table) {
    let is_name = |cell: &String| {
        cell.contains(char::is_alphabetic)
            && cell.chars().count() <= 100
            && !vocabulary::is_usual_name(cell)
    };
    let [(line, cells)] = rows.as_slice() else { return };
    let names: Vec<String> =
        cells.iter().map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect();
    if names.len() < 3 || !names.iter().all(is_name) {
        return;
    }
    let line = *line;
    *rows = names.into_iter().map(|name| (line, vec![name])).collect();
    table.notes.push("each text of the only line is a name".to_owned());
}

/// `,0,1`, as pandas writes it where columns have no names.
fn is_counted(rows: &[(usize, Vec<String>)]) -> bool {
    let Some((_, first)) = rows.first().filter(|_| rows.len() > 1) else { return false };
    let cells = if first[0].trim().is_empty() { &first[1..] } else { first.as_slice() };
    let in_order = cells.iter().enumerate().all(|(at, cell)| cell.trim() == at.to_string());
    let texts =
        rows[1..].iter().any(|(_, row)| row.iter().any(|cell| cell.contains(char::is_alphabetic)));
    in_order && texts && first.len() > 1 && !cells.is_empty()
}

/// Has it a header that is known and rows as wide?
pub(crate) fn is_table(text: &str) -> bool {
    let Some(delimiter) = guess(text) else { return false };
    let Ok(found) = records(Path::new(""), text, delimiter) else { return false };
    let Some((_, first)) = found.rows.first() else { return false };
    let known = first.iter().any(|cell| vocabulary::is_column_name(cell));
    let as_wide = found.rows.iter().filter(|(_, cells)| cells.len() == first.len()).count();
    known && found.rows.len() > 1 && as_wide * 10 >= found.rows.len() * 9
}

fn delimiter_of(asked: &str) -> Result<u8> {
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

fn said(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "commas",
        b'\t' => "tabs",
        b';' => "semicolons",
        b'|' => "bars",
        b' ' => "spaces",
        _ => "delimiters",
    }
}

fn called(delimiter: Option<u8>) -> &'static str {
    match delimiter {
        None => "text, one name a line",
        Some(b',') => "CSV",
        Some(b'\t') => "columns between tabs",
        Some(b';') => "columns between semicolons",
        Some(b'|') => "columns between bars",
        Some(_) => "columns",
    }
}

struct Records {
    /// With the line each begins in.
    rows: Vec<(usize, Vec<String>)>,
    /// Lines with nothing in them.
    blank: usize,
}

fn records(path: &Path, text: &str, delimiter: u8) -> Result<Records> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
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

/// The delimiter that parts most rows into as many fields as the first has; none where nothing does.
fn guess(text: &str) -> Option<u8> {
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
}

/// Is there a blank behind every comma, and nothing that only a table has?
fn is_prose(sample: &str) -> bool {
    let first = sample.lines().next().unwrap_or_default();
    !sample.contains('"')
        && sample.matches(',').count() == sample.matches(", ").count()
        && !first.split(',').any(vocabulary::is_column_name)
}

/// Blanks between a delimiter and a quote hide the quote.
fn without_blanks(text: &str, delimiter: u8) -> Option<String> {
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

/// Does the first row say what the columns are?
fn has_header(rows: &[(usize, Vec<String>)]) -> bool {
    let Some((_, first)) = rows.first() else { return false };
    let known = first.iter().filter(|cell| vocabulary::is_column_name(cell)).count();
    let rest = &rows[1..rows.len().min(SAMPLE_ROWS)];
    if first.len() == 1 {
        // A list of names may hold a cluster that is called "Topic"; then the others are called alike.
        return known == 1 && vocabulary::is_usual_name(&first[0]);
    }
    let number = |cell: &String| crate::cells::is_number(cell);
    // A column for every topic.
    let topic = |cell: &&String| {
        let words = vocabulary::words(cell);
        words.strip_prefix("topic ").is_some_and(|rest| rest.parse::<u32>().is_ok())
    };
    if first.iter().filter(|cell| !cell.is_empty()).count() > 1
        && first.iter().filter(|cell| !cell.is_empty()).all(|cell| topic(&cell))
    {
        return true;
    }
    if first.iter().any(number) {
        return false;
    }
    if known * 2 >= first.len() || known > 0 && first.iter().all(|cell| cell.chars().count() <= 40)
    {
        return true;
    }
    // Names above a column of numbers.
    let above_numbers = (0..first.len()).any(|column| {
        let mut cells =
            rest.iter().filter_map(|(_, row)| row.get(column)).filter(|c| !c.trim().is_empty());
        let any = cells.clone().next().is_some();
        any && cells.all(number)
    });
    above_numbers && !first.iter().any(|cell| cell.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let mut table = read(Path::new("in.csv"), text, &InputConfig::default()).unwrap();
        table.skip_blank_rows();
        table
    }

    #[track_caller]
    fn check(text: &str, columns: &[&str], first: &[&str], rows: usize) {
        let table = table(text);
        assert_eq!(table.columns, columns, "{text}");
        let cells: Vec<&str> = table.rows[0].cells.iter().filter_map(Value::as_str).collect();
        assert_eq!((cells.as_slice(), table.rows.len()), (first, rows), "{text}");
    }

    #[test]
    fn delimiters_are_told_from_the_rows() {
        check("id,name\n1,a\n2,b\n", &["id", "name"], &["1", "a"], 2);
        check("id;name\n1;a, b\n2;b, c, d\n", &["id", "name"], &["1", "a, b"], 2);
        check("id\tname\n1\ta, b\n", &["id", "name"], &["1", "a, b"], 1);
        check("id|name|size\n1|a;b|3\n", &["id", "name", "size"], &["1", "a;b", "3"], 1);
        check(
            "Topic;Words\n0;['a', 'b', 'c']\n1;['d', 'e', 'f']\n",
            &["Topic", "Words"],
            &["0", "['a', 'b', 'c']"],
            2,
        );
    }

    #[test]
    fn a_header_or_none() {
        check("Late parcels\nBroken, and late\nLost\n", &["1"], &["Late parcels"], 3);
        check("name\nLate parcels\nLost\n", &["name"], &["Late parcels"], 2);
        check("1. Late parcels\n2. Lost\n", &["1"], &["Late parcels"], 2);
        check(
            "| name | n |\n|:---|--:|\n| Late | 3 |\n",
            &["", "name", "n", ""],
            &["", " Late ", " 3 ", ""],
            1,
        );
        check("- Late parcels\n- Lost\n", &["1"], &["Late parcels"], 2);
        check("0,Late parcels,12\n1,Lost,3\n", &["1", "2", "3"], &["0", "Late parcels", "12"], 2);
        check("Nummer,Bezeichnung\n1,Spät\n", &["Nummer", "Bezeichnung"], &["1", "Spät"], 1);
        check("Klunga,Antal\nSent,12\n", &["Klunga", "Antal"], &["Sent", "12"], 1);
    }

    #[test]
    fn what_is_odd_about_a_table_is_seen() {
        check(
            "Report,,\nMay,,\nname,what,size\na,b,1\n",
            &["name", "what", "size"],
            &["a", "b", "1"],
            1,
        );
        check(",0,1\n0,Late,12\n1,Lost,3\n", &["1", "2", "3"], &["0", "Late", "12"], 2);
        check(",0\nLate,12\nLost,3\n", &["1", "2"], &["Late", "12"], 2);
        check("Late; Lost; Broken\n", &["1"], &["Late"], 3);
        check(
            "Parcels, late and lost\nBlight, early\nSlugs\nPots\nRefunds, none\n",
            &["1"],
            &["Parcels, late and lost"],
            5,
        );
        check(
            "name, size\n\"Late, lost\", \"210\"\n",
            &["name", "size"],
            &["Late, lost", "210"],
            1,
        );
    }

    #[test]
    fn blank_rows_are_counted() {
        let table = table("name,size\n\n\na,1\n,\n\"b\nb\",2\n\nc,3\n");
        assert_eq!(table.rows.len(), 3);
        assert_eq!(table.blank, 3);
        let places: Vec<Place> = table.rows.iter().map(|row| row.place).collect();
        assert_eq!(places, [Place::Line(4), Place::Line(6), Place::Line(9)]);
    }

    #[test]
    fn rows_of_other_widths_are_told() {
        let table = table("name,size,what\na,1,x\nb,2\nc,3,z,,\nd,4,y\n");
        assert_eq!(table.rows.len(), 4);
        assert!(table.warnings[0].contains("line 3"), "{:?}", table.warnings);
        let config = InputConfig::default();
        let error = read(Path::new("f"), "name,size\na,1\nb,2\nc,3,more\n", &config).unwrap_err();
        assert!(error.to_string().contains("line 4 has 3 fields"), "{error}");
        let error = read(Path::new("f"), "name,size\na,1\n\"b,2\nc,3\n", &config).unwrap_err();
        assert!(error.to_string().contains("never closed"), "{error}");
    }
}
