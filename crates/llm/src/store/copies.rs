//! Answers of another store: those of a shard that ran elsewhere.

use std::path::{Path, PathBuf};

use cladus_core::{Error, Result};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};

use super::Answers;
use super::kinds::CopiedCall;
use super::machine::{self, Attendance};
use super::rows::{COLUMNS, REST};
use super::schema::{StoreFile, check, explain};
use super::sessions;
use super::work::Work;
use crate::key::Key;

/// Another store, to copy answers from. It stays as it is.
#[derive(Debug)]
pub struct OtherStore {
    path: PathBuf,
    connection: Connection,
}

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Answers of language models.
    pub answers: u64,
    /// Answers whose question has one here.
    pub held: u64,
    /// Vectors of texts.
    pub vectors: u64,
}

/// Calls that are copied at once.
const WIDTH: usize = 256;

impl OtherStore {
    /// Opens the store at `path` for reading.
    ///
    /// # Errors
    /// When it is no store of answers, is one of a newer version, or is in use on another machine.
    pub fn open(path: &Path) -> Result<Self> {
        let real = path.canonicalize().map_err(|e| Error::io("read", path, e))?;
        machine::alone(&real, &sessions::folder_of(&real), &Attendance::own())?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|e| explain(path, "read", &e))?;
        if check(&connection, path)? == StoreFile::Nothing {
            return Err(Error::damaged(path, "this is not a store of answers (an empty database)"));
        }
        Ok(Self { path: path.to_owned(), connection })
    }

    /// The first call behind `after` that got an answer.
    fn next(&self, after: i64) -> Result<Option<CopiedCall>> {
        let sql = format!(
            "SELECT id, key, body, max_tokens, {REST} FROM calls
             WHERE id > ?1 AND status = 200
               AND (kind = 'chat' AND outcome IN ('answer', 'received') AND body IS NOT NULL
                 OR kind = 'embedding' AND outcome = 'answer')
             ORDER BY id LIMIT 1"
        );
        let read = |row: &Row<'_>| {
            let rest = (0..COLUMNS).map(|at| row.get(4 + at));
            Ok(CopiedCall {
                id: row.get(0)?,
                key: Key(row.get(1)?),
                body: row.get(2)?,
                max_tokens: row.get(3)?,
                run: String::new(),
                rest: rest.collect::<rusqlite::Result<_>>()?,
            })
        };
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut find| find.query_row([after], read).optional())
            .map_err(|e| explain(&self.path, "read", &e))
    }

    fn vectors(&self, call: i64) -> Result<Vec<(Key, Vec<u8>)>> {
        let find = || {
            self.connection
                .prepare_cached("SELECT key, vector FROM vectors WHERE call = ?1 ORDER BY key")?
                .query_map([call], |row| Ok((Key(row.get(0)?), row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        find().map_err(|e: rusqlite::Error| explain(&self.path, "read", &e))
    }
}

impl Answers {
    /// Copies the answers of another store to questions that have none here, as `run`'s. `is_held`
    /// says of a question, given by its key, a body and its longest length, that it has one.
    ///
    /// # Errors
    /// When a store cannot be read or written. What was copied until then stays.
    pub async fn copy(
        &self,
        other: &OtherStore,
        run: &str,
        is_held: impl Fn(&Key, &[u8], u32) -> Result<bool>,
    ) -> Result<Copied> {
        let mut copied = Copied::default();
        let mut after = 0;
        // Not all at once: together they may be more than a machine's memory holds.
        let mut waiting: Vec<CopiedCall> = Vec::new();
        while let Some(call) = other.next(after)? {
            after = call.id;
            let call = CopiedCall { run: run.to_owned(), ..call };
            if waiting.len() >= WIDTH || waiting.iter().any(|earlier| earlier.key == call.key) {
                copied.answers += self.copy_calls(&mut waiting).await?;
            }
            match &call.body {
                Some(body) if is_held(&call.key, body, call.max_tokens)? => copied.held += 1,
                Some(_) => waiting.push(call),
                None => copied.vectors += self.copy_vectors(other, call).await?,
            }
        }
        copied.answers += self.copy_calls(&mut waiting).await?;
        Ok(copied)
    }

    /// Together: they share their way to the disk.
    async fn copy_calls(&self, calls: &mut Vec<CopiedCall>) -> Result<u64> {
        let count = calls.len() as u64;
        let copies =
            calls.drain(..).map(|call| self.write(Work::CopyCall { call: Box::new(call) }));
        for done in futures::future::join_all(copies).await {
            done?.kept()?;
        }
        Ok(count)
    }

    async fn copy_vectors(&self, other: &OtherStore, call: CopiedCall) -> Result<u64> {
        let vectors = other.vectors(call.id)?;
        let keys: Vec<Key> = vectors.iter().map(|(key, _)| *key).collect();
        let held = self.vectors(&keys)?;
        let new: Vec<_> =
            vectors.into_iter().zip(held).filter(|(_, held)| held.is_none()).collect();
        if new.is_empty() {
            return Ok(0);
        }
        let id = self.write(Work::CopyCall { call: Box::new(call) }).await?.kept()?;
        for ((key, vector), _) in &new {
            let (key, vector) = (*key, vector.clone());
            self.write(Work::CopyVector { key, call: id, vector }).await?.written()?;
        }
        Ok(new.len() as u64)
    }
}
