//! Reading a file some rows at a time: what nobody keeps is never all in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::{
    Conversion, ReadColumns, WantedColumn, check_type, guarded, metadata_of, not_readable, open,
};
use crate::error::{Error, Result};
use crate::schema::{Presence, Schema};

/// With vectors of some hundred numbers a few megabytes.
const READ_BATCH_ROWS: usize = 4_096;

/// The columns wanted from a file, as tables of some thousand rows, in the order of the file.
#[derive(Debug)]
pub(crate) struct RowBatches {
    path: PathBuf,
    artifact: &'static str,
    wanted: Vec<WantedColumn>,
    conversion: Conversion,
    metadata: BTreeMap<String, String>,
    reader: ParquetRecordBatchReader,
    /// Rows read so far.
    rows: usize,
}

impl RowBatches {
    /// Of the columns `wanted`, whatever else the file holds.
    ///
    /// # Errors
    /// When the file cannot be read, is not Parquet, or lacks a column.
    pub(crate) fn open(
        path: &Path,
        artifact: &'static str,
        wanted: Vec<WantedColumn>,
        conversion: Conversion,
    ) -> Result<Self> {
        guarded(path, || {
            let builder = open(path)?;
            let found: Vec<String> =
                builder.schema().fields().iter().map(|field| field.name().clone()).collect();
            let mut projected = Vec::new();
            for column in &wanted {
                match found.iter().position(|name| *name == column.name) {
                    Some(root) => projected.push(root),
                    None if column.presence == Presence::Optional => {}
                    None => {
                        return Err(Error::MissingColumn {
                            path: path.to_owned(),
                            artifact,
                            column: column.name.clone(),
                            found,
                        });
                    }
                }
            }
            let metadata = metadata_of(&builder);
            let mask = ProjectionMask::roots(builder.parquet_schema(), projected);
            let reader = builder
                .with_projection(mask)
                .with_batch_size(READ_BATCH_ROWS)
                .build()
                .map_err(|e| not_readable(path, &e))?;
            let path = path.to_owned();
            Ok(Self { path, artifact, wanted, conversion, metadata, reader, rows: 0 })
        })
    }

    /// Of the columns of `schema` that `is_needed` names. The others are not decoded, but they must be
    /// there and of their types.
    ///
    /// # Errors
    /// When the file cannot be read, is not Parquet, is of a later format, or lacks or mistypes a column.
    pub(crate) fn of(
        path: &Path,
        schema: &Schema,
        is_needed: impl Fn(&str) -> bool,
    ) -> Result<Self> {
        let (needed, others): (Vec<WantedColumn>, Vec<WantedColumn>) =
            schema.columns.iter().map(WantedColumn::from).partition(|c| is_needed(&c.name));
        let batches = Self::open(path, schema.artifact, needed, Conversion::Contract)?;
        check_format(path, &batches.metadata)?;
        for column in &others {
            check_type(path, schema.artifact, column)?;
        }
        Ok(batches)
    }

    /// A table of none of the rows.
    pub(in crate::artifact) fn none(&self) -> ReadColumns {
        ReadColumns {
            path: self.path.clone(),
            artifact: self.artifact,
            columns: self.wanted.clone(),
            batches: Vec::new(),
            first: self.rows,
            rows: 0,
            metadata: self.metadata.clone(),
            lines: None,
        }
    }

    fn read(&mut self) -> Result<Option<ReadColumns>> {
        let path = self.path.clone();
        guarded(&path, || {
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let batch = batch.map_err(|e| not_readable(&path, &e))?;
            let mut table = self.none();
            table.push(&batch, self.conversion)?;
            self.rows += table.rows;
            Ok(Some(table))
        })
    }
}

impl Iterator for RowBatches {
    type Item = Result<ReadColumns>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// A file of a later format may mean something else by the same columns.
pub(super) fn check_format(path: &Path, metadata: &BTreeMap<String, String>) -> Result<()> {
    let written = metadata.get("cladus.format");
    let major = written.and_then(|v| v.split('.').next()).and_then(|v| v.parse::<u16>().ok());
    let ours = crate::schema::FORMAT_VERSION.0;
    match major {
        Some(major) if major > ours => Err(Error::damaged(
            path,
            format!("was written in format {major}, this cladus reads up to {ours}: update cladus"),
        )),
        _ => Ok(()),
    }
}
