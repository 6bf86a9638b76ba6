//! Workbooks: xlsx, xls and ods.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use calamine::{Data, DataRef, DataType, Ods, Range, Reader, SheetVisible, Xls, Xlsx};
use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result};
use serde_json::Value;

use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, TableRow, is_blank};
use crate::values::vocabulary;

/// What the parts of a workbook unpack to at most, in bytes.
const UNPACKED: u64 = 512 << 20;
/// Cells that are held at most.
const CELLS: usize = 20_000_000;

/// Cells that are not empty, by row and column.
type SheetCells = BTreeMap<(u32, u32), Value>;

enum Book<'a> {
    Xlsx(Box<Xlsx<Cursor<&'a [u8]>>>),
    Xls(Box<Xls<Cursor<&'a [u8]>>>),
    Ods(Box<Ods<Cursor<&'a [u8]>>>),
}

/// Reads one sheet of a workbook.
pub(crate) fn read(path: &Path, bytes: &[u8], config: &InputConfig) -> Result<InputTable> {
    let mut book = guarded(path, || open(path, bytes))?;
    let names = book.sheets();
    if names.is_empty() {
        return Err(Error::damaged(path, "is a workbook without a sheet"));
    }
    let wanted = match config.sheet.as_deref() {
        Some(asked) => vec![chosen(path, &names, asked)?],
        None => names.clone(),
    };
    let mut found: Vec<(String, InputTable)> = Vec::new();
    for name in wanted {
        let cells = guarded(path, || book.cells(path, &name))?;
        let mut table = table(cells);
        table.skip_blank_rows();
        if !table.rows.is_empty() {
            found.push((name, table));
        }
    }
    // The first that has names of clusters; cover sheets and notes have none.
    let named = |table: &InputTable| {
        let fits = |column: &String| vocabulary::fit(ColumnRole::Name, column).is_some();
        table.columns.len() > 1 && table.columns.iter().any(fits)
    };
    let best = found.iter().position(|(_, table)| named(table)).unwrap_or(0);
    if best >= found.len() {
        return Err(Error::damaged(path, "is a workbook in which no sheet holds anything"));
    }
    let others: Vec<String> = found
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != best)
        .map(|(_, (name, _))| name.clone())
        .collect();
    let (name, mut table) = found.swap_remove(best);
    if names.len() > 1 {
        let without = if others.is_empty() {
            String::new()
        } else {
            format!(", not {} (--sheet)", others.join(", "))
        };
        table.notes.insert(0, format!("sheet {name}{without}"));
    }
    Ok(table)
}

fn chosen(path: &Path, names: &[String], asked: &str) -> Result<String> {
    let by_name = names.iter().find(|name| *name == asked);
    let by_number = || asked.parse::<usize>().ok().and_then(|n| names.get(n.checked_sub(1)?));
    by_name.or_else(by_number).cloned().ok_or_else(|| {
        Error::damaged(path, format!("has no sheet {asked:?} (it has: {})", names.join(", ")))
    })
}

/// A damaged workbook may make its reader panic.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    cladus_core::artifact::parquet::guarded(path, work)
}

fn broken(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::damaged(path, format!("cannot be read as a workbook: {error}"))
}

fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<Book<'a>> {
    let cursor = Cursor::new(bytes);
    if !bytes.starts_with(b"PK") {
        let book = Xls::new(cursor).map_err(|e| broken(path, &e))?;
        return Ok(Book::Xls(Box::new(book)));
    }
    match kind(path, bytes)? {
        SheetKind::Ods => Ok(Book::Ods(Box::new(Ods::new(cursor).map_err(|e| broken(path, &e))?))),
        SheetKind::Xlsx => {
            Ok(Book::Xlsx(Box::new(Xlsx::new(cursor).map_err(|e| broken(path, &e))?)))
        }
    }
}

enum SheetKind {
    Xlsx,
    Ods,
}

/// What archive it is, and that it unpacks to what can be held: what it claims is not believed.
fn kind(path: &Path, bytes: &[u8]) -> Result<SheetKind> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(path, &e))?;
    let names: Vec<String> =
        archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let is_there = |wanted: &str| names.iter().any(|name| name == wanted);
    let kind = match () {
        () if is_there("xl/workbook.xml") => SheetKind::Xlsx,
        () if is_there("content.xml") => SheetKind::Ods,
        () if is_there("xl/workbook.bin") => {
            return Err(Error::damaged(path, "is an xlsb workbook: save it as xlsx or CSV"));
        }
        () => {
            let first: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
            let problem = format!(
                "is a zip archive and no workbook: unpack it first (it holds {})",
                first.join(", ")
            );
            return Err(Error::damaged(path, problem));
        }
    };
    let mut unpacked = 0;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|e| broken(path, &e))?;
        let is_content = part.name().is_ok_and(|name| name == "content.xml");
        let mut part = part.take(UNPACKED - unpacked + 1);
        if is_content {
            let mut text = Vec::new();
            part.read_to_end(&mut text).map_err(|e| broken(path, &e))?;
            unpacked += text.len() as u64;
            if repeated_cells(&text) > CELLS as u64 {
                return Err(Error::damaged(path, "claims more cells than anybody has clusters"));
            }
        } else {
            unpacked +=
                std::io::copy(&mut part, &mut std::io::sink()).map_err(|e| broken(path, &e))?;
        }
        if unpacked > UNPACKED {
            return Err(Error::damaged(
                path,
                format!(
                    "unpacks to more than {} MB: save the sheet as CSV, if that is right",
                    UNPACKED >> 20
                ),
            ));
        }
    }
    Ok(kind)
}

/// How many cells the repeated rows and columns of an ods file come to, where something stands in them.
fn repeated_cells(xml: &[u8]) -> u64 {
    let xml = String::from_utf8_lossy(xml);
    let repeats = |tag: &str, what: &str| -> u64 {
        let after = tag.split_once(what).and_then(|(_, rest)| rest.split_once('"'));
        after.and_then(|(number, _)| number.parse().ok()).unwrap_or(1)
    };
    let (mut cells, mut rows) = (0u64, 0u64);
    let mut widest = 0u64;
    for row in xml.split("<table:table-row").skip(1) {
        let tag = row.split('>').next().unwrap_or_default();
        let times = repeats(tag, "number-rows-repeated=\"");
        if !row.contains("office:value") {
            rows = rows.saturating_add(times.min(1 << 20));
            continue;
        }
        let width = row.split("-cell").skip(1).fold(0u64, |sum, cell| {
            let tag = cell.split('>').next().unwrap_or_default();
            let filled = tag.contains("office:value");
            sum.saturating_add(if filled { repeats(tag, "number-columns-repeated=\"") } else { 1 })
        });
        widest = widest.max(width);
        cells = cells.saturating_add(width.saturating_mul(times.saturating_add(rows)));
        rows = 0;
    }
    cells.max(widest)
}

impl Book<'_> {
    /// Visible sheets; all, where none is.
    fn sheets(&self) -> Vec<String> {
        let all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        };
        let visible = all.iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
        let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
        if names.is_empty() { all.iter().map(|sheet| sheet.name.clone()).collect() } else { names }
    }

    fn cells(&mut self, path: &Path, name: &str) -> Result<SheetCells> {
        match self {
            Self::Xlsx(book) => {
                let mut cells = SheetCells::new();
                let mut reader = match book.worksheet_cells_reader(name) {
                    Ok(reader) => reader,
                    // A sheet that is a chart has no cells.
                    Err(calamine::XlsxError::NotAWorksheet(_)) => return Ok(cells),
                    Err(error) => return Err(broken(path, &error)),
                };
                while let Some(cell) = reader.next_cell().map_err(|e| broken(path, &e))? {
                    let value = of_ref(cell.get_value());
                    if !is_blank(&value) {
                        cells.insert(cell.get_position(), value);
                    }
                    if cells.len() > CELLS {
                        return Err(Error::damaged(
                            path,
                            "has more cells than anybody has clusters",
                        ));
                    }
                }
                Ok(cells)
            }
            Self::Xls(book) => {
                let range = book.worksheet_range(name).map_err(|e| broken(path, &e))?;
                Ok(of_range(&range))
            }
            Self::Ods(book) => {
                let range = book.worksheet_range(name).map_err(|e| broken(path, &e))?;
                Ok(of_range(&range))
            }
        }
    }
}

fn of_range(range: &Range<Data>) -> SheetCells {
    let (top, left) = range.start().unwrap_or_default();
    let cells = range
        .used_cells()
        .map(|(row, column, data)| ((row as u32 + top, column as u32 + left), of_data(data)));
    cells.filter(|(_, value)| !is_blank(value)).collect()
}

fn of_ref(data: &DataRef<'_>) -> Value {
    match data {
        DataRef::SharedString(text) => Value::from(*text),
        DataRef::String(text) => Value::from(text.as_str()),
        other => of_data(&other.clone().into()),
    }
}

fn of_data(data: &Data) -> Value {
    match data {
        Data::Int(number) => Value::from(*number),
        // A workbook has no whole numbers of its own.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Value::from(*number as i64)
        }
        Data::Float(number) => Value::from(*number),
        Data::Bool(truth) => Value::from(*truth),
        Data::Empty => Value::Null,
        // What a formula could not work out is as good as empty.
        Data::Error(_) => Value::Null,
        other => other.as_string().map_or(Value::Null, Value::from),
    }
}

/// The table in a sheet: below whatever stands above it as a title.
fn table(cells: SheetCells) -> InputTable {
    let mut table = InputTable { format: "workbook".to_owned(), ..InputTable::default() };
    let mut places: Vec<u32> = cells.keys().map(|(_, column)| *column).collect();
    places.sort_unstable();
    places.dedup();
    let width = places.len();
    let rows_there =
        cells.keys().map(|(row, _)| *row).collect::<std::collections::BTreeSet<_>>().len();
    if rows_there.saturating_mul(width) > CELLS {
        table.warnings.push("the sheet is too wide to be a table of clusters".to_owned());
        return table;
    }
    let column_of: std::collections::HashMap<u32, usize> =
        places.iter().enumerate().map(|(at, column)| (*column, at)).collect();
    let mut rows: Vec<(u32, Vec<Value>)> = Vec::with_capacity(rows_there);
    for ((row, column), value) in cells {
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, vec![Value::Null; width]));
        }
        if let Some((_, cells)) = rows.last_mut() {
            cells[column_of[&column]] = value;
        }
    }
    let header = header_of(&rows);
    if header > 0 {
        let texts: Vec<String> = rows[..header]
            .iter()
            .flat_map(|(_, cells)| {
                cells.iter().filter(|cell| !is_blank(cell)).map(crate::values::table::as_text)
            })
            .collect();
        table.notes.push(format!("above the table: {}", texts.join(" · ")));
    }
    let first = rows.get(header).map(|(_, cells)| cells.clone()).unwrap_or_default();
    let has_header = first.iter().filter(|cell| !is_blank(cell)).all(Value::is_string)
        && (width > 1
            || first.iter().any(|cell| cell.as_str().is_some_and(vocabulary::is_column_name)))
        && looks_like_header(&first, &rows[(header + 1).min(rows.len())..]);
    let mut from = header;
    if has_header {
        table.columns = first
            .iter()
            .map(|cell| crate::values::table::as_text(cell).trim().to_owned())
            .collect();
        from += 1;
    } else {
        table.columns = (1..=width).map(|place| place.to_string()).collect();
        table.nameless = true;
        table.notes.push("no header, the first row is a cluster".to_owned());
    }
    let placed = rows.into_iter().skip(from);
    table.rows = placed
        .map(|(row, cells)| TableRow { place: Place::Line(row as usize + 1), cells })
        .collect();
    table
}

/// The first row that is as wide as the table is; what stands above it is a title.
fn header_of(rows: &[(u32, Vec<Value>)]) -> usize {
    let filled = |cells: &Vec<Value>| cells.iter().filter(|cell| !is_blank(cell)).count();
    let mut widths: Vec<usize> = rows.iter().take(200).map(|(_, cells)| filled(cells)).collect();
    widths.sort_unstable();
    let usual = widths.get(widths.len() / 2).copied().unwrap_or(0);
    if usual < 2 {
        return 0;
    }
    let first = rows.iter().take(30).position(|(_, cells)| filled(cells) * 2 > usual).unwrap_or(0);
    below_filters(rows, first).unwrap_or(first)
}

/// A pivot table has its filters above it, parted by a row without anything: its header stands above numbers.
fn below_filters(rows: &[(u32, Vec<Value>)], first: usize) -> Option<usize> {
    let header = (first + 1..rows.len().min(12)).find(|&at| rows[at].0 > rows[at - 1].0 + 1)?;
    let (_, names) = &rows[header];
    let below = &rows[header + 1..];
    let texts = names.iter().filter(|cell| !is_blank(cell)).all(Value::is_string);
    let above_numbers = (0..names.len()).any(|column| {
        let cells = || below.iter().take(200).map(|(_, row)| &row[column]);
        names[column].is_string()
            && cells().any(Value::is_number)
            && cells().all(|cell| cell.is_number() || is_blank(cell))
            && !rows[..header].iter().any(|(_, row)| row[column].is_number())
    });
    let known = names.iter().any(|cell| cell.as_str().is_some_and(vocabulary::is_column_name));
    (texts && above_numbers && known && below.len() > header).then_some(header)
}

fn looks_like_header(first: &[Value], rest: &[(u32, Vec<Value>)]) -> bool {
    let texts: Vec<&str> = first.iter().filter_map(Value::as_str).collect();
    if texts.iter().any(|text| vocabulary::is_column_name(text)) {
        return true;
    }
    (0..first.len()).any(|column| {
        let mut cells =
            rest.iter().take(200).map(|(_, row)| &row[column]).filter(|c| !is_blank(c)).peekable();
        cells.peek().is_some() && cells.all(Value::is_number)
    })
}
