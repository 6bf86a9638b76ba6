//! Exit codes: a contract with scripts and schedulers.

/// Done, or nothing to do.
pub const OK: u8 = 0;
/// A bug of ours.
pub const BUG: u8 = 1;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 2;
/// An input is missing, damaged or of the wrong shape.
pub const INPUT: u8 = 3;
/// `--check` found something stale.
pub const STALE: u8 = 4;
/// Finished, but rows fell back or failed under `--strict`.
pub const PARTIAL: u8 = 5;
/// A budget is reached.
pub const BUDGET: u8 = 6;
/// Another run holds the folder.
pub const LOCKED: u8 = 7;
/// The provider refuses the key or the quota.
pub const PROVIDER: u8 = 8;
/// Interrupted, or a passing fault: run again to resume.
pub const TEMPORARY: u8 = 75;
