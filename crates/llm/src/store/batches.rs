//! Questions that are answered later: those an endpoint has in a batch, and those that were written
//! into a file for somebody else to ask.

use cladus_core::Result;
use rusqlite::{OptionalExtension, Row};

use super::Answers;
use super::kinds::{Batch, BatchId, BatchNote, NewBatch, NewCall, Question, QuestionKind};
use super::schema::count;
use super::work::Work;
use crate::key::{CallId, Key};

impl Answers {
    /// Notes that these questions are about to be handed over as one batch: all of them, or, where
    /// one of them is answered or under way by now, none and `None`. Once this returns, it is on
    /// disk, and nobody else asks them.
    ///
    /// # Errors
    /// When it cannot be written. Then do not hand them over.
    pub async fn intend(&self, batch: NewBatch, calls: Vec<NewCall>) -> Result<Option<BatchId>> {
        self.write(Work::Intend { batch: Box::new(batch), calls }).await?.batch()
    }

    /// A batch of answers that were got elsewhere.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin_import(&self, batch: NewBatch) -> Result<Option<BatchId>> {
        self.write(Work::BeginImport { batch: Box::new(batch) }).await?.batch()
    }

    /// Keeps an answer that was got elsewhere, as it came.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_imported(
        &self,
        batch: BatchId,
        call: NewCall,
        body: Vec<u8>,
    ) -> Result<CallId> {
        self.write(Work::KeepImported { batch, call: Box::new(call), body }).await?.kept()
    }

    /// Notes what became known of a batch.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note_batch(&self, id: BatchId, note: BatchNote) -> Result<()> {
        self.write(Work::NoteBatch { id, note }).await?.written()
    }

    /// Makes an orphaned batch ours; no, where somebody else was faster.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_over(&self, batch: &Batch) -> Result<bool> {
        let id = batch.id;
        Ok(self.write(Work::TakeOver { id }).await?.batch()?.is_some())
    }

    /// Notes questions that are written into a file, so that their answers can be told apart.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note_exported(&self, calls: Vec<NewCall>) -> Result<()> {
        self.write(Work::Export { calls }).await?.written()
    }

    /// The batches that have not ended, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_batches(&self) -> Result<Vec<Batch>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare_cached(
                    "SELECT id, chunk, endpoint, model, profile, server_id, status, session,
                       (SELECT count(*) FROM calls
                        WHERE calls.batch = batches.id AND outcome = 'submitted'),
                       created_ms
                     FROM batches WHERE state IN ('intended', 'submitted') ORDER BY id",
                )?
                .query_map([], |row| Ok((batch(row)?, row.get(7)?)))?
                .collect::<rusqlite::Result<Vec<(Batch, String)>>>()
        };
        let found = find().map_err(|e| self.cannot_read(&e))?;
        let with_fate = |(batch, session): (Batch, String)| Batch {
            orphan: batch.server_id.is_none() && !self.session.is_alive(&session),
            ..batch
        };
        Ok(found.into_iter().map(with_fate).collect())
    }

    /// The questions of a batch that have no answer yet, in the order they were put.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn questions(&self, batch: BatchId) -> Result<Vec<Question>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare_cached(
                    "SELECT id, key, request, stage, coalesce(iteration, 0) FROM calls
                     WHERE batch = ?1 AND outcome = 'submitted' ORDER BY id",
                )?
                .query_map([batch.0], |row| {
                    Ok(Question {
                        id: CallId(row.get(0)?),
                        key: Key(row.get(1)?),
                        request: row.get(2)?,
                        stage: row.get(3)?,
                        iteration: row.get(4)?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        find().map_err(|e| self.cannot_read(&e))
    }

    /// Questions of a batch that are settled.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn settled(&self, batch: BatchId) -> Result<Vec<Key>> {
        let reader = self.reader();
        let find = || {
            reader
                .prepare_cached(
                    "SELECT key FROM calls WHERE batch = ?1 AND outcome <> 'submitted'",
                )?
                .query_map([batch.0], |row| Ok(Key(row.get(0)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        find().map_err(|e| self.cannot_read(&e))
    }

    /// The batch that a question is under way in, if any.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn under_way(&self, key: &Key) -> Result<Option<BatchId>> {
        self.reader()
            .prepare_cached("SELECT batch FROM calls WHERE key = ?1 AND outcome = 'submitted'")
            .and_then(|mut find| find.query_row([key.0], |row| Ok(BatchId(row.get(0)?))).optional())
            .map_err(|e| self.cannot_read(&e))
    }

    /// A question that was put here under this key, as a new call: the one that was written into a
    /// file last, or else asked last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn asked(&self, key: &Key) -> Result<Option<NewCall>> {
        self.reader()
            .prepare_cached(
                "SELECT run, coalesce(iteration, 0), stage, endpoint, model, form, max_tokens,
                   expected_prompt_tokens, request
                 FROM (SELECT * FROM exported WHERE key = ?1 ORDER BY rowid DESC LIMIT 1)
                 UNION ALL
                 SELECT run, coalesce(iteration, 0), stage, endpoint, model, form, max_tokens,
                   expected_prompt_tokens, request
                 FROM (SELECT * FROM calls WHERE key = ?1 ORDER BY id DESC LIMIT 1)
                 LIMIT 1",
            )
            .and_then(|mut find| {
                find.query_row([key.0], |row| {
                    Ok(NewCall {
                        key: *key,
                        kind: QuestionKind::Chat,
                        run: row.get(0)?,
                        iteration: row.get(1)?,
                        stage: row.get(2)?,
                        endpoint: row.get(3)?,
                        model: row.get(4)?,
                        form: row.get(5)?,
                        max_tokens: row.get(6)?,
                        expected_prompt_tokens: count(row.get(7)?),
                        expected_nanodollars: None,
                        request: row.get(8)?,
                        seen: None,
                    })
                })
                .optional()
            })
            .map_err(|e| self.cannot_read(&e))
    }
}

fn batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    Ok(Batch {
        id: BatchId(row.get(0)?),
        chunk: row.get(1)?,
        endpoint: row.get(2)?,
        model: row.get(3)?,
        profile: row.get(4)?,
        server_id: row.get(5)?,
        status: row.get(6)?,
        orphan: false,
        open: count(row.get(8)?),
        created_ms: row.get(9)?,
    })
}
