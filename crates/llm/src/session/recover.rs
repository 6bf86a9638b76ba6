//! What a reply came to, also one that a killed process had got and not yet read.

use cladus_core::Result;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::account::prices::{Price, Prices};
use crate::client::answer;
use crate::client::refusal::{self, Refusal, RefusalMeaning};
use crate::client::reply::{Read, Reply};
use crate::store::{Answers, Outcome};

/// How a call ended whose reply has this status and body.
pub(crate) fn outcome(status: u16, body: &[u8], price: Option<&Price>) -> Outcome {
    if status != 200 {
        return outcome_of(&refusal::read(status, &HeaderMap::new(), body));
    }
    match answer::read(body) {
        Read::NotAReply(reason) => Outcome::NotAReply(reason),
        Read::Reply(Reply { usage, .. }) | Read::Flawed(_, usage) | Read::CutOff(usage) => {
            let nanodollars = price.and_then(|price| price.nanodollars(&usage));
            Outcome::Answer { usage, nanodollars }
        }
    }
}

/// A reply that is no answer, as the store keeps it.
pub(crate) fn outcome_of(said: &Refusal) -> Outcome {
    let (status, reason) = (said.status, said.message.clone());
    match said.meaning {
        // Nobody knows what a proxy's page stands for.
        _ if status == 200 => Outcome::NotAReply(reason),
        RefusalMeaning::Denied => Outcome::Denied { status, reason },
        RefusalMeaning::Overloaded | RefusalMeaning::Failed | RefusalMeaning::Page => {
            Outcome::Refused { status, reason }
        }
        _ => Outcome::Rejected { status, reason },
    }
}

/// Settles the calls whose reply was kept and not read before their process was killed: the answer is
/// used anyway, and so it has to count as one, at what it came to.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) async fn settle_unread(answers: &Answers, prices: &Prices) -> Result<()> {
    for call in answers.unread_chats()? {
        let request: Value = serde_json::from_str(&call.request).unwrap_or_default();
        let asked = request.get("model").and_then(Value::as_str).unwrap_or(&call.model);
        let price =
            prices.of(asked).map(|price| if call.in_batch { price.in_batch() } else { price });
        answers.settle(call.id, outcome(call.status, &call.body, price.as_ref())).await?;
    }
    Ok(())
}
