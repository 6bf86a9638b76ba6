//! What a killed process had got and not yet read.

use cladus_core::Result;
use serde_json::Value;

use crate::answers::{Answers, Outcome};
use crate::prices::Prices;
use crate::refusal;
use crate::reply::{self, Read, Reply};

/// Settles the calls whose reply was kept and not read before their process was killed: the answer is
/// used anyway, and so it has to count as one, at what it came to.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) async fn settle_unread(answers: &Answers, prices: &Prices) -> Result<()> {
    for (id, request, status, body) in answers.unread_chats()? {
        let request: Value = serde_json::from_str(&request).unwrap_or_default();
        let model = request.get("model").and_then(Value::as_str).unwrap_or_default();
        let outcome = match status {
            200 => match reply::read(&body) {
                Read::NotAReply(reason) => Outcome::NotAReply(reason),
                Read::Reply(Reply { usage, .. }) | Read::Flawed(_, usage) | Read::CutOff(usage) => {
                    let nanodollars = prices.of(model).and_then(|price| price.nanodollars(&usage));
                    Outcome::Answer { usage, nanodollars }
                }
            },
            status => refusal::read(status, &body).outcome(status),
        };
        answers.settle(id, outcome).await?;
    }
    Ok(())
}
