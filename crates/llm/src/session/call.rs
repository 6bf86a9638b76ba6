//! From what came of an attempt to what is done next: kept first, judged by the ladder, then followed.

use std::time::{Duration, SystemTime};

use cladus_core::EndpointFault;

use super::SharedSession;
use super::asker::AskError;
use super::attempt::To;
use super::halt::Stop;
use super::recover::outcome_of;
use crate::account::budget::Reservation;
use crate::client::backoff::Backoff;
use crate::client::form::AnswerForm;
use crate::client::ladder::{self, Attempts, Came, EndpointKnowledge, Next};
use crate::client::pacing::Permit;
use crate::client::profile::EndpointProfile;
use crate::client::refusal::{Refusal, RefusalMeaning};
use crate::client::reply::Flaw;
use crate::client::wire::{Cause, Sent, Service};
use crate::session::tally::Tally;
use crate::store::{CallId, Outcome};

/// What has gone wrong with an attempt.
pub(crate) enum Failure {
    Said(Refusal),
    NeverSent(String, Cause),
    Unknown(String, Cause),
}

impl Failure {
    pub(crate) fn came(&self) -> Came<'_> {
        match self {
            Self::Said(said) => Came::Said(said),
            Self::NeverSent(why, cause) => Came::NeverSent { why, cause: *cause },
            Self::Unknown(why, cause) => Came::Unknown { why, cause: *cause },
        }
    }
}

/// One call, over all its attempts.
pub(crate) struct Course<'a> {
    pub(crate) tried: Attempts,
    backoff: Backoff,
    /// Answers of the endpoint when it first failed.
    since: Option<u64>,
    pub(crate) tally: &'a Tally,
}

impl<'a> Course<'a> {
    pub(crate) fn new(patience: Duration, tally: &'a Tally) -> Self {
        Self { tried: Attempts::default(), backoff: Backoff::new(patience), since: None, tally }
    }

    /// The same call about another text, or a shorter one.
    pub(crate) fn afresh(&self, patience: Duration) -> Self {
        let tried = Attempts { cuts: self.tried.cuts, ..Attempts::default() };
        Self { tried, ..Self::new(patience, self.tally) }
    }
}

/// What the caller has to do itself, where something is left to do.
pub(crate) enum Go {
    Again,
    Keep,
    Form(AnswerForm),
    Read(String),
    Less(u32),
    More,
    Fewer { most: Option<usize>, lasting: bool },
    PutOff,
    Cut,
}

impl SharedSession {
    /// Keeps a reply that is no answer, with its reason.
    pub(crate) async fn refused(
        &self,
        id: CallId,
        said: &Refusal,
        body: Vec<u8>,
        reservation: Reservation,
    ) -> Result<(), AskError> {
        self.answers.received(id, said.status, body).await.map_err(|e| self.fault(&e))?;
        let outcome = outcome_of(said);
        let billed = matches!(outcome, Outcome::NotAReply(_));
        self.settle(id, outcome).await?;
        if billed {
            self.budget().settle_unknown(reservation);
        } else {
            // A refusal costs nothing.
            self.budget().release(reservation);
        }
        self.account.freed.notify_waiters();
        Ok(())
    }

    /// Notes that an attempt was never sent, or that nobody knows what became of it.
    pub(crate) async fn lost(
        &self,
        id: CallId,
        sent: Sent,
        reservation: Reservation,
    ) -> Result<Failure, AskError> {
        let failure = match sent {
            Sent::Not(why, cause) => {
                self.settle(id, Outcome::NeverSent(why.clone())).await?;
                self.budget().release(reservation);
                Failure::NeverSent(why, cause)
            }
            Sent::Unknown(why, cause) => {
                self.settle(id, Outcome::Unknown(why.clone())).await?;
                // It may have been billed: what was set aside for it stays spent.
                self.budget().settle_unknown(reservation);
                Failure::Unknown(why, cause)
            }
            Sent::Received(received) => {
                self.budget().settle_unknown(reservation);
                Failure::Unknown(format!("status {}", received.status), Cause::Broken)
            }
        };
        self.account.freed.notify_waiters();
        Ok(failure)
    }

    /// Fewer calls at once, where it was too much.
    pub(crate) fn slower(&self, failure: &Failure, permit: &Permit) {
        let too_much = match failure {
            Failure::Said(said) => {
                matches!(said.meaning, RefusalMeaning::Overloaded | RefusalMeaning::Failed)
            }
            Failure::Unknown(..) => true,
            Failure::NeverSent(..) => false,
        };
        if too_much {
            self.pacer.refused(permit);
        }
    }

    /// Does what the ladder says, as far as it is not the caller's to do.
    pub(crate) async fn follow(
        &self,
        to: To<'_>,
        came: &Came<'_>,
        known: &EndpointKnowledge<'_>,
        course: &mut Course<'_>,
    ) -> Result<Go, AskError> {
        course.tried.count(came);
        let endpoint = to.endpoint;
        let answers = endpoint.answers();
        let beside = answers - *course.since.get_or_insert(answers);
        let known = &EndpointKnowledge { beside, ..known.clone() };
        Ok(match ladder::next(came, known, &course.tried) {
            Next::Keep => Go::Keep,
            Next::Again => Go::Again,
            Next::Wait { said, all } => {
                self.wait(said, all, came, known, course).await?;
                Go::Again
            }
            Next::Learn(profile) => {
                self.learn(to, came, known, profile).await;
                Go::Again
            }
            Next::Form(form) => {
                course.tried.failed = 0;
                Go::Form(form)
            }
            Next::Read(written) => Go::Read(written),
            Next::Less(tokens) => {
                course.tried.less += 1;
                if endpoint.tell_once("less") {
                    course.tally.warn(format!(
                        "{} takes no more than a prompt and {tokens} tokens of answer here: shorter answers are asked for",
                        endpoint.base_url
                    ));
                }
                Go::Less(tokens)
            }
            Next::More => Go::More,
            Next::Fewer { most, lasting } => Go::Fewer { most, lasting },
            Next::PutOff => Go::PutOff,
            Next::Cut => {
                course.tried.cuts += 1;
                Go::Cut
            }
            Next::GiveUp(flaw) => return Err(self.given_up(flaw, to, course.tally)),
            Next::Unanswered { reason, ones } => {
                return Err(self.unanswered(&reason, ones, endpoint));
            }
            Next::Stop { fault, problem, hint } => {
                return Err(self.stop_now(fault, problem, hint));
            }
        })
    }

    /// What is known while a call is made.
    pub(crate) fn known<'k>(
        &self,
        to: To<'k>,
        profile: &'k EndpointProfile,
    ) -> EndpointKnowledge<'k> {
        let endpoint = to.endpoint;
        EndpointKnowledge {
            service: to.service,
            url: &endpoint.base_url,
            model: &endpoint.model,
            profile,
            kind: to.kind,
            form: AnswerForm::Plain,
            learnt: !endpoint.profile().asks_like(profile, to.kind),
            answered: endpoint.has_answered(),
            asked: 0,
            needed: 0,
            beside: 0,
            inputs: 1,
            others: false,
            may_cut: false,
            patience: self.patience,
        }
    }

    async fn wait(
        &self,
        said: Option<Duration>,
        all: bool,
        came: &Came<'_>,
        known: &EndpointKnowledge<'_>,
        course: &mut Course<'_>,
    ) -> Result<(), AskError> {
        let reason = reason_of(came);
        let Some(pause) = course.backoff.pause(said) else {
            return Err(match came {
                Came::NeverSent { .. } => {
                    // No patience is left: as if it had been tried often enough.
                    let mut tried = course.tried;
                    tried.unsent = u32::MAX;
                    match ladder::next(came, known, &tried) {
                        Next::Stop { fault, problem, hint } => self.stop_now(fault, problem, hint),
                        _ => AskError::Flawed(Flaw::NoAnswer(reason)),
                    }
                }
                // A shorter question may have an answer before a gateway's own patience ends, and one
                // without the row that a server fails at.
                _ => {
                    let ones = known.answered && may_be_ones(came);
                    self.unanswered(&reason, ones, self.endpoint_at(known))
                }
            });
        };
        if all {
            self.pacer.hold(pause);
        }
        if pause >= WORTH_TELLING {
            let line = waiting(known.url, pause, &reason);
            tracing::info!("{line}");
            if self.endpoint_at(known).tell_wait(pause) {
                course.tally.warn(line);
            }
        }
        self.unless_stopped(tokio::time::sleep(pause)).await
    }

    fn endpoint_at(&self, known: &EndpointKnowledge<'_>) -> &super::endpoint::Endpoint {
        match known.service {
            Service::Chat => &self.chat,
            Service::Embeddings => &self.embedding,
        }
    }

    /// Says what everybody waits for, where that takes a while.
    pub(crate) fn tell_of_waiting(&self, endpoint: &super::endpoint::Endpoint, tally: &Tally) {
        let held = self.pacer.held();
        if held >= WORTH_TELLING && endpoint.tell_wait(held) {
            tally.warn(waiting(&endpoint.base_url, held, "it has asked to be left alone"));
        }
    }

    /// Asks in another way from now on.
    async fn learn(
        &self,
        to: To<'_>,
        came: &Came<'_>,
        known: &EndpointKnowledge<'_>,
        profile: EndpointProfile,
    ) {
        let (endpoint, form) = (to.endpoint, profile.form(known.kind));
        if form != known.form && known.service == Service::Chat {
            tracing::info!(
                "{} does not take {}: asking for {} in {}",
                known.url,
                known.form.as_str(),
                known.kind,
                form.as_str()
            );
        }
        let learnt = endpoint.learn(known.profile, profile);
        if !learnt && let Came::Said(said) = came {
            // Others have learnt something meanwhile: both count.
            endpoint.update(|now| {
                now.after(said, known.kind, known.form).unwrap_or_else(|| now.clone())
            });
        }
        self.remember(endpoint, &endpoint.profile()).await;
    }

    fn given_up(&self, flaw: Flaw, to: To<'_>, tally: &Tally) -> AskError {
        match &flaw {
            Flaw::BadRequest(message) if to.endpoint.refused_for_good(message) => {
                let stop = self.refuses_everything(to.endpoint);
                let stop = stop.unwrap_or_else(|| refuses_by_now(to.endpoint, message));
                return AskError::Stop(self.stop(stop).into());
            }
            Flaw::TooLong if to.endpoint.tell_once("too long") => {
                tally.warn(format!(
                    "some questions are longer than {} takes: they are asked in parts, and shorter",
                    to.endpoint.model
                ));
            }
            _ => {}
        }
        AskError::Flawed(flaw)
    }
}

/// Good answers have come, and by now every request is refused for the same reason: that is none of what
/// was asked.
fn refuses_by_now(endpoint: &super::endpoint::Endpoint, message: &str) -> Stop {
    Stop {
        fault: EndpointFault::Temporary,
        problem: format!("{} refuses every request by now: {message}", endpoint.base_url),
        hint: "every answer is kept; look at the account and at [llm], then run the same command again"
            .to_owned(),
    }
}

/// A wait that is shorter than this is nobody's business.
const WORTH_TELLING: Duration = Duration::from_secs(5);

/// Could one thing that was asked about be to blame? Who is slow is slow with everybody.
fn may_be_ones(came: &Came<'_>) -> bool {
    match came {
        Came::Said(said) => {
            matches!(said.meaning, RefusalMeaning::Failed | RefusalMeaning::Page)
        }
        Came::Unknown { cause, .. } => *cause != Cause::Timeout,
        Came::NeverSent { .. } | Came::Answer(_) | Came::Vectors { .. } => false,
    }
}

fn reason_of(came: &Came<'_>) -> String {
    match came {
        Came::Said(said) => format!("status {}: {}", said.status, said.message),
        Came::NeverSent { why, .. } | Came::Unknown { why, .. } => (*why).to_owned(),
        Came::Vectors { missing } => format!("{missing} texts have no vector"),
        Came::Answer(_) => "an answer".to_owned(),
    }
}

/// What is waited for, and until when.
fn waiting(url: &str, pause: Duration, reason: &str) -> String {
    let until = httpdate::fmt_http_date(SystemTime::now() + pause);
    let clock = until.split(' ').nth(4).unwrap_or_default().to_owned();
    format!("waiting {} s for {url}, until {clock} UTC: {reason}", pause.as_secs())
}
