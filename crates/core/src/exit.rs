//! Exit codes: a contract with scripts and schedulers.
//!
//! A scheduler may try again after [`TEMPORARY`] (Slurm's `--requeue`, a Kubernetes pod failure
//! policy), and without another setting only after that.

/// Done, or nothing to do.
pub const OK: u8 = 0;
/// A bug of ours: artifacts that are there are intact.
pub const BUG: u8 = 1;
/// The command line or the configuration is wrong, or a place cannot be written.
pub const USAGE: u8 = 2;
/// An input is missing, damaged or of the wrong shape.
pub const INPUT: u8 = 3;
/// The answer is no: `--check` found something stale or different, or `plan` no such iteration.
pub const STALE: u8 = 4;
/// Finished, but rows fell back or failed under `--strict`.
pub const PARTIAL: u8 = 5;
/// A budget is reached: every answer is kept; raise it to go on.
pub const BUDGET: u8 = 6;
/// Another run holds the folder.
pub const LOCKED: u8 = 7;
/// The provider refuses the key or the quota.
pub const PROVIDER: u8 = 8;
/// Interrupted once, or a passing fault (a full disk, an endpoint that does not answer): the same
/// command goes on from there.
pub const TEMPORARY: u8 = 75;
/// Interrupted twice: ended at once, without waiting for calls in flight (128 and the number of
/// SIGINT, as shells have it).
pub const KILLED: u8 = 130;
