//! How long to wait before the next attempt of one call.

use std::time::Duration;

use tokio::time::Instant;

/// Doubling waits with jitter, within a patience.
#[derive(Debug)]
pub(crate) struct Backoff {
    until: Instant,
    next: Duration,
    jitter: u64,
}

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

impl Backoff {
    /// For a call that begins now and may be put off for `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        let now = Instant::now();
        // Calls that fail at one moment must not come back at one moment. Nothing that is written
        // depends on it.
        let mut jitter = blake3::Hasher::new();
        jitter.update(format!("{now:?} {:?}", std::thread::current().id()).as_bytes());
        let bytes: [u8; 8] = std::array::from_fn(|at| jitter.finalize().as_bytes()[at]);
        Self { until: now + patience, next: FIRST, jitter: u64::from_le_bytes(bytes) }
    }

    /// How long to wait: as long as the server said, and longer each time, however little it said.
    /// `None` where that would be longer than the patience left.
    pub(crate) fn pause(&mut self, said: Option<Duration>) -> Option<Duration> {
        self.jitter = self.jitter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let share = 0.5 + (self.jitter >> 40) as f64 / (1u64 << 24) as f64 / 2.0;
        let own = self.next.mul_f64(share);
        self.next = (self.next * 2).min(LONGEST);
        let pause = match said {
            // A server that says how long knows better than a clock that only doubles.
            Some(said) if !said.is_zero() => said.max(own.min(said * 4)),
            _ => own,
        };
        (Instant::now() + pause <= self.until).then_some(pause)
    }
}
