//! Columns that a file left out, worked out by whoever knows how.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float32Array, RecordBatch, StringArray, UInt8Array, UInt32Array, UInt64Array,
};

use super::parquet::ReadColumns;
use super::write::{arrow_type, lists};
use crate::error::{Error, Result};

/// The values of a whole column, one a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// Of a text column.
    Texts(Vec<String>),
    /// Of a column of lists.
    Lists(Vec<Vec<String>>),
    /// Of a `uint8` column.
    U8s(Vec<u8>),
    /// Of a `uint32` column.
    U32s(Vec<u32>),
    /// Of a `uint64` column.
    U64s(Vec<u64>),
    /// Of a `float32` column.
    F32s(Vec<f32>),
}

impl Filling {
    fn array(self) -> ArrayRef {
        match self {
            Self::Texts(values) => Arc::new(StringArray::from_iter_values(values)),
            Self::Lists(values) => lists(values.iter().map(|list| Some(list.as_slice()))),
            Self::U8s(values) => Arc::new(UInt8Array::from(values)),
            Self::U32s(values) => Arc::new(UInt32Array::from(values)),
            Self::U64s(values) => Arc::new(UInt64Array::from(values)),
            Self::F32s(values) => Arc::new(Float32Array::from(values)),
        }
    }
}

impl ReadColumns {
    /// Puts `values` in the place of the column called `column`.
    ///
    /// # Errors
    /// When they are not of its type, or not one a row: never the user's fault.
    pub fn fill(&mut self, column: &str, values: Filling) -> Result<()> {
        let bug = |problem: &str| Error::Bug(format!("column {column} {problem}"));
        let place = self.columns.iter().position(|wanted| wanted.name == column);
        let place = place.ok_or_else(|| bug("is not among those read"))?;
        let array = values.array();
        if array.len() != self.rows {
            return Err(bug(&format!("has {} values for {} rows", array.len(), self.rows)));
        }
        if *array.data_type() != arrow_type(self.columns[place].ty, None) {
            return Err(bug(&format!("cannot hold {}", array.data_type())));
        }
        let mut start = 0;
        for batch in &mut self.batches {
            let rows = batch.num_rows();
            let mut arrays = batch.columns().to_vec();
            arrays[place] = array.slice(start, rows);
            *batch = RecordBatch::try_new(batch.schema(), arrays)
                .map_err(|e| Error::Bug(e.to_string()))?;
            start += rows;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{groups, parquet, read_json_lines};
    use crate::schema::{self, Presence};

    #[test]
    fn a_column_that_is_left_out_is_filled_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.jsonl");
        let lines =
            "{\"cluster_id\":\"a\",\"group_id\":0}\n{\"cluster_id\":\"b\",\"group_id\":0}\n";
        std::fs::write(&path, lines).unwrap();
        let wanted = schema::GROUPS.columns.iter().map(parquet::WantedColumn::from);
        let wanted = wanted.map(|mut column| {
            if column.name == "distance" {
                column.presence = Presence::Optional;
            }
            column
        });
        let mut table = read_json_lines(&path, "groups", wanted.collect()).unwrap();
        assert!(groups(&table).is_err(), "it is not there yet");
        assert!(table.fill("distance", Filling::F32s(vec![0.5])).is_err(), "one for two rows");
        assert!(table.fill("distance", Filling::U8s(vec![1, 2])).is_err(), "of another type");
        table.fill("distance", Filling::F32s(vec![0.5, 0.25])).unwrap();
        let rows = groups(&table).unwrap().rows;
        assert_eq!((rows[0].distance, rows[1].distance), (0.5, 0.25));
    }
}
