//! One error type for everything that touches files, with what is needed to act on it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit;

/// Shorthand for results of this workspace's file-touching code.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and (through [`Error::hint`]) what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// "read", "write", "create the folder", …
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what its name promises (not Parquet, cut off, not JSON…).
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A column of the contract is absent.
    #[error("{}: column {column} is missing (the file has: {})", path.display(), list(found))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The artifact whose contract asks for it.
        artifact: &'static str,
        /// The column.
        column: String,
        /// The columns that are there.
        found: Vec<String>,
    },
    /// A column has a type that cannot be read as the contract's.
    #[error("{}: column {column} has type {found}, expected {expected}", path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The artifact whose contract asks for it.
        artifact: &'static str,
        /// The column.
        column: String,
        /// The contract's type.
        expected: String,
        /// The file's type.
        found: String,
    },
    /// One value breaks the contract.
    #[error("{}: {place}, column {column}: {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// The column.
        column: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// It is not clear how a file is to be read.
    #[error("{0}")]
    Unclear(Box<Unclear>),
    /// The command line or the configuration asks for something impossible.
    #[error("{problem}")]
    Config {
        /// What is wrong.
        problem: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// Another process works in the same run folder.
    #[error("{} is in use by another run ({holder})", path.display())]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// Who holds it, as it says itself.
        holder: String,
    },
    /// A store of answers is at work on another machine, and its log does not reach between two.
    #[error("{} is in use on another machine ({holder})", path.display())]
    Elsewhere {
        /// The store.
        path: PathBuf,
        /// Who uses it, as it says itself.
        holder: String,
    },
    /// A model's endpoint, or what may be spent on it, stopped the work. What was paid is kept.
    #[error("{problem}")]
    Endpoint {
        /// What kind of end this is.
        fault: EndpointFault,
        /// What happened, and where.
        problem: String,
        /// What to do next.
        hint: String,
    },
    /// A program that takes a stage's place cannot be run, failed, or wrote what cannot be used.
    #[error("{stage}: `{program}` {problem}{}", last_words(said))]
    Program {
        /// What kind of end this is.
        fault: ProgramFault,
        /// The stage that it takes the place of.
        stage: &'static str,
        /// The command, as the user wrote it.
        program: String,
        /// What happened.
        problem: String,
        /// The last lines that it wrote to standard error, clean.
        said: Vec<String>,
        /// What to do next.
        hint: String,
    },
    /// Somebody asked to stop (see [`crate::interrupt`]).
    #[error("interrupted: no partial result was published, and every answer is kept")]
    Interrupted,
    /// An assumption of ours did not hold; never the user's fault.
    #[error("internal error: {0}")]
    Bug(String),
}

/// A file that can be read in several ways: with `flags`, or with another file in its place, it is clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unclear {
    /// The file.
    pub path: PathBuf,
    /// What cannot be told.
    pub problem: String,
    /// Every column with a value of it.
    pub columns: Vec<(String, String)>,
    /// The file that is probably meant.
    pub instead: Option<PathBuf>,
    /// What to add to the command line, as far as can be guessed.
    pub flags: Vec<String>,
    /// The whole command, once somebody has put it together.
    pub command: Option<String>,
}

impl Unclear {
    fn hint(&self) -> Option<String> {
        if let Some(command) = &self.command {
            return Some(format!("what is probably meant:\n{command}"));
        }
        let file = self.instead.as_ref().map(|file| file.display().to_string());
        let words: Vec<String> = file.into_iter().chain(self.flags.iter().cloned()).collect();
        (!words.is_empty()).then(|| format!("what is probably meant: {}", words.join(" ")))
    }
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.path.display(), self.problem, sampled(&self.columns))
    }
}

impl From<Unclear> for Error {
    fn from(unclear: Unclear) -> Self {
        Self::Unclear(Box::new(unclear))
    }
}

/// How a program came to its end that takes a stage's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramFault {
    /// It could not be started.
    NotRunnable,
    /// It ended with an error.
    Failed,
    /// It was stopped, or says itself that another time it may work.
    Passing,
    /// It wrote nothing, or what breaks the contract.
    Unusable,
}

/// Why no more calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointFault {
    /// The provider refuses the key or the quota.
    Denied,
    /// The endpoint does not know what is asked of it (model, address).
    Misaddressed,
    /// A budget is reached.
    Budget,
    /// A passing fault: run again to resume.
    Temporary,
    /// Only a plan was asked for, and it ends here.
    Planned,
}

/// Where in a file a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A row of a columnar file, counted from 0 as polars and DuckDB do.
    Row(usize),
    /// A line of a text file, counted from 1 as editors do.
    Line(usize),
    /// An element of a JSON array, counted from 0.
    Element(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(f, "row {row} (from 0)"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Element(index) => write!(f, "element {index} (from 0)"),
        }
    }
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// An [`Error::Damaged`] for `path`.
    pub fn damaged(path: &Path, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), problem: problem.into() }
    }

    /// An [`Error::Value`] in a row of a columnar file.
    pub fn value(path: &Path, row: usize, column: &str, problem: impl Into<String>) -> Self {
        Self::at(path, Place::Row(row), column, problem)
    }

    /// An [`Error::Value`] anywhere.
    pub fn at(path: &Path, place: Place, column: &str, problem: impl Into<String>) -> Self {
        Self::Value {
            path: path.to_owned(),
            place,
            column: column.to_owned(),
            problem: problem.into(),
        }
    }

    /// An [`Error::Config`] without a hint.
    pub fn config(problem: impl Into<String>) -> Self {
        Self::Config { problem: problem.into(), hint: None }
    }

    /// An [`Error::Config`] with a hint.
    pub fn config_hint(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Config { problem: problem.into(), hint: Some(hint.into()) }
    }

    /// What the user can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, path, action } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("free some space and run the same command again: it resumes".to_owned())
                }
                _ if is_passing(source) => Some(
                    "what was there is intact; once the disk works, run the same command again: it resumes"
                        .to_owned(),
                ),
                io::ErrorKind::IsADirectory => {
                    Some("a folder has the name of the file: move it away".to_owned())
                }
                io::ErrorKind::ReadOnlyFilesystem => {
                    Some("choose a writable location".to_owned())
                }
                io::ErrorKind::PermissionDenied => {
                    Some(format!("check who owns {} and its permissions", path.display()))
                }
                _ if *action == "lock" => Some(
                    "this file system may not support locks: choose a folder on another (--answers FILE for the store of answers)"
                        .to_owned(),
                ),
                _ => None,
            },
            Self::MissingColumn { artifact, .. } | Self::ColumnType { artifact, .. } => {
                Some(format!("`cladus schema {artifact}` prints the columns expected"))
            }
            Self::Config { hint, .. } => hint.clone(),
            Self::Unclear(unclear) => unclear.hint(),
            Self::Endpoint { hint, .. } | Self::Program { hint, .. } => Some(hint.clone()),
            Self::Locked { .. } => Some(
                "wait for it to end; a process that died leaves nothing to clean up".to_owned(),
            ),
            Self::Elsewhere { .. } => Some(
                "wait for it to end, or end it, and run the same command again; what works on several machines at \
                 the same time needs a store for each (--answers FILE)"
                    .to_owned(),
            ),
            Self::Interrupted => Some("run the same command again: it resumes".to_owned()),
            Self::Bug(_) => Some("please report this with the command that showed it".to_owned()),
            Self::Damaged { .. } | Self::Value { .. } => None,
        }
    }

    /// The process exit code that tells this kind of failure (see [`exit`]).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io { source, .. } if is_passing(source) => exit::TEMPORARY,
            Self::Io { action: "read", .. } => exit::INPUT,
            Self::Io { .. } => exit::USAGE,
            Self::Damaged { .. }
            | Self::MissingColumn { .. }
            | Self::ColumnType { .. }
            | Self::Unclear(_)
            | Self::Value { .. } => exit::INPUT,
            Self::Config { .. } => exit::USAGE,
            Self::Locked { .. } => exit::LOCKED,
            Self::Endpoint { fault, .. } => match fault {
                EndpointFault::Denied => exit::PROVIDER,
                EndpointFault::Misaddressed => exit::USAGE,
                EndpointFault::Budget => exit::BUDGET,
                EndpointFault::Temporary => exit::TEMPORARY,
                EndpointFault::Planned => exit::BUG,
            },
            Self::Program { fault, .. } => match fault {
                ProgramFault::NotRunnable => exit::USAGE,
                ProgramFault::Failed | ProgramFault::Unusable => exit::INPUT,
                ProgramFault::Passing => exit::TEMPORARY,
            },
            Self::Elsewhere { .. } | Self::Interrupted => exit::TEMPORARY,
            Self::Bug(_) => exit::BUG,
        }
    }
}

/// What a program said last, a line each, set off from our own words.
fn last_words(said: &[String]) -> String {
    let lines = said.iter().map(|line| format!("\n  | {line}"));
    if said.is_empty() {
        String::new()
    } else {
        format!("; its last lines:{}", lines.collect::<String>())
    }
}

/// Columns with a value each, a line a column.
fn sampled(columns: &[(String, String)]) -> String {
    let widest = columns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(30);
    let lines = columns.iter().map(|(name, value)| format!("\n  {name:<widest$}  {value}"));
    lines.collect()
}

/// May the same go well another time, without anybody changing anything but the disk?
fn is_passing(source: &io::Error) -> bool {
    use io::ErrorKind::{
        Interrupted, QuotaExceeded, StaleNetworkFileHandle, StorageFull, TimedOut,
    };
    /// A disk that fails to read or write (EIO on every Unix); `ErrorKind` has no name for it.
    const INPUT_OUTPUT: i32 = 5;
    matches!(
        source.kind(),
        StorageFull | QuotaExceeded | Interrupted | TimedOut | StaleNetworkFileHandle
    ) || cfg!(unix) && source.raw_os_error() == Some(INPUT_OUTPUT)
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no columns".to_owned() } else { names.join(", ") }
}
