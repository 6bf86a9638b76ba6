//! The store of answers: what was asked, what came back, and what it cost.
//!
//! An SQLite database that any tool can read. Every attempt is a row of the table `calls`: it is on
//! disk *before* the call is sent (so a crash leaves "maybe paid" behind, never nothing), and what
//! comes back is on disk before anything parses it. Several processes may share a store; a request
//! that one of them has in flight, the others do not send.

mod batches;
mod copies;
mod exchanges;
mod kinds;
mod machine;
mod pulse;
mod reader;
mod room;
mod rows;
mod schema;
mod sessions;
#[cfg(test)]
mod tests;
mod work;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use cladus_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;

pub use crate::key::{CallId, Key};
pub use copies::{Copied, OtherStore};
pub use exchanges::Exchange;
pub use kinds::{
    Batch, BatchId, BatchNote, Begun, LedgerLine, NewBatch, NewCall, Outcome, Question,
    QuestionKind, Stored,
};

use crate::account::budget::SpendingLimits;
use machine::Attendance;
use sessions::StoreSession;
use work::{Done, Job, Work};
use writer::Writer;

/// An opened store. Share it by `Arc`; dropping it waits until everything is written.
#[derive(Debug)]
pub struct Answers {
    path: PathBuf,
    reader: Mutex<Connection>,
    /// `None` only while it is dropped: the writer ends when nobody can send any more.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    session: Arc<StoreSession>,
}

impl Answers {
    /// Opens the store at `path`, and makes it where there is none.
    ///
    /// # Errors
    /// When the file is no store of answers, is one of a newer version, is in use on another machine,
    /// or the system refuses.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_as(path, Attendance::own())
    }

    fn open_as(path: &Path, presence: Attendance) -> Result<Self> {
        // The file comes first: what is no store gets no folder beside it.
        schema::create_private(path)?;
        // Whoever comes by another way (a link, say) must find the same locks.
        let path = &path.canonicalize().map_err(|e| Error::io("open", path, e))?;
        let (session, gate) = StoreSession::enter(path, presence)?;
        let session = Arc::new(session);
        let connection = schema::open(path)?;
        let reader = schema::reopen(path)?;
        let newest = "SELECT coalesce(max(id), 0) FROM calls";
        let newest = connection.query_row(newest, [], |row| row.get(0));
        session.saw(newest.map_err(|e| schema::explain(path, "read", &e))?, false);
        drop(gate);
        let (jobs, waiting) = mpsc::channel();
        let writer = Writer { connection, path: path.to_owned(), session: Arc::clone(&session) };
        let writer = thread::Builder::new()
            .name("answers".to_owned())
            .spawn(move || writer.run(&waiting))
            .map_err(|e| Error::io("start a thread for", path, e))?;
        Ok(Self {
            path: path.to_owned(),
            reader: Mutex::new(reader),
            jobs: Some(jobs),
            writer: Some(writer),
            session,
        })
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes that `call` is about to be sent. Once this returns [`Begun::Call`] the note is on disk:
    /// after a crash the call counts as maybe paid.
    ///
    /// Only calls of *other* opened stores are [`Begun::Elsewhere`]; that one process does not ask
    /// the same twice at once is its own business.
    ///
    /// # Errors
    /// When it cannot be written. Then do not send the call.
    pub async fn begin(&self, call: NewCall) -> Result<Begun> {
        self.begin_within(call, SpendingLimits::default()).await
    }

    /// [`begin`](Self::begin), where the run may spend no more than `limits` in all its processes on
    /// this store.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_within(&self, call: NewCall, limits: SpendingLimits) -> Result<Begun> {
        self.write(Work::Begin { call: Box::new(call), limits }).await?.begun()
    }

    /// Keeps what came back, as it came. Once this returns, it is on disk.
    ///
    /// # Errors
    /// When it cannot be written. The body is lost then, so stop calling.
    pub async fn received(&self, id: CallId, status: u16, body: Vec<u8>) -> Result<()> {
        self.write(Work::Received { id, status, body }).await?.written()
    }

    /// Notes how a call ended. A later word replaces an earlier one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn settle(&self, id: CallId, outcome: Outcome) -> Result<()> {
        self.write(Work::Settle { id, outcome }).await?.written()
    }

    /// Settles an embedding call and keeps its vectors in place of its body, all or nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_vectors(
        &self,
        id: CallId,
        outcome: Outcome,
        vectors: Vec<(Key, Vec<f32>)>,
    ) -> Result<()> {
        self.write(Work::KeepVectors { id, outcome, vectors }).await?.written()
    }

    /// Answers that were paid for and are of no use: their questions are open again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_aside(&self, ids: Vec<CallId>) -> Result<()> {
        self.write(Work::SetAside { ids }).await?.written()
    }

    /// Keeps what was learnt about a model behind an endpoint.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_profile(&self, endpoint: &str, model: &str, profile: &str) -> Result<()> {
        let (endpoint, model) = (endpoint.to_owned(), model.to_owned());
        let profile = profile.to_owned();
        self.write(Work::SetProfile { endpoint, model, profile }).await?.written()
    }

    async fn write(&self, work: Work) -> Result<Done> {
        let gone = || Error::Bug("the store's writer is gone".to_owned());
        let (done, outcome) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job { work, done }).map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // A reader that panicked leaves no half-done work behind.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cannot_read(&self, error: &rusqlite::Error) -> Error {
        schema::explain(&self.path, "read", error)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn encode(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn decode(bytes: &[u8]) -> Option<Vec<f32>> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| chunks.iter().map(|x| f32::from_le_bytes(*x)).collect())
}
