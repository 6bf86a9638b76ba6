//! A budget that several processes share: what one of them may still spend depends on what the others
//! do meanwhile, so it is looked at in the transaction that notes the call.

use rusqlite::{Transaction, params};

use super::kinds::{Begun, NewCall};
use super::reader::{SPENDING, spending};
use super::sessions::StoreSession;
use crate::account::budget::{Budget, Room, SpendingLimits};

/// What stands in the way of `call`, if anything does.
///
/// A process that is alone knows what it spends; only from the first call of another one on, all of the
/// run's calls are added up.
pub(super) fn in_the_way(
    on: &Transaction<'_>,
    call: &NewCall,
    limits: &SpendingLimits,
    session: &StoreSession,
) -> rusqlite::Result<Option<Begun>> {
    if *limits == SpendingLimits::default() || !has_company(on, call, session)? {
        return Ok(None);
    }
    // Calls in flight count as the most they can come to, whoever makes them.
    let spent = on.prepare_cached(&SPENDING)?.query_row([&call.run], spending)?;
    let tokens = call.expected_prompt_tokens + u64::from(call.max_tokens);
    let mut all = Budget::new(*limits, spent);
    let Room::Exhausted(limit) = all.reserve(tokens, call.expected_nanodollars) else {
        return Ok(None);
    };
    // They may turn out cheaper, if there is somebody who waits for them.
    let mut pending = on.prepare_cached(
        "SELECT DISTINCT session FROM calls WHERE run = ?1 AND outcome = 'pending'",
    )?;
    for other in pending.query_map([&call.run], |row| row.get::<_, String>(0))? {
        if session.is_alive(&other?) {
            return Ok(Some(Begun::NoRoomYet));
        }
    }
    Ok(Some(Begun::NoRoom(limit)))
}

/// Has another process made a call of the same run since this one opened the store?
fn has_company(
    on: &Transaction<'_>,
    call: &NewCall,
    session: &StoreSession,
) -> rusqlite::Result<bool> {
    let since = session.seen();
    if !session.has_company() {
        let (others, newest): (i64, i64) = on
            .prepare_cached(
                "SELECT count(iif(session <> ?3, 1, NULL)), coalesce(max(id), ?2) FROM calls
                 WHERE run = ?1 AND id > ?2",
            )?
            .query_row(params![call.run, since, session.id()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        session.saw(newest, others > 0);
    }
    Ok(session.has_company())
}
