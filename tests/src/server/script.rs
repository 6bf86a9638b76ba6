//! Answers told by a test, where the server's own would be too good.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::faults::Kind;

type Tell = dyn Fn(Kind, &Value, &Value) -> Option<String> + Send + Sync;

/// What a model says: of the kind of a question, its body, and the answer that the server would have
/// given, the text of another one; `None` leaves it at that. Faults come after it.
#[derive(Clone)]
pub struct Script(Arc<Tell>);

impl Script {
    /// Answers by `tell`.
    pub fn new(
        tell: impl Fn(Kind, &Value, &Value) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, kind: Kind, body: &Value, own: &Value) -> Option<String> {
        (self.0)(kind, body, own)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
