//! Columnar files of other tools as plain values, whatever their columns are called and typed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Schema};
use parquet::arrow::ProjectionMask;
use serde_json::{Map, Value};

use super::parquet::{guarded, not_readable, open};
use crate::error::{Error, Result};

/// What an Arrow file begins with; a stream begins with the mark of its first message.
pub const ARROW_MAGIC: &[u8] = b"ARROW1";
/// What a message of a stream begins with.
pub const ARROW_STREAM_MAGIC: &[u8] = &[0xff, 0xff, 0xff, 0xff];
/// What Feather files of the first version, which are no Arrow, begin with.
pub const FEATHER_1_MAGIC: &[u8] = b"FEA1";

/// A table as it stands in somebody's file.
#[derive(Debug, Default)]
pub struct Values {
    /// Names of the columns that were read, in the file's order.
    pub columns: Vec<String>,
    /// The rows; a value a column.
    pub rows: Vec<Vec<Value>>,
    /// Columns that hold vectors or bytes, which are not read.
    pub unread: Vec<String>,
}

/// Reads a Parquet file.
///
/// # Errors
/// When it cannot be read or is not Parquet.
pub fn read_parquet_values(path: &Path) -> Result<Values> {
    guarded(path, || {
        let builder = open(path)?;
        let (mut values, kept) = Values::with_columns(builder.schema());
        let mask = ProjectionMask::roots(builder.parquet_schema(), kept);
        let reader = builder.with_projection(mask).build().map_err(|e| not_readable(path, &e))?;
        for batch in reader {
            values.push(&batch.map_err(|e| not_readable(path, &e))?);
        }
        Ok(values)
    })
}

/// Reads an Arrow file (Feather from its second version on) or a stream, as Hugging Face's data sets
/// are.
///
/// # Errors
/// When it cannot be read or is not Arrow.
pub fn read_arrow_values(path: &Path) -> Result<Values> {
    let failed = |e: ArrowError| Error::damaged(path, format!("cannot be read as Arrow: {e}"));
    guarded(path, || {
        let cannot_read = |e| Error::io("read", path, e);
        let mut file = File::open(path).map_err(cannot_read)?;
        let mut magic = Vec::new();
        (&mut file).take(6).read_to_end(&mut magic).map_err(cannot_read)?;
        let file = File::open(path).map_err(cannot_read)?;
        if magic.starts_with(FEATHER_1_MAGIC) {
            return Err(Error::damaged(
                path,
                "is Feather of the first version, which is no longer read: write it again with a newer pandas or pyarrow",
            ));
        }
        if magic.starts_with(ARROW_MAGIC) {
            let reader = FileReader::try_new_buffered(file, None).map_err(failed)?;
            Values::of_batches(reader, failed)
        } else {
            let reader = StreamReader::try_new_buffered(file, None).map_err(failed)?;
            Values::of_batches(reader, failed)
        }
    })
}

impl Values {
    /// The columns of a file that are read, and their places in it.
    fn with_columns(schema: &Schema) -> (Self, Vec<usize>) {
        let mut values = Self::default();
        let mut kept = Vec::new();
        for (place, field) in schema.fields().iter().enumerate() {
            if is_vector(field.data_type()) {
                values.unread.push(field.name().clone());
            } else {
                values.columns.push(field.name().clone());
                kept.push(place);
            }
        }
        (values, kept)
    }

    fn of_batches(
        reader: impl RecordBatchReader,
        failed: impl Fn(ArrowError) -> Error,
    ) -> Result<Self> {
        let (mut values, kept) = Self::with_columns(&reader.schema());
        for batch in reader {
            let batch = batch.and_then(|batch| batch.project(&kept)).map_err(&failed)?;
            values.push(&batch);
        }
        Ok(values)
    }

    fn push(&mut self, batch: &RecordBatch) {
        let columns: Vec<ArrayRef> = batch.columns().iter().map(plain).collect();
        for row in 0..batch.num_rows() {
            self.rows.push(columns.iter().map(|column| value(column, row)).collect());
        }
    }
}

/// Vectors and bytes say nothing that could be a name, and weigh more than all the rest.
fn is_vector(ty: &DataType) -> bool {
    match ty {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => {
            item.data_type().is_floating() || is_vector(item.data_type())
        }
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => true,
        _ => false,
    }
}

/// In a type that [`value`] knows: what is neither number, text nor list becomes text.
fn plain(column: &ArrayRef) -> ArrayRef {
    use DataType::{
        Boolean, FixedSizeList, LargeList, LargeUtf8, List, Null, Struct, Utf8, Utf8View,
    };
    let ty = column.data_type();
    if ty.is_numeric() && !matches!(ty, DataType::Decimal128(..) | DataType::Decimal256(..))
        || matches!(
            ty,
            Boolean
                | FixedSizeList(..)
                | LargeList(_)
                | LargeUtf8
                | List(_)
                | Null
                | Struct(_)
                | Utf8
                | Utf8View
        )
    {
        return column.clone();
    }
    let wanted = match ty {
        DataType::Dictionary(_, of) => (**of).clone(),
        DataType::ListView(item) | DataType::LargeListView(item) => List(item.clone()),
        _ => Utf8,
    };
    let cast = cast_with_options(column, &wanted, &CastOptions::default());
    cast.unwrap_or_else(|_| column.clone())
}

/// The value in a row; null where it has none that JSON knows.
fn value(column: &dyn Array, row: usize) -> Value {
    macro_rules! number {
        ($ty:ty) => {
            Value::from(column.as_primitive::<$ty>().value(row))
        };
    }
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::from(column.as_boolean().value(row)),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float16 => Value::from(column.as_primitive::<Float16Type>().value(row).to_f64()),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Utf8 => Value::from(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Value::from(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Value::from(column.as_string_view().value(row)),
        DataType::List(_) => list(&column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&column.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(&column.as_fixed_size_list().value(row)),
        DataType::Struct(_) => {
            let column = column.as_struct();
            let names = column.column_names().into_iter().map(str::to_owned);
            let values = column.columns().iter().map(|field| value(field, row));
            Value::Object(names.zip(values).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

fn list(items: &ArrayRef) -> Value {
    let items = plain(items);
    (0..items.len()).map(|item| value(&items, item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use arrow_array::{Float32Array, Int32Array, ListArray, StringArray};
    use arrow_ipc::writer::{FileWriter, StreamWriter};
    use serde_json::json;

    fn batch() -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None]));
        let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let lists = vec![Some(vec![Some(1), None]), None];
        let lists: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>(lists));
        let vectors = vec![Some(vec![Some(1.0)]), None];
        let vectors: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(vectors));
        let score: ArrayRef = Arc::new(Float32Array::from(vec![0.5, f32::NAN]));
        RecordBatch::try_from_iter([
            ("id", ids),
            ("name", names),
            ("list", lists),
            ("vector", vectors),
            ("score", score),
        ])
        .unwrap()
    }

    #[track_caller]
    fn check(values: &Values) {
        assert_eq!(values.columns, ["id", "name", "list", "score"]);
        assert_eq!(values.unread, ["vector"]);
        assert_eq!(values.rows[0], [json!(1), json!("a"), json!([1, null]), json!(0.5)]);
        assert_eq!(values.rows[1], [json!(null), json!("b"), json!(null), json!(null)]);
    }

    #[test]
    fn the_same_values_from_every_container() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let batch = batch();
        let mut file = FileWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
        file.write(&batch).unwrap();
        file.finish().unwrap();
        check(&read_arrow_values(&path).unwrap());
        let mut stream =
            StreamWriter::try_new(File::create(&path).unwrap(), &batch.schema()).unwrap();
        stream.write(&batch).unwrap();
        stream.finish().unwrap();
        check(&read_arrow_values(&path).unwrap());
        let created = File::create(&path).unwrap();
        let mut file = parquet::arrow::ArrowWriter::try_new(created, batch.schema(), None).unwrap();
        file.write(&batch).unwrap();
        file.close().unwrap();
        check(&read_parquet_values(&path).unwrap());
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        for bytes in [
            &b"ARROW1\0\0"[..],
            b"\xff\xff\xff\xff\x10\0\0\0",
            b"FEA1",
            b"",
            b"ARROW1\0\0xxxxARROW1",
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert!(read_arrow_values(&path).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn categories_are_their_texts() {
        let column: arrow_array::DictionaryArray<arrow_array::types::Int32Type> =
            ["x", "y", "x"].into_iter().collect();
        let column = plain(&(Arc::new(column) as ArrayRef));
        assert_eq!(value(&column, 2), json!("x"));
    }
}
