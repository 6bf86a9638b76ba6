//! How a stage tells what it is doing, without knowing whether anyone looks.

/// Receives a stage's progress. Stages call it from any thread.
pub trait Progress: Sync {
    /// `total` units of work begin (rows, groups or parents: whatever the stage counts).
    fn begin(&self, total: u64);
    /// `n` more units are done.
    fn advance(&self, n: u64);
    /// A parent was made; worth a glance.
    fn made(&self, name: &str);
    /// Something the user should know that is not an error.
    fn warn(&self, message: &str);
}

/// Nobody looks: for tests, and for callers that do not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _total: u64) {}
    fn advance(&self, _n: u64) {}
    fn made(&self, _name: &str) {}
    fn warn(&self, _message: &str) {}
}
