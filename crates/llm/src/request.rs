//! What is asked of a model.

use serde_json::Value;

/// One question. Together with the session's model and temperature it decides the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The static part: the same bytes for every call of a stage, so that providers' prompt caches
    /// work.
    pub system: String,
    /// What this call is about; all data from outside is in here.
    pub user: String,
    /// The form of the answer.
    pub shape: Shape,
    /// The longest answer that is paid for, in tokens. Kept beside the answer, not in its key.
    pub max_tokens: u32,
}

/// The form an answer must have: a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// What it is called on the wire (`[a-zA-Z0-9_-]`).
    pub name: &'static str,
    /// A JSON schema in the strict subset: every object closed, every property required.
    pub schema: Value,
}
