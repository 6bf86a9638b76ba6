//! The answer as a table, CSV, JSON lines or Parquet.

use std::io::Write;
use std::path::Path;

use anstyle::Style;
use cladus_cli::{columns, cut};
use cladus_core::{Error, Result};
use polars::prelude::{AnyValue, DataFrame};
use polars_io::prelude::ParquetWriter;
use serde_json::{Map, Value};

use crate::cell;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// Aligned, for people.
    Table,
    /// With a line of names; lists as JSON.
    Csv,
    /// An object a row.
    Jsonl,
    /// For other programs: types are kept.
    Parquet,
}

impl OutputFormat {
    /// The one that a file's name asks for.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "parquet" => Some(Self::Parquet),
            "txt" => Some(Self::Table),
            _ => None,
        }
    }
}

/// Between two columns of a table.
const GAP: &str = "  ";
/// No column is cut below this.
const NARROWEST: usize = 8;

/// Every row of `frame` as `format` has it; of a table at most `limit` rows, in at most `width` columns of
/// characters.
///
/// # Errors
/// When a value cannot be written so.
pub fn bytes(
    frame: &mut DataFrame,
    format: OutputFormat,
    limit: usize,
    width: Option<usize>,
) -> Result<Vec<u8>> {
    match format {
        OutputFormat::Table => Ok(table(frame, limit, width).into_bytes()),
        OutputFormat::Csv => csv(frame),
        OutputFormat::Jsonl => jsonl(frame),
        OutputFormat::Parquet => {
            let mut bytes = Vec::new();
            let written = ParquetWriter::new(&mut bytes).finish(frame);
            written.map_err(|e| Error::config(format!("the answer is no Parquet: {e}")))?;
            Ok(bytes)
        }
    }
}

fn names(frame: &DataFrame) -> Vec<String> {
    frame.get_column_names().iter().map(ToString::to_string).collect()
}

/// The values of a row.
fn row(frame: &DataFrame, at: usize) -> impl Iterator<Item = AnyValue<'_>> {
    frame.columns().iter().map(move |column| column.get(at).unwrap_or(AnyValue::Null))
}

fn csv(frame: &DataFrame) -> Result<Vec<u8>> {
    let wrong = |e: csv::Error| Error::Bug(e.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names(frame)).map_err(wrong)?;
    for at in 0..frame.height() {
        writer.write_record(row(frame, at).map(|value| cell::text(&value))).map_err(wrong)?;
    }
    writer.into_inner().map_err(|e| Error::Bug(e.to_string()))
}

fn jsonl(frame: &DataFrame) -> Result<Vec<u8>> {
    let names = names(frame);
    let mut bytes = Vec::new();
    for at in 0..frame.height() {
        let values = row(frame, at).map(|value| cell::json(&value));
        let object: Map<String, Value> = names.iter().cloned().zip(values).collect();
        let line = serde_json::to_string(&object).map_err(|e| Error::Bug(e.to_string()))?;
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Numbers to the right, texts to the left, and what does not fit is cut.
fn table(frame: &DataFrame, limit: usize, width: Option<usize>) -> String {
    const BOLD: Style = Style::new().bold();
    const DIM: Style = Style::new().dimmed();
    let shown = if limit == 0 { frame.height() } else { limit.min(frame.height()) };
    let names = names(frame);
    let rows: Vec<Vec<String>> =
        (0..shown).map(|at| row(frame, at).map(|value| cell::shown(&value)).collect()).collect();
    let mut widths: Vec<usize> = names.iter().map(|name| columns(name)).collect();
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(text));
        }
    }
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let right: Vec<bool> =
        frame.columns().iter().map(|column| column.dtype().is_primitive_numeric()).collect();
    let mut text = line(&names, &widths, &right, Some(BOLD));
    for row in &rows {
        text += &line(row, &widths, &right, None);
    }
    let more = frame.height() - shown;
    if more > 0 {
        let rows = if more == 1 { "row" } else { "rows" };
        text += &format!("{DIM}… {more} more {rows} (--limit 0 prints all){DIM:#}\n");
    }
    text
}

/// Takes from the widest columns until all fit.
fn fit(widths: &mut [usize], most: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(most);
    while over > 0 {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else {
            return;
        };
        *widest -= 1;
        over -= 1;
    }
}

fn line(cells: &[String], widths: &[usize], right: &[bool], style: Option<Style>) -> String {
    let mut text = String::new();
    let last = cells.len().saturating_sub(1);
    for (at, ((cell, width), right)) in cells.iter().zip(widths).zip(right).enumerate() {
        let cell = cut(cell, *width);
        let space = " ".repeat(width - columns(&cell).min(*width));
        let cell = style.map_or_else(|| cell.clone(), |style| format!("{style}{cell}{style:#}"));
        let (before, after) = if *right { (space.as_str(), "") } else { ("", space.as_str()) };
        text += before;
        text += &cell;
        if at < last {
            text += after;
            text += GAP;
        }
    }
    text + "\n"
}

/// Writes `bytes` to standard output; a reader that has gone away is no error.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn to_stdout(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "standard output".as_ref(), e))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::NamedFrom;

    use super::*;
    use crate::frames::{column, of_columns};

    fn frame() -> DataFrame {
        let list = polars::prelude::Series::new("".into(), ["a", "b", "c", "d"]);
        of_columns(vec![
            column("name", vec![Some("Invoices, \"paid\""), None]),
            column("size", vec![877_u64, u64::MAX]),
            column("share", vec![0.1_f32, 0.25]),
            column("members", vec![list.clone(), list.clear()]),
        ])
        .unwrap()
    }

    fn text(format: OutputFormat, limit: usize, width: Option<usize>) -> String {
        String::from_utf8(bytes(&mut frame(), format, limit, width).unwrap()).unwrap()
    }

    #[test]
    fn values_are_what_they_are_in_every_format() {
        assert_eq!(
            text(OutputFormat::Csv, 1, Some(3)),
            "name,size,share,members\n\"Invoices, \"\"paid\"\"\",877,0.1,\"[\"\"a\"\",\"\"b\"\",\"\"c\"\",\"\"d\"\"]\"\n,18446744073709551615,0.25,[]\n"
        );
        assert_eq!(
            text(OutputFormat::Jsonl, 0, None),
            "{\"name\":\"Invoices, \\\"paid\\\"\",\"size\":877,\"share\":0.1,\"members\":[\"a\",\"b\",\"c\",\"d\"]}\n\
             {\"name\":null,\"size\":18446744073709551615,\"share\":0.25,\"members\":[]}\n"
        );
        let parquet = bytes(&mut frame(), OutputFormat::Parquet, 0, None).unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    }

    #[test]
    fn a_table_fits_and_says_what_it_leaves_out() {
        let plain = |limit, width| {
            anstream::adapter::strip_str(&text(OutputFormat::Table, limit, width)).to_string()
        };
        assert_eq!(
            plain(1, None),
            "name              size  share  members\n\
             Invoices, \"paid\"   877    0.1  [\"a\", \"b\", \"c\", … 1 more]\n\
             … 1 more row (--limit 0 prints all)\n"
        );
        let narrow = plain(0, Some(50));
        assert!(narrow.lines().all(|line| columns(line) <= 50), "{narrow}");
        assert!(narrow.contains('…'), "{narrow}");
    }
}
