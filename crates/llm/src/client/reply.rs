//! What came back.

use serde_json::{Map, Value};

use crate::account::usage::TokenUsage;
use crate::key::CallId;

/// An answer that has the form of a JSON object. Whether its values make sense is the stage's to
/// say: servers differ in how much of a schema they enforce.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The object.
    pub object: Map<String, Value>,
    /// What the provider counted.
    pub usage: TokenUsage,
    /// Where it is kept; `None` where it is not.
    pub call: Option<CallId>,
}

/// Why a call has no usable answer. The text stands alone in a remark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The model refused.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The provider's filter cut in.
    #[error("the answer was filtered by the provider")]
    Filtered,
    /// Nothing was said.
    #[error("the answer was empty")]
    Empty,
    /// The answer ended at its longest length, also when asked with a greater one.
    #[error("the answer was cut off at {0} tokens")]
    CutOff(u32),
    /// The answer is not a JSON object.
    #[error("the answer was not a JSON object: {0}")]
    NotJson(String),
    /// More than the model takes in one prompt.
    #[error("the prompt is longer than the model takes")]
    TooLong,
    /// The endpoint refuses this request and would refuse it again.
    #[error("the endpoint refused the request: {0}")]
    BadRequest(String),
    /// No answer after several attempts; another time may do.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// The server fails at this request while it answers others; another time may do.
    #[error("no answer: {0}")]
    Fails(String),
}

impl Flaw {
    /// Is it worth asking again, telling the model what was wrong? The others would end the same way.
    pub fn worth_reasking(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Empty | Self::NotJson(_) => true,
            Self::Filtered | Self::CutOff(_) => false,
            Self::TooLong | Self::BadRequest(_) | Self::NoAnswer(_) | Self::Fails(_) => false,
        }
    }

    /// Could the same call succeed at another time?
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::NoAnswer(_) | Self::Fails(_))
    }
}

/// A body as it is understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Read {
    /// An answer.
    Reply(Reply),
    /// An answer that was paid for and is of no use.
    Flawed(Flaw, TokenUsage),
    /// It ends where its longest length ended it.
    CutOff(TokenUsage),
    /// Not an answer at all: a page of a proxy, an error with status 200.
    NotAReply(String),
}

/// One clean line of at most 120 characters.
pub(crate) fn short(text: &str) -> String {
    cladus_core::text::clean_to(text, 120).into_owned()
}
