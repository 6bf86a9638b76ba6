//! One call to an endpoint: what goes out, what comes back, and what is done next.
//!
//! Nothing here knows a store, a budget or a session.

pub(crate) mod answer;
pub(crate) mod backoff;
pub(crate) mod form;
pub(crate) mod ladder;
pub(crate) mod later;
mod lenient;
pub(crate) mod pacing;
pub(crate) mod profile;
pub(crate) mod refusal;
pub(crate) mod reply;
pub(crate) mod secret;
mod stream;
pub(crate) mod vectors;
pub(crate) mod wire;
mod words;
