//! Calls in flight: identical ones are made once, and none is left behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedMutexGuard};

use crate::store::Key;

/// The calls in flight of a process.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    state: Arc<Mutex<FlightState>>,
    landed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct FlightState {
    /// One lock a key: who holds it asks, the others wait and then find the answer.
    keys: HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>,
    in_flight: usize,
}

/// The right to ask for one key; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Flight {
    key: [u8; 32],
    guard: Option<OwnedMutexGuard<()>>,
    state: Arc<Mutex<FlightState>>,
}

/// A call that is on its way; counted until it is dropped.
#[derive(Debug)]
pub(crate) struct OnItsWay {
    state: Arc<Mutex<FlightState>>,
    landed: Arc<Notify>,
}

impl Flights {
    /// Waits for the right to ask for `key`.
    pub(crate) async fn enter(&self, key: &Key) -> Flight {
        let lock = Arc::clone(lock(&self.state).keys.entry(key.0).or_default());
        let guard = lock.lock_owned().await;
        Flight { key: key.0, guard: Some(guard), state: Arc::clone(&self.state) }
    }

    /// Counts a call until what is returned is dropped.
    pub(crate) fn take_off(&self) -> OnItsWay {
        lock(&self.state).in_flight += 1;
        OnItsWay { state: Arc::clone(&self.state), landed: Arc::clone(&self.landed) }
    }

    /// Waits until no call is on its way.
    pub(crate) async fn landed(&self) {
        loop {
            let landed = self.landed.notified();
            if lock(&self.state).in_flight == 0 {
                return;
            }
            landed.await;
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.guard = None;
        let mut state = lock(&self.state);
        // The map and nobody else: no one waits for this key.
        if state.keys.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            state.keys.remove(&self.key);
        }
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        lock(&self.state).in_flight -= 1;
        self.landed.notify_waiters();
    }
}

fn lock(state: &Mutex<FlightState>) -> MutexGuard<'_, FlightState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
