//! Being asked to stop: whether it has happened, what must be finished first, and who is told.
//!
//! Nothing here knows signals: whoever catches them calls [`request`]. From then on no paid call can
//! [begin](paid_call), whoever [listens](on_request) is told, and the process may end as soon as
//! nothing that is paid for is [in flight](in_flight): files are published whole or not at all, so
//! work without a price may be dropped at any moment.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Of this process.
static PROCESS: Interrupt = Interrupt::new();

/// The work is to stop. Says how many paid calls are in flight, which are to be finished.
pub fn request() -> usize {
    PROCESS.request()
}

/// Has somebody asked to stop?
pub fn requested() -> bool {
    PROCESS.requested.load(Ordering::Acquire)
}

/// Waits until somebody asks to stop, at most for `timeout`. Says whether it has happened.
pub fn wait(timeout: Duration) -> bool {
    PROCESS.wait_until(Some(timeout), |state| state.requested)
}

/// Leave to make a call that is paid for, and that must be finished once it is sent; `None` once it
/// was asked to stop.
pub fn paid_call() -> Option<PaidCall> {
    PROCESS.paid_call()
}

/// Paid calls in flight.
pub fn in_flight() -> usize {
    PROCESS.state().in_flight
}

/// Waits until no paid call is in flight.
pub fn wait_until_landed() {
    PROCESS.wait_until(None, |state| state.in_flight == 0);
}

/// Calls `tell` when somebody asks to stop (at once, if that has happened), until what is returned
/// is dropped. `tell` must not wait.
pub fn on_request(tell: impl Fn() + Send + Sync + 'static) -> Listener {
    PROCESS.on_request(tell)
}

/// Leave to say how the process ends, and to end it: only the first who asks has it.
pub fn claim_the_end() -> bool {
    !PROCESS.ending.swap(true, Ordering::AcqRel)
}

/// A paid call in flight, until it is dropped.
#[derive(Debug)]
pub struct PaidCall {
    of: &'static Interrupt,
}

/// Somebody who wants to be told; forgotten when it is dropped.
#[derive(Debug)]
pub struct Listener {
    of: &'static Interrupt,
    id: u64,
}

#[derive(Debug)]
struct Interrupt {
    requested: AtomicBool,
    ending: AtomicBool,
    state: Mutex<InterruptState>,
    changed: Condvar,
}

type Announce = Arc<dyn Fn() + Send + Sync>;

struct InterruptState {
    requested: bool,
    in_flight: usize,
    listeners: Vec<(u64, Announce)>,
    next: u64,
}

impl fmt::Debug for InterruptState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("requested", &self.requested)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}

impl Interrupt {
    const fn new() -> Self {
        Self {
            requested: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            state: Mutex::new(InterruptState {
                requested: false,
                in_flight: 0,
                listeners: Vec::new(),
                next: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn request(&self) -> usize {
        let (in_flight, listeners) = {
            let mut state = self.state();
            state.requested = true;
            self.requested.store(true, Ordering::Release);
            let listeners: Vec<Announce> =
                state.listeners.iter().map(|(_, tell)| Arc::clone(tell)).collect();
            (state.in_flight, listeners)
        };
        self.changed.notify_all();
        // Without the lock: a listener may drop what it listens for.
        listeners.iter().for_each(|tell| tell());
        in_flight
    }

    fn paid_call(&'static self) -> Option<PaidCall> {
        let mut state = self.state();
        if state.requested {
            return None;
        }
        state.in_flight += 1;
        Some(PaidCall { of: self })
    }

    fn on_request(&'static self, tell: impl Fn() + Send + Sync + 'static) -> Listener {
        let tell: Announce = Arc::new(tell);
        let (id, requested) = {
            let mut state = self.state();
            state.next += 1;
            let id = state.next;
            state.listeners.push((id, Arc::clone(&tell)));
            (id, state.requested)
        };
        if requested {
            tell();
        }
        Listener { of: self, id }
    }

    /// Waits until `reached`; `false` where `timeout` was over first.
    fn wait_until(
        &self,
        timeout: Option<Duration>,
        reached: impl Fn(&InterruptState) -> bool,
    ) -> bool {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state();
        while !reached(&state) {
            state = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return false,
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, InterruptState> {
        // Nothing in here can be left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PaidCall {
    fn drop(&mut self) {
        self.of.state().in_flight -= 1;
        self.of.changed.notify_all();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let listener = {
            let mut state = self.of.state();
            let place = state.listeners.iter().position(|(id, _)| *id == self.id);
            place.map(|place| state.listeners.swap_remove(place))
        };
        // Without the lock: what it holds may listen, too.
        drop(listener);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// One of our own: that of the process is everybody's.
    fn fresh() -> &'static Interrupt {
        Box::leak(Box::new(Interrupt::new()))
    }

    #[test]
    fn nothing_paid_begins_after_the_request_and_what_is_in_flight_is_waited_for() {
        let interrupt = fresh();
        let calls: Vec<PaidCall> = (0..3).filter_map(|_| interrupt.paid_call()).collect();
        assert_eq!(interrupt.request(), 3);
        assert!(interrupt.paid_call().is_none());
        let landed = |timeout| interrupt.wait_until(Some(timeout), |state| state.in_flight == 0);
        assert!(!landed(Duration::from_millis(20)));
        let landing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            drop(calls);
        });
        assert!(landed(Duration::from_secs(20)));
        landing.join().unwrap();
    }

    #[test]
    fn listeners_are_told_once_also_those_who_come_late() {
        let interrupt = fresh();
        let told = Arc::new(AtomicUsize::new(0));
        let tell = || {
            let told = Arc::clone(&told);
            move || {
                told.fetch_add(1, Ordering::Relaxed);
            }
        };
        let early = interrupt.on_request(tell());
        drop(interrupt.on_request(tell()));
        interrupt.request();
        assert_eq!(told.load(Ordering::Relaxed), 1, "who has gone is not told");
        let late = interrupt.on_request(tell());
        assert_eq!(told.load(Ordering::Relaxed), 2);
        drop((early, late));
        assert!(interrupt.state().listeners.is_empty());
    }
}
