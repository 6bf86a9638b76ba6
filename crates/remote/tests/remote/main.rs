//! `cladus remote`, asked from outside: real stages, real files, real servers, killed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails has found something; that is what it is for"
)]

mod docs;
#[cfg(unix)]
mod engines;
mod killed;
mod pipeline;
mod refused;
mod server;
mod space;
