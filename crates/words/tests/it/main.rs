//! Names from outside: one binary, because every one builds the naming anew.

#![allow(clippy::unwrap_used, reason = "a test")]

mod meaning;
mod naming;
mod snapshots;
mod tables;
