//! Stages whose questions are not asked one by one: handed over in batches, or written into a file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cladus_cli::Display;
use cladus_core::config::{Backend, Config};
use cladus_core::outcome::Ran;
use cladus_core::progress::{Progress, Spent};
use cladus_core::{EndpointFault, Error, Result, schema};
use cladus_llm::Sessions;
use cladus_llm::batch::{Exported, News, Rounds};

use crate::drive::invocation::Invocation;
use crate::folder::RunFolder;

/// How a run asks what is not answered yet.
#[derive(Debug, Clone, Default)]
pub enum AskingMode {
    /// One by one.
    #[default]
    Online,
    /// In batches.
    InBatches {
        /// Until they are answered; else it ends, and is run again.
        wait: bool,
    },
    /// Not at all: the questions are written into this file, and the run ends.
    IntoFile(PathBuf),
}

impl AskingMode {
    /// Sessions that say what asking so would cost.
    pub(crate) fn planning(&self) -> Sessions {
        if self.in_batches() { Sessions::planning_batches() } else { Sessions::planning() }
    }

    /// Are questions handed over in batches?
    pub fn in_batches(&self) -> bool {
        matches!(self, Self::InBatches { .. })
    }
}

/// Runs a stage, asking as `asking` says.
///
/// # Errors
/// Whatever the stage says, or its batches. Where questions were written into a file, `exported`
/// holds what, and the error is a plan's.
pub(crate) fn execute(
    invocation: &Invocation,
    asking: &AskingMode,
    sessions: &Sessions,
    progress: &dyn Progress,
    display: &Display,
    exported: &Mutex<Option<Exported>>,
) -> Result<Ran> {
    let asks = invocation.parameters.contains(&("--backend", "llm".to_owned()));
    if !asks || matches!(asking, AskingMode::Online) {
        return invocation.execute(sessions, progress);
    }
    let mut rounds = Rounds::default();
    loop {
        let rehearsal = Rehearsal::new(progress, rounds.spent());
        let (ran, open) = sessions.rehearse(&rounds, || invocation.execute(sessions, &rehearsal));
        let ran = ran?;
        if open.is_empty() {
            rehearsal.was_the_real_thing();
            return Ok(ran);
        }
        let session = sessions
            .latest()
            .ok_or_else(|| Error::Bug("questions were put, and there is no session".to_owned()))?;
        match asking {
            AskingMode::IntoFile(path) => {
                let written = session.export(open, path)?;
                *exported.lock().unwrap_or_else(PoisonError::into_inner) = Some(written);
                return Err(stopped_for(path));
            }
            AskingMode::InBatches { wait } => {
                let mut teller = Teller { display, said: None };
                session.round(&mut rounds, open, *wait, &mut |news| teller.tell(news))?;
            }
            AskingMode::Online => {}
        }
    }
}

fn stopped_for(path: &Path) -> Error {
    Error::Endpoint {
        fault: EndpointFault::Planned,
        problem: format!("the questions were written to {}", path.display()),
        hint: "get them answered, then run `cladus import-answers`".to_owned(),
    }
}

/// Gives up the batches of a run that are under way, after keeping what they have answered.
///
/// # Errors
/// When the endpoint does not answer, or the store cannot be written.
pub(crate) fn cancel(folder: &RunFolder, config: &Config, display: &Display) -> Result<()> {
    let answers = folder.answers_of(config);
    if !answers.is_file() || config.backend != Backend::Llm {
        return Ok(());
    }
    let out = folder.artifact(1, schema::LABELS.artifact);
    let session = Sessions::default().session(config, &out)?;
    let mut teller = Teller { display, said: None };
    session.cancel_batches(&mut |news| teller.tell(news))?;
    Ok(())
}

/// Says what becomes of batches.
pub(crate) struct Teller<'a> {
    pub(crate) display: &'a Display,
    /// What was said last about how a batch stands: its name, status, and tenths that are done.
    pub(crate) said: Option<(String, String, u64)>,
}

impl Teller<'_> {
    pub(crate) fn tell(&mut self, news: News) {
        match news {
            News::Submitted { batch, questions } => {
                self.display.line(&format!("batch {batch}: {questions} questions submitted"));
            }
            News::Found { batch } => {
                self.display.line(&format!("batch {batch}: found again"));
            }
            News::Stands { batch, status, done, questions } => {
                // A day is long: a line for every tenth is enough.
                let tenths = done * 10 / questions.max(1);
                let now = Some((batch, status, tenths));
                if now != self.said {
                    if let Some((batch, status, _)) = &now {
                        self.display
                            .line(&format!("batch {batch}: {status}, {done} of {questions} done"));
                    }
                    self.said = now;
                }
            }
            News::Ended { batch, status, answers, without, skipped } => {
                let mut line = format!("batch {batch}: {status}, {answers} answers");
                if without > 0 {
                    line += &format!(", {without} questions unanswered");
                }
                let skipped = skipped.to_string();
                if !skipped.is_empty() {
                    line += &format!(" (skipped: {skipped})");
                }
                self.display.line(&line);
            }
            News::Warning(text) => self.display.warning(&text),
        }
    }
}

/// A stage's progress where it may turn out that the stage was only rehearsed.
struct Rehearsal<'a> {
    progress: &'a dyn Progress,
    /// What its batches came to.
    batches: Spent,
    warnings: Mutex<Vec<String>>,
    last: Mutex<Spent>,
    total: Mutex<(u64, u64)>,
}

impl<'a> Rehearsal<'a> {
    fn new(progress: &'a dyn Progress, batches: Spent) -> Self {
        Self {
            progress,
            batches,
            warnings: Mutex::default(),
            last: Mutex::default(),
            total: Mutex::default(),
        }
    }

    /// What was held back is told.
    fn was_the_real_thing(&self) {
        let (total, done) = *lock(&self.total);
        self.progress.begin(total);
        self.progress.advance(done);
        for warning in lock(&self.warnings).drain(..) {
            self.progress.warn(&warning);
        }
        let Spent { calls, answered, prompt_tokens, cached_tokens, completion_tokens, nanodollars } =
            *lock(&self.last);
        let batches = self.batches;
        let nothing = batches.calls == 0 && batches.nanodollars.is_none();
        self.progress.spent(Spent {
            calls: calls + batches.calls,
            answered: answered.saturating_sub(batches.calls),
            prompt_tokens: prompt_tokens + batches.prompt_tokens,
            cached_tokens: cached_tokens + batches.cached_tokens,
            completion_tokens: completion_tokens + batches.completion_tokens,
            nanodollars: if nothing {
                nanodollars
            } else {
                nanodollars.zip(batches.nanodollars).map(|(sum, more)| sum + more)
            },
        });
    }
}

impl Progress for Rehearsal<'_> {
    fn begin(&self, total: u64) {
        lock(&self.total).0 = total;
    }

    fn advance(&self, n: u64) {
        lock(&self.total).1 += n;
    }

    fn made(&self, name: &str) {
        self.progress.made(name);
    }

    fn warn(&self, message: &str) {
        lock(&self.warnings).push(message.to_owned());
    }

    fn spent(&self, now: Spent) {
        *lock(&self.last) = now;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
