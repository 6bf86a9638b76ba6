//! How fast: one limit for everything a process sends.
//!
//! Concurrency grows by one for each round of good replies and is halved when the endpoint says that
//! it is too much (additive increase, multiplicative decrease; D.-M. Chiu and R. Jain, *Analysis of
//! the increase and decrease algorithms for congestion avoidance*, 1989). What a server says about
//! when to come back is obeyed by all calls, not only by the one it was said to.

use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use cladus_core::interrupt::PaidCall;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What all calls of a process share.
#[derive(Debug)]
pub(crate) struct Pacer {
    state: Mutex<State>,
    changed: Notify,
    most: usize,
    requests: Option<DefaultDirectRateLimiter>,
    tokens: Option<(DefaultDirectRateLimiter, NonZeroU32)>,
}

#[derive(Debug)]
struct State {
    limit: f64,
    in_flight: usize,
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
    pub(crate) fn new(
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
            state: Mutex::new(State {
                limit: most.max(1) as f64,
                in_flight: 0,
                resume: now,
                cut: now,
            }),
            changed: Notify::new(),
            most: most.max(1),
            requests: requests_per_minute.map(|n| per_minute(n).0),
            tokens: tokens_per_minute.map(per_minute),
        }
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

    /// A good reply; its headers may say that the next one would be too much.
    pub(crate) fn accepted(&self, headers: &HeaderMap) {
        let mut state = self.state();
        state.limit = (state.limit + 1.0 / state.limit.floor()).min(self.most as f64);
        if let Some(pause) = exhausted(headers) {
            state.resume = state.resume.max(Instant::now() + pause);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Too much: fewer calls at once, and none before `pause` is over.
    pub(crate) fn refused(&self, permit: &Permit, pause: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        // Fifty refusals of one moment are one message, not fifty.
        if permit.sent >= state.cut {
            state.limit = (state.limit / 2.0).max(1.0);
            state.cut = now;
        }
        if let Some(pause) = pause {
            state.resume = state.resume.max(now + pause);
        }
    }

    /// Calls in flight.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

/// What a refusal says about when to come back: `retry-after-ms`, or `retry-after` in seconds or as
/// a date, or the reset of a limit that is used up.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return seconds(ms / 1000.0);
    }
    if let Some(after) = text("retry-after") {
        if let Ok(number) = after.parse::<f64>() {
            return seconds(number);
        }
        if let Ok(date) = httpdate::parse_http_date(after) {
            return Some(date.duration_since(now).unwrap_or_default());
        }
    }
    exhausted(headers)
}

/// Until when there is nothing left of a limit, as `x-ratelimit-*` headers tell it.
fn exhausted(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: String| headers.get(name)?.to_str().ok().map(str::trim);
    ["requests", "tokens"]
        .into_iter()
        .filter(|what| text(format!("x-ratelimit-remaining-{what}")) == Some("0"))
        .filter_map(|what| reset(text(format!("x-ratelimit-reset-{what}"))?))
        .max()
}

/// "1s", "6m0s", "1h2m3.5s", "20ms", or plain seconds.
fn reset(text: &str) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end =
            rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    seconds(total)
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn every_way_of_saying_when_is_understood() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let after = |pairs: &[(&'static str, &str)]| {
            retry_after(&headers(pairs), now).map(|d| d.as_secs_f64())
        };
        assert_eq!(after(&[("retry-after", "7")]), Some(7.0));
        assert_eq!(after(&[("retry-after", "7"), ("retry-after-ms", "1500")]), Some(1.5));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(7.0));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:20 GMT")]), Some(0.0));
        let reset = |text: &str| {
            after(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", text)])
        };
        assert_eq!(reset("6m0s"), Some(360.0));
        assert_eq!(reset("20ms"), Some(0.02));
        assert_eq!(reset("1h2m3.5s"), Some(3723.5));
        assert_eq!(reset("soon"), None);
        assert_eq!(after(&[("retry-after", "-1")]), Some(0.0));
        assert_eq!(after(&[]), None);
    }

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
            let pacer = Arc::new(Pacer::new(3, None, None));
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
            let pacer = Arc::new(Pacer::new(8, None, None));
            let mut held = Vec::new();
            for _ in 0..8 {
                held.push(pacer.enter(0).await);
            }
            tokio::time::advance(Duration::from_millis(10)).await;
            for permit in &held {
                pacer.refused(permit, Some(Duration::from_secs(5)));
            }
            held.clear();
            let start = Instant::now();
            for _ in 0..4 {
                held.push(pacer.enter(0).await);
            }
            assert!(start.elapsed() >= Duration::from_millis(4990), "{:?}", start.elapsed());
            let more = tokio::time::timeout(Duration::from_secs(1), pacer.enter(0)).await;
            assert!(more.is_err(), "eight were halved once, to four");
            for _ in 0..4 {
                pacer.accepted(&HeaderMap::new());
            }
            let more = tokio::time::timeout(Duration::from_secs(1), pacer.enter(0)).await;
            assert!(more.is_ok(), "a round of good replies makes room for one more");
        });
    }
}
