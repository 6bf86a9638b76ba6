//! The database file: its tables, how it is opened, and what its errors mean.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use cladus_core::{Error, Result};
use rusqlite::{Connection, ErrorCode, TransactionBehavior, ffi};

/// Version of the tables below.
const VERSION: i64 = 2;

/// Tells the database of this program from those of others ("clad").
const APPLICATION: i64 = 0x636c_6164;

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long another process may hold the database before we give up.
const PATIENCE: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE calls (
  id                     INTEGER PRIMARY KEY AUTOINCREMENT, -- one attempt; greater = later
  key                    BLOB NOT NULL,    -- hash of the request, 32 bytes; the same question has the same key
  kind                   TEXT NOT NULL,    -- chat or embedding
  run                    TEXT NOT NULL,    -- the run that paid
  iteration              INTEGER,          -- iteration of the run, from 1; NULL = not known
  stage                  TEXT NOT NULL,    -- the stage that asked
  endpoint               TEXT NOT NULL,    -- base URL
  model                  TEXT NOT NULL,    -- the model's name, as the endpoint knows it
  form                   TEXT NOT NULL,    -- how the form of the answer was asked for
  max_tokens             INTEGER NOT NULL, -- longest answer asked for, tokens
  expected_prompt_tokens INTEGER NOT NULL, -- prompt as estimated before sending, tokens
  expected_nanodollars   INTEGER,          -- the most it can cost, billionths of a dollar; NULL = price not known
  session                TEXT NOT NULL,    -- the process that asked
  started_ms             INTEGER NOT NULL, -- begun, milliseconds since 1970
  received_ms            INTEGER,          -- body complete, milliseconds since 1970
  ended_ms               INTEGER,          -- outcome known, milliseconds since 1970
  outcome                TEXT NOT NULL,    -- pending, submitted, received, answer, set aside (an answer of no use), not a reply, refused, unknown, never sent, not run, rejected, denied
  status                 INTEGER,          -- HTTP status
  error                  TEXT,             -- what went wrong
  prompt_tokens          INTEGER,          -- as the provider counted, cached ones included
  cached_tokens          INTEGER,          -- prompt tokens that the provider had cached
  completion_tokens      INTEGER,          -- tokens of the answer, hidden reasoning included
  nanodollars            INTEGER,          -- cost in billionths of a dollar; NULL = not known
  request                TEXT NOT NULL,    -- body as sent
  body                   BLOB,             -- body as received, before anything read it
  batch                  INTEGER           -- batches.id; NULL = asked on its own
);
CREATE INDEX calls_by_key ON calls (key);
CREATE INDEX calls_by_run ON calls (run);
CREATE INDEX calls_by_model ON calls (model, outcome);
CREATE INDEX calls_by_outcome ON calls (outcome, kind);
CREATE TABLE vectors (
  key    BLOB PRIMARY KEY,  -- hash of model, dimensions and text, 32 bytes
  call   INTEGER NOT NULL,  -- calls.id
  vector BLOB NOT NULL      -- 32-bit floats, little endian
);
CREATE TABLE profiles (
  endpoint TEXT NOT NULL,   -- base URL
  model    TEXT NOT NULL,   -- the model's name
  profile  TEXT NOT NULL,   -- what was learnt about it, as JSON
  PRIMARY KEY (endpoint, model)
);
";

/// What version 2 brought: questions that are answered later.
const BATCHES: &str = "
CREATE INDEX calls_by_batch ON calls (batch, outcome) WHERE batch IS NOT NULL;
CREATE TABLE batches (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  chunk       TEXT NOT NULL,    -- its mark at the endpoint: hash of its questions as they are put, and how often before
  run         TEXT NOT NULL,    -- the run that pays
  endpoint    TEXT NOT NULL,    -- base URL; empty = not known
  model       TEXT NOT NULL,    -- the model's name, as the endpoint knows it
  profile     TEXT NOT NULL,    -- how its questions are put, as JSON
  session     TEXT NOT NULL,    -- the process that submits it
  state       TEXT NOT NULL,    -- intended, submitted, ended, dropped (never came to be), imported
  server_id   TEXT,             -- the endpoint's name of it
  status      TEXT,             -- what the endpoint said of it last
  input_file  TEXT,             -- the endpoint's name of the file with the questions
  output_file TEXT,             -- … with the answers
  error_file  TEXT,             -- … with the refusals
  created_ms  INTEGER NOT NULL, -- intended, milliseconds since 1970
  ended_ms    INTEGER           -- over, milliseconds since 1970
);
CREATE TABLE exported (
  key                    BLOB NOT NULL,    -- calls.key
  run                    TEXT NOT NULL,    -- and so on, as in calls
  iteration              INTEGER,
  stage                  TEXT NOT NULL,
  endpoint               TEXT NOT NULL,
  model                  TEXT NOT NULL,
  form                   TEXT NOT NULL,
  max_tokens             INTEGER NOT NULL,
  expected_prompt_tokens INTEGER NOT NULL,
  request                TEXT NOT NULL,
  PRIMARY KEY (key, max_tokens, form)
);
";

/// Opens the database at `path`, and makes it where there is none.
///
/// Call it while holding the gate of [`super::sessions`]: switching to WAL waits for nobody.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let mut connection = Connection::open(path).map_err(|e| explain(path, "open", &e))?;
    // Looked at before anything is set: what is not ours stays as it is.
    let found = check(&connection, path)?;
    let mut make = || {
        set_up(&connection)?;
        match found {
            StoreFile::Nothing => create_tables(&mut connection),
            StoreFile::Version(1) => add_batches(&mut connection),
            StoreFile::Version(_) => Ok(()),
        }
    };
    make().map_err(|e| explain(path, "open", &e))?;
    Ok(connection)
}

/// A further connection to a database that is open.
pub(super) fn reopen(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path).map_err(|e| explain(path, "open", &e))?;
    set_up(&connection).map_err(|e| explain(path, "open", &e))?;
    Ok(connection)
}

/// The file exists, is empty or a database, and a new one is nobody else's to read: it holds what
/// was asked. (SQLite gives its side files the permissions of the main file.)
pub(super) fn create_private(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| Error::io("open", path, e))?;
    check_magic(file, path)
}

fn check_magic(file: File, path: &Path) -> Result<()> {
    let mut start = Vec::with_capacity(MAGIC.len());
    let mut head = file.take(MAGIC.len() as u64);
    head.read_to_end(&mut start).map_err(|e| Error::io("read", path, e))?;
    if start.is_empty() || start == MAGIC {
        return Ok(());
    }
    Err(Error::damaged(path, "this is not a store of answers (no SQLite database)"))
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An answer that was paid for survives a loss of power, not only of the process.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreFile {
    /// An empty database.
    Nothing,
    /// A store with tables of this version.
    Version(i64),
}

/// What the database is; an error where it is not ours.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<StoreFile> {
    let look = || {
        connection.busy_timeout(PATIENCE)?;
        let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
        let (application, version): (i64, i64) =
            (pragma("application_id")?, pragma("user_version")?);
        let tables = "SELECT count(*) FROM sqlite_master";
        let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
        Ok((application, version, tables))
    };
    match look().map_err(|e| explain(path, "open", &e))? {
        (0, 0, 0) => Ok(StoreFile::Nothing),
        (APPLICATION, known @ 1..=VERSION, _) => Ok(StoreFile::Version(known)),
        (APPLICATION, newer, _) if newer > VERSION => Err(Error::config_hint(
            format!(
                "{}: written by a newer version (its tables are version {newer}, this program knows {VERSION})",
                path.display()
            ),
            "use the newer program, or another store of answers",
        )),
        _ => Err(Error::damaged(
            path,
            "this is not a store of answers (a database of another program)",
        )),
    }
}

fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(BATCHES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// From version 1 to 2, in place. Programs of version 1 that have it open go on as they were.
fn add_batches(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch("ALTER TABLE calls ADD COLUMN batch INTEGER")?;
    transaction.execute_batch(BATCHES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// An error of SQLite in this workspace's terms.
pub(super) fn explain(path: &Path, action: &'static str, error: &rusqlite::Error) -> Error {
    let io = |kind: io::ErrorKind| Error::io(action, path, io::Error::new(kind, error.to_string()));
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        // A column of another type, a value that is not UTF-8…: somebody else wrote here.
        return Error::damaged(path, error.to_string());
    };
    match failure.code {
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
            Error::damaged(path, format!("the store of answers is damaged ({error})"))
        }
        ErrorCode::DiskFull => io(io::ErrorKind::StorageFull),
        // The index in shared memory could not grow.
        _ if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => io(io::ErrorKind::StorageFull),
        _ if is_lock(failure.extended_code) => {
            Error::io("lock", path, io::ErrorKind::Unsupported.into())
        }
        // EIO on every Unix: the disk may do better another time.
        ErrorCode::SystemIoFailure => Error::io(action, path, io::Error::from_raw_os_error(5)),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => io(io::ErrorKind::PermissionDenied),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => io(io::ErrorKind::TimedOut),
        ErrorCode::CannotOpen => io(io::ErrorKind::NotFound),
        ErrorCode::Unknown => Error::damaged(path, error.to_string()),
        _ => io(io::ErrorKind::Other),
    }
}

/// The file system has no locks, or they failed.
fn is_lock(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_IOERR_LOCK
            | ffi::SQLITE_IOERR_RDLOCK
            | ffi::SQLITE_IOERR_UNLOCK
            | ffi::SQLITE_IOERR_CHECKRESERVEDLOCK
            | ffi::SQLITE_IOERR_SHMLOCK
    )
}

/// SQLite's integers are signed; nothing we count comes near their end.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The other way; a negative count can only come from somebody else's hand.
pub(super) fn count(int: i64) -> u64 {
    u64::try_from(int).unwrap_or(0)
}
