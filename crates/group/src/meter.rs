//! How far a grouping has come, told in rows.

use std::sync::atomic::{AtomicU64, Ordering};

use cladus_core::progress::Progress;

/// Turns shares of the work into rows done, never backwards.
pub(crate) struct Meter<'a> {
    progress: &'a dyn Progress,
    rows: usize,
    told: AtomicU64,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(progress: &'a dyn Progress, rows: usize) -> Self {
        Self { progress, rows, told: AtomicU64::new(0) }
    }

    /// `share` of the work, 0 to 1, is done.
    pub(crate) fn reach(&self, share: f64) {
        let now = (share.clamp(0.0, 1.0) * self.rows as f64).round() as u64;
        let before = self.told.fetch_max(now, Ordering::Relaxed);
        if now > before {
            self.progress.advance(now - before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counted(AtomicU64);

    impl Progress for Counted {
        fn begin(&self, _total: u64) {}
        fn advance(&self, n: u64) {
            self.0.fetch_add(n, Ordering::Relaxed);
        }
        fn made(&self, _name: &str) {}
        fn warn(&self, _message: &str) {}
    }

    #[test]
    fn shares_become_rows_and_never_go_back() {
        let counted = Counted::default();
        let meter = Meter::new(&counted, 10);
        for (share, rows) in [(0.25, 3), (0.1, 3), (0.5, 5), (2.0, 10), (1.0, 10)] {
            meter.reach(share);
            assert_eq!(counted.0.load(Ordering::Relaxed), rows);
        }
    }
}
