//! The one thread that writes: takes what is waiting, commits it as one transaction, then answers.
//!
//! A commit waits for the disk; sharing one among everything that came meanwhile keeps hundreds of
//! calls in flight from queueing up behind it.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use cladus_core::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::batches::{BatchId, BatchNote, NewBatch};
use super::batching;
use super::copies::{self, CopiedCall};
use super::kinds::{Begun, CallId, NewCall, Outcome};
use super::room;
use super::schema::{explain, int};
use super::sessions::StoreSession;
use super::{encode, now_ms};
use crate::account::budget::SpendingLimits;
use crate::key::Key;

/// Most pieces of work in one transaction.
const GROUP: usize = 256;

/// Something to write.
#[derive(Debug)]
pub(super) enum Work {
    Begin { call: Box<NewCall>, limits: SpendingLimits },
    Received { id: CallId, status: u16, body: Vec<u8> },
    Settle { id: CallId, outcome: Outcome },
    KeepVectors { id: CallId, outcome: Outcome, vectors: Vec<(Key, Vec<f32>)> },
    SetAside { ids: Vec<CallId> },
    SetProfile { endpoint: String, model: String, profile: String },
    Intend { batch: Box<NewBatch>, calls: Vec<NewCall> },
    TakeOver { id: BatchId },
    NoteBatch { id: BatchId, note: BatchNote },
    BeginImport { batch: Box<NewBatch> },
    KeepImported { batch: BatchId, call: Box<NewCall>, body: Vec<u8> },
    CopyCall { call: Box<CopiedCall> },
    CopyVector { key: Key, call: CallId, vector: Vec<u8> },
    Export { calls: Vec<NewCall> },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Done {
    Begun(Begun),
    Written,
    /// There is no such call.
    NoSuchCall(CallId),
    /// The batch, where there is one now.
    Batch(Option<BatchId>),
    /// A call that came with its reply.
    Kept(CallId),
}

/// Something to write, and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) done: oneshot::Sender<Result<Done>>,
}

/// The write connection.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) session: Arc<StoreSession>,
}

impl Writer {
    /// Works until nobody can send any more.
    pub(super) fn run(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(job) = jobs.try_recv()
            {
                group.push(job);
            }
            self.write(group);
        }
    }

    fn write(&mut self, group: Vec<Job>) {
        if self.session.is_lost() {
            for job in group {
                let answer = Err(self.session.lost());
                self.answer(job, answer);
            }
            return;
        }
        let works: Vec<&Work> = group.iter().map(|job| &job.work).collect();
        match self.commit(&works) {
            Ok(done) => {
                for (job, done) in group.into_iter().zip(done) {
                    self.answer(job, Ok(done));
                }
            }
            // The one that fails may be one that does not fit on the disk; the others may still.
            // Where the database is busy, trying each would only wait as often; where the disk failed,
            // a second try may only seem to go well.
            Err(e) if group.len() > 1 && !is_busy(&e) && !is_failure(&e) => {
                for job in group {
                    let alone = self.commit(&[&job.work]);
                    let answer = alone.map(|done| done.first().copied().unwrap_or(Done::Written));
                    let answer = answer.map_err(|e| explain(&self.path, "write", &e));
                    self.answer(job, answer);
                }
            }
            Err(e) => {
                for job in group {
                    let answer = Err(explain(&self.path, "write", &e));
                    self.answer(job, answer);
                }
            }
        }
    }

    fn answer(&mut self, job: Job, answer: Result<Done>) {
        let Err(unheard) = job.done.send(answer) else { return };
        // Who wanted to call gave up before it could: nothing was sent, and nobody needs to wait.
        if let Ok(Done::Begun(Begun::Call(id))) = unheard {
            let outcome = Outcome::NeverSent("given up before it was sent".to_owned());
            // If this fails too, it counts as maybe paid: the safe side.
            let _ = self.commit(&[&Work::Settle { id, outcome }]);
        }
    }

    fn commit(&mut self, works: &[&Work]) -> rusqlite::Result<Vec<Done>> {
        // Immediate: what `begin` finds is still so when it inserts.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut done = Vec::with_capacity(works.len());
        for work in works {
            done.push(perform(&transaction, work, &self.session)?);
        }
        transaction.commit()?;
        Ok(done)
    }
}

fn is_failure(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::SystemIoFailure))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn perform(on: &Transaction<'_>, work: &Work, session: &StoreSession) -> rusqlite::Result<Done> {
    match work {
        Work::Begin { call, limits } => begin(on, call, limits, session).map(Done::Begun),
        Work::Received { id, status, body } => {
            let changed = on
                .prepare_cached(
                    "UPDATE calls SET outcome = 'received', status = ?2, body = ?3, received_ms = ?4
                     WHERE id = ?1",
                )?
                .execute(params![id.0, status, body, now_ms()])?;
            Ok(written(changed, *id))
        }
        Work::Settle { id, outcome } => settle(on, *id, outcome),
        Work::KeepVectors { id, outcome, vectors } => {
            let mut insert = on.prepare_cached(
                "INSERT OR REPLACE INTO vectors (key, call, vector) VALUES (?1, ?2, ?3)",
            )?;
            for (key, vector) in vectors {
                insert.execute(params![key.0, id.0, encode(vector)])?;
            }
            on.prepare_cached(
                "UPDATE calls SET body = NULL, status = 200, received_ms = coalesce(received_ms, ?2)
                 WHERE id = ?1",
            )?
            .execute(params![id.0, now_ms()])?;
            settle(on, *id, outcome)
        }
        Work::SetAside { ids } => {
            let mut aside = on.prepare_cached(
                "UPDATE calls SET outcome = 'set aside' WHERE id = ?1 AND outcome = 'answer'",
            )?;
            for id in ids {
                aside.execute([id.0])?;
            }
            Ok(Done::Written)
        }
        Work::SetProfile { endpoint, model, profile } => {
            on.prepare_cached(
                "INSERT OR REPLACE INTO profiles (endpoint, model, profile) VALUES (?1, ?2, ?3)",
            )?
            .execute([endpoint, model, profile])?;
            Ok(Done::Written)
        }
        Work::Intend { batch, calls } => batching::intend(on, batch, calls, session),
        Work::TakeOver { id } => batching::take_over(on, *id, session),
        Work::NoteBatch { id, note } => batching::note(on, *id, note),
        Work::BeginImport { batch } => {
            Ok(Done::Batch(Some(batching::begin(on, batch, session, "imported")?)))
        }
        Work::KeepImported { batch, call, body } => {
            batching::keep_imported(on, *batch, call, body, session)
        }
        Work::CopyCall { call } => copies::call(on, call),
        Work::CopyVector { key, call, vector } => copies::vector(on, key, *call, vector),
        Work::Export { calls } => batching::export(on, calls),
    }
}

/// Whether a question may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    Yes,
    /// There is an answer that the caller has not seen.
    Answered,
    /// A live other process asks it.
    Elsewhere,
    /// It is under way in a batch.
    InBatch,
}

fn begin(
    on: &Transaction<'_>,
    call: &NewCall,
    limits: &SpendingLimits,
    session: &StoreSession,
) -> rusqlite::Result<Begun> {
    Ok(match free(on, call, session)? {
        Free::Yes => match room::in_the_way(on, call, limits, session)? {
            Some(no_room) => no_room,
            None => Begun::Call(insert(on, call, session, "pending", None)?),
        },
        Free::Answered => Begun::Answered,
        Free::Elsewhere => Begun::Elsewhere,
        Free::InBatch => Begun::InBatch,
    })
}

pub(super) fn free(
    on: &Transaction<'_>,
    call: &NewCall,
    session: &StoreSession,
) -> rusqlite::Result<Free> {
    let answered = on
        .prepare_cached(
            "SELECT 1 FROM calls
             WHERE key = ?1 AND outcome IN ('received', 'answer') AND status = 200 AND id > ?2",
        )?
        .query_row(params![call.key.0, call.seen.map_or(0, |id| id.0)], |_| Ok(()))
        .optional()?;
    if answered.is_some() {
        return Ok(Free::Answered);
    }
    let submitted = on
        .prepare_cached("SELECT 1 FROM calls WHERE key = ?1 AND outcome = 'submitted'")?
        .query_row([call.key.0], |_| Ok(()))
        .optional()?;
    if submitted.is_some() {
        return Ok(Free::InBatch);
    }
    let mut others = on.prepare_cached(
        "SELECT DISTINCT session FROM calls
         WHERE key = ?1 AND outcome = 'pending' AND session <> ?2",
    )?;
    for other in others.query_map(params![call.key.0, session.id()], |row| row.get(0))? {
        let other: String = other?;
        if session.is_alive(&other) {
            return Ok(Free::Elsewhere);
        }
    }
    Ok(Free::Yes)
}

/// A new call in the given state.
pub(super) fn insert(
    on: &Transaction<'_>,
    call: &NewCall,
    session: &StoreSession,
    outcome: &str,
    batch: Option<BatchId>,
) -> rusqlite::Result<CallId> {
    on.prepare_cached(
        "INSERT INTO calls (key, kind, run, iteration, stage, endpoint, model, form, max_tokens,
           expected_prompt_tokens, expected_nanodollars, session, started_ms, outcome, request,
           batch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        call.key.0,
        call.kind.name(),
        call.run,
        (call.iteration > 0).then_some(call.iteration),
        call.stage,
        call.endpoint,
        call.model,
        call.form,
        call.max_tokens,
        int(call.expected_prompt_tokens),
        call.expected_nanodollars.map(int),
        session.id(),
        now_ms(),
        outcome,
        call.request,
        batch.map(|batch| batch.0),
    ])?;
    Ok(CallId(on.last_insert_rowid()))
}

fn settle(on: &Transaction<'_>, id: CallId, outcome: &Outcome) -> rusqlite::Result<Done> {
    let (usage, nanodollars) = match outcome {
        Outcome::Answer { usage, nanodollars } => (*usage, *nanodollars),
        _ => Default::default(),
    };
    let changed = on
        .prepare_cached(
            "UPDATE calls SET outcome = ?2, status = coalesce(?3, status), error = ?4,
               prompt_tokens = ?5, cached_tokens = ?6, completion_tokens = ?7, nanodollars = ?8,
               ended_ms = ?9
             WHERE id = ?1",
        )?
        .execute(params![
            id.0,
            outcome.name(),
            outcome.status(),
            outcome.error(),
            usage.prompt_tokens.map(int),
            usage.cached_tokens.map(int),
            usage.completion_tokens.map(int),
            nanodollars.map(int),
            now_ms(),
        ])?;
    Ok(written(changed, id))
}

fn written(changed: usize, id: CallId) -> Done {
    if changed == 0 { Done::NoSuchCall(id) } else { Done::Written }
}

impl Done {
    /// For work that begins nothing.
    pub(super) fn written(self) -> Result<()> {
        match self {
            Self::Written => Ok(()),
            Self::NoSuchCall(id) => Err(Error::Bug(format!("the store has no call {}", id.0))),
            _ => Err(mixed_up()),
        }
    }

    /// For work that may make a batch.
    pub(super) fn batch(self) -> Result<Option<BatchId>> {
        match self {
            Self::Batch(batch) => Ok(batch),
            other => other.written().and(Err(mixed_up())),
        }
    }

    /// For work that keeps a reply.
    pub(super) fn kept(self) -> Result<CallId> {
        match self {
            Self::Kept(id) => Ok(id),
            other => other.written().and(Err(mixed_up())),
        }
    }

    /// For work that begins a call.
    pub(super) fn begun(self) -> Result<Begun> {
        match self {
            Self::Begun(begun) => Ok(begun),
            other => other.written().and(Err(mixed_up())),
        }
    }
}

fn mixed_up() -> Error {
    Error::Bug("the store's writer mixed up its answers".to_owned())
}
