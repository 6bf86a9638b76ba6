//! How calls are written, and what came of them.

use rusqlite::{OptionalExtension, Transaction, params};

use super::super::kinds::{BatchId, Begun, NewCall, Outcome};
use super::super::schema::int;
use super::super::sessions::StoreSession;
use super::super::work::Done;
use super::super::{encode, now_ms, room};
use crate::account::budget::SpendingLimits;
use crate::key::{CallId, Key};

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

pub(super) fn begin(
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

pub(super) fn settle(
    on: &Transaction<'_>,
    id: CallId,
    outcome: &Outcome,
) -> rusqlite::Result<Done> {
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

pub(super) fn received(
    on: &Transaction<'_>,
    id: CallId,
    status: u16,
    body: &[u8],
) -> rusqlite::Result<Done> {
    let changed = on
        .prepare_cached(
            "UPDATE calls SET outcome = 'received', status = ?2, body = ?3, received_ms = ?4
             WHERE id = ?1",
        )?
        .execute(params![id.0, status, body, now_ms()])?;
    Ok(written(changed, id))
}

pub(super) fn keep_vectors(
    on: &Transaction<'_>,
    id: CallId,
    outcome: &Outcome,
    vectors: &[(Key, Vec<f32>)],
) -> rusqlite::Result<Done> {
    let mut insert = on
        .prepare_cached("INSERT OR REPLACE INTO vectors (key, call, vector) VALUES (?1, ?2, ?3)")?;
    for (key, vector) in vectors {
        insert.execute(params![key.0, id.0, encode(vector)])?;
    }
    on.prepare_cached(
        "UPDATE calls SET body = NULL, status = 200, received_ms = coalesce(received_ms, ?2)
         WHERE id = ?1",
    )?
    .execute(params![id.0, now_ms()])?;
    settle(on, id, outcome)
}

pub(super) fn set_aside(on: &Transaction<'_>, ids: &[CallId]) -> rusqlite::Result<Done> {
    let mut aside = on.prepare_cached(
        "UPDATE calls SET outcome = 'set aside' WHERE id = ?1 AND outcome = 'answer'",
    )?;
    for id in ids {
        aside.execute([id.0])?;
    }
    Ok(Done::Written)
}

pub(super) fn set_profile(
    on: &Transaction<'_>,
    endpoint: &str,
    model: &str,
    profile: &str,
) -> rusqlite::Result<Done> {
    on.prepare_cached(
        "INSERT OR REPLACE INTO profiles (endpoint, model, profile) VALUES (?1, ?2, ?3)",
    )?
    .execute([endpoint, model, profile])?;
    Ok(Done::Written)
}

fn written(changed: usize, id: CallId) -> Done {
    if changed == 0 { Done::NoSuchCall(id) } else { Done::Written }
}
