//! Asking, for one stage.

use cladus_core::{Result, text};
use cladus_llm::{AnswerShape, AskError, Asker, Flaw, Prompt, Rendered, Reply, Request};
use futures::stream::{self, StreamExt};
use serde::Serialize;

use crate::halves::HalvingReason;

/// Longest remark, in characters: models explain at length why they will not.
const REMARK_CHARS: usize = 300;
/// Longest piece of an earlier answer that is shown again, in characters.
const ANSWER_CHARS: usize = 200;

/// A stage's prompt, and whom to ask.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'a> {
    /// Who is asked.
    pub asker: &'a Asker<'a>,
    /// What is asked.
    pub prompt: &'a Prompt,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An answer of the right form; its values are the stage's to judge.
    Reply(Reply),
    /// None, and why.
    Flawed(Flaw),
    /// The call was counted, not made.
    Planned,
}

/// What was wrong with an answer, for the model to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The number of the item concerned; empty: all of them.
    item: String,
    /// What was answered; may be empty.
    answer: String,
    reason: String,
}

impl Problem {
    /// The whole answer was of no use.
    pub fn of_call(flaw: &Flaw) -> Self {
        Self::of_answer("", &flaw.to_string())
    }

    /// Something in the answer does not fit.
    pub fn of_answer(answer: &str, reason: &str) -> Self {
        Self::of_item(String::new(), answer, reason)
    }

    /// The answer about one item does not fit.
    pub fn of_item(item: String, answer: &str, reason: &str) -> Self {
        let short = |text: &str| text::clean_to(text, ANSWER_CHARS).into_owned();
        Self { item, answer: short(answer), reason: short(reason) }
    }
}

impl Talk<'_> {
    /// Why a question that ended so is asked again in halves, if it is: one thing of those that were asked
    /// about together may be to blame. In batches, every half may take a day.
    pub fn halving(&self, flaw: &Flaw) -> Option<HalvingReason> {
        match flaw {
            Flaw::TooLong => Some(HalvingReason::TooLong),
            _ if !self.asker.answers_at_once() => None,
            // That is asked as it is another time.
            Flaw::NoAnswer(_) => None,
            // Many a model refuses, or begins to repeat itself, in words of its own.
            Flaw::Empty | Flaw::NotJson(_) | Flaw::CutOff(_) => Some(HalvingReason::InDoubt),
            Flaw::Refused(_) | Flaw::Filtered | Flaw::BadRequest(_) | Flaw::Fails(_) => {
                Some(HalvingReason::OnesFault)
            }
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// When the prompt does not fit its data, or no more calls are to be made.
    pub async fn ask(
        &self,
        data: impl Serialize,
        shape: AnswerShape,
        max_tokens: u32,
    ) -> Result<Answer> {
        let Rendered { system, user } = self.prompt.render(data)?;
        match self.asker.ask(&Request { system, user, shape, max_tokens }).await {
            Ok(reply) => Ok(Answer::Reply(reply)),
            Err(AskError::Flawed(flaw)) => Ok(Answer::Flawed(flaw)),
            Err(AskError::Planned) => Ok(Answer::Planned),
            Err(AskError::Stop(error)) => Err(error),
        }
    }

    /// Does all of `work`, as much of it at once as is worth having under way. Results are in the
    /// order of the work, whatever was done first.
    ///
    /// # Errors
    /// The first error met ends it all.
    pub async fn in_order<T, W>(&self, work: impl IntoIterator<Item = W>) -> Result<Vec<T>>
    where
        W: Future<Output = Result<T>>,
    {
        let numbered =
            work.into_iter().enumerate().map(|(place, work)| async move { (place, work.await) });
        let mut under_way = stream::iter(numbered).buffer_unordered(self.asker.width().max(1));
        let mut done = Vec::new();
        while let Some((place, result)) = under_way.next().await {
            done.push((place, result?));
        }
        done.sort_unstable_by_key(|(place, _)| *place);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }
}

/// A remark for a row: what was wrong, and what was done instead.
pub fn remark(wrong: &str, instead: &str) -> String {
    let room = REMARK_CHARS.saturating_sub(instead.chars().count() + 2);
    format!("{}; {instead}", text::clean_to(wrong, room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_work() {
        let asker = Asker::scripted(|_| Err(AskError::Planned));
        let prompt =
            Prompt::load("p", "a\n---\nb", None, &cladus_core::config::Config::default()).unwrap();
        let talk = Talk { asker: &asker, prompt: &prompt };
        // The first ones give way to the others most often.
        let work = (0..9usize).map(|place| async move {
            let mut left = 9 - place;
            std::future::poll_fn(|context| {
                context.waker().wake_by_ref();
                left -= 1;
                if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            Ok(place)
        });
        let done = asker.block_on(talk.in_order(work)).unwrap();
        assert_eq!(done, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn remarks_are_lines() {
        let long = remark(&"x\n".repeat(500), "the nearest was taken");
        assert!(long.chars().count() <= REMARK_CHARS && !long.contains('\n'), "{long}");
        assert!(long.ends_with("; the nearest was taken"));
    }
}
