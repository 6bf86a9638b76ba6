//! What people type.

use std::fmt::Write as _;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::Style;
use cladus_cli::{CommonArgs, print, run_main, window};
use cladus_core::{Error, Result, atomic, exit, runs};
use clap::Parser;

use crate::catalog::{self, QueryTable, RowSource};
use crate::run::FinishedRun;
use crate::sql::Sources;
use crate::write::{self, OutputFormat};

/// Ask the tables of a run in SQL.
///
/// Every artifact is a table, those of all iterations together with a column `iteration`, and so are the
/// answers of models (calls, answers, cost). Roots, leaves, paths, items, doubtful and changes are computed.
/// Without SQL, tables and columns are listed. The SQL is that of polars.
#[derive(Debug, Parser)]
#[command(name = "cladus query", bin_name = "cladus query", version, max_term_width = 100)]
struct Query {
    #[command(flatten)]
    common: CommonArgs,
    /// The run folder, if it is not the one here, and a question in SQL; `-` reads it from standard input.
    #[arg(num_args = 0..=2, value_names = ["RUN", "SQL"])]
    what: Vec<String>,
    /// Read the question from a file.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Another run, whose tables are called NAME_hierarchy and so on; may be repeated.
    #[arg(long, value_name = "NAME=RUN", value_parser = named_run)]
    also: Vec<(String, PathBuf)>,
    /// How the answer is written [default: as the name of --out ends, table on a terminal, else csv].
    #[arg(long, value_enum)]
    format: Option<OutputFormat>,
    /// Write the answer into a file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print at most so many rows of a table; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 40)]
    limit: usize,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The binary's `main`.
pub fn main() -> ExitCode {
    let query = Query::parse();
    run_main(query.common, || query.run())
}

fn named_run(text: &str) -> std::result::Result<(String, PathBuf), String> {
    let (name, run) = text.split_once('=').ok_or("it is NAME=RUN, as in before=last-month")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(fits) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(format!("{name:?} is no name for tables: letters, digits and _ are"));
    }
    Ok((name.to_owned(), run.into()))
}

impl Query {
    fn run(&self) -> Result<u8> {
        let (run, sql) = self.told()?;
        let run = FinishedRun::open(&run)?;
        let Some(sql) = sql else { return list(&run).map(|()| exit::OK) };
        let also =
            self.also.iter().map(|(name, path)| Ok((name.clone(), FinishedRun::open(path)?)));
        let asked = Sources { run, also: also.collect::<Result<_>>()? };
        let format = self.format();
        if format == OutputFormat::Parquet && self.out.is_none() && std::io::stdout().is_terminal()
        {
            return Err(Error::config_hint(
                "Parquet is nothing for a terminal",
                "--out FILE.parquet",
            ));
        }
        let mut answer = asked.answer(&sql)?;
        let window = window().filter(|_| self.out.is_none());
        let bytes =
            write::bytes(&mut answer, format, self.limit, window.map(|window| window.width))?;
        match &self.out {
            Some(path) => atomic::publish_bytes(path, &bytes)?,
            None if format == OutputFormat::Table => print(&String::from_utf8_lossy(&bytes))?,
            None => write::to_stdout(&bytes)?,
        }
        Ok(exit::OK)
    }

    fn format(&self) -> OutputFormat {
        let asked = self.format.or_else(|| self.out.as_deref().and_then(OutputFormat::of));
        let here = || match self.out.is_none() && std::io::stdout().is_terminal() {
            true => OutputFormat::Table,
            false => OutputFormat::Csv,
        };
        asked.unwrap_or_else(here)
    }

    /// The run folder and the question, as far as there is one.
    fn told(&self) -> Result<(PathBuf, Option<String>)> {
        let (run, sql) = match self.what.as_slice() {
            [run, sql] => (PathBuf::from(run), Some(sql.as_str())),
            // One word is a folder; a question has blanks in it.
            [one] if Path::new(one).exists() || !is_question(one) => (PathBuf::from(one), None),
            [sql] => (runs::here()?, Some(sql.as_str())),
            _ => (runs::here()?, None),
        };
        let sql = match (sql, &self.file) {
            (Some(_), Some(_)) => {
                return Err(Error::config_hint(
                    "there are two questions: one in the command line, one in --file",
                    "leave one of them out",
                ));
            }
            (Some("-"), None) => Some(from_stdin()?),
            (Some(sql), None) => Some(sql.to_owned()),
            (None, Some(path)) => {
                Some(std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?)
            }
            (None, None) => None,
        };
        Ok((run, sql))
    }
}

fn is_question(word: &str) -> bool {
    word == "-" || word.contains(char::is_whitespace)
}

fn from_stdin() -> Result<String> {
    let mut sql = String::new();
    let read = std::io::stdin().read_to_string(&mut sql);
    read.map_err(|e| Error::io("read", "standard input".as_ref(), e))?;
    Ok(sql)
}

/// Prints tables and columns.
fn list(run: &FinishedRun) -> Result<()> {
    let blocks: Vec<String> = catalog::all().iter().map(|table| block(run, table)).collect();
    print(&blocks.join("\n"))
}

fn block(run: &FinishedRun, table: &QueryTable) -> String {
    // Writing to a String cannot fail: `let _` below.
    let mut text = String::new();
    let missing = if is_there(run, table) { "" } else { " (this run has none)" };
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}: {}{DIM}{missing}{DIM:#}", table.name, table.summary);
    let widest = |of: &dyn Fn(&catalog::TableColumn) -> usize| {
        table.columns.iter().map(of).max().unwrap_or(0)
    };
    let (name, ty) = (widest(&|column| column.name.len()), widest(&|column| column.ty.len()));
    for column in &table.columns {
        let _ = writeln!(
            text,
            "  {:name$}  {DIM}{:ty$}{DIM:#}  {}",
            column.name, column.ty, column.meaning
        );
    }
    text
}

/// Whether there is a file that the table is read from.
fn is_there(run: &FinishedRun, table: &QueryTable) -> bool {
    match table.source {
        RowSource::File(_) => run.file(table.name).is_file(),
        RowSource::Iterations(schema) => {
            (1..=run.iterations).any(|k| run.artifact(k, schema.artifact).is_file())
        }
        RowSource::Store(_) => crate::store::is_there(run),
        RowSource::View(_) => true,
    }
}
