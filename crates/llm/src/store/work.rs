//! What the writer is asked to do, and what came of it.

use cladus_core::{Error, Result};
use tokio::sync::oneshot;

use super::kinds::{BatchId, BatchNote, Begun, CopiedCall, NewBatch, NewCall, Outcome};
use crate::account::budget::SpendingLimits;
use crate::key::{CallId, Key};

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
