//! How long answers may be: what a question needs, what thoughts need, and what there is.

use super::SharedSession;
use super::asker::AskError;
use crate::client::reply::Flaw;
use crate::request::Request;

/// How much longer an answer may be that was cut off, each time, and how often.
const LONGER: u32 = 4;
const LONGER_TIMES: u32 = 2;

impl SharedSession {
    /// The longest answer that is asked for where a question itself needs so many tokens.
    pub(super) fn longest(&self, needed: u32) -> u32 {
        match self.config.llm.max_answer_tokens {
            Some(most) => most,
            None => {
                let most = self.chat.profile().longest.unwrap_or(u32::MAX);
                needed.max(self.chat.room()).min(most)
            }
        }
    }

    /// How long an answer may be that was cut off; `None` where it was asked for as long already. What
    /// a user gives as the longest answer is the longest.
    pub(super) fn longer(&self, request: &Request, longer: u32) -> Option<u32> {
        if longer >= LONGER_TIMES || self.config.llm.max_answer_tokens.is_some() {
            return None;
        }
        let most = self.chat.profile().longest.unwrap_or(u32::MAX);
        let more = request.max_tokens.saturating_mul(LONGER).min(most);
        (more > request.max_tokens).then_some(more)
    }

    /// The same question with more room for its answer, `longer` times already given.
    pub(super) async fn asks_for_more(
        &self,
        request: &mut Request,
        longer: u32,
    ) -> Result<(), AskError> {
        let more = self.longer(request, longer);
        request.max_tokens = more.ok_or(AskError::Flawed(Flaw::CutOff(request.max_tokens)))?;
        self.needs_room(request.max_tokens).await;
        Ok(())
    }

    /// The model thinks before it answers, and needs the room.
    pub(super) async fn needs_room(&self, tokens: u32) {
        self.chat.needs_room(tokens);
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.room = Some(profile.room.unwrap_or(0).max(tokens));
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// Prompts leave no more room than this for an answer.
    async fn has_no_room(&self, tokens: u32) {
        self.chat.has_no_room(tokens);
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.room = Some(profile.room.map_or(tokens, |room| room.min(tokens)));
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }

    /// Answers are no longer than `tokens`; that is all the room there is where the question itself
    /// needs as much.
    pub(super) async fn takes_less(&self, tokens: u32, needed: u32) {
        if tokens == needed {
            self.has_no_room(tokens).await;
        } else {
            self.knows_longest(tokens).await;
        }
    }

    async fn knows_longest(&self, tokens: u32) {
        let learnt = self.chat.update(|profile| {
            let mut next = profile.clone();
            next.longest = Some(tokens);
            next
        });
        if let Some(profile) = learnt {
            self.remember(&self.chat, &profile).await;
        }
    }
}
