//! What the store is told, and what it tells.

use serde::Serialize;

use crate::account::budget::Limit;
use crate::account::usage::TokenUsage;
use crate::key::{CallId, Key};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    /// An answer of a language model.
    Chat,
    /// Vectors for texts.
    Embedding,
}

impl QuestionKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
        }
    }
}

/// A call that is about to be sent.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// Hash of the whole request.
    pub key: Key,
    /// What is asked for.
    pub kind: QuestionKind,
    /// The run that pays for it.
    pub run: String,
    /// The iteration of the run; 0 where it is not known.
    pub iteration: u32,
    /// The stage that asks.
    pub stage: String,
    /// Where it is asked.
    pub endpoint: String,
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// How the form of the answer is asked for on the wire.
    pub form: String,
    /// The longest answer in tokens; 0 for embeddings.
    pub max_tokens: u32,
    /// The prompt's length in tokens, as estimated here.
    pub expected_prompt_tokens: u64,
    /// The most it can cost; `None` where the price is not known.
    pub expected_nanodollars: Option<u64>,
    /// The body as sent.
    pub request: String,
    /// The newest answer to this key that the caller has read and cannot use (cut off, say). Only
    /// later ones make [`Answers::begin`](super::Answers::begin) say [`Begun::Answered`].
    pub seen: Option<CallId>,
}

/// What became of a wish to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is noted and may be sent.
    Call(CallId),
    /// A live other process has this key in flight: look again later.
    Elsewhere,
    /// It is under way in a batch, whose answers have to be fetched.
    InBatch,
    /// Somebody got an answer meanwhile: look again now.
    Answered,
    /// It does not fit into what the run may spend, as long as calls in flight come to the most they
    /// can: look again later.
    NoRoomYet,
    /// It does not fit into what the run may spend.
    NoRoom(Limit),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer, as the provider counted it.
    Answer {
        /// Tokens.
        usage: TokenUsage,
        /// What it cost, where the price is known.
        nanodollars: Option<u64>,
    },
    /// Status 200, but no reply of a model (a proxy's page, say). It may have been paid.
    NotAReply(String),
    /// The endpoint was too busy or broken (429, 5xx). Not billed.
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        reason: String,
    },
    /// It was sent, and nobody knows what became of it. It may have been paid.
    Unknown(String),
    /// It never left this machine.
    NeverSent(String),
    /// It was in a batch that ended before it came to this one. Not billed.
    NotRun(String),
    /// The endpoint refuses this request and would refuse it again (4xx). Not billed.
    Rejected {
        /// HTTP status.
        status: u16,
        /// What it said.
        reason: String,
    },
    /// The endpoint refuses the key or the quota. Not billed.
    Denied {
        /// HTTP status.
        status: u16,
        /// What it said.
        reason: String,
    },
}

impl Outcome {
    /// As the column `outcome` has it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::NotAReply(_) => "not a reply",
            Self::Refused { .. } => "refused",
            Self::Unknown(_) => "unknown",
            Self::NeverSent(_) => "never sent",
            Self::NotRun(_) => "not run",
            Self::Rejected { .. } => "rejected",
            Self::Denied { .. } => "denied",
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::Rejected { status, .. }
            | Self::Denied { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Answer { .. } => None,
            Self::NotAReply(reason)
            | Self::Unknown(reason)
            | Self::NeverSent(reason)
            | Self::NotRun(reason) => Some(reason),
            Self::Refused { reason, .. }
            | Self::Rejected { reason, .. }
            | Self::Denied { reason, .. } => Some(reason),
        }
    }
}

/// A body that came with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The call that got it.
    pub id: CallId,
    /// The longest answer that was asked for.
    pub max_tokens: u32,
    /// HTTP status.
    pub status: u16,
    /// The body as received.
    pub body: Vec<u8>,
}

/// What one stage of one iteration asked one model, and what it came to.
///
/// `calls` is `answers` + `failed` + `maybe_paid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerLine {
    /// The iteration; 0 where it is not known.
    pub iteration: u32,
    /// The stage.
    pub stage: String,
    /// The model.
    pub model: String,
    /// Calls that were sent.
    pub calls: u64,
    /// Calls that brought an answer.
    pub answers: u64,
    /// Calls that were refused, and not billed.
    pub failed: u64,
    /// Calls that were sent and whose bill nobody knows: killed, timed out, not a reply.
    pub maybe_paid: u64,
    /// Those of `maybe_paid` that are under way in a batch.
    pub submitted: u64,
    /// Attempts that never left this machine; not in `calls`.
    pub never_sent: u64,
    /// Tokens of prompts, as the provider counted them.
    pub prompt_tokens: u64,
    /// Tokens of prompts that the provider had cached.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// What the answers cost, as far as prices are known.
    pub nanodollars: u64,
    /// The most that the calls in `maybe_paid` can have cost, as far as prices are known.
    pub maybe_nanodollars: u64,
    /// Answers and maybe paid calls whose price is not known.
    pub unpriced: u64,
}

/// A row of the table `batches`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub(super) i64);

/// A batch that is about to be made.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Hash of its questions, as they are put.
    pub content: String,
    /// The run that pays for it.
    pub run: String,
    /// Where it is asked; empty where that is not known.
    pub endpoint: String,
    /// The model that is asked.
    pub model: String,
    /// How the questions are put, as JSON.
    pub profile: String,
}

/// A batch that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its row.
    pub id: BatchId,
    /// Its mark at the endpoint.
    pub chunk: String,
    /// Where it is asked.
    pub endpoint: String,
    /// The model that is asked.
    pub model: String,
    /// How its questions were put, as JSON.
    pub profile: String,
    /// The endpoint's name of it; `None` where nobody knows whether it came to be.
    pub server_id: Option<String>,
    /// What the endpoint said of it last.
    pub status: Option<String>,
    /// Whoever meant to submit it is no longer there.
    pub orphan: bool,
    /// Its questions that have no answer yet.
    pub open: u64,
    /// When it was intended, in milliseconds since 1970.
    pub created_ms: i64,
}

/// A question of a batch that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its call.
    pub id: CallId,
    /// Its key.
    pub key: Key,
    /// The body.
    pub request: String,
    /// The stage that asks.
    pub stage: String,
    /// The iteration of the run; 0 where it is not known.
    pub iteration: u32,
}

/// What became known of a batch.
#[derive(Debug, Clone)]
pub enum BatchNote {
    /// Its questions lie at the endpoint under this name.
    Uploaded(String),
    /// The endpoint has it under this name.
    Submitted(String),
    /// The endpoint said this of it.
    Status(String),
    /// It is over; where its answers and its refusals lay.
    Ended {
        /// What the endpoint said of it.
        status: String,
        /// The name of the file with the answers.
        output: Option<String>,
        /// The name of the file with the refusals.
        errors: Option<String>,
    },
    /// It never came to be: its questions are open again.
    Dropped,
}

impl Batch {
    /// As people are told of it.
    pub(crate) fn name(&self) -> String {
        let questions = if self.open == 1 { "question" } else { "questions" };
        match &self.server_id {
            Some(id) => format!("batch {id} at {} ({} {questions})", self.endpoint, self.open),
            None => format!("a batch on its way to {} ({} {questions})", self.endpoint, self.open),
        }
    }
}

/// A call of another store that got an answer, with all that is known of it.
#[derive(Debug, Clone)]
pub(super) struct CopiedCall {
    /// Its row there.
    pub id: i64,
    /// Its key.
    pub key: Key,
    /// The body as received; embeddings have none, their vectors are kept.
    pub body: Option<Vec<u8>>,
    /// The longest answer that was asked for.
    pub max_tokens: u32,
    /// The run that it is copied for.
    pub run: String,
    /// The columns that are copied as they are.
    pub rest: Vec<rusqlite::types::Value>,
}
