//! A known taxonomy in a table: CSV or Parquet.
//!
//! One column is the id: `id`, or else the first one. Above an item stands either what the column `path`
//! says (a list, or parts between `>`, `|` or `;`), or the other columns from left to right, the top
//! category first; a cell that is empty ends the path.

use std::path::Path;

use cladus_core::artifact::parquet::{self, Conversion, WantedColumn};
use cladus_core::schema::{Presence, Type};
use cladus_core::{Error, Result};

/// An item's row in its file, from 0; its id, and the categories above it.
pub(crate) type ItemRow = (usize, String, Vec<String>);

/// Which columns say what.
struct Columns {
    id: usize,
    /// The column `path`, if there is one.
    path: Option<usize>,
}

impl Columns {
    fn of(path: &Path, names: &[String]) -> Result<Self> {
        let named = |name: &str| names.iter().position(|n| n.trim().eq_ignore_ascii_case(name));
        let id = named("id").or_else(|| named("cluster_id")).unwrap_or(0);
        if names.len() < 2 {
            return Err(Error::damaged(
                path,
                "has one column; expected an id, and `path` or one column per level",
            ));
        }
        Ok(Self { id, path: named("path") })
    }

    /// An item of the cells of a row.
    fn row(&self, at: usize, cells: &[Option<String>]) -> ItemRow {
        let cell = |at: usize| cells.get(at).and_then(Option::as_deref).unwrap_or_default().trim();
        let path = match self.path {
            Some(column) => parts(cell(column)),
            None => (0..cells.len())
                .filter(|&column| column != self.id)
                .map(|column| cell(column).to_owned())
                .take_while(|part| !part.is_empty())
                .collect(),
        };
        (at, cell(self.id).to_owned(), path)
    }
}

fn parts(text: &str) -> Vec<String> {
    if let Ok(list) = serde_json::from_str::<Vec<String>>(text) {
        return list;
    }
    // The first that stands in it is what parts it: others belong to names.
    let between = ['>', '|', ';'].into_iter().find(|&sign| text.contains(sign)).unwrap_or('>');
    let all = text.split(between).map(|part| part.trim().to_owned());
    all.filter(|part| !part.is_empty()).collect()
}

/// The rows of a CSV file.
pub(crate) fn csv(path: &Path, bytes: &[u8]) -> Result<Vec<ItemRow>> {
    let wrong = |e: csv::Error| Error::damaged(path, e.to_string());
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| head.iter().filter(|&&byte| byte == sign).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&sign| (count(sign), sign == b','));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .from_reader(bytes);
    let names: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    let columns = Columns::of(path, &names)?;
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(wrong)?;
        let cells: Vec<Option<String>> = record.iter().map(|cell| Some(cell.to_owned())).collect();
        rows.push(columns.row(at, &cells));
    }
    Ok(rows)
}

/// The rows of a Parquet file.
pub(crate) fn parquet(path: &Path) -> Result<Vec<ItemRow>> {
    let fields = parquet::fields(path)?;
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let columns = Columns::of(path, &names)?;
    let list = columns.path.filter(|&column| fields[column].is_list);
    let wanted =
        fields.iter().enumerate().filter(|(at, field)| !field.is_list || list == Some(*at));
    // Of several columns only those that are read need be text.
    let wanted =
        wanted.filter(|(at, _)| columns.path.is_none_or(|path| *at == path || *at == columns.id));
    let wanted = wanted.map(|(_, field)| WantedColumn {
        name: field.name.clone(),
        ty: if field.is_list { Type::Utf8List } else { Type::Utf8 },
        presence: Presence::Nullable,
    });
    let wanted: Vec<WantedColumn> = wanted.collect();
    let texts: Vec<String> =
        wanted.iter().filter(|w| w.ty == Type::Utf8).map(|w| w.name.clone()).collect();
    let table = parquet::read_columns(path, "truth", wanted, Conversion::Foreign)?;
    let mut cells: Vec<Vec<Option<String>>> = vec![vec![None; fields.len()]; table.rows()];
    for name in &texts {
        let column = names.iter().position(|n| n == name).unwrap_or(0);
        for (row, text) in cells.iter_mut().zip(table.nullable_texts(name)) {
            row[column] = text.map(str::to_owned);
        }
    }
    let mut rows: Vec<ItemRow> =
        cells.iter().enumerate().map(|(at, cells)| columns.row(at, cells)).collect();
    if let Some(column) = list {
        for (row, path) in rows.iter_mut().zip(table.nullable_lists(&names[column])?) {
            row.2 = path.unwrap_or_default().into_iter().map(str::to_owned).collect();
        }
    }
    Ok(rows)
}
