//! One connection to one endpoint, shared by every stage of a process.

pub(crate) mod asker;
pub(crate) mod attempt;
pub(crate) mod embeddings;
pub(crate) mod ending;
pub(crate) mod errand;
pub(crate) mod flights;
pub(crate) mod flow;
pub(crate) mod reask;
pub(crate) mod recover;
pub(crate) mod rehearsal;
pub(crate) mod settings;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use cladus_core::config::{Backend, Config};
use cladus_core::progress::Progress;
use cladus_core::{EndpointFault, Error, Result, atomic, interrupt};
use cladus_embedder::Embedder;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::account::budget::{Budget, Limits};
use crate::account::prices::{Price, Prices};
use crate::account::tally::Tally;
use crate::account::tokens::TokenCounter;
use crate::batch::Rounds;
use crate::client::form::Profile;
use crate::client::pacing::Pacer;
use crate::client::secret::Secret;
use crate::client::wire::Wire;
use crate::session::asker::Asker;
use crate::session::embeddings::ApiEmbedder;
use crate::session::flights::Flights;
use crate::session::reask::Reask;
use crate::session::recover::settle_unread;
use crate::session::rehearsal::{Open, Rehearsed};
use crate::store::{Answers, Key};

/// The sessions of a process: stages that want the same share one, and with it its runtime, its
/// pace, its budget and its store.
#[derive(Debug, Default)]
pub struct Sessions {
    planning: bool,
    /// Plans are made at the price of batches.
    in_batches: bool,
    rehearsed: Arc<Rehearsed>,
    open: Mutex<Option<(Wanted, Arc<Session>)>>,
    /// What the stage at work costs.
    at_work: Mutex<Weak<Tally>>,
    /// What stages ask again.
    reask: Mutex<Option<Reask>>,
}

/// What a session is opened for. Two stages that want the same share one.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    llm: cladus_core::config::LlmConfig,
    embedding: cladus_core::config::EmbeddingConfig,
    answers: PathBuf,
    run: String,
}

impl Sessions {
    /// Sessions that count calls and make none.
    pub fn planning() -> Self {
        Self { planning: true, ..Self::default() }
    }

    /// Sessions that count calls as they would be made in batches.
    pub fn planning_batches() -> Self {
        Self { in_batches: true, ..Self::planning() }
    }

    /// Does `work` with the answers that are held; the questions that have none are not asked, but
    /// come back, in an order that does not depend on the work's. Stages whose questions come back
    /// write nothing; one that has none left is done.
    pub fn rehearse<T>(&self, rounds: &Rounds, work: impl FnOnce() -> T) -> (T, Vec<Open>) {
        self.rehearsed.begin(rounds.given_up());
        let result = work();
        (result, self.rehearsed.end())
    }

    /// The session that was asked for last.
    pub fn latest(&self) -> Option<Arc<Session>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|(_, session)| Arc::clone(session))
    }

    /// From now on, stages ask again what this covers; with `None`, nothing.
    pub fn ask_again(&self, reask: Option<Reask>) {
        *self.reask.lock().unwrap_or_else(PoisonError::into_inner) = reask;
    }

    /// Are calls only counted?
    pub fn is_planning(&self) -> bool {
        self.planning
    }

    /// The session for a stage that is configured so and writes `out`. Where no other is configured,
    /// the store is `answers.sqlite` in the run folder that `out` lies in.
    ///
    /// # Errors
    /// When the store cannot be opened, or a budget cannot be kept.
    pub fn session(&self, config: &Config, out: &Path) -> Result<Arc<Session>> {
        let answers = store_of(config, out);
        let wanted = Wanted {
            llm: config.llm.clone(),
            embedding: config.embedding.clone(),
            run: run_tag(&answers, out),
            answers,
        };
        if !self.planning {
            // Answers that are paid for end in a file that can be written.
            atomic::check(out)?;
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((with, session)) = &*open
            && *with == wanted
        {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::open(config, &wanted, self)?);
        *open = Some((wanted, Arc::clone(&session)));
        Ok(session)
    }
}

impl Sessions {
    /// Makes sure that answers are not asked for again because nobody said where they are.
    ///
    /// # Errors
    /// When a stage that is configured so and writes `out` asks a model, and its store is not there.
    pub fn must_hold_answers(&self, config: &Config, out: &Path) -> Result<()> {
        let store = store_of(config, out);
        if config.backend != Backend::Llm || store.is_file() {
            return Ok(());
        }
        let problem = "is not there: the answers of the shares are wanted in it (--answers names another store)";
        Err(Error::damaged(&store, problem))
    }

    /// A way to ask for the stage called `stage`, which writes `out`; `None` where it is configured
    /// to do without a model.
    ///
    /// # Errors
    /// As [`session`](Self::session).
    pub fn asker<'a>(
        &self,
        config: &Config,
        stage: &'static str,
        out: &Path,
        progress: &'a dyn Progress,
    ) -> Result<Option<Asker<'a>>> {
        if config.backend != Backend::Llm {
            return Ok(None);
        }
        let session = self.session(config, out)?;
        Ok(Some(Asker::live(session, self.tally(stage, out), progress)))
    }

    /// The embedding model, for the stage called `stage`, which writes `out`; `None` where a built-in
    /// embedder is configured.
    ///
    /// # Errors
    /// As [`session`](Self::session).
    pub fn embedder<'a>(
        &self,
        config: &Config,
        stage: &'static str,
        out: &Path,
        progress: &'a dyn Progress,
    ) -> Result<Option<Box<dyn Embedder + 'a>>> {
        if config.embedder != EMBEDDER {
            return Ok(None);
        }
        let session = self.session(config, out)?;
        let dimensions = config.embedding.dimensions;
        let tally = self.tally(stage, out);
        Ok(Some(Box::new(ApiEmbedder::new(session, tally, dimensions, progress))))
    }

    /// A stage that asks two models has one tally: what it tells of one must not hide the other.
    fn tally(&self, stage: &'static str, out: &Path) -> Arc<Tally> {
        let iteration = settings::iteration(out).unwrap_or(0);
        let reask = self.reask.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = at_work.upgrade()
            && (tally.stage, tally.iteration, &tally.reask) == (stage, iteration, &reask)
        {
            return tally;
        }
        let tally = Arc::new(Tally::new(stage, iteration, reask));
        *at_work = Arc::downgrade(&tally);
        tally
    }
}

/// Room for an answer, in tokens, that is not known to need more. Only what is said is paid for.
const ROOM: u32 = 2_048;

/// What the embedder is called that asks an endpoint.
pub(crate) const EMBEDDER: &str = "api";

/// The store of a stage that is configured so and writes `out`.
fn store_of(config: &Config, out: &Path) -> PathBuf {
    config.llm.answers.clone().unwrap_or_else(|| settings::default_answers(out))
}

/// Whose budget a call counts against. In a store of its own everything is the run's; in a shared
/// one the run folder's place tells runs apart.
fn run_tag(answers: &Path, out: &Path) -> String {
    let folder = settings::run_folder(out).or_else(|| out.parent()).unwrap_or(Path::new(""));
    run_of(answers, folder)
}

/// What the run in `folder` is called in the store `answers`.
pub fn run_of(answers: &Path, folder: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute(folder);
    let own = absolute(answers).parent().is_some_and(|parent| parent == folder);
    if own { String::new() } else { folder.display().to_string() }
}

/// What the run may spend.
pub(crate) fn limits(config: &Config) -> Limits {
    let llm = &config.llm;
    Limits {
        calls: llm.max_calls,
        tokens: llm.max_tokens,
        nanodollars: llm.max_cost.map(|dollars| (dollars * 1e9) as u64),
    }
}

/// One connection, with everything its calls share.
#[derive(Debug)]
pub struct Session {
    pub(crate) shared: Arc<Shared>,
    runtime: Runtime,
    _interrupted: interrupt::Listener,
}

/// What every call needs; calls in flight hold it, also when nobody waits for them any more.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) answers: Answers,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) budget: Mutex<Budget>,
    /// Of the budget, which other processes on the store share.
    pub(crate) limits: Limits,
    /// A call has ended: what it did not use is free again.
    pub(crate) freed: Notify,
    pub(crate) flights: Flights,
    pub(crate) chat: Endpoint,
    pub(crate) embedding: Endpoint,
    pub(crate) temperature: f64,
    pub(crate) max_answer_tokens: Option<u32>,
    /// No answer is cut off before so many tokens, however short it should be.
    pub(crate) room: AtomicU32,
    pub(crate) patience: Duration,
    pub(crate) run: String,
    pub(crate) width: usize,
    pub(crate) planning: bool,
    pub(crate) rehearsed: Arc<Rehearsed>,
    /// Why nothing is sent any more.
    stop: OnceLock<Stop>,
    /// It was just decided that nothing is sent any more.
    pub(crate) stopping: Notify,
    /// Calls that ended without an answer, one after the other.
    pub(crate) failures_in_a_row: AtomicU64,
    pub(crate) ever_answered: AtomicBool,
    /// What was said of the request that was refused last, as it is.
    refused: Mutex<Option<String>>,
    /// Answers so far, and how long the slowest of them took, in milliseconds.
    answers_timed: AtomicU64,
    slowest: AtomicU64,
    pub(crate) config: Config,
}

/// One model at one address.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) base_url: String,
    pub(crate) model: String,
    pub(crate) price: Option<Price>,
    profile: Mutex<Profile>,
    wire: OnceLock<(Wire, Option<Secret>)>,
}

/// Why nothing is sent any more, in a form that every waiting call can have.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    fault: EndpointFault,
    problem: String,
    hint: String,
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        let Stop { fault, problem, hint } = stop;
        Self::Endpoint { fault, problem, hint }
    }
}

/// A passing fault of ours (a full disk, a locked store) stops everything, and a rerun resumes.
pub(crate) fn stop_of(error: &Error) -> Stop {
    let mut problem = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        problem += &format!(": {error}");
        cause = error.source();
    }
    let fault = match error {
        Error::Endpoint { fault, .. } => *fault,
        Error::Config { .. } => EndpointFault::Misaddressed,
        // A file that was named and is not there, or not ours to read.
        Error::Io { source, action: "read", .. }
            if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) =>
        {
            EndpointFault::Misaddressed
        }
        _ => EndpointFault::Temporary,
    };
    let hint = error.hint().unwrap_or_else(|| match fault {
        EndpointFault::Misaddressed => "name one that can be read, and run it again".to_owned(),
        _ => "run the same command again: it resumes".to_owned(),
    });
    Stop { fault, problem, hint }
}

impl Session {
    fn open(config: &Config, wanted: &Wanted, sessions: &Sessions) -> Result<Self> {
        let (llm, planning) = (&config.llm, sessions.planning);
        let answers = Answers::open(&wanted.answers)?;
        let prices = Prices::load(llm.prices.as_deref())?;
        let chat_url = settings::base_url(llm.base_url.as_deref())?;
        let embedding_url = match &config.embedding.base_url {
            Some(url) => settings::base_url(Some(url))?,
            None => chat_url.clone(),
        };
        let endpoint = |base_url: String, model: Option<&String>| -> Result<Endpoint> {
            let model = model.cloned().unwrap_or_default();
            let known = answers.profile(&base_url, &model)?;
            let known = known.and_then(|text| serde_json::from_str(&text).ok());
            let profile = known.unwrap_or_else(|| Profile::unknown(&base_url));
            let price = prices.of(&model);
            Ok(Endpoint {
                base_url,
                model,
                price,
                profile: Mutex::new(profile),
                wire: OnceLock::new(),
            })
        };
        let mut chat = endpoint(chat_url, llm.model.as_ref())?;
        let embedding = endpoint(embedding_url, config.embedding.model.as_ref())?;
        if sessions.in_batches {
            chat.price = chat.price.map(Price::in_batch);
        }
        let used = |endpoint: &Endpoint| !endpoint.model.is_empty() && endpoint.price.is_none();
        if let Some(unpriced) = [&chat, &embedding].into_iter().find(|e| used(e))
            && llm.max_cost.is_some()
            && !planning
        {
            return Err(Error::config_hint(
                format!(
                    "the price of {} is not known, so --max-cost cannot be kept",
                    unpriced.model
                ),
                "give it in a price table (--prices FILE), or limit calls or tokens instead",
            ));
        }
        let limits = limits(config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("cladus-llm")
            .build()
            .map_err(|e| Error::io("start threads for", Path::new("calls"), e))?;
        if !planning {
            runtime.block_on(settle_unread(&answers, &prices))?;
        }
        let budget = Budget::new(limits, answers.spent(&wanted.run)?);
        let pacer = Pacer::new(llm.concurrency, llm.requests_per_minute, llm.tokens_per_minute);
        let shared = Shared {
            answers,
            pacer: Arc::new(pacer),
            budget: Mutex::new(budget),
            limits,
            freed: Notify::new(),
            flights: Flights::default(),
            chat,
            embedding,
            temperature: llm.temperature,
            max_answer_tokens: llm.max_answer_tokens,
            room: AtomicU32::new(ROOM),
            patience: Duration::from_secs_f64(llm.patience),
            run: wanted.run.clone(),
            width: llm.concurrency,
            planning,
            rehearsed: Arc::clone(&sessions.rehearsed),
            stop: OnceLock::new(),
            stopping: Notify::new(),
            failures_in_a_row: AtomicU64::new(0),
            ever_answered: AtomicBool::new(false),
            refused: Mutex::default(),
            answers_timed: AtomicU64::new(0),
            slowest: AtomicU64::new(0),
            config: config.clone(),
        };
        let shared = Arc::new(shared);
        let stopped = Arc::downgrade(&shared);
        let listener = interrupt::on_request(move || {
            if let Some(shared) = stopped.upgrade() {
                shared.stop_for(stop_of(&Error::Interrupted));
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

    /// Runs `work` beside what the caller does.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(work)
    }
}

impl Shared {
    /// Why nothing is sent any more, if so.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.get().cloned()
    }

    /// Nothing is sent any more. The first reason stays.
    pub(crate) fn stop(&self, fault: EndpointFault, problem: String, hint: &str) -> Stop {
        let stop = Stop { fault, problem, hint: hint.to_owned() };
        self.stop_for(stop)
    }

    pub(crate) fn stop_for(&self, stop: Stop) -> Stop {
        let stop = self.stop.get_or_init(|| stop).clone();
        // Whoever waits for a budget or for a turn waits in vain.
        self.freed.notify_waiters();
        self.stopping.notify_waiters();
        stop
    }

    /// The connection to `endpoint`, made when it is first needed: what is answered already needs
    /// neither key nor network.
    pub(crate) fn wire<'e>(
        &self,
        endpoint: &'e Endpoint,
        tally: &Tally,
    ) -> Result<&'e (Wire, Option<Secret>)> {
        if let Some(wire) = endpoint.wire.get() {
            return Ok(wire);
        }
        let (key, warning) = settings::key(&self.config, &endpoint.base_url)?;
        let wire = Wire::new(&endpoint.base_url, key.as_ref(), settings::timeouts(&self.config))?;
        let mut first = false;
        let wire = endpoint.wire.get_or_init(|| {
            first = true;
            (wire, key)
        });
        if let Some(warning) = warning.filter(|_| first) {
            tally.warn(warning);
        }
        Ok(wire)
    }

    /// A request was refused, and would be again.
    pub(crate) fn refused_for_good(&self, message: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = Some(message.to_owned());
    }

    /// What the endpoint said, where it has refused requests and never answered one.
    pub(crate) fn refuses_everything(&self) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.clone().filter(|_| !self.ever_answered.load(Ordering::Relaxed))
    }

    /// How long to wait for the first byte of a reply: as configured, or, once it is known how long
    /// answers take here, ten times the slowest. A call that hangs is then noticed in half a minute,
    /// and a slow server is still given all the time there is.
    pub(crate) fn first_byte(&self) -> Duration {
        /// So many answers tell how long they take.
        const ENOUGH: u64 = 10;
        const LEAST: Duration = Duration::from_secs(30);
        let configured = settings::timeouts(&self.config).first_byte;
        if self.answers_timed.load(Ordering::Relaxed) < ENOUGH {
            return configured;
        }
        let slowest = Duration::from_millis(self.slowest.load(Ordering::Relaxed));
        (slowest * 10).max(LEAST).min(configured)
    }

    /// An answer took so long.
    pub(crate) fn took(&self, time: Duration) {
        self.answers_timed.fetch_add(1, Ordering::Relaxed);
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mark that the endpoint works.
    pub(crate) fn answered(&self) {
        self.failures_in_a_row.store(0, Ordering::Relaxed);
        self.ever_answered.store(true, Ordering::Relaxed);
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

impl Endpoint {
    /// The key that opens it, once it has been asked for.
    pub(crate) fn key(&self) -> Option<&Secret> {
        self.wire.get()?.1.as_ref()
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces `old`, unless another call has learnt something meanwhile. Says whether it did.
    pub(crate) fn learn(&self, old: &Profile, new: Profile) -> bool {
        let mut profile = self.profile.lock().unwrap_or_else(PoisonError::into_inner);
        let current = *profile == *old;
        if current {
            *profile = new;
        }
        current
    }
}

/// Shown where a key is shown: never the key.
pub(crate) fn hex(key: &Key) -> String {
    key.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
