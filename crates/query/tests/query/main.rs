//! `cladus-query`, asked from outside: real runs, the real binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails has found something; that is what it is for"
)]

mod answers;
mod asking;
mod corrected;
mod docs;
mod duckdb;
mod space;
mod tables;
