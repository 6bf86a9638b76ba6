//! What the end-to-end tests need beside the binaries: an OpenAI-compatible server that answers the
//! same question the same way every time, and misbehaves exactly as it is told to.

pub mod command;
pub mod server;
