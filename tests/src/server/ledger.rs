//! What the server knows: its behaviour, what it saw, and what follows from that.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::batches::Shelf;
use super::behaviour::{Behaviour, Rate};
use super::decide::Plan;
use super::faults::{Attempt, Kind};
use super::http::Request;
use super::stats::{Seen, Stats};
use super::text::hash;

/// Shared by the connections and whoever started the server.
#[derive(Debug)]
pub(super) struct Ledger {
    started: Instant,
    inner: Mutex<Inner>,
}

/// Behind the lock.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) behaviour: Arc<Behaviour>,
    pub(super) in_flight: usize,
    /// Counts resets: what began before one is not counted after it.
    epoch: u64,
    pub(super) stats: Stats,
    seen: Vec<Seen>,
    /// Bodies that have had a usable answer.
    pub(super) answered: HashSet<u64>,
    pub(super) shelf: Shelf,
    logical: HashMap<u64, Logical>,
    /// Distinct logical requests by kind, of all chats, and of all.
    order: (HashMap<Kind, u64>, u64, u64),
    /// Static parts that a prompt cache would know.
    pub(super) systems: HashSet<u64>,
    /// From when to when clients were told not to come.
    closed: Vec<(Instant, Instant)>,
    bucket: Option<Bucket>,
}

#[derive(Debug)]
struct Logical {
    attempts: u64,
    nth: (u64, u64, u64),
    first_max_tokens: Option<u64>,
}

#[derive(Debug)]
struct Bucket {
    rate: Rate,
    level: f64,
    at: Instant,
}

/// What a rate leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Until the next request may come.
    pub(super) next: Duration,
    /// Until all is there again.
    pub(super) full: Duration,
    pub(super) admitted: bool,
}

impl Ledger {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        let inner = Inner {
            behaviour: Arc::new(behaviour),
            in_flight: 0,
            epoch: 0,
            stats: Stats::default(),
            seen: Vec::new(),
            answered: HashSet::new(),
            shelf: Shelf::default(),
            logical: HashMap::new(),
            order: Default::default(),
            systems: HashSet::new(),
            closed: Vec::new(),
            bucket: None,
        };
        Self { started: Instant::now(), inner: Mutex::new(inner) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reset(&self) {
        let mut inner = self.lock();
        let (behaviour, in_flight) = (Arc::clone(&inner.behaviour), inner.in_flight);
        let epoch = inner.epoch + 1;
        *inner = Self::new(Behaviour::default())
            .inner
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        (inner.behaviour, inner.in_flight, inner.epoch) = (behaviour, in_flight, epoch);
        inner.stats.max_in_flight = in_flight;
    }

    pub(super) fn stats(&self) -> Stats {
        let inner = self.lock();
        Stats { in_flight: inner.in_flight, ..inner.stats.clone() }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    pub(super) fn connected(&self) {
        self.lock().stats.connections += 1;
    }

    /// Notes a request, and decides what it gets.
    pub(super) fn arrive(self: &Arc<Self>, request: &Request) -> (Visit, Plan) {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let arrived = Instant::now();
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.in_flight += 1;
        let stats = &mut inner.stats;
        stats.requests += 1;
        stats.max_in_flight = stats.max_in_flight.max(inner.in_flight);
        let since = arrived.duration_since(self.started).as_secs_f64();
        stats.first_s.get_or_insert(since);
        stats.last_s = Some(since);
        let digest = hash(&[request.path.as_bytes(), &request.body]);
        stats.repeated += u64::from(inner.answered.contains(&digest));
        let early = inner.closed.iter().any(|(from, until)| (*from..*until).contains(&arrived));
        stats.too_early += u64::from(early);
        inner.closed.retain(|(_, until)| *until > arrived);
        let plan = super::decide::decide(inner, request, &body, arrived);
        if let Some(fault) = plan.fault {
            *inner.stats.faults.entry(fault.name()).or_default() += 1;
        }
        let mut index = None;
        if inner.behaviour.remember {
            index = Some(inner.seen.len());
            inner.seen.push(Seen {
                kind: plan.kind,
                arrived,
                finished: None,
                status: None,
                whole: false,
                fault: plan.fault,
                attempt: plan.attempt,
                logical: plan.logical,
                method: request.method.clone(),
                path: request.path.clone(),
                headers: request.headers.clone(),
                body,
            });
        }
        let visit = Visit {
            ledger: Arc::clone(self),
            epoch: inner.epoch,
            index,
            digest,
            kind: plan.kind,
            begun: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        };
        (visit, plan)
    }
}

impl Inner {
    /// Counts an attempt at a question. `key` is what rates pick by; also says the `max_tokens` of
    /// the first attempt.
    pub(super) fn attempt(
        &mut self,
        (logical, key): (u64, u64),
        kind: Kind,
        max_tokens: Option<u64>,
    ) -> (Attempt, Option<u64>) {
        let order = &mut self.order;
        let stats = &mut self.stats;
        let entry = self.logical.entry(logical).or_insert_with(|| {
            let of_kind = order.0.entry(kind).or_default();
            *of_kind += 1;
            order.1 += u64::from(kind.is_chat());
            order.2 += 1;
            stats.logical += 1;
            Logical { attempts: 0, nth: (*of_kind, order.1, order.2), first_max_tokens: max_tokens }
        });
        entry.attempts += 1;
        (Attempt { kind, key, attempt: entry.attempts, nth: entry.nth }, entry.first_max_tokens)
    }

    /// Takes a request out of the bucket, if it has one left.
    pub(super) fn admit(&mut self, now: Instant) -> Option<Left> {
        let rate = self.behaviour.rate?;
        let burst = f64::from(rate.burst.max(1));
        if self.bucket.as_ref().is_none_or(|bucket| bucket.rate != rate) {
            self.bucket = Some(Bucket { rate, level: burst, at: now });
        }
        let bucket = self.bucket.as_mut()?;
        let a_second = f64::from(rate.per_minute.max(1)) / 60.0;
        bucket.level =
            burst.min(bucket.level + now.duration_since(bucket.at).as_secs_f64() * a_second);
        bucket.at = now;
        let admitted = bucket.level >= 1.0;
        if admitted {
            bucket.level -= 1.0;
        }
        let after = |missing: f64| Duration::from_secs_f64(missing.max(0.0) / a_second);
        Some(Left {
            limit: rate.per_minute,
            remaining: bucket.level as u32,
            next: after(1.0 - bucket.level),
            full: after(burst - bucket.level),
            admitted,
        })
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Visit {
    ledger: Arc<Ledger>,
    epoch: u64,
    index: Option<usize>,
    digest: u64,
    kind: Kind,
    begun: AtomicBool,
    ended: AtomicBool,
    /// It is the server that ends the connection.
    given_up: AtomicBool,
}

impl Visit {
    /// The first byte is about to be written.
    pub(super) fn begin(&self, plan: &Plan) {
        self.begun.store(true, Ordering::Relaxed);
        let now = Instant::now();
        let mut inner = self.ledger.lock();
        if inner.epoch != self.epoch {
            return;
        }
        let status = plan.response.status;
        let stats = &mut inner.stats;
        *stats.answered.entry(self.kind).or_default().entry(status).or_default() += 1;
        if status == 200 && (self.kind.is_chat() || self.kind == Kind::Embed) {
            stats.billed += 1;
            stats.tokens_in += plan.tokens.0;
            stats.tokens_out += plan.tokens.1;
        }
        if let Some(until) = plan.come_back {
            let from = now + inner.behaviour.notice;
            inner.closed.push((from, until));
        }
        if let Some(seen) = self.index.and_then(|index| inner.seen.get_mut(index)) {
            seen.status = Some(status);
        }
    }

    /// The last byte is about to be written.
    pub(super) fn end(&self, usable: bool) {
        if self.ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut inner = self.ledger.lock();
        inner.in_flight -= 1;
        if inner.epoch != self.epoch {
            return;
        }
        if usable {
            inner.answered.insert(self.digest);
        }
        if let Some(seen) = self.index.and_then(|index| inner.seen.get_mut(index)) {
            (seen.finished, seen.whole) = (Some(Instant::now()), true);
        }
    }

    /// The server will not write more.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if *self.ended.get_mut() {
            return;
        }
        let mut inner = self.ledger.lock();
        inner.in_flight -= 1;
        if inner.epoch != self.epoch {
            return;
        }
        let stats = &mut inner.stats;
        if !*self.begun.get_mut() {
            *stats.answered.entry(self.kind).or_default().entry(0).or_default() += 1;
        }
        stats.abandoned += u64::from(!*self.given_up.get_mut());
        if let Some(seen) = self.index.and_then(|index| inner.seen.get_mut(index)) {
            seen.finished = Some(Instant::now());
        }
    }
}
