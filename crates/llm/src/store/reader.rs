//! What the store knows.

use std::sync::LazyLock;

use cladus_core::{Error, Result};
use rusqlite::{OptionalExtension, Row, params};

use super::kinds::{LedgerLine, QuestionKind, Stored};
use super::schema::count;
use super::{Answers, decode};
use crate::account::budget::Spending;
use crate::key::{CallId, Key};

/// What became of a call's money: `answer` by the provider's count, `maybe` by what was expected,
/// `failed` and `unsent` cost nothing. Where a provider does not say, what was expected stands in.
const FATES: &str = include_str!("fates.sql");

/// What the run `?1` has used.
pub(super) static SPENDING: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT count(iif(fate <> 'failed', 1, NULL)),
           coalesce(sum(iif(fate <> 'failed', tokens, 0)), 0),
           coalesce(sum(iif(fate <> 'failed', cost, 0)), 0),
           count(iif(fate <> 'failed' AND cost IS NULL, 1, NULL))
         FROM ({FATES}) WHERE run = ?1 AND fate <> 'unsent'"
    )
});

/// A row of [`SPENDING`].
pub(super) fn spending(row: &Row<'_>) -> rusqlite::Result<Spending> {
    Ok(Spending {
        calls: number(row, 0)?,
        tokens: number(row, 1)?,
        nanodollars: number(row, 2)?,
        unpriced: number(row, 3)?,
    })
}

impl Answers {
    /// The bodies that came with status 200 for `key`, newest first, settled or not; without those
    /// that turned out not to be replies.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stored(&self, key: &Key) -> Result<Vec<Stored>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare_cached(
                    "SELECT id, max_tokens, status, body FROM calls
                     WHERE key = ?1 AND outcome IN ('received', 'answer') AND status = 200
                       AND body IS NOT NULL
                     ORDER BY id DESC",
                )?
                .query_map([key.0], |row| {
                    Ok(Stored {
                        id: CallId(row.get(0)?),
                        max_tokens: row.get(1)?,
                        status: row.get(2)?,
                        body: row.get(3)?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        find().map_err(|e| self.cannot_read(&e))
    }

    /// The call that began last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn newest(&self) -> Result<CallId> {
        let newest = "SELECT coalesce(max(id), 0) FROM calls";
        let newest = self.reader().query_row(newest, [], |row| row.get(0));
        newest.map(CallId).map_err(|e| self.cannot_read(&e))
    }

    /// What `run` has used so far: answers as the provider counted them, calls that may have been
    /// paid as they were expected, those that never left this machine not at all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn spent(&self, run: &str) -> Result<Spending> {
        self.reader().query_row(&SPENDING, [run], spending).map_err(|e| self.cannot_read(&e))
    }

    /// What was asked and what it came to, by iteration, stage and model; of one run or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ledger(&self, run: Option<&str>) -> Result<Vec<LedgerLine>> {
        // `cladus-query` asks the same of the same two files.
        let sql = include_str!("ledger.sql").replace("FATES", FATES);
        let reader = self.reader();
        let read = || {
            reader.prepare(&sql)?.query_map(params![run], ledger_line)?.collect::<Result<_, _>>()
        };
        read().map_err(|e: rusqlite::Error| self.cannot_read(&e))
    }

    /// Mean seconds of the last 100 answers of `model`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latency(&self, model: &str) -> Result<Option<f64>> {
        self.reader()
            .query_row(
                "SELECT avg(max(received_ms - started_ms, 0)) / 1000.0 FROM (
                   SELECT received_ms, started_ms FROM calls
                   WHERE model = ?1 AND outcome = 'answer' AND received_ms IS NOT NULL
                     AND batch IS NULL
                   ORDER BY id DESC LIMIT 100)",
                [model],
                |row| row.get(0),
            )
            .map_err(|e| self.cannot_read(&e))
    }

    /// What was learnt about a model behind an endpoint.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn profile(&self, endpoint: &str, model: &str) -> Result<Option<String>> {
        self.reader()
            .query_row(
                "SELECT profile FROM profiles WHERE endpoint = ?1 AND model = ?2",
                [endpoint, model],
                |row| row.get(0),
            )
            .optional()
            .map_err(|e| self.cannot_read(&e))
    }

    /// The vectors that are there, one place a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn vectors(&self, keys: &[Key]) -> Result<Vec<Option<Vec<f32>>>> {
        let reader = self.reader();
        let mut find = reader
            .prepare_cached("SELECT vector FROM vectors WHERE key = ?1")
            .map_err(|e| self.cannot_read(&e))?;
        keys.iter()
            .map(|key| {
                let bytes: Option<Vec<u8>> = find
                    .query_row([key.0], |row| row.get(0))
                    .optional()
                    .map_err(|e| self.cannot_read(&e))?;
                let broken = || Error::damaged(&self.path, format!("the vector of {key:?} is cut"));
                bytes.map(|bytes| decode(&bytes).ok_or_else(broken)).transpose()
            })
            .collect()
    }

    /// Embedding calls whose body is here and whose vectors are not: request and body of each. The
    /// process that asked was killed in between. Those of other live processes are theirs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unread_embeddings(&self) -> Result<Vec<(CallId, String, Vec<u8>)>> {
        let answered = |Unread { id, request, status, body, .. }: Unread| {
            (status == 200).then_some((id, request, body))
        };
        Ok(self.unread(QuestionKind::Embedding)?.into_iter().filter_map(answered).collect())
    }

    /// Chat calls whose body is here and that are not settled. The
    /// process that asked was killed in between. Those of other live processes are theirs.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn unread_chats(&self) -> Result<Vec<Unread>> {
        self.unread(QuestionKind::Chat)
    }

    fn unread(&self, kind: QuestionKind) -> Result<Vec<Unread>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare(
                    "SELECT id, request, status, body, session, model, batch IS NOT NULL
                     FROM calls
                     WHERE outcome = 'received' AND kind = ?1 AND body IS NOT NULL
                     ORDER BY id",
                )?
                .query_map([kind.name()], |row| {
                    let session: String = row.get(4)?;
                    let call = Unread {
                        id: CallId(row.get(0)?),
                        model: row.get(5)?,
                        request: row.get(1)?,
                        in_batch: row.get(6)?,
                        status: row.get(2)?,
                        body: row.get(3)?,
                    };
                    Ok((session, call))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        let found = find().map_err(|e| self.cannot_read(&e))?;
        let ours = |session: &str| session == self.session.id() || !self.session.is_alive(session);
        Ok(found.into_iter().filter(|(session, _)| ours(session)).map(|(_, call)| call).collect())
    }
}

/// A call whose reply nobody has read yet.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) id: CallId,
    pub(crate) model: String,
    pub(crate) request: String,
    /// Is it at the price of batches?
    pub(crate) in_batch: bool,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(count)
}

fn ledger_line(row: &Row<'_>) -> rusqlite::Result<LedgerLine> {
    Ok(LedgerLine {
        iteration: row.get(0)?,
        stage: row.get(1)?,
        model: row.get(2)?,
        calls: number(row, 3)?,
        answers: number(row, 4)?,
        failed: number(row, 5)?,
        maybe_paid: number(row, 6)?,
        never_sent: number(row, 7)?,
        prompt_tokens: number(row, 8)?,
        cached_tokens: number(row, 9)?,
        completion_tokens: number(row, 10)?,
        nanodollars: number(row, 11)?,
        maybe_nanodollars: number(row, 12)?,
        unpriced: number(row, 13)?,
        submitted: number(row, 14)?,
    })
}
