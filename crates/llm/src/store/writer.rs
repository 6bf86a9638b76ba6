//! The one thread that writes: takes what is waiting, commits it as one transaction, then answers.
//!
//! A commit waits for the disk; sharing one among everything that came meanwhile keeps hundreds of
//! calls in flight from queueing up behind it.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use cladus_core::Result;
use rusqlite::{Connection, TransactionBehavior};

use super::kinds::{Begun, Outcome};
use super::rows::perform;
use super::schema::explain;
use super::sessions::StoreSession;
use super::work::{Done, Job, Work};

/// Most pieces of work in one transaction.
const GROUP: usize = 256;

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
