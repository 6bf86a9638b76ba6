//! How fast: one limit for everything a process sends.
//!
//! Concurrency grows quickly at first, as far as replies show that they are worked on side by side; once
//! something was too much, by one for each round of good replies. It is halved when the endpoint says
//! that it is too much (additive increase, multiplicative decrease; D.-M. Chiu and R. Jain, *Analysis of
//! the increase and decrease algorithms for congestion avoidance*, 1989). What a server says about
//! when to come back is obeyed by all calls, not only by the one it was said to.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cladus_core::interrupt::PaidCall;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::later::exhausted;

/// A header on a good reply holds everybody back for so long, at most.
const HINTED: Duration = Duration::from_secs(60);

/// A server that answers one after the other is given no more at once than it answers in about this
/// time: who answers in an instant is soon asked much at once, who takes a minute is not.
const QUEUE: Duration = Duration::from_secs(36);

/// And so many times as much, at most, as it was seen to answer side by side.
const AHEAD: usize = 12;

/// What all calls of a process share.
#[derive(Debug)]
pub(crate) struct Pacer {
    state: Mutex<PaceState>,
    changed: Notify,
    most: usize,
    /// A header on a good reply holds everybody back for so long, at most.
    hint: Duration,
    requests: Option<DefaultDirectRateLimiter>,
    tokens: Option<(DefaultDirectRateLimiter, NonZeroU32)>,
}

#[derive(Debug)]
struct PaceState {
    limit: f64,
    in_flight: usize,
    /// Nothing was too much yet: the limit at least doubles with each round of good replies.
    growing: bool,
    /// The quickest good reply, by the kind of call.
    quickest: BTreeMap<String, Duration>,
    /// When the last good replies came.
    came: VecDeque<Instant>,
    /// Headers say that nothing is left, and answers come all the same: they are not believed.
    distrusted: bool,
    /// When a header of a good reply last said that nothing was left, and until when.
    hinted: Option<(Instant, Instant)>,
    /// Nothing is sent before.
    resume: Instant,
    /// Replies to what was sent before this say nothing new about what is too much.
    cut: Instant,
}

/// Leave to have one call in flight; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pacer: Arc<Pacer>,
    sent: Instant,
    /// Nobody ends the process while it is there.
    paid: Option<PaidCall>,
}

impl Pacer {
    /// `start` calls at once at first, and `most` ever.
    pub(crate) fn new(
        start: usize,
        most: usize,
        requests_per_minute: Option<u32>,
        tokens_per_minute: Option<u32>,
    ) -> Self {
        let now = Instant::now();
        let per_minute = |n: u32| {
            let n = NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
            // Providers count windows of seconds too: a minute's worth at once would be refused.
            let burst = NonZeroU32::new(n.get() / 10).unwrap_or(NonZeroU32::MIN);
            (RateLimiter::direct(Quota::per_minute(n).allow_burst(burst)), burst)
        };
        Self {
            state: Mutex::new(PaceState {
                limit: start.clamp(1, most.max(1)) as f64,
                in_flight: 0,
                growing: true,
                quickest: BTreeMap::new(),
                came: VecDeque::new(),
                distrusted: false,
                hinted: None,
                resume: now,
                cut: now,
            }),
            changed: Notify::new(),
            most: most.max(1),
            hint: HINTED,
            requests: requests_per_minute.map(|n| per_minute(n).0),
            tokens: tokens_per_minute.map(per_minute),
        }
    }

    /// Nobody waits longer than `patience` for a hint.
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { hint: self.hint.min(patience), ..self }
    }

    /// Waits until one more call may be sent; `tokens` is about what it will use.
    pub(crate) async fn enter(self: &Arc<Self>, tokens: u64) -> Permit {
        if let Some(limiter) = &self.requests {
            limiter.until_ready().await;
        }
        if let Some((limiter, burst)) = &self.tokens {
            // A call that is larger than a burst takes several.
            let mut left = u32::try_from(tokens).unwrap_or(u32::MAX);
            while let Some(some) = NonZeroU32::new(left.min(burst.get())) {
                // Never more than the burst, which is all that is refused.
                let _ = limiter.until_n_ready(some).await;
                left -= some.get();
            }
        }
        loop {
            let mut changed = pin!(self.changed.notified());
            // Queued before looking, so that no place that is freed in between goes unnoticed.
            changed.as_mut().enable();
            let pause = {
                let mut state = self.state();
                let now = Instant::now();
                if now < state.resume {
                    Some(state.resume)
                } else if state.in_flight < (state.limit as usize).max(1) {
                    state.in_flight += 1;
                    return Permit { pacer: Arc::clone(self), sent: now, paid: None };
                } else {
                    None
                }
            };
            match pause {
                Some(resume) => tokio::time::sleep_until(resume).await,
                None => changed.await,
            }
        }
    }

    /// Nothing is sent before `pause` is over.
    pub(crate) fn hold(&self, pause: Duration) {
        let mut state = self.state();
        state.resume = state.resume.max(Instant::now() + pause);
    }

    /// Waits until nobody is told to stay away: who has had leave to send for a while looks again.
    pub(crate) async fn clear(&self) {
        loop {
            let resume = self.state().resume;
            if resume <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(resume).await;
        }
    }

    /// A good reply to a call of this `kind`, which took so long; its headers may say that the next
    /// one would be too much.
    pub(crate) fn accepted(
        &self,
        permit: &Permit,
        headers: &HeaderMap,
        kind: &str,
        took: Duration,
    ) {
        let mut state = self.state();
        let now = Instant::now();
        let quickest = state.quickest.entry(kind.to_owned()).or_insert(took);
        *quickest = (*quickest).min(took);
        let quickest = *quickest;
        let together = state.came_within(quickest, now, self.most);
        // A server that answers one after the other only makes them wait longer.
        let queueing = took > quickest * 3 + Duration::from_secs(2);
        if !queueing {
            state.limit = if state.growing {
                let ahead = (together * AHEAD) as f64;
                (state.limit + growth(took)).min(ahead).max(state.limit + 1.0)
            } else {
                state.limit + 1.0 / state.limit.floor()
            }
            .min(self.most as f64);
        }
        if state.hinted.is_some_and(|(said, until)| permit.sent > said && now < until) {
            // It said that nothing was left, and there was.
            state.distrusted = true;
        }
        let left = exhausted(headers, SystemTime::now()).filter(|_| !state.distrusted);
        if let Some(pause) = left {
            state.hinted = Some((now, now + pause));
            // A header on a good reply is a hint: it is followed for a while, and then tried.
            state.resume = state.resume.max(now + pause.min(self.hint));
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Too much: fewer calls at once.
    pub(crate) fn refused(&self, permit: &Permit) {
        let now = Instant::now();
        let mut state = self.state();
        state.growing = false;
        // Fifty refusals of one moment are one message, not fifty.
        if permit.sent >= state.cut {
            // What is in flight was too much, whatever might have been.
            state.limit = (state.limit.min(state.in_flight as f64) / 2.0).max(1.0);
            state.cut = now;
        }
    }

    /// How long nobody sends yet.
    pub(crate) fn held(&self) -> Duration {
        self.state().resume.saturating_duration_since(Instant::now())
    }

    /// Calls in flight.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    fn state(&self) -> MutexGuard<'_, PaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PaceState {
    /// How many good replies came within `span`, one that comes `now` with them: if one reply takes as
    /// long, so many were worked on side by side. No more than `most` are counted.
    fn came_within(&mut self, span: Duration, now: Instant, most: usize) -> usize {
        self.came.push_back(now);
        if self.came.len() > most {
            self.came.pop_front();
        }
        self.came.iter().rev().take_while(|came| now - **came < span).count().max(1)
    }
}

/// By how many calls a good reply raises the limit while nothing was too much: by one at least, so that
/// it doubles with each round of replies, and by more the sooner they come.
fn growth(took: Duration) -> f64 {
    (QUEUE.as_secs_f64() / took.as_secs_f64().max(0.1)).max(1.0)
}

impl Permit {
    /// The call is about to be noted and sent: until the permit is dropped, what comes back is waited
    /// for, whoever interrupts.
    pub(crate) fn begin(&mut self, paid: PaidCall) {
        self.paid = Some(paid);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.pacer.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.pacer.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(work)
    }

    #[test]
    fn no_more_than_the_limit_are_in_flight() {
        paused(async {
            let pacer = Arc::new(Pacer::new(3, 3, None, None));
            let mut held = Vec::new();
            for _ in 0..3 {
                held.push(pacer.enter(0).await);
            }
            let more = tokio::time::timeout(Duration::from_secs(9), pacer.enter(0)).await;
            assert!(more.is_err());
            held.pop();
            let more = tokio::time::timeout(Duration::from_secs(9), pacer.enter(0)).await;
            assert!(more.is_ok());
            assert_eq!(pacer.in_flight(), 3);
        });
    }

    #[test]
    fn a_refusal_halves_once_and_holds_everyone_back() {
        paused(async {
            let pacer = Arc::new(Pacer::new(8, 8, None, None));
            let mut held = Vec::new();
            for _ in 0..8 {
                held.push(pacer.enter(0).await);
            }
            tokio::time::advance(Duration::from_millis(10)).await;
            for permit in &held {
                pacer.refused(permit);
            }
            pacer.hold(Duration::from_secs(5));
            held.clear();
            let start = Instant::now();
            for _ in 0..4 {
                held.push(pacer.enter(0).await);
            }
            assert!(start.elapsed() >= Duration::from_millis(4990), "{:?}", start.elapsed());
            let more = tokio::time::timeout(Duration::from_secs(1), pacer.enter(0)).await;
            assert!(more.is_err(), "eight were halved once, to four");
            for permit in &held {
                pacer.accepted(permit, &HeaderMap::new(), "x", Duration::from_millis(1));
            }
            let more = tokio::time::timeout(Duration::from_secs(1), pacer.enter(0)).await;
            assert!(more.is_ok(), "a round of good replies makes room for one more");
        });
    }

    #[test]
    fn it_starts_small_and_grows_while_nobody_has_to_queue() {
        paused(async {
            let pacer = Arc::new(Pacer::new(2, 50, None, None));
            let limit = || pacer.state().limit as usize;
            let permit = pacer.enter(0).await;
            let reply = |ms| {
                pacer.accepted(&permit, &HeaderMap::new(), "x", Duration::from_millis(ms));
            };
            (0..3).for_each(|_| reply(36_000));
            assert_eq!(limit(), 5, "who is slow gets one more for each reply");
            (0..9).for_each(|_| reply(144_000));
            assert_eq!(limit(), 5, "who queues is not helped by more");
            tokio::time::advance(Duration::from_secs(60)).await;
            reply(200);
            assert_eq!(limit(), 12, "who is quick gets what one after the other allows");
            reply(200);
            assert_eq!(limit(), 24, "and more where two came side by side");
        });
    }

    #[test]
    fn who_answers_one_after_the_other_is_not_taken_for_many() {
        paused(async {
            let pacer = Arc::new(Pacer::new(4, 50, None, None));
            let permit = pacer.enter(0).await;
            for place in 0..20_u64 {
                tokio::time::advance(Duration::from_secs(6)).await;
                // As if six were always waiting.
                let took = Duration::from_secs(6 * (place + 1).min(6));
                pacer.accepted(&permit, &HeaderMap::new(), "x", took);
            }
            // One more for each reply before it showed.
            assert_eq!(pacer.state().limit as usize, AHEAD + 1);
        });
    }

    #[test]
    fn a_header_that_is_wrong_is_believed_once() {
        paused(async {
            let pacer = Arc::new(Pacer::new(8, 8, None, None));
            let pairs =
                [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1h")];
            let headers: HeaderMap =
                pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
            let start = Instant::now();
            for _ in 0..5 {
                tokio::time::advance(Duration::from_millis(1)).await;
                let permit = pacer.enter(0).await;
                tokio::time::advance(Duration::from_millis(1)).await;
                pacer.accepted(&permit, &headers, "x", Duration::from_millis(1));
            }
            drop(pacer.enter(0).await);
            assert!(start.elapsed() < Duration::from_secs(65), "{:?}", start.elapsed());
        });
    }
}
