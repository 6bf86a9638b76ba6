//! A question in SQL, and errors that say what there is.

use cladus_core::{Error, Result};
use polars::prelude::{DataFrame, IntoLazy, PolarsError};
use polars::sql::{SQLContext, extract_table_identifiers};

use crate::catalog::{self, QueryTable, RowSource};
use crate::run::FinishedRun;
use crate::{frames, joins, order, store, views};

/// Runs that can be asked together: the first by its tables' names, others by theirs behind a prefix.
#[derive(Debug)]
pub struct Sources {
    /// The run.
    pub run: FinishedRun,
    /// Runs besides it, each with the name that stands before its tables' names.
    pub also: Vec<(String, FinishedRun)>,
}

/// A table of one of the runs, by the name it has here.
struct NamedTable<'a> {
    name: String,
    table: QueryTable,
    run: &'a FinishedRun,
}

impl Sources {
    /// What `sql` asks.
    ///
    /// # Errors
    /// When it is no SQL, names what is not there, or asks what polars does not know.
    pub fn answer(&self, sql: &str) -> Result<DataFrame> {
        let sql = sql.trim().trim_end_matches(';');
        if sql.is_empty() {
            return Err(Error::config_hint(
                "there is no SQL to answer",
                "without SQL at all, `cladus query RUN` lists tables and columns",
            ));
        }
        let named = extract_table_identifiers(sql, false, true).map_err(|e| not_sql(&e))?;
        let mut context = SQLContext::new();
        let mut registered = Vec::new();
        for name in named {
            let Some(found) = self.find(&name) else { continue };
            let frame = frame(&found)?;
            // By the spelling of the question: SQL does not tell capitals apart, polars does.
            context.register(&name, frame.lazy());
            registered.push(found);
        }
        let turned = joins::in_order(sql);
        let answer = context.execute(turned.as_deref().unwrap_or(sql)).and_then(|mut lazy| {
            lazy.logical_plan = order::kept(lazy.logical_plan);
            lazy.collect()
        });
        answer.map_err(|e| self.explain(&e, &registered))
    }

    /// Names of all tables.
    pub fn tables(&self) -> Vec<String> {
        let own = catalog::all().into_iter().map(|table| table.name.to_owned());
        let others = self.also.iter().flat_map(|(prefix, _)| {
            catalog::all().into_iter().map(move |table| format!("{prefix}_{}", table.name))
        });
        own.chain(others).collect()
    }

    fn find(&self, name: &str) -> Option<NamedTable<'_>> {
        let named = |table, run| NamedTable { name: name.to_owned(), table, run };
        if let Some(table) = catalog::find(name) {
            return Some(named(table, &self.run));
        }
        self.also.iter().find_map(|(prefix, run)| {
            let (before, rest) = name.split_at_checked(prefix.len())?;
            let rest = rest.strip_prefix('_').filter(|_| before.eq_ignore_ascii_case(prefix))?;
            Some(named(catalog::find(rest)?, run))
        })
    }

    /// An error of polars in this project's terms.
    fn explain(&self, error: &PolarsError, registered: &[NamedTable<'_>]) -> Error {
        let error = innermost(error);
        let said = error.to_string();
        if let Some(name) = between(&said, "relation '", "' was not found") {
            return Error::config_hint(
                format!("there is no table {name:?}"),
                format!("tables: {}", self.tables().join(", ")),
            );
        }
        let missing =
            matches!(error, PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_))
                || said.contains("unable to find column")
                || said.contains("no column named");
        if missing {
            let column = quoted(&said).unwrap_or("that name");
            return Error::config_hint(
                format!("there is no column {column:?}"),
                columns(registered),
            );
        }
        Error::config_hint(
            format!("this cannot be answered: {said}"),
            "the SQL is that of polars (https://docs.pola.rs/api/python/stable/reference/sql/); `cladus query RUN` lists tables and columns",
        )
    }
}

/// The rows of a table.
fn frame(named: &NamedTable<'_>) -> Result<DataFrame> {
    let NamedTable { table, run, .. } = named;
    match table.source {
        RowSource::File(schema) => {
            let path = run.file(table.name);
            if table.name == "map" && !path.is_file() {
                return Err(Error::damaged(
                    run.root(),
                    format!(
                        "holds no map: `cladus run --out {} --map` makes one",
                        run.root().display()
                    ),
                ));
            }
            frames::whole(&path, schema)
        }
        RowSource::Iterations(schema) => frames::of_iterations(run, schema),
        RowSource::Store(stored) => store::frame(run, stored),
        RowSource::View(view) => views::frame(run, view),
    }
}

fn not_sql(error: &PolarsError) -> Error {
    let said = error.to_string();
    let said = said.strip_prefix("sql parser error: ").unwrap_or(&said);
    Error::config_hint(
        format!("this is not SQL: {said}"),
        "quote the whole question for the shell: cladus query RUN \"SELECT name, size FROM roots\"",
    )
}

/// Without the contexts around it.
fn innermost(error: &PolarsError) -> &PolarsError {
    match error {
        PolarsError::Context { error, .. } => innermost(error),
        error => error,
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// What stands in the first quotation marks.
fn quoted(text: &str) -> Option<&str> {
    between(text, "\"", "\"").or_else(|| between(text, "'", "'"))
}

/// The columns of the tables that the question names.
fn columns(registered: &[NamedTable<'_>]) -> String {
    let line = |named: &NamedTable<'_>| {
        let names: Vec<&str> = named.table.columns.iter().map(|column| column.name).collect();
        format!("{} has: {}", named.name, names.join(", "))
    };
    registered.iter().map(line).collect::<Vec<_>>().join("\n")
}
