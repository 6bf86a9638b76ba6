//! Artifacts as frames.

use std::fs::File;
use std::path::Path;

use cladus_core::schema::{Presence, Schema, Type};
use cladus_core::{Error, Result};
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, NamedFrom, PlSmallStr, PolarsError, Series,
};
use polars_io::SerReader;
use polars_io::prelude::ParquetReader;

use crate::run::FinishedRun;

/// A whole artifact; without the file, no row.
///
/// # Errors
/// When the file is damaged, or breaks the contract.
pub fn whole(path: &Path, schema: &'static Schema) -> Result<DataFrame> {
    if path.is_file() { read(path, schema) } else { empty(schema) }
}

/// An artifact of every iteration, with the iteration in front.
///
/// # Errors
/// When a file is damaged, or breaks the contract.
pub fn of_iterations(run: &FinishedRun, schema: &'static Schema) -> Result<DataFrame> {
    let mut parts = vec![numbered(empty(schema)?, 1)?];
    for iteration in 1..=run.iterations {
        let path = run.artifact(iteration, schema.artifact);
        if path.is_file() {
            parts.push(numbered(read(&path, schema)?, iteration)?);
        }
    }
    stacked(&parts)
}

/// Frames on top of each other. Columns that a user has added need not be in all of them; where they differ
/// in type, they are texts.
fn stacked(parts: &[DataFrame]) -> Result<DataFrame> {
    let mut wanted: Vec<(PlSmallStr, DataType)> = Vec::new();
    for column in parts.iter().flat_map(DataFrame::columns) {
        match wanted.iter_mut().find(|(name, _)| name == column.name()) {
            None => wanted.push((column.name().clone(), column.dtype().clone())),
            Some((_, ty)) if ty != column.dtype() => *ty = DataType::String,
            Some(_) => {}
        }
    }
    let mut all: Option<DataFrame> = None;
    for part in parts {
        let column = |(name, ty): &(PlSmallStr, DataType)| match part.column(name) {
            Ok(column) => column.cast(ty).map_err(bug),
            Err(_) => Ok(Column::full_null(name.clone(), part.height(), ty)),
        };
        let part = of_columns(wanted.iter().map(column).collect::<Result<_>>()?)?;
        all = Some(match all {
            None => part,
            Some(above) => above.vstack(&part).map_err(bug)?,
        });
    }
    Ok(all.unwrap_or_default())
}

fn numbered(mut frame: DataFrame, iteration: usize) -> Result<DataFrame> {
    let number = u32::try_from(iteration).unwrap_or(u32::MAX);
    let column = Column::new("iteration".into(), vec![number; frame.height()]);
    frame.insert_column(0, column).map_err(bug)?;
    Ok(frame)
}

/// A frame of columns of one length.
///
/// # Errors
/// Never in practice.
pub fn of_columns(columns: Vec<Column>) -> Result<DataFrame> {
    DataFrame::new_infer_height(columns).map_err(bug)
}

/// A column.
pub fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Series::new(PlSmallStr::from_str(name), values).into_column()
}

/// What can only go wrong by our own fault.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub fn bug(error: PolarsError) -> Error {
    Error::Bug(error.to_string())
}

fn type_of(ty: Type) -> DataType {
    match ty {
        Type::Utf8 => DataType::String,
        Type::UInt8 => DataType::UInt8,
        Type::UInt32 => DataType::UInt32,
        Type::UInt64 => DataType::UInt64,
        Type::Float32 => DataType::Float32,
        Type::Utf8List => DataType::List(Box::new(DataType::String)),
        Type::Vector => DataType::List(Box::new(DataType::Float32)),
    }
}

fn empty(schema: &Schema) -> Result<DataFrame> {
    let column = |column: &cladus_core::schema::Column| {
        Series::new_empty(PlSmallStr::from_static(column.name), &type_of(column.ty)).into_column()
    };
    of_columns(schema.columns.iter().map(column).collect())
}

fn read(path: &Path, schema: &'static Schema) -> Result<DataFrame> {
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let frame = ParquetReader::new(file)
        .finish()
        .map_err(|e| Error::damaged(path, format!("this cannot be read as Parquet ({e})")))?;
    let mut columns = Vec::with_capacity(frame.width());
    for wanted in schema.columns {
        columns.push(of_contract(path, &frame, schema, wanted)?);
    }
    // Whatever a user has added comes behind.
    let is_extra =
        |column: &&Column| schema.columns.iter().all(|c| c.name != column.name().as_str());
    columns.extend(frame.columns().iter().filter(is_extra).cloned());
    of_columns(columns)
}

/// A column of the contract, in its type.
fn of_contract(
    path: &Path,
    frame: &DataFrame,
    schema: &'static Schema,
    wanted: &cladus_core::schema::Column,
) -> Result<Column> {
    let ty = type_of(wanted.ty);
    let Ok(column) = frame.column(wanted.name) else {
        if wanted.presence == Presence::Optional {
            return Ok(Column::full_null(wanted.name.into(), frame.height(), &ty));
        }
        return Err(Error::MissingColumn {
            path: path.to_owned(),
            artifact: schema.artifact,
            column: wanted.name.to_owned(),
            found: frame.get_column_names().iter().map(ToString::to_string).collect(),
        });
    };
    column.strict_cast(&ty).map_err(|_| Error::ColumnType {
        path: path.to_owned(),
        artifact: schema.artifact,
        column: wanted.name.to_owned(),
        expected: wanted.ty.to_string(),
        found: column.dtype().to_string(),
    })
}
