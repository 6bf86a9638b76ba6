//! With its neighbours in this module, the only code that names Arrow and Parquet.
//!
//! Files come in from anybody: our own stages, DuckDB, polars, pandas, a damaged disk. Columns are
//! found by name, read as the contract's types where that loses nothing, and checked row by row.

mod batches;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::digest::Digest;
use super::write::arrow_type;
use crate::error::{Error, Place, Result};
use crate::schema::{Column, Presence, Schema, Type};

pub(super) use batches::RowBatches;
use batches::check_format;

/// Largest footer read, in bytes: a forged length must not make us allocate gigabytes.
const MAX_FOOTER: u64 = 256 << 20;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Is this thread inside a read that turns panics into errors? A panic hook stays silent then.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// A column as it stands in somebody's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumn {
    /// Its name.
    pub name: String,
    /// Its type as Arrow writes it.
    pub type_name: String,
    /// Does a row hold a list?
    pub is_list: bool,
}

/// A column wanted from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedColumn {
    /// Its name.
    pub name: String,
    /// What its values are to be read as.
    pub ty: Type,
    /// May the file lack it?
    pub presence: Presence,
}

impl From<&Column> for WantedColumn {
    fn from(column: &Column) -> Self {
        Self { name: column.name.to_owned(), ty: column.ty, presence: column.presence }
    }
}

/// The columns wanted from a file, read and converted.
#[derive(Debug)]
pub struct ReadColumns {
    pub(super) path: PathBuf,
    pub(super) artifact: &'static str,
    pub(super) columns: Vec<WantedColumn>,
    pub(super) batches: Vec<RecordBatch>,
    /// Rows of the file before these.
    pub(super) first: usize,
    pub(super) rows: usize,
    pub(super) metadata: BTreeMap<String, String>,
    /// The line that each row stands in, where the file is text.
    pub(super) lines: Option<Vec<usize>>,
}

/// The columns of the file at `path`, from its footer alone.
///
/// # Errors
/// When the file cannot be read or is not Parquet.
pub fn fields(path: &Path) -> Result<Vec<FileColumn>> {
    guarded(path, || {
        let builder = open(path)?;
        let fields = builder.schema().fields().iter();
        Ok(fields
            .map(|field| FileColumn {
                name: field.name().clone(),
                type_name: field.data_type().to_string(),
                is_list: matches!(
                    field.data_type(),
                    DataType::List(_)
                        | DataType::LargeList(_)
                        | DataType::ListView(_)
                        | DataType::LargeListView(_)
                        | DataType::FixedSizeList(..)
                ),
            })
            .collect())
    })
}

/// Key-value metadata and the number of rows of the file at `path`, from its footer alone.
///
/// # Errors
/// When the file cannot be read or is not Parquet.
pub fn footer(path: &Path) -> Result<(BTreeMap<String, String>, usize)> {
    guarded(path, || {
        let builder = open(path)?;
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        Ok((metadata_of(&builder), rows))
    })
}

/// Reads the columns of `schema`.
///
/// # Errors
/// When the file cannot be read, is not Parquet, or lacks or mistypes a column.
pub fn read(path: &Path, schema: &Schema) -> Result<ReadColumns> {
    let wanted = schema.columns.iter().map(WantedColumn::from).collect();
    let table = read_columns(path, schema.artifact, wanted, Conversion::Contract)?;
    check_format(path, &table.metadata)?;
    Ok(table)
}

/// How far a file's types may be from the wanted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Other widths of the same kind (int64 for uint32, large or view strings…).
    Contract,
    /// Numbers may stand where text is wanted too: for users' own tables.
    Foreign,
}

/// Reads the columns `wanted`, whatever else the file holds.
///
/// # Errors
/// When the file cannot be read, is not Parquet, or lacks or mistypes a column.
pub fn read_columns(
    path: &Path,
    artifact: &'static str,
    wanted: Vec<WantedColumn>,
    conversion: Conversion,
) -> Result<ReadColumns> {
    let batches = RowBatches::open(path, artifact, wanted, conversion)?;
    let mut table = batches.none();
    for batch in batches {
        let batch = batch?;
        table.rows += batch.rows;
        table.batches.extend(batch.batches);
    }
    Ok(table)
}

/// Where the file at `path` has this column, it is of its type; where it must have it, it is there.
pub(super) fn check_type(path: &Path, artifact: &'static str, column: &WantedColumn) -> Result<()> {
    guarded(path, || {
        let builder = open(path)?;
        let fields = builder.schema().fields();
        match fields.iter().find(|field| *field.name() == column.name) {
            Some(field) => {
                let is_right = may_become(field.data_type(), column.ty, Conversion::Contract);
                let found = field.data_type();
                if is_right { Ok(()) } else { Err(mistyped(path, artifact, column, found)) }
            }
            None if column.presence == Presence::Optional => Ok(()),
            None => Err(Error::MissingColumn {
                path: path.to_owned(),
                artifact,
                column: column.name.clone(),
                found: fields.iter().map(|field| field.name().clone()).collect(),
            }),
        }
    })
}

fn mistyped(path: &Path, artifact: &'static str, column: &WantedColumn, found: &DataType) -> Error {
    Error::ColumnType {
        path: path.to_owned(),
        artifact,
        column: column.name.clone(),
        expected: column.ty.to_string(),
        found: found.to_string(),
    }
}

/// Runs `read`, with a panic of a file's reader on what is damaged turned into an error.
///
/// # Errors
/// Those of `read`, and [`Error::Damaged`] for a panic.
pub fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(before);
    outcome
        .unwrap_or_else(|_| Err(Error::damaged(path, "is damaged: its contents cannot be decoded")))
}

pub(super) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    check_ends(path, &mut file)?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| not_readable(path, &e))
}

/// A cut-off file is by far the most common damage: say so in words.
fn check_ends(path: &Path, file: &mut File) -> Result<()> {
    let cannot_read = |e| Error::io("read", path, e);
    let info = file.metadata().map_err(cannot_read)?;
    if info.is_dir() {
        return Err(Error::damaged(path, "is a folder, expected a Parquet file"));
    }
    let length = info.len();
    if length == 0 {
        return Err(Error::damaged(path, "is empty, expected a Parquet file"));
    }
    let mut magic = [0u8; 4];
    let head = length.min(4) as usize;
    file.read_exact(&mut magic[..head]).map_err(cannot_read)?;
    if &magic != b"PAR1" {
        return Err(Error::damaged(path, "is not a Parquet file"));
    }
    if length < 12 {
        return Err(Error::damaged(path, "is cut off: the Parquet footer is missing"));
    }
    let mut tail = [0u8; 8];
    file.seek(SeekFrom::End(-8)).map_err(cannot_read)?;
    file.read_exact(&mut tail).map_err(cannot_read)?;
    let [a, b, c, d, magic @ ..] = tail;
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if &magic != b"PAR1" {
        return Err(Error::damaged(path, "is cut off: the Parquet footer is missing"));
    }
    if footer > length - 12 || footer > MAX_FOOTER {
        return Err(Error::damaged(
            path,
            "is damaged: the Parquet footer has an impossible length",
        ));
    }
    file.rewind().map_err(cannot_read)
}

pub(super) fn not_readable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::damaged(path, format!("cannot be read as Parquet: {error}"))
}

pub(super) fn metadata_of(
    builder: &ParquetRecordBatchReaderBuilder<File>,
) -> BTreeMap<String, String> {
    let pairs = builder.metadata().file_metadata().key_value_metadata();
    pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?)))
        .collect()
}

impl ReadColumns {
    /// The file it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The file's key-value metadata.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The digest of the rows.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.add_to(&mut digest);
        digest
    }

    /// Adds the rows to `digest`.
    pub(super) fn add_to(&self, digest: &mut Digest) {
        let optional = self.columns.iter().rposition(|c| c.presence != Presence::Optional);
        for batch in &self.batches {
            super::digest_rows(batch, optional.map_or(0, |last| last + 1), digest);
        }
    }

    /// A text column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null.
    pub fn texts(&self, column: &str) -> Result<Vec<&str>> {
        self.whole(column, self.nullable_texts(column))
    }

    /// A text column that may be null.
    pub fn nullable_texts(&self, column: &str) -> Vec<Option<&str>> {
        self.chunks(column).flat_map(|chunk| chunk.as_string::<i32>().iter()).collect()
    }

    /// A `uint8` column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null.
    pub fn u8s(&self, column: &str) -> Result<Vec<u8>> {
        self.whole(column, self.nullable_u8s(column))
    }

    /// A `uint8` column that may be null.
    pub fn nullable_u8s(&self, column: &str) -> Vec<Option<u8>> {
        self.chunks(column).flat_map(|c| c.as_primitive::<UInt8Type>().iter()).collect()
    }

    /// A `uint32` column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null.
    pub fn u32s(&self, column: &str) -> Result<Vec<u32>> {
        self.whole(column, self.nullable_u32s(column))
    }

    /// A `uint32` column that may be null.
    pub fn nullable_u32s(&self, column: &str) -> Vec<Option<u32>> {
        self.chunks(column).flat_map(|c| c.as_primitive::<UInt32Type>().iter()).collect()
    }

    /// A `uint64` column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null.
    pub fn u64s(&self, column: &str) -> Result<Vec<u64>> {
        self.whole(column, self.nullable_u64s(column))
    }

    /// A `uint64` column that may be null.
    pub fn nullable_u64s(&self, column: &str) -> Vec<Option<u64>> {
        self.chunks(column).flat_map(|c| c.as_primitive::<UInt64Type>().iter()).collect()
    }

    /// A `float32` column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null or not finite.
    pub fn f32s(&self, column: &str) -> Result<Vec<f32>> {
        let values = self.nullable_f32s(column)?;
        self.whole(column, values)
    }

    /// A `float32` column that may be null.
    ///
    /// # Errors
    /// Names the first row that is not finite.
    pub fn nullable_f32s(&self, column: &str) -> Result<Vec<Option<f32>>> {
        let chunks = self.chunks(column);
        let values: Vec<Option<f32>> =
            chunks.flat_map(|c| c.as_primitive::<Float32Type>().iter()).collect();
        match values.iter().position(|v| v.is_some_and(|v| !v.is_finite())) {
            Some(row) => Err(self.value(row, column, "is not a finite number")),
            None => Ok(values),
        }
    }

    /// A list column without nulls.
    ///
    /// # Errors
    /// Names the first row that is null or holds a null.
    pub fn lists(&self, column: &str) -> Result<Vec<Vec<&str>>> {
        let lists = self.nullable_lists(column)?;
        self.whole(column, lists)
    }

    /// A list column that may be null.
    ///
    /// # Errors
    /// Names the first row that holds a null.
    pub fn nullable_lists(&self, column: &str) -> Result<Vec<Option<Vec<&str>>>> {
        let mut lists = Vec::with_capacity(self.rows);
        for chunk in self.chunks(column) {
            let chunk = chunk.as_list::<i32>();
            let values = chunk.values().as_string::<i32>();
            let offsets = chunk.value_offsets();
            for row in 0..chunk.len() {
                if chunk.is_null(row) {
                    lists.push(None);
                    continue;
                }
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                let mut list = Vec::with_capacity(range.len());
                for place in range {
                    if values.is_null(place) {
                        return Err(self.value(lists.len(), column, "holds a null"));
                    }
                    list.push(values.value(place));
                }
                lists.push(Some(list));
            }
        }
        Ok(lists)
    }

    /// A vector column: all values row-major, and the length of a row.
    ///
    /// # Errors
    /// Names the first row that is null, of another length, or holds what is not finite.
    pub fn vectors(&self, column: &str) -> Result<(Vec<f32>, usize)> {
        let mut vectors = Vec::new();
        let mut dim = None;
        let mut row = 0;
        for chunk in self.chunks(column) {
            let chunk = chunk.as_list::<i32>();
            let values = chunk.values().as_primitive::<Float32Type>();
            let offsets = chunk.value_offsets();
            for place in 0..chunk.len() {
                if chunk.is_null(place) {
                    return Err(self.value(row, column, "is null"));
                }
                let (start, end) = (offsets[place] as usize, offsets[place + 1] as usize);
                let length = end - start;
                match dim {
                    None => dim = Some(length),
                    Some(dim) if dim != length => {
                        let problem = format!("has {length} values, the rows before have {dim}");
                        return Err(self.value(row, column, &problem));
                    }
                    Some(_) => {}
                }
                if length == 0 {
                    return Err(self.value(row, column, "has no values"));
                }
                let slice = &values.values()[start..end];
                if values.null_count() > 0 && (start..end).any(|i| values.is_null(i)) {
                    return Err(self.value(row, column, "holds a null"));
                }
                if let Some(at) = slice.iter().position(|v| !v.is_finite()) {
                    let problem =
                        format!("value {at} (from 0) is {}, not a finite number", slice[at]);
                    return Err(self.value(row, column, &problem));
                }
                row += 1;
            }
            if let (Some(first), Some(last)) = (offsets.first(), offsets.last()) {
                vectors.extend_from_slice(&values.values()[*first as usize..*last as usize]);
            }
        }
        Ok((vectors, dim.unwrap_or(0)))
    }

    /// An error about one value of this file, in the row with this number here.
    pub fn value(&self, row: usize, column: &str, problem: &str) -> Error {
        let line = self.lines.as_ref().and_then(|lines| lines.get(row));
        let place = line.map_or(Place::Row(self.first + row), |line| Place::Line(*line));
        Error::at(&self.path, place, column, problem)
    }

    fn whole<T>(&self, column: &str, values: Vec<Option<T>>) -> Result<Vec<T>> {
        let mut whole = Vec::with_capacity(values.len());
        for (row, value) in values.into_iter().enumerate() {
            whole.push(value.ok_or_else(|| self.value(row, column, "is null"))?);
        }
        Ok(whole)
    }

    fn chunks<'a>(&'a self, column: &str) -> impl Iterator<Item = &'a ArrayRef> + use<'a> {
        let place = self.columns.iter().position(|wanted| wanted.name == column);
        debug_assert!(place.is_some(), "{column} is not among the columns read");
        self.batches.iter().filter_map(move |batch| Some(batch.column(place?)))
    }

    /// Is this column among those read?
    pub(super) fn holds(&self, column: &str) -> bool {
        self.columns.iter().any(|wanted| wanted.name == column)
    }

    pub(super) fn push(&mut self, batch: &RecordBatch, conversion: Conversion) -> Result<()> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            arrays.push(match batch.column_by_name(&column.name) {
                Some(array) => self.convert(column, array, conversion)?,
                None => arrow_array::new_null_array(&arrow_type(column.ty, None), batch.num_rows()),
            });
        }
        let named = self.columns.iter().map(|c| c.name.as_str()).zip(arrays);
        let converted = RecordBatch::try_from_iter_with_nullable(named.map(|(n, a)| (n, a, true)))
            .map_err(|e| Error::Bug(e.to_string()))?;
        self.rows += batch.num_rows();
        self.batches.push(converted);
        Ok(())
    }

    /// `array` as the contract's type, or an error that names the type or the first bad row.
    fn convert(
        &self,
        column: &WantedColumn,
        array: &ArrayRef,
        how: Conversion,
    ) -> Result<ArrayRef> {
        let found = array.data_type();
        if !may_become(found, column.ty, how) {
            return Err(mistyped(&self.path, self.artifact, column, found));
        }
        let integer = matches!(column.ty, Type::UInt8 | Type::UInt32 | Type::UInt64);
        let array = if integer && found.is_floating() {
            // pandas turns an integer column with a null in it into floats, and the null into NaN.
            &self.integral(column, array)?
        } else {
            array
        };
        // Vectors are read as variable lists: one way to check lengths, whoever wrote them.
        let target = arrow_type(column.ty, None);
        let safe = CastOptions { safe: true, ..CastOptions::default() };
        let converted =
            cast_with_options(array, &target, &safe).map_err(|e| not_readable(&self.path, &e))?;
        if converted.null_count() > array.logical_null_count() {
            let lost = (0..array.len()).find(|&i| converted.is_null(i) && !array.is_null(i));
            let row = self.rows + lost.unwrap_or(0);
            return Err(self.value(row, &column.name, &format!("does not fit into {}", column.ty)));
        }
        Ok(converted)
    }

    fn integral(&self, column: &WantedColumn, array: &ArrayRef) -> Result<ArrayRef> {
        let wide = cast_with_options(array, &DataType::Float64, &CastOptions::default())
            .map_err(|e| not_readable(&self.path, &e))?;
        let wide = wide.as_primitive::<Float64Type>();
        for (place, value) in wide.iter().enumerate() {
            if value.is_some_and(|v| !v.is_nan() && (v.fract() != 0.0 || v < 0.0)) {
                let problem = format!("does not fit into {}", column.ty);
                return Err(self.value(self.rows + place, &column.name, &problem));
            }
        }
        let values: arrow_array::Float64Array =
            wide.iter().map(|value| value.filter(|v| !v.is_nan())).collect();
        Ok(std::sync::Arc::new(values))
    }
}

/// Can `found` be read as `wanted` without changing what it says?
fn may_become(found: &DataType, wanted: Type, how: Conversion) -> bool {
    let text = |ty: &DataType| {
        matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
            || (how == Conversion::Foreign && (ty.is_numeric() || *ty == DataType::Boolean))
    };
    let text = |ty: &DataType| match ty {
        DataType::Dictionary(_, values) => text(values),
        other => text(other),
    };
    let number = |ty: &DataType| ty.is_integer() || ty.is_floating() || *ty == DataType::Null;
    let element = |ty: &DataType| match ty {
        DataType::List(f)
        | DataType::LargeList(f)
        | DataType::ListView(f)
        | DataType::LargeListView(f)
        | DataType::FixedSizeList(f, _) => Some(f.data_type().clone()),
        DataType::Null => Some(DataType::Null),
        _ => None,
    };
    match wanted {
        Type::Utf8 => text(found),
        Type::UInt8 | Type::UInt32 | Type::UInt64 | Type::Float32 => number(found),
        Type::Utf8List => element(found).is_some_and(|ty| text(&ty)),
        Type::Vector => element(found).is_some_and(|ty| number(&ty)),
    }
}
