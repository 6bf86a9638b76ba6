//! Tables of an SQLite database: the one that is asked for, or the only one that has names of clusters.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::columns::unclear::question;
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, TableRow};
use crate::values::vocabulary::fit;

/// Cells that are held at most.
const CELLS: usize = 20_000_000;

/// How every SQLite database begins.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Reads one table of the database in `file`, which messages call `path`.
///
/// # Errors
/// When it is damaged, or it is not clear which of its tables holds the clusters.
pub(crate) fn read(path: &Path, file: &Path, config: &InputConfig) -> Result<InputTable> {
    let broken = |e: rusqlite::Error| {
        Error::damaged(path, format!("cannot be read as an SQLite database: {e}"))
    };
    // Nothing is written, not even a journal beside it.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags).map_err(broken)?;
    let names = tables(&database).map_err(broken)?;
    if names.is_empty() {
        return Err(Error::damaged(path, "is an SQLite database without a table"));
    }
    let name = chosen(path, &database, &names, config)?;
    let mut table = rows(path, &database, &name)?;
    let others: Vec<&str> =
        names.iter().filter(|other| **other != name).map(String::as_str).collect();
    let without = if others.is_empty() {
        String::new()
    } else {
        format!(", not {} (--sheet)", others.join(", "))
    };
    table.notes.push(format!("table {name}{without}"));
    Ok(table)
}

fn tables(database: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = database.prepare(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn columns(database: &Connection, name: &str) -> Vec<String> {
    let statement = database.prepare(&format!("SELECT * FROM {} LIMIT 0", quoted(name)));
    statement.map_or_else(
        |_| Vec::new(),
        |statement| statement.column_names().into_iter().map(str::to_owned).collect(),
    )
}

/// The table that was asked for, the only one, or the only one with a column that is called like a name.
fn chosen(
    path: &Path,
    database: &Connection,
    names: &[String],
    config: &InputConfig,
) -> Result<String> {
    if let Some(asked) = config.sheet.as_deref() {
        let by_number = || asked.parse::<usize>().ok().and_then(|n| names.get(n.checked_sub(1)?));
        return names.iter().find(|name| *name == asked).or_else(by_number).cloned().ok_or_else(
            || {
                Error::damaged(
                    path,
                    format!("has no table {asked:?} (it has: {})", names.join(", ")),
                )
            },
        );
    }
    if let [only] = names {
        return Ok(only.clone());
    }
    let rank = |name: &&String| {
        let columns = columns(database, name);
        let named = columns.iter().any(|column| fit(ColumnRole::Name, column).is_some());
        let called = ["cluster", "topic", "theme", "categor", "label"]
            .iter()
            .any(|k| name.to_lowercase().contains(k));
        (named, called)
    };
    let mut likely: Vec<&String> = names.iter().filter(|name| rank(name) == (true, true)).collect();
    if likely.is_empty() {
        likely = names.iter().filter(|name| rank(name).0).collect();
    }
    if let [only] = likely.as_slice() {
        return Ok((*only).clone());
    }
    let shown = likely.first().copied().unwrap_or(&names[0]).clone();
    let problem = format!(
        "is an SQLite database; which of its tables holds the clusters? It has {}",
        names.join(", ")
    );
    Err(question(path, &InputTable::default(), &problem, vec!["--sheet".to_owned(), shown]))
}

fn rows(path: &Path, database: &Connection, name: &str) -> Result<InputTable> {
    let broken =
        |e: rusqlite::Error| Error::damaged(path, format!("table {name} cannot be read: {e}"));
    let mut table = InputTable { format: "SQLite".to_owned(), ..InputTable::default() };
    let mut statement =
        database.prepare(&format!("SELECT * FROM {}", quoted(name))).map_err(broken)?;
    table.columns = statement.column_names().into_iter().map(str::to_owned).collect();
    let width = table.columns.len();
    let mut bytes = vec![false; width];
    let mut found = statement.query([]).map_err(broken)?;
    while let Some(row) = found.next().map_err(broken)? {
        let mut cells = Vec::with_capacity(width);
        for (column, bytes) in bytes.iter_mut().enumerate() {
            let value = row.get_ref(column).map_err(broken)?;
            *bytes |= matches!(value, ValueRef::Blob(_));
            cells.push(cell(value));
        }
        table.rows.push(TableRow { place: Place::Row(table.rows.len()), cells });
        if table.rows.len().saturating_mul(width) > CELLS {
            return Err(Error::damaged(
                path,
                format!("table {name} has more cells than anybody has clusters"),
            ));
        }
    }
    // Vectors and the like are not even read.
    for column in (0..width).rev().filter(|column| bytes[*column]) {
        table.unread.push(table.columns.remove(column));
        for row in &mut table.rows {
            row.cells.remove(column);
        }
    }
    Ok(table)
}

fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => Value::from(number),
        ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(statements: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clusters.db");
        Connection::open(&file).unwrap().execute_batch(statements).unwrap();
        (folder, file)
    }

    fn names(file: &Path, config: &InputConfig) -> Result<Vec<String>> {
        let input = crate::read(file, config)?;
        Ok(input
            .clusters
            .into_iter()
            .map(|cluster| format!("{} {}", cluster.name, cluster.size))
            .collect())
    }

    const CLUSTERS: &str =
        "CREATE TABLE clusters (id INTEGER, name TEXT, size INTEGER, vector BLOB);
        INSERT INTO clusters VALUES (1, 'Late parcels', 12, x'00'), (2, 'Refunds', 3, x'01');
        CREATE TABLE runs (started TEXT); INSERT INTO runs VALUES ('2024-01-01');";

    #[test]
    fn the_table_with_names_is_read() {
        let (_folder, file) = database(CLUSTERS);
        assert_eq!(
            names(&file, &InputConfig::default()).unwrap(),
            ["Late parcels 12", "Refunds 3"]
        );
        let input = crate::read(&file, &InputConfig::default()).unwrap();
        let said = input.understood.to_string();
        assert!(
            said.contains("table clusters, not runs (--sheet)")
                && said.contains("not used: vector"),
            "{said}"
        );
    }

    #[test]
    fn which_of_several_is_asked() {
        let (_folder, file) = database(
            "CREATE TABLE old_topics (name TEXT); INSERT INTO old_topics VALUES ('A'), ('B');
             CREATE TABLE new_topics (name TEXT); INSERT INTO new_topics VALUES ('C'), ('D');",
        );
        let error = names(&file, &InputConfig::default()).unwrap_err();
        assert!(error.to_string().contains("It has new_topics, old_topics"), "{error}");
        assert!(
            error.hint().is_some_and(|hint| hint.contains("--sheet new_topics")),
            "{:?}",
            error.hint()
        );
        let asked = InputConfig { sheet: Some("old_topics".to_owned()), ..InputConfig::default() };
        assert_eq!(names(&file, &asked).unwrap(), ["A 1", "B 1"]);
    }
}
