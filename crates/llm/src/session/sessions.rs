//! The sessions of a process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use cladus_core::config::{Backend, Config};
use cladus_core::progress::Progress;
use cladus_core::{Error, Result, atomic, runs};
use cladus_embedder::{Embedder, Embedders};

use super::asker::Asker;
use super::embeddings::ApiEmbedder;
use super::rehearsal::Rehearsed;
use super::settings;
use super::shared::{Session, SessionOptions};
use super::tally::Tally;
use crate::session::reask::Reask;

/// The sessions of a process: stages that want the same share one, and with it its runtime, its
/// pace, its budget and its store.
#[derive(Debug, Default)]
pub struct Sessions {
    planning: bool,
    /// Plans are made at the price of batches.
    in_batches: bool,
    pub(crate) rehearsed: Arc<Rehearsed>,
    open: Mutex<Option<(SessionKey, Arc<Session>)>>,
    /// The embedders that are built in.
    embedders: Embedders,
    /// What the stage at work costs.
    at_work: Mutex<Weak<Tally>>,
    /// What stages ask again.
    reask: Mutex<Option<Reask>>,
}

/// What a session is opened for. Two stages that want the same share one.
#[derive(Debug, Clone, PartialEq)]
struct SessionKey {
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

    /// The embedders that are built in, shared by all stages of the process.
    pub fn embedders(&self) -> &Embedders {
        &self.embedders
    }

    /// The session that was asked for last.
    pub fn latest(&self) -> Option<Arc<Session>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|(_, session)| Arc::clone(session))
    }

    /// Most rows of the stage that has just ended are stand-ins: the questions whose answers were of no
    /// use are open, and the next run asks them again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn open_again(&self) -> Result<()> {
        self.latest().map_or(Ok(()), |session| session.open_again())
    }

    /// Not one answer to the stage that has just ended was of use: the stages that follow use what is
    /// there, and ask nothing more.
    pub fn give_up(&self) {
        if let Some(session) = self.latest() {
            session.give_up();
        }
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
        let wanted = SessionKey {
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
        let opening = SessionOptions {
            answers: wanted.answers.clone(),
            run: wanted.run.clone(),
            planning: self.planning,
            in_batches: self.in_batches,
            rehearsed: Arc::clone(&self.rehearsed),
        };
        let session = Arc::new(Session::open(config, opening)?);
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
        if config.embedder != settings::EMBEDDER {
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
    runs::payer(answers, folder)
}
