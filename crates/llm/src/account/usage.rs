//! Tokens of a call, as a provider counts them.

use serde_json::Value;

/// Tokens as the provider counted them; `None` where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Tokens of the prompt, cached ones included.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the prompt that the provider had cached.
    pub cached_tokens: Option<u64>,
    /// Tokens of the answer, hidden reasoning included.
    pub completion_tokens: Option<u64>,
}

/// The counts that are numbers and could be true; the rest is unknown, never 0.
pub(crate) fn read(value: &Value) -> TokenUsage {
    /// More tokens than this in one call are a counter gone wild.
    const POSSIBLE: u64 = 1 << 32;
    let count = |value: Option<&Value>| value?.as_u64().filter(|count| *count < POSSIBLE);
    TokenUsage {
        prompt_tokens: count(value.get("prompt_tokens")),
        cached_tokens: count(
            value.get("prompt_tokens_details").and_then(|details| details.get("cached_tokens")),
        ),
        completion_tokens: count(value.get("completion_tokens")),
    }
}
