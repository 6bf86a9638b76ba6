//! What a batch has brought, line by line.

use futures::stream::{self, StreamExt, TryStreamExt};
use reqwest::header::HeaderMap;

use super::brought::{Answered, BroughtAnswer, Lesson, Lines, QuestionPlace, QuestionPlaces, sort};
use super::remote::Remote;
use super::*;
use crate::account::prices::{Price, Prices};
use crate::client::answer;
use crate::client::form::AnswerForm;
use crate::client::profile::EndpointProfile;
use crate::client::refusal::{self, RefusalMeaning};
use crate::client::reply::{Read, short};
use crate::session::recover::outcome;
use crate::store::Question;

/// Lines that are written at once.
pub(super) const WIDTH: usize = 256;

impl SharedSession {
    /// Keeps what an ended batch has brought. It may be called again for the same batch.
    pub(super) async fn fetch(
        &self,
        batch: &Batch,
        remote: &Remote,
        tally: &Tally,
        rounds: &mut Rounds,
        tell: BatchListener<'_>,
    ) -> Result<Fetched> {
        let settled = self.answers.settled(batch.id)?.into_iter();
        let mut open: QuestionPlaces = settled.map(|key| (key.0, QuestionPlace::Settled)).collect();
        let questions = self.answers.questions(batch.id)?;
        let kept_elsewhere = questions.is_empty();
        for asked in questions {
            open.insert(asked.key.0, QuestionPlace::Open(asked));
        }
        let mut lines = Lines::default();
        let mut lost = false;
        // Whatever it ended with: what is in these files was done, and is paid for.
        for file in remote.files().into_iter().flatten() {
            match self.patiently(&Errand::Content(file), tally).await? {
                ErrandOutcome::Done(content) => sort(&content, &mut open, &mut lines),
                ErrandOutcome::Absent(why)
                | ErrandOutcome::Refused(why)
                | ErrandOutcome::Unclear(why) => {
                    lost = true;
                    tell(News::Warning(format!("{}: file {file} is gone: {why}", batch.name())));
                }
            }
        }
        let before = lines.answered.len();
        let missing = still_open(open);
        let mut fetched = self.settle_lines(batch, lines.answered, rounds).await?;
        fetched.kept_elsewhere = kept_elsewhere;
        let reason = self.left_out(&missing, remote, lost, rounds).await?;
        fetched.reason = reason.or(fetched.reason);
        let [output, errors] = remote.files().map(|name| name.map(str::to_owned));
        let status = remote.status.clone();
        let note = BatchNote::Ended { status: status.clone(), output, errors };
        self.answers.note_batch(batch.id, note).await?;
        let without = before as u64 + missing.len() as u64 - fetched.answers;
        tell(News::Ended {
            batch: remote.id.clone(),
            status,
            answers: fetched.answers,
            without,
            skipped: lines.skipped,
        });
        Ok(fetched)
    }

    /// Settles the questions of an ended batch that no file speaks of; says why there is nothing. `lost`
    /// says that a file is gone.
    async fn left_out(
        &self,
        missing: &[Question],
        remote: &Remote,
        lost: bool,
        rounds: &mut Rounds,
    ) -> Result<Option<String>> {
        let reason = remote.reason().unwrap_or_else(|| match remote.status.as_str() {
            "completed" => "the batch was completed without it".to_owned(),
            status => format!("the batch is {status}"),
        });
        // What a completed batch leaves out, it may have done.
        let outcome = if lost || remote.status == "completed" {
            Outcome::Unknown(reason.clone())
        } else {
            Outcome::NotRun(reason.clone())
        };
        self.settle_all(missing, &outcome).await?;
        for asked in missing {
            rounds.came_back(&asked.key.0, &reason);
        }
        Ok((!missing.is_empty()).then_some(reason))
    }

    /// The same end for all of them.
    pub(super) async fn settle_all(&self, all: &[Question], outcome: &Outcome) -> Result<()> {
        stream::iter(all)
            .map(|asked| self.answers.settle(asked.id, outcome.clone()))
            .buffer_unordered(WIDTH)
            .try_collect()
            .await
    }

    async fn settle_lines(
        &self,
        batch: &Batch,
        answered: Vec<Answered>,
        rounds: &mut Rounds,
    ) -> Result<Fetched> {
        let tally = Tally::new("batch", 0, None);
        let answered = self.keep_lines(batch, answered).await?;
        // What is learnt of another model is not kept.
        let asked_as: Option<EndpointProfile> =
            serde_json::from_str(&batch.profile).ok().filter(|_| batch.model == self.chat.model);
        let mut lesson = Lesson { asked_as, ..Lesson::default() };
        let mut fetched = Fetched::default();
        for (Answered { asked, said }, outcome) in &answered {
            let key = &asked.key.0;
            match (said, outcome) {
                (BroughtAnswer::Reply { body, .. }, Outcome::Answer { usage, nanodollars }) => {
                    fetched.answers += 1;
                    tally.called();
                    tally.used(usage, *nanodollars);
                    self.chat.works();
                    if let Some(profile) = &lesson.asked_as {
                        self.learn_from(profile, &asked.stage, &answer::read(body)).await;
                    }
                }
                (BroughtAnswer::Reply { status, body }, Outcome::NotAReply(_))
                    if *status == 200 =>
                {
                    fetched.failed += 1;
                    fetched.reason = Some(short(&String::from_utf8_lossy(body)));
                    rounds.came_back(key, "not an answer");
                }
                (BroughtAnswer::Reply { status, body }, _) => {
                    tally.called();
                    fetched.failed += 1;
                    self.refused_in_batch(
                        asked,
                        (*status, body),
                        &mut lesson,
                        &mut fetched,
                        rounds,
                    );
                }
                (BroughtAnswer::NotRun(reason), _) => {
                    fetched.reason = Some(reason.clone());
                    rounds.came_back(key, reason);
                }
            }
        }
        lesson.answers = fetched.answers;
        fetched.learnt |= self.learn_in_batch(&lesson, &batch.profile).await;
        rounds.spend(tally.spent());
        Ok(fetched)
    }

    /// Keeps what was brought, before anything is made of it, as every answer is.
    async fn keep_lines(
        &self,
        batch: &Batch,
        answered: Vec<Answered>,
    ) -> Result<Vec<(Answered, Outcome)>> {
        let prices = Prices::load(self.config.llm.prices.as_deref())?;
        let price = prices.of(&batch.model).map(Price::in_batch);
        stream::iter(answered)
            .map(|Answered { asked, said }| async {
                let outcome = match &said {
                    BroughtAnswer::NotRun(reason) => Outcome::NotRun(reason.clone()),
                    BroughtAnswer::Reply { status, body } => {
                        let clean = self.chat.redacted(body);
                        self.answers.received(asked.id, *status, clean).await?;
                        outcome(*status, body, price.as_ref())
                    }
                };
                self.answers.settle(asked.id, outcome.clone()).await?;
                Ok::<_, Error>((Answered { asked, said }, outcome))
            })
            .buffered(WIDTH)
            .try_collect()
            .await
    }

    /// A line that says no: what the same words would mean to a single call.
    fn refused_in_batch(
        &self,
        asked: &Question,
        (status, body): (u16, &[u8]),
        lesson: &mut Lesson,
        fetched: &mut Fetched,
        rounds: &mut Rounds,
    ) {
        let key = &asked.key.0;
        let said = refusal::read(status, &HeaderMap::new(), &self.chat.redacted(body));
        fetched.reason = Some(format!("{} ({status})", said.message));
        match said.meaning {
            RefusalMeaning::Denied => {
                let url = &self.chat.base_url;
                let problem =
                    format!("{url} refuses the key or the quota ({status}): {}", said.message);
                fetched.denied = Some(problem);
            }
            RefusalMeaning::TooLong | RefusalMeaning::LongAnswer => {
                fetched.refused += 1;
                rounds.given_up.insert(*key, Flaw::TooLong);
            }
            RefusalMeaning::Filtered => {
                fetched.refused += 1;
                rounds.given_up.insert(*key, Flaw::Filtered);
            }
            RefusalMeaning::Overloaded | RefusalMeaning::Page | RefusalMeaning::Useless => {
                rounds.came_back(key, &said.message);
            }
            RefusalMeaning::Failed => {
                rounds.came_back(key, &said.message);
                lesson.failed = Some((asked.stage.clone(), said));
            }
            _ => {
                if lesson.learn(&asked.stage, &said) {
                    return;
                }
                fetched.refused += 1;
                self.chat.refused_for_good(&said.message);
                rounds.given_up.insert(*key, Flaw::BadRequest(said.message));
            }
        }
    }

    /// A form is proven by an answer; one that a server ignores is given up.
    async fn learn_from(&self, asked_as: &EndpointProfile, kind: &str, read: &Read) {
        let form = asked_as.form(kind);
        match read {
            Read::Flawed(Flaw::NotJson(_), _) => {
                self.chat.update(|profile| match profile.is_proven(kind, form) {
                    false if form != AnswerForm::Plain => {
                        profile.suspecting(kind, AnswerForm::Plain)
                    }
                    _ => profile.clone(),
                });
            }
            Read::NotAReply(_) => {}
            _ => self.answered_in(kind, form, false).await,
        }
    }

    /// Asks differently from now on, where the batch has told how.
    async fn learn_in_batch(&self, lesson: &Lesson, before: &str) -> bool {
        let Some(asked_as) = &lesson.asked_as else { return false };
        let next = lesson.next.clone().or_else(|| {
            // A server that fails at everything may fail at the form.
            let (kind, said) = lesson.failed.as_ref().filter(|_| lesson.answers == 0)?;
            let form = asked_as.form(kind);
            let blame = matches!(said.status, 500 | 501) && !asked_as.is_proven(kind, form);
            blame.then(|| Some(asked_as.suspecting(kind, form.next()?))).flatten()
        });
        let now = self.chat.profile();
        let meanwhile = serde_json::to_string(&now).is_ok_and(|now| now != before);
        match next {
            Some(next) if !meanwhile => {
                self.chat.learn(&now, next.clone());
                self.remember(&self.chat, &next).await;
                true
            }
            // Somebody else has learnt something meanwhile.
            _ => meanwhile,
        }
    }
}

/// The questions that nothing was brought for, in their order.
fn still_open(places: QuestionPlaces) -> Vec<Question> {
    let still_open = |place| match place {
        QuestionPlace::Open(asked) => Some(asked),
        QuestionPlace::Settled | QuestionPlace::Taken => None,
    };
    let mut missing: Vec<Question> = places.into_values().filter_map(still_open).collect();
    missing.sort_unstable_by_key(|asked| asked.id);
    missing
}

impl Rounds {
    /// A question came back without an answer.
    fn came_back(&mut self, key: &[u8; 32], reason: &str) {
        let tries = self.tries.entry(*key).or_default();
        *tries += 1;
        if *tries >= TRIES {
            self.given_up.insert(*key, Flaw::NoAnswer(short(reason)));
        }
    }

    fn spend(&mut self, more: Spent) {
        let before = self.spent.unwrap_or(Spent { nanodollars: Some(0), ..Spent::default() });
        self.spent = Some(Spent {
            calls: before.calls + more.calls,
            answered: 0,
            prompt_tokens: before.prompt_tokens + more.prompt_tokens,
            cached_tokens: before.cached_tokens + more.cached_tokens,
            completion_tokens: before.completion_tokens + more.completion_tokens,
            nanodollars: before.nanodollars.zip(more.nanodollars).map(|(sum, more)| sum + more),
        });
    }
}
