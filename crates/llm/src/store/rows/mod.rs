//! How each piece of work becomes rows of the store.

mod batches;
mod calls;
mod copies;

use rusqlite::Transaction;

use super::sessions::StoreSession;
use super::work::{Done, Work};

pub(super) use copies::{COLUMNS, REST};

/// Writes one piece of work within a transaction.
pub(super) fn perform(
    on: &Transaction<'_>,
    work: &Work,
    session: &StoreSession,
) -> rusqlite::Result<Done> {
    match work {
        Work::Begin { call, limits } => calls::begin(on, call, limits, session).map(Done::Begun),
        Work::Received { id, status, body } => calls::received(on, *id, *status, body),
        Work::Settle { id, outcome } => calls::settle(on, *id, outcome),
        Work::KeepVectors { id, outcome, vectors } => {
            calls::keep_vectors(on, *id, outcome, vectors)
        }
        Work::SetAside { ids } => calls::set_aside(on, ids),
        Work::SetProfile { endpoint, model, profile } => {
            calls::set_profile(on, endpoint, model, profile)
        }
        Work::Intend { batch, calls } => batches::intend(on, batch, calls, session),
        Work::TakeOver { id } => batches::take_over(on, *id, session),
        Work::NoteBatch { id, note } => batches::note(on, *id, note),
        Work::BeginImport { batch } => {
            Ok(Done::Batch(Some(batches::begin(on, batch, session, "imported")?)))
        }
        Work::KeepImported { batch, call, body } => {
            batches::keep_imported(on, *batch, call, body, session)
        }
        Work::CopyCall { call } => copies::call(on, call),
        Work::CopyVector { key, call, vector } => copies::vector(on, key, *call, vector),
        Work::Export { calls } => batches::export(on, calls),
    }
}
