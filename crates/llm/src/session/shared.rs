//! One connection to one endpoint, shared by every stage of a process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cladus_core::config::Config;
use cladus_core::{Error, Result, interrupt};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::endpoint::Endpoint;
use super::flights::Flights;
use super::halt::{Halt, Stop, stop_of};
use super::recover::settle_unread;
use super::rehearsal::Rehearsed;
use super::settings;
use super::tally::Tally;
use crate::account::budget::{Budget, SpendingLimits};
use crate::account::prices::{Price, Prices};
use crate::account::tokens::TokenCounter;
use crate::client::pacing::Pacer;
use crate::client::profile::EndpointProfile;
use crate::client::wire::{Along, Wire};
use crate::store::{Answers, CallId, Key};

/// Calls at once at first, where nothing is known of an endpoint, and where something is.
const START: usize = 4;
const START_KNOWN: usize = 16;

/// One connection, with everything its calls share.
#[derive(Debug)]
pub struct Session {
    pub(crate) shared: Arc<SharedSession>,
    runtime: Runtime,
    _interrupted: interrupt::Listener,
}

/// What every call needs; calls in flight hold it, also when nobody waits for them any more.
#[derive(Debug)]
pub(crate) struct SharedSession {
    pub(crate) answers: Answers,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) account: Account,
    pub(crate) flights: Flights,
    pub(crate) chat: Endpoint,
    pub(crate) embedding: Endpoint,
    pub(crate) halt: Halt,
    pub(crate) rehearsed: Arc<Rehearsed>,
    pub(crate) planning: bool,
    pub(crate) patience: Duration,
    pub(crate) width: usize,
    pub(crate) config: Config,
    /// The answers of no use that the last stage got.
    useless: Mutex<Vec<CallId>>,
    /// Not one answer to a stage was of use: nothing more is asked.
    pub(crate) given_up: AtomicBool,
}

/// What may be spent.
#[derive(Debug)]
pub(crate) struct Account {
    budget: Mutex<Budget>,
    /// Of the budget, which other processes on the store share.
    pub(crate) limits: SpendingLimits,
    /// A call has ended: what it did not use is free again.
    pub(crate) freed: Notify,
    /// Whose budget it is.
    pub(crate) run: String,
}

/// What a session is opened for.
#[derive(Debug)]
pub(crate) struct SessionOptions {
    /// The store.
    pub(crate) answers: PathBuf,
    /// Whose budget it is.
    pub(crate) run: String,
    /// Calls are only counted.
    pub(crate) planning: bool,
    /// At the price of batches.
    pub(crate) in_batches: bool,
    pub(crate) rehearsed: Arc<Rehearsed>,
}

impl Session {
    pub(crate) fn open(config: &Config, opening: SessionOptions) -> Result<Self> {
        let SessionOptions { answers, run, planning, in_batches, rehearsed } = opening;
        let answers = Answers::open(&answers)?;
        let prices = Prices::load(config.llm.prices.as_deref())?;
        let (mut chat, embedding) = endpoints(config, &answers, &prices)?;
        if in_batches {
            chat.price = chat.price.map(Price::in_batch);
        }
        if !planning {
            prices_are_known(config, [&chat, &embedding])?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("cladus-llm")
            .build()
            .map_err(|e| Error::io("start threads for", Path::new("calls"), e))?;
        if !planning {
            runtime.block_on(settle_unread(&answers, &prices))?;
        }
        let (llm, limits) = (&config.llm, settings::limits(config));
        let account = Account {
            budget: Mutex::new(Budget::new(limits, answers.spent(&run)?)),
            limits,
            freed: Notify::new(),
            run,
        };
        let patience = Duration::from_secs_f64(llm.patience);
        let start = if chat.is_known() || embedding.is_known() { START_KNOWN } else { START };
        let pacer =
            Pacer::new(start, llm.concurrency, llm.requests_per_minute, llm.tokens_per_minute);
        let shared = Arc::new(SharedSession {
            answers,
            pacer: Arc::new(pacer.with_patience(patience)),
            account,
            flights: Flights::default(),
            chat,
            embedding,
            halt: Halt::default(),
            rehearsed,
            planning,
            patience,
            width: llm.concurrency,
            config: config.clone(),
            useless: Mutex::default(),
            given_up: AtomicBool::new(false),
        });
        let stopped = Arc::downgrade(&shared);
        let listener = interrupt::on_request(move || {
            if let Some(shared) = stopped.upgrade() {
                shared.stop(stop_of(&Error::Interrupted));
            }
        });
        Ok(Self { shared, runtime, _interrupted: listener })
    }

    /// Runs `work`; calls that are in flight when it ends without waiting for them are paid for, and
    /// so are waited for and kept.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        let result = self.runtime.block_on(work);
        self.runtime.block_on(self.shared.flights.landed());
        result
    }

    /// The questions whose answers were of no use to the last stage are open again.
    pub(crate) fn open_again(&self) -> Result<()> {
        let useless = &self.shared.useless;
        let useless = std::mem::take(&mut *useless.lock().unwrap_or_else(PoisonError::into_inner));
        match useless.is_empty() {
            true => Ok(()),
            false => self.block_on(self.shared.answers.set_aside(useless)),
        }
    }

    /// Nothing more is asked.
    pub(crate) fn give_up(&self) {
        self.shared.given_up.store(true, Ordering::Relaxed);
    }

    /// Runs `work` beside what the caller does.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work)
    }
}

/// The endpoints for questions and for embeddings, with what earlier processes have learnt of them.
fn endpoints(config: &Config, answers: &Answers, prices: &Prices) -> Result<(Endpoint, Endpoint)> {
    let (llm, embedding) = (&config.llm, &config.embedding);
    let chat_url = settings::base_url(llm.base_url.as_deref())?;
    let embedding_url = match &embedding.base_url {
        Some(url) => settings::base_url(Some(url))?,
        None => chat_url.clone(),
    };
    let endpoint = |base_url: String, model: Option<&String>, extra| -> Result<Endpoint> {
        let model = model.cloned().unwrap_or_default();
        let known = answers.profile(&base_url, &model)?;
        let known = known.and_then(|text| serde_json::from_str(&text).ok());
        let profile = known.unwrap_or_else(|| EndpointProfile::unknown(&base_url));
        let price = prices.of(&model);
        Ok(Endpoint::new(base_url, model, price, settings::json(extra), profile))
    };
    let chat = endpoint(chat_url, llm.model.as_ref(), &llm.extra_body)?;
    let embedding = endpoint(embedding_url, embedding.model.as_ref(), &embedding.extra_body)?;
    Ok((chat, embedding))
}

/// A limit in dollars can be kept where prices are known.
fn prices_are_known(config: &Config, endpoints: [&Endpoint; 2]) -> Result<()> {
    let used = |endpoint: &&Endpoint| !endpoint.model.is_empty() && endpoint.price.is_none();
    let unpriced = endpoints.into_iter().find(used);
    let Some(unpriced) = unpriced.filter(|_| config.llm.max_cost.is_some()) else { return Ok(()) };
    Err(Error::config_hint(
        format!("the price of {} is not known, so --max-cost cannot be kept", unpriced.model),
        "give it in a price table (--prices FILE), or limit calls or tokens instead",
    ))
}

impl SharedSession {
    /// Nothing is sent any more. The first reason stays.
    pub(crate) fn stop(&self, stop: Stop) -> Stop {
        let stop = self.halt.stop(stop);
        // Whoever waits for a budget or for a turn waits in vain.
        self.account.freed.notify_waiters();
        self.halt.stopping.notify_waiters();
        stop
    }

    /// The connection to `endpoint`, made when it is first needed: what is answered already needs
    /// neither key nor network.
    pub(crate) fn wire<'e>(
        &self,
        endpoint: &'e Endpoint,
        tally: &Tally,
    ) -> Result<&'e (Wire, Along)> {
        if let Some(wire) = endpoint.wire.get() {
            return Ok(wire);
        }
        let (along, warning) = settings::along(&self.config, &endpoint.base_url)?;
        let wire = Wire::new(&endpoint.base_url, &along, settings::timeouts(&self.config))?;
        let mut first = false;
        let wire = endpoint.wire.get_or_init(|| {
            first = true;
            (wire, along)
        });
        if let Some(warning) = warning.filter(|_| first) {
            tally.warn(warning);
        }
        Ok(wire)
    }

    pub(crate) fn budget(&self) -> MutexGuard<'_, Budget> {
        self.account.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stage has ended, with these answers of no use.
    pub(crate) fn useless(&self, answers: Vec<CallId>) {
        *self.useless.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// What an answer of this stage usually takes, in tokens, where earlier ones tell.
    pub(crate) fn expected_answer(&self, stage: &str) -> Option<u64> {
        let seen = self.answers.ledger(None).unwrap_or_default();
        let lines = seen.iter().filter(|line| line.stage == stage && line.model == self.chat.model);
        let (answers, tokens) = lines.fold((0, 0), |(answers, tokens), line| {
            (answers + line.answers, tokens + line.completion_tokens)
        });
        // Fewer say little.
        (answers >= 5).then(|| tokens / answers)
    }

    /// Counts tokens as the model would, near enough for a plan.
    pub(crate) fn counter(&self) -> TokenCounter {
        TokenCounter::for_model(&self.chat.model)
    }
}

/// Shown where a key is shown: never the key.
pub(crate) fn hex(key: &Key) -> String {
    key.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
