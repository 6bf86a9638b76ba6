//! What batches have brought: lines put to their questions, what they come to, and what they teach.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::AddAssign;

use cladus_core::{EndpointFault, Error, Result};

use super::Skipped;
use super::line::{self, AnswerLine};
use crate::client::profile::EndpointProfile;
use crate::client::refusal;
use crate::session::endpoint::GONE;
use crate::store::Question;

/// What some batches have brought.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// Questions that are answered.
    pub(super) answers: u64,
    /// Questions that are refused for good.
    pub(super) refused: u64,
    /// Questions that the endpoint tried and failed to answer.
    pub(super) failed: u64,
    /// It is now known how to ask.
    pub(super) learnt: bool,
    /// Another process has kept what the batch brought.
    pub(super) kept_elsewhere: bool,
    /// The key or the quota was refused, in some line.
    pub(super) denied: Option<String>,
    /// Why there was no answer, the last time there was none.
    pub(super) reason: Option<String>,
}

impl AddAssign for Fetched {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.refused += other.refused;
        self.failed += other.failed;
        self.learnt |= other.learnt;
        self.kept_elsewhere |= other.kept_elsewhere;
        self.denied = self.denied.take().or(other.denied);
        self.reason = other.reason.or(self.reason.take());
    }
}

impl Fetched {
    pub(super) fn has_answers(&self) -> bool {
        self.answers > 0
    }

    /// Whether there is any hope in another round; `before` says that there was an answer in one
    /// before. A few questions may fail on their own account: they are put again, until the stage
    /// does without them.
    pub(super) fn judge(self, before: bool) -> Result<()> {
        if let Some(problem) = self.denied {
            let hint = "check the key and the account, then run the same command again: every answer is kept";
            return Err(Error::Endpoint {
                fault: EndpointFault::Denied,
                problem,
                hint: hint.to_owned(),
            });
        }
        let few = self.failed > 0 && (before || self.failed < GONE);
        if self.answers + self.refused > 0 || self.learnt || self.kept_elsewhere || few {
            return Ok(());
        }
        let why = self.reason.unwrap_or_else(|| "it says nothing".to_owned());
        Err(Error::Endpoint {
            fault: EndpointFault::Temporary,
            problem: format!("a batch ended without a single answer: {why}"),
            hint: "run the same command again, with --batch or without it".to_owned(),
        })
    }
}

/// One line, with the question that it is about.
pub(super) struct Answered {
    pub(super) asked: Question,
    pub(super) said: BroughtAnswer,
}

pub(super) enum BroughtAnswer {
    Reply { status: u16, body: Vec<u8> },
    NotRun(String),
}

/// What a file brought.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) answered: Vec<Answered>,
    pub(super) skipped: Skipped,
}

/// What the refusals of a batch say about how to ask.
#[derive(Default)]
pub(super) struct Lesson {
    /// How it was asked.
    pub(super) asked_as: Option<EndpointProfile>,
    pub(super) next: Option<EndpointProfile>,
    /// What the server failed at, and what it said.
    pub(super) failed: Option<(String, refusal::Refusal)>,
    pub(super) answers: u64,
}

impl Lesson {
    /// Whether this refusal of a question of this kind is of the form, and not of the question.
    pub(super) fn learn(&mut self, kind: &str, said: &refusal::Refusal) -> bool {
        let Some(asked_as) = &self.asked_as else { return false };
        let form = asked_as.form(kind);
        let suspected = || {
            let lower = form.next().filter(|_| !asked_as.is_proven(kind, form))?;
            Some(asked_as.suspecting(kind, lower))
        };
        let next = asked_as.after(said, kind, form).or_else(suspected);
        let learnt = next.is_some();
        self.next = self.next.take().or(next);
        learnt
    }
}

/// The questions of a batch.
pub(super) type QuestionPlaces = HashMap<[u8; 32], QuestionPlace>;

pub(super) enum QuestionPlace {
    Open(Question),
    /// Before this process looked.
    Settled,
    /// There was a line about it.
    Taken,
}

/// Puts the lines of a file to the questions that are open; what is put to one is taken from them.
pub(super) fn sort(content: &[u8], open: &mut QuestionPlaces, lines: &mut Lines) {
    for line in content.split(|byte| *byte == b'\n') {
        let (key, said) = match line::answer(line) {
            AnswerLine::Reply { key, status, body } => (key, BroughtAnswer::Reply { status, body }),
            AnswerLine::NotRun { key, reason } => (key, BroughtAnswer::NotRun(reason)),
            AnswerLine::NotOurs => {
                lines.skipped.unknown += 1;
                continue;
            }
            AnswerLine::Garbage => {
                lines.skipped.garbage += 1;
                continue;
            }
            AnswerLine::Blank => continue,
        };
        match open.entry(key.0) {
            Entry::Occupied(mut place) => {
                match std::mem::replace(place.get_mut(), QuestionPlace::Taken) {
                    QuestionPlace::Open(asked) => lines.answered.push(Answered { asked, said }),
                    QuestionPlace::Settled => lines.skipped.held += 1,
                    QuestionPlace::Taken => lines.skipped.repeated += 1,
                }
            }
            Entry::Vacant(_) => lines.skipped.unknown += 1,
        }
    }
}
