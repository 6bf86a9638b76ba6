//! Does a file keep its artifact's contract? Where not?

use std::path::Path;

use super::{parquet, read};
use crate::error::{Error, Result};
use crate::schema::{self, Schema};
use crate::text;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The artifact it was checked as.
    pub artifact: &'static str,
    /// Its rows.
    pub rows: usize,
    /// What does not hold, a line each; empty when all does.
    pub problems: Vec<String>,
}

/// Checks the file at `path` as the artifact called `artifact`, or as the one it says or looks like.
///
/// # Errors
/// When it cannot be read as Parquet, is no artifact, or its first broken row.
pub fn check_file(path: &Path, artifact: Option<&str>) -> Result<Checked> {
    let schema = schema_of(path, artifact)?;
    let table = parquet::read(path, schema)?;
    let mut problems = Vec::new();
    match schema.artifact {
        "embeddings" => {
            read::embeddings(&table)?;
            lengths(&table, &mut problems)?;
        }
        "groups" => drop(read::groups(&table)?),
        "candidates" => {
            let candidates = read::candidates(&table)?;
            for (row, candidate) in candidates.rows.iter().enumerate() {
                if candidate.name.ends_with('.') || candidate.name.contains(['"', '\\']) {
                    let problem = "has a trailing full stop, a quote or a backslash";
                    problems.push(table.value(row, "name", problem).to_string());
                }
            }
        }
        "labels" => drop(read::labels(&table)?),
        "closure" => drop(read::closure(&table)?),
        "hierarchy" => drop(read::hierarchy(&table)?),
        "map" => drop(read::map(&table)?),
        _ => drop(read::clusters(&table)?),
    }
    for column in schema.columns.iter().filter(|column| column.ty == schema::Type::Utf8) {
        // What would act on a terminal may have come in with another program's file.
        for (row, value) in table.nullable_texts(column.name).into_iter().enumerate() {
            if value.is_some_and(|value| text::clean_id(value) != value) {
                let problem = "holds control or invisible characters";
                problems.push(table.value(row, column.name, problem).to_string());
            }
        }
    }
    Ok(Checked { artifact: schema.artifact, rows: table.rows(), problems })
}

fn schema_of(path: &Path, artifact: Option<&str>) -> Result<&'static Schema> {
    let Some(name) = artifact else { return recognise(path) };
    let known = || schema::ALL.iter().map(|s| s.artifact).collect::<Vec<_>>().join(", ");
    Schema::of(name).ok_or_else(|| {
        Error::config_hint(format!("no artifact {name:?}"), format!("there are: {}", known()))
    })
}

/// The artifact that the file at `path` says it is, is called, or looks like.
///
/// # Errors
/// When it cannot be read as Parquet, or is no artifact.
pub fn recognise(path: &Path) -> Result<&'static Schema> {
    let (metadata, _) = parquet::footer(path)?;
    if let Some(schema) = metadata.get("cladus.artifact").and_then(|name| Schema::of(name)) {
        return Ok(schema);
    }
    // A file called groups.parquet that lacks a column should hear which, not that it is nothing.
    if let Some(schema) = path.file_stem().and_then(|stem| stem.to_str()).and_then(Schema::of) {
        return Ok(schema);
    }
    let found: Vec<String> = parquet::fields(path)?.into_iter().map(|field| field.name).collect();
    Schema::recognise(&found).ok_or_else(|| {
        Error::damaged(
            path,
            format!(
                "has the columns of no artifact ({}); --as says which it should be",
                found.join(", ")
            ),
        )
    })
}

fn lengths(table: &parquet::ReadColumns, problems: &mut Vec<String>) -> Result<()> {
    let (vectors, dim) = table.vectors("embedding")?;
    for (row, vector) in vectors.chunks_exact(dim.max(1)).enumerate() {
        let norm = read::norm(vector);
        if (norm - 1.0).abs() > read::NORM_TOLERANCE {
            let problem = format!("is not L2-normalised (length {norm})");
            problems.push(table.value(row, "embedding", &problem).to_string());
        }
    }
    Ok(())
}
