//! How batches are written, and questions that went into a file.

use rusqlite::{OptionalExtension, Transaction, params};

use super::super::kinds::{BatchId, BatchNote, NewBatch, NewCall};
use super::super::now_ms;
use super::super::schema::int;
use super::super::sessions::StoreSession;
use super::super::work::Done;
use super::calls::{Free, free, insert};

pub(super) fn intend(
    on: &Transaction<'_>,
    batch: &NewBatch,
    calls: &[NewCall],
    session: &StoreSession,
) -> rusqlite::Result<Done> {
    for call in calls {
        if free(on, call, session)? != Free::Yes {
            return Ok(Done::Batch(None));
        }
    }
    let id = begin(on, batch, session, "intended")?;
    for call in calls {
        insert(on, call, session, "submitted", Some(id))?;
    }
    Ok(Done::Batch(Some(id)))
}

/// The mark of a batch says what is in it, and how often that came to be before: an endpoint's batch
/// with this mark is this one, and none that ended long ago.
pub(super) fn begin(
    on: &Transaction<'_>,
    batch: &NewBatch,
    session: &StoreSession,
    state: &str,
) -> rusqlite::Result<BatchId> {
    on.prepare_cached(
        "INSERT INTO batches (chunk, run, endpoint, model, profile, session, state, created_ms)
         VALUES (?1 || '-' || (SELECT count(*) FROM batches
                               WHERE substr(chunk, 1, length(?1)) = ?1 AND state <> 'dropped'),
                 ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        batch.content,
        batch.run,
        batch.endpoint,
        batch.model,
        batch.profile,
        session.id(),
        state,
        now_ms(),
    ])?;
    Ok(BatchId(on.last_insert_rowid()))
}

pub(super) fn note(on: &Transaction<'_>, id: BatchId, note: &BatchNote) -> rusqlite::Result<Done> {
    let (column, value) = match note {
        BatchNote::Uploaded(name) => ("input_file", name),
        BatchNote::Submitted(name) => ("state = 'submitted', server_id", name),
        BatchNote::Status(status) => ("status", status),
        BatchNote::Ended { status, output, errors } => {
            on.prepare_cached(
                "UPDATE batches SET state = 'ended', status = ?2, output_file = ?3,
                   error_file = ?4, ended_ms = ?5 WHERE id = ?1",
            )?
            .execute(params![id.0, status, output, errors, now_ms()])?;
            return Ok(Done::Written);
        }
        BatchNote::Dropped => {
            on.prepare_cached(
                "UPDATE calls SET outcome = 'never sent', error = 'its batch never came to be',
                   ended_ms = ?2 WHERE batch = ?1 AND outcome = 'submitted'",
            )?
            .execute(params![id.0, now_ms()])?;
            on.prepare_cached("UPDATE batches SET state = 'dropped', ended_ms = ?2 WHERE id = ?1")?
                .execute(params![id.0, now_ms()])?;
            return Ok(Done::Written);
        }
    };
    on.prepare_cached(&format!("UPDATE batches SET {column} = ?2 WHERE id = ?1"))?
        .execute(params![id.0, value])?;
    Ok(Done::Written)
}

pub(super) fn take_over(
    on: &Transaction<'_>,
    id: BatchId,
    session: &StoreSession,
) -> rusqlite::Result<Done> {
    let owner: Option<String> = on
        .prepare_cached("SELECT session FROM batches WHERE id = ?1 AND state = 'intended'")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let free = owner.is_some_and(|owner| owner == session.id() || !session.is_alive(&owner));
    if free {
        on.prepare_cached("UPDATE batches SET session = ?2 WHERE id = ?1")?
            .execute(params![id.0, session.id()])?;
    }
    Ok(Done::Batch(free.then_some(id)))
}

pub(super) fn export(on: &Transaction<'_>, calls: &[NewCall]) -> rusqlite::Result<Done> {
    let mut insert = on.prepare_cached(
        "INSERT OR REPLACE INTO exported (key, run, iteration, stage, endpoint, model, form,
           max_tokens, expected_prompt_tokens, request)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for call in calls {
        insert.execute(params![
            call.key.0,
            call.run,
            (call.iteration > 0).then_some(call.iteration),
            call.stage,
            call.endpoint,
            call.model,
            call.form,
            call.max_tokens,
            int(call.expected_prompt_tokens),
            call.request,
        ])?;
    }
    Ok(Done::Written)
}

/// An answer from elsewhere: a call that has its reply from the start.
pub(super) fn keep_imported(
    on: &Transaction<'_>,
    batch: BatchId,
    call: &NewCall,
    body: &[u8],
    session: &StoreSession,
) -> rusqlite::Result<Done> {
    let id = insert(on, call, session, "received", Some(batch))?;
    on.prepare_cached("UPDATE calls SET status = 200, body = ?2, received_ms = ?3 WHERE id = ?1")?
        .execute(params![id.0, body, now_ms()])?;
    Ok(Done::Kept(id))
}
