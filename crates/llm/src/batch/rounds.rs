//! One round: what is open is handed over, waited for, and kept.

use super::*;
use crate::account::budget::{Budget, Limit, Room};
use crate::client::profile::EndpointProfile;
use crate::store::{Key, NewBatch};

/// How long to leave questions to another process that asks them at this moment.
const OTHERS: Duration = Duration::from_millis(200);

impl Session {
    /// Hands `open` over as batches and keeps what they answer. What is under way already, from
    /// this process or another, is waited for and not handed over again. Where `wait` says no, it
    /// only looks once.
    ///
    /// Questions that come back without an answer are open again, three times at most; then
    /// the stage is told that there is none, and does what it does in that case.
    ///
    /// # Errors
    /// When no question fits the budget; when a batch brought no answer at all, and nothing was learnt
    /// from it; when the endpoint has no batches, refuses the key, or does not answer; with `wait`
    /// no, when a batch is still under way.
    pub fn round(
        &self,
        rounds: &mut Rounds,
        open: Vec<OpenQuestion>,
        wait: bool,
        tell: BatchListener<'_>,
    ) -> Result<()> {
        self.block_on(self.shared.round(rounds, open, wait, tell))
    }
}

impl SharedSession {
    async fn round(
        &self,
        rounds: &mut Rounds,
        open: Vec<OpenQuestion>,
        wait: bool,
        tell: BatchListener<'_>,
    ) -> Result<()> {
        let tally = Tally::new("batch", 0, None);
        let (mut wanted, free) = self.parted(open)?;
        // What a killed process left comes first: it may hold what is wanted.
        if !wanted.is_empty() {
            let dropped = self.resolve(&wanted, &tally, tell).await?;
            if dropped {
                return Ok(());
            }
        }
        let (fitting, limit) = self.fitting(free)?;
        let nothing_fits = fitting.is_empty();
        let made = self.hand_over(fitting, &tally, tell).await?;
        wanted.extend(made.iter().copied());
        if wanted.is_empty() {
            return match limit.filter(|_| nothing_fits) {
                Some(limit) => Err(over_budget(limit)),
                None => {
                    // Somebody else asks the same at this moment.
                    self.waited(tokio::time::sleep(OTHERS)).await?;
                    Ok(())
                }
            };
        }
        let batches = self.answers.open_batches()?;
        let (batches, others): (Vec<Batch>, Vec<Batch>) =
            batches.into_iter().partition(|batch| wanted.contains(&batch.id));
        self.glance(others, &tally, tell).await?;
        if batches.is_empty() {
            // Another process has fetched what is wanted meanwhile: look at what is open now.
            return Ok(());
        }
        if let Some(far) = batches.iter().find(|batch| batch.endpoint != self.chat.base_url) {
            return Err(Error::Endpoint {
                fault: EndpointFault::Temporary,
                problem: format!("questions of this stage are under way in {}", far.name()),
                hint: format!(
                    "--base-url {} fetches the answers; --cancel-batches gives them up",
                    far.endpoint
                ),
            });
        }
        let fetched = self.wait_for(batches, wait, &tally, rounds, tell).await?;
        self.recount()?;
        let before = rounds.answered;
        rounds.answered |= fetched.has_answers();
        fetched.judge(before)
    }

    /// The batches in which some of `open` are under way, and those that are not.
    fn parted(&self, open: Vec<OpenQuestion>) -> Result<(BTreeSet<BatchId>, Vec<OpenQuestion>)> {
        let (mut wanted, mut free) = (BTreeSet::new(), Vec::new());
        for one in open {
            match self.answers.under_way(&one.call.key)? {
                Some(batch) => {
                    wanted.insert(batch);
                }
                None => free.push(one),
            }
        }
        Ok((wanted, free))
    }

    /// Batches that nobody here waits for: what they have brought is paid for, and so is kept.
    async fn glance(
        &self,
        others: Vec<Batch>,
        tally: &Tally,
        tell: BatchListener<'_>,
    ) -> Result<()> {
        for batch in others.iter().filter(|batch| batch.endpoint == self.chat.base_url) {
            let Some(id) = &batch.server_id else { continue };
            let Some(remote) = self.look(id, tally).await? else { continue };
            if remote.has_ended() {
                self.fetch(batch, &remote, tally, &mut Rounds::default(), tell).await?;
            }
        }
        Ok(())
    }

    /// Finds the batches of `wanted` again whose names were lost. Says whether there was one that
    /// never came to be, so that its questions are open again.
    async fn resolve(
        &self,
        wanted: &BTreeSet<BatchId>,
        tally: &Tally,
        tell: BatchListener<'_>,
    ) -> Result<bool> {
        let mut dropped = false;
        for batch in self.answers.open_batches()? {
            if wanted.contains(&batch.id) && batch.server_id.is_none() {
                if !batch.orphan {
                    // Another process is about to submit it: look again when it has.
                    self.waited(tokio::time::sleep(OTHERS)).await?;
                    return Ok(true);
                }
                dropped |= self.resolved(&batch, tally, tell).await?.is_none();
            }
        }
        Ok(dropped)
    }

    /// Those of `free` that the budget has room for, and the limit that keeps the others out.
    fn fitting(&self, free: Vec<OpenQuestion>) -> Result<(Vec<OpenQuestion>, Option<Limit>)> {
        let price = self.chat.price.map(crate::account::prices::Price::in_batch);
        let mut budget = Budget::new(limits(&self.config), self.answers.spent(&self.account.run)?);
        let mut fitting = Vec::new();
        for OpenQuestion { mut call } in free {
            let longest = u64::from(call.max_tokens);
            call.expected_nanodollars = price
                .as_ref()
                .and_then(|price| price.at_most(call.expected_prompt_tokens, longest));
            let tokens = call.expected_prompt_tokens + longest;
            match budget.reserve(tokens, call.expected_nanodollars) {
                // Never given back: what is handed over counts as spent until it is answered.
                Room::Reserved(_reserved) => fitting.push(OpenQuestion { call }),
                Room::Wait => break,
                Room::Exhausted(limit) => return Ok((fitting, Some(limit))),
            }
        }
        Ok((fitting, None))
    }

    /// Makes batches of `fitting`. Those that another process was faster with are left out.
    async fn hand_over(
        &self,
        fitting: Vec<OpenQuestion>,
        tally: &Tally,
        tell: BatchListener<'_>,
    ) -> Result<Vec<BatchId>> {
        let profile = self.chat.profile();
        let most =
            chunks::Most { questions: self.config.llm.batch_requests, bytes: chunks::LONGEST };
        // A line is the body and less than 200 bytes around it.
        let parts = chunks::chunks(fitting, most, |open| open.call.request.len() + 200);
        let mut made = Vec::new();
        for part in parts {
            self.waited(std::future::ready(())).await?;
            let new = self.new_batch(&part, &profile)?;
            let calls = part.into_iter().map(|open| open.call).collect();
            let Some(id) = self.answers.intend(new, calls).await? else { continue };
            let batches = self.answers.open_batches()?;
            let Some(batch) = batches.into_iter().find(|batch| batch.id == id) else { continue };
            match self.submit(&batch, tally).await? {
                Submitted::Yes(server_id) => {
                    let note = BatchNote::Submitted(server_id.clone());
                    self.answers.note_batch(id, note).await?;
                    tell(News::Submitted { batch: server_id, questions: batch.open });
                    made.push(id);
                }
                Submitted::No(why) => {
                    self.answers.note_batch(id, BatchNote::Dropped).await?;
                    return Err(Error::Endpoint {
                        fault: EndpointFault::Misaddressed,
                        problem: format!("{} takes no batches: {why}", self.chat.base_url),
                        hint: "run it without --batch, or write the questions into a file for another endpoint: `cladus export-requests`".to_owned(),
                    });
                }
            }
        }
        Ok(made)
    }

    fn new_batch(&self, part: &[OpenQuestion], profile: &EndpointProfile) -> Result<NewBatch> {
        let mut hash = blake3::Hasher::new();
        for OpenQuestion { call } in part {
            let Key(key) = call.key;
            hash.update(&key);
            hash.update(&(call.request.len() as u64).to_le_bytes());
            hash.update(call.request.as_bytes());
        }
        Ok(NewBatch {
            // The whole mark is at most 64 characters long.
            content: hash.finalize().to_hex()[..40].to_owned(),
            run: self.account.run.clone(),
            endpoint: self.chat.base_url.clone(),
            model: self.chat.model.clone(),
            profile: serde_json::to_string(profile).map_err(|e| Error::Bug(e.to_string()))?,
        })
    }
}

fn over_budget(limit: Limit) -> Error {
    Error::Endpoint {
        fault: EndpointFault::Budget,
        problem: limit.to_string(),
        hint: "every answer is kept; raise the limit and run the same command again to go on"
            .to_owned(),
    }
}
