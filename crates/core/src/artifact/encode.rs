//! Rows as bytes, for the content digest.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::digest::Digest;

const NULL: u8 = 0;
const VALUE: u8 = 1;

/// Adds every row of `batch` to `digest`.
///
/// A value is a tag (null or not) and its bytes, little-endian, texts and lists with their length
/// before them; fixed-size and variable lists of the same values encode alike. Columns from
/// `optional` on are optional, and nulls at a row's end are left out there: a file without such a
/// column and one with nothing in it are the same, and so they stay when the contract gains one.
pub(super) fn digest_rows(batch: &RecordBatch, optional: usize, digest: &mut Digest) {
    let mut encoded = Vec::new();
    for row in 0..batch.num_rows() {
        encoded.clear();
        let mut end = 0;
        for (place, column) in batch.columns().iter().enumerate() {
            encode(column, row, &mut encoded);
            if place < optional || !column.is_null(row) {
                end = encoded.len();
            }
        }
        digest.add_row(&encoded[..end]);
    }
}

fn encode(column: &ArrayRef, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        out.push(NULL);
        return;
    }
    out.push(VALUE);
    match column.data_type() {
        DataType::Utf8 => text(column.as_string::<i32>().value(row), out),
        DataType::UInt8 => out.push(column.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt32 => {
            out.extend(column.as_primitive::<UInt32Type>().value(row).to_le_bytes());
        }
        DataType::UInt64 => {
            out.extend(column.as_primitive::<UInt64Type>().value(row).to_le_bytes());
        }
        DataType::Float32 => {
            out.extend(column.as_primitive::<Float32Type>().value(row).to_le_bytes());
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            let offsets = list.value_offsets();
            elements(list.values(), offsets[row] as usize..offsets[row + 1] as usize, out);
        }
        DataType::FixedSizeList(_, width) => {
            let list = column.as_fixed_size_list();
            let start = row * *width as usize;
            elements(list.values(), start..start + *width as usize, out);
        }
        // Tables hold the types above and no other: `arrow_type` makes them all.
        _ => debug_assert!(false, "a column of type {} has no encoding", column.data_type()),
    }
}

fn elements(values: &ArrayRef, range: std::ops::Range<usize>, out: &mut Vec<u8>) {
    out.extend((range.len() as u64).to_le_bytes());
    match values.data_type() {
        DataType::Float32 => {
            for value in &values.as_primitive::<Float32Type>().values()[range] {
                out.extend(value.to_le_bytes());
            }
        }
        _ => {
            let values = values.as_string::<i32>();
            range.for_each(|place| text(values.value(place), out));
        }
    }
}

fn text(value: &str, out: &mut Vec<u8>) {
    out.extend((value.len() as u64).to_le_bytes());
    out.extend(value.as_bytes());
}
