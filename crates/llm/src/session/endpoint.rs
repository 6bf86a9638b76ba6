//! One model at one address, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::account::prices::Price;
use crate::client::profile::EndpointProfile;
use crate::client::wire::{Along, Wire};

/// So many calls without an answer in a row, and the endpoint counts as gone.
pub(crate) const GONE: u64 = 5;
/// The same where one question may be to blame: as many of its parts may fail before that one is found.
pub(crate) const GONE_IN_PARTS: u64 = 8;
/// So many requests refused for good, and never an answer, and it refuses everything.
const REFUSES: u32 = 3;
/// So many refused one after the other for one reason, and it is no longer what they ask.
const REFUSES_BY_NOW: u32 = 8;
/// So many texts may fail at any length; more, and it is the endpoint that does.
const FAILING_TEXTS: u32 = 10;
/// So many answers that never came to their end, and none that did, and none ever will.
const ENDLESS: u32 = 3;
/// Room for an answer, in tokens, that is not known to need more. Only what is said is paid for.
const ROOM: u32 = 2_048;

/// One model at one address.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) base_url: String,
    pub(crate) model: String,
    pub(crate) price: Option<Price>,
    /// What is sent along in every body.
    pub(crate) extra: Map<String, Value>,
    pub(crate) wire: OnceLock<(Wire, Along)>,
    profile: Mutex<EndpointProfile>,
    /// Calls that ended without an answer, one after the other.
    failures_in_a_row: AtomicU64,
    /// Answers in this process.
    answers: AtomicU64,
    /// Texts that were cut because the server fails at them.
    failing_texts: AtomicU32,
    /// Texts in one call, at most, as calls have turned out.
    fewer: AtomicUsize,
    /// Numbers in a vector, as the first ones had them.
    pub(crate) dim: OnceLock<usize>,
    /// Questions whose answers were cut off at any length, while none came to its end.
    endless: AtomicU32,
    refused: Mutex<Refused>,
    /// No answer is cut off before so many tokens, however short it should be.
    room: AtomicU32,
    /// How many answers of each kind were timed, and the slowest of them.
    times: Mutex<BTreeMap<String, (u32, Duration)>>,
    /// While nothing is known, one question goes alone.
    first: tokio::sync::Mutex<()>,
    /// Tokens of prompts as the server counted them, where that was far too few, with their bytes.
    truncated: Mutex<BTreeMap<u64, BTreeSet<u64>>>,
    /// What was said once and need not be said again.
    told: Mutex<Vec<&'static str>>,
    /// Until when a wait is announced.
    announced: Mutex<Option<Instant>>,
}

/// Requests that were refused as they are.
#[derive(Debug, Default)]
struct Refused {
    /// In this process.
    count: u32,
    /// What was said of the last one.
    said: String,
    /// For that reason, one after the other, without an answer between them.
    in_a_row: u32,
}

impl Endpoint {
    pub(crate) fn new(
        base_url: String,
        model: String,
        price: Option<Price>,
        extra: Map<String, Value>,
        profile: EndpointProfile,
    ) -> Self {
        let room = profile.room.unwrap_or(ROOM);
        Self {
            base_url,
            model,
            price,
            extra,
            wire: OnceLock::new(),
            answers: AtomicU64::new(0),
            failing_texts: AtomicU32::new(0),
            fewer: AtomicUsize::new(usize::MAX),
            dim: OnceLock::new(),
            endless: AtomicU32::new(0),
            profile: Mutex::new(profile),
            failures_in_a_row: AtomicU64::new(0),
            refused: Mutex::default(),
            room: AtomicU32::new(room),
            times: Mutex::default(),
            first: tokio::sync::Mutex::new(()),
            truncated: Mutex::default(),
            told: Mutex::default(),
            announced: Mutex::default(),
        }
    }

    /// A body without what is secret.
    pub(crate) fn redacted(&self, body: &[u8]) -> Vec<u8> {
        match self.wire.get() {
            Some((_, along)) => along.redacted(body),
            None => body.to_vec(),
        }
    }

    pub(crate) fn profile(&self) -> EndpointProfile {
        lock(&self.profile).clone()
    }

    /// Replaces `old`, unless another call has learnt something meanwhile. Says whether it did.
    pub(crate) fn learn(&self, old: &EndpointProfile, new: EndpointProfile) -> bool {
        let mut profile = lock(&self.profile);
        let current = *profile == *old;
        if current {
            *profile = new;
        }
        current
    }

    /// Changes what is known, whatever others have learnt; what is to be kept, if that changed.
    pub(crate) fn update(
        &self,
        change: impl FnOnce(&EndpointProfile) -> EndpointProfile,
    ) -> Option<EndpointProfile> {
        let mut profile = lock(&self.profile);
        let before = profile.certain();
        *profile = change(&profile);
        let after = profile.certain();
        (after != before).then_some(after)
    }

    /// A mark that the endpoint works.
    pub(crate) fn works(&self) {
        self.failures_in_a_row.store(0, Ordering::Relaxed);
        lock(&self.refused).in_a_row = 0;
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer came to its end.
    pub(crate) fn ends(&self) {
        self.endless.store(u32::MAX / 2, Ordering::Relaxed);
    }

    /// One more answer has no end. Says whether none ever had one.
    pub(crate) fn never_ends(&self) -> bool {
        self.endless.fetch_add(1, Ordering::Relaxed) + 1 == ENDLESS
    }

    /// Has it answered in this process?
    pub(crate) fn has_answered(&self) -> bool {
        self.answers() > 0
    }

    /// How often it has answered in this process.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// May one more text be cut because the server fails at it?
    pub(crate) fn may_cut(&self) -> bool {
        self.failing_texts.load(Ordering::Relaxed) < FAILING_TEXTS
    }

    /// One more text was cut for that.
    pub(crate) fn cut_one(&self) {
        self.failing_texts.fetch_add(1, Ordering::Relaxed);
    }

    /// Texts in one call, at most, as calls have turned out.
    pub(crate) fn fewer(&self) -> usize {
        self.fewer.load(Ordering::Relaxed)
    }

    /// So many texts at once were taken, and more were not.
    pub(crate) fn takes_fewer(&self, most: usize) {
        self.fewer.fetch_min(most.max(1), Ordering::Relaxed);
    }

    /// Has it answered, now or in an earlier process?
    pub(crate) fn is_known(&self) -> bool {
        self.has_answered() || lock(&self.profile).has_answered()
    }

    /// One more call without an answer. Says how many there were in a row.
    pub(crate) fn failed_again(&self) -> u64 {
        self.failures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A request was refused, and would be again. Says whether the endpoint refuses everything.
    pub(crate) fn refused_for_good(&self, message: &str) -> bool {
        let mut refused = lock(&self.refused);
        refused.count += 1;
        refused.in_a_row = if refused.said == message { refused.in_a_row + 1 } else { 1 };
        message.clone_into(&mut refused.said);
        refused.in_a_row >= REFUSES_BY_NOW || refused.count >= REFUSES && !self.has_answered()
    }

    /// What the endpoint said, where it has refused requests and never answered one.
    pub(crate) fn refuses_everything(&self) -> Option<String> {
        let refused = lock(&self.refused);
        (refused.count > 0 && !self.has_answered()).then(|| refused.said.clone())
    }

    /// Leave to ask while nobody else asks this kind of question, where nothing is known of the endpoint
    /// yet, or nothing of how this kind is asked where others had to be asked in a simpler form: what the
    /// first call finds out, the others need not pay for.
    pub(crate) async fn alone(&self, kind: &str) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let known = || self.is_known() && !self.profile().is_to_be_found_out(kind);
        if known() {
            return None;
        }
        let guard = self.first.lock().await;
        (!known()).then_some(guard)
    }

    /// The room that an answer needs, as far as is known.
    pub(crate) fn room(&self) -> u32 {
        self.room.load(Ordering::Relaxed)
    }

    /// The model needs more room: it thinks before it answers.
    pub(crate) fn needs_room(&self, tokens: u32) {
        self.room.fetch_max(tokens, Ordering::Relaxed);
    }

    /// There is no such room: answers are as long as they need to be.
    pub(crate) fn has_no_room(&self, tokens: u32) {
        self.room.fetch_min(tokens, Ordering::Relaxed);
    }

    /// How long to wait for the first byte of a reply: as configured, or, once it is known how long
    /// answers of this kind take here, ten times the slowest. A call that hangs is then noticed in half
    /// a minute, and a slow server is still given all the time there is.
    pub(crate) fn first_byte(&self, configured: Duration, kind: &str, attempt: u32) -> Duration {
        /// So many answers tell how long they take.
        const ENOUGH: u32 = 10;
        const LEAST: Duration = Duration::from_secs(30);
        match lock(&self.times).get(kind) {
            Some((timed, slowest)) if *timed >= ENOUGH => {
                // What was too short once is doubled.
                let learnt = (*slowest * 10).max(LEAST) * 2u32.pow(attempt.min(6));
                learnt.min(configured)
            }
            _ => configured,
        }
    }

    /// An answer of this kind took so long.
    pub(crate) fn took(&self, kind: &str, time: Duration) {
        let mut times = lock(&self.times);
        let (timed, slowest) = times.entry(kind.to_owned()).or_default();
        *timed += 1;
        *slowest = (*slowest).max(time);
    }

    /// The server counted so many tokens of a prompt of so many bytes. Says whether it cuts prompts off
    /// in silence: the same round number again and again, far below what was sent.
    pub(crate) fn counted(&self, tokens: u64, bytes: u64) -> bool {
        // Texts have four bytes a token, and some a little more.
        if tokens == 0 || bytes / 5 <= tokens {
            return false;
        }
        let mut truncated = lock(&self.truncated);
        let sizes = truncated.entry(tokens).or_default();
        sizes.insert(bytes);
        sizes.len() >= 2
    }

    /// Is a wait of so long to be announced, or has a longer one been?
    pub(crate) fn tell_wait(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut announced = lock(&self.announced);
        let new = announced.is_none_or(|told| until > told + Duration::from_secs(5));
        if new {
            *announced = Some(until);
        }
        new
    }

    /// Is this to be said now, for the first time?
    pub(crate) fn tell_once(&self, what: &'static str) -> bool {
        let mut told = lock(&self.told);
        let new = !told.contains(&what);
        if new {
            told.push(what);
        }
        new
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
