//! Where it is unclear what is what: a question that carries its likely answer.

use std::path::{Path, PathBuf};

use cladus_core::{Error, Unclear};

use crate::columns::mapping::Mapping;
use crate::columns::profile::ColumnProfile;
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, as_text};

/// Columns that are shown at most.
const SHOWN: usize = 20;
/// Letters of a value that are shown at most.
const LETTERS: usize = 60;

/// No column is surely that of the names.
pub(crate) fn unclear(
    path: &Path,
    table: &InputTable,
    mapping: &Mapping,
    profiles: &[ColumnProfile],
) -> Error {
    // Of the columns that hold text, the one with the most values, and the shortest among those.
    let best = (0..table.columns.len())
        .filter(|&column| profiles[column].filled > 0 && profiles[column].is_text())
        .filter(|&column| !mapping.uses(column))
        .max_by_key(|&column| {
            (profiles[column].is_short(), profiles[column].distinct, std::cmp::Reverse(column))
        });
    if table.columns.is_empty() {
        return Error::damaged(path, "holds no clusters");
    }
    let problem = "it is not clear which column holds the names of the clusters (column name is missing). The columns, with a value each:";
    let Some(best) = best else {
        return Unclear {
            path: path.to_owned(),
            problem: "no column holds names: ids and numbers alone name nothing. Names stand where the clusters were labelled; join them to this table by id. The columns, with a value each:".to_owned(),
            columns: samples(table),
            flags: vec!["--name-column".to_owned(), "COLUMN".to_owned()],
            ..Unclear::default()
        }
        .into();
    };
    let mut flags = vec!["--name-column".to_owned(), table.columns[best].clone()];
    let others = [
        (ColumnRole::Id, "--id-column"),
        (ColumnRole::Size, "--size-column"),
        (ColumnRole::Members, "--members-column"),
    ];
    for (role, flag) in others {
        if let Some(column) = mapping.get(role).filter(|column| *column != best) {
            flags.extend([flag.to_owned(), table.columns[column].clone()]);
        }
    }
    question(path, table, problem, flags)
}

/// A question about the columns.
pub(crate) fn question(
    path: &Path,
    table: &InputTable,
    problem: &str,
    flags: Vec<String>,
) -> Error {
    Unclear {
        path: path.to_owned(),
        problem: problem.to_owned(),
        columns: samples(table),
        flags,
        ..Unclear::default()
    }
    .into()
}

/// Another file is meant.
pub(crate) fn other_file(path: &Path, problem: &str, instead: PathBuf) -> Error {
    Unclear {
        path: path.to_owned(),
        problem: problem.to_owned(),
        instead: Some(instead),
        ..Unclear::default()
    }
    .into()
}

fn samples(table: &InputTable) -> Vec<(String, String)> {
    let shown = table.columns.iter().enumerate().take(SHOWN);
    let mut samples: Vec<(String, String)> = shown
        .map(|(column, name)| {
            let value = table.values(column).next().map(as_text).unwrap_or_default();
            (
                printable(name),
                if value.is_empty() { "(nothing)".to_owned() } else { printable(&value) },
            )
        })
        .collect();
    if table.columns.len() > SHOWN {
        samples.push(("…".to_owned(), format!("and {} more", table.columns.len() - SHOWN)));
    }
    samples
}

/// In one line, with whatever would not be seen made visible.
pub(crate) fn printable(text: &str) -> String {
    let mut line = String::new();
    for (place, letter) in text.trim().chars().enumerate() {
        if place == LETTERS {
            line.push('…');
            break;
        }
        match letter {
            '\t' => line.push('⇥'),
            '\n' | '\r' => line.push('⏎'),
            letter if letter.is_control() => line.push('�'),
            letter => line.push(letter),
        }
    }
    line
}
