//! What is done after a reply that is no answer.

use std::time::Duration;

use cladus_core::EndpointFault;

use super::{Attempts, BESIDE, EndpointKnowledge, Next, greatest_below, is_bare, texts};
use crate::client::form::AnswerForm;
use crate::client::refusal::{Refusal, RefusalMeaning};
use crate::client::reply::{Flaw, short};
use crate::client::wire::Service;
use crate::client::{lenient, words};

/// Attempts of a call that the server failed to answer.
const SERVER_FAILURES: u32 = 6;
/// The same, where others are answered meanwhile.
const FAILURES_ALONE: u32 = 3;
/// Attempts of a call that got a page.
const PAGES: u32 = 3;
/// Attempts of a call that is refused without a word.
const BARE: u32 = 3;
/// Attempts of a call whose answer the server kept to itself, before its form is to blame.
const USELESS: u32 = 2;
/// How often more room is given to an answer.
const MORE: u32 = 2;
const ADDRESS: &str =
    "`curl BASE_URL/models` lists an endpoint's models; a base URL usually ends in /v1";

pub(super) fn next(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    let (url, status) = (known.url, said.status);
    let stop = |fault, problem, hint| Next::Stop { fault, problem, hint };
    if known.service == Service::Embeddings
        && let Some(next) = texts::next(said, known, tried)
    {
        return next;
    }
    match said.meaning {
        RefusalMeaning::Denied => stop(
            EndpointFault::Denied,
            format!("{url} refuses the key or the quota ({status}): {}", said.message),
            "check the key and the account, then run the same command again: every answer is kept",
        ),
        RefusalMeaning::Proxy => stop(
            EndpointFault::Misaddressed,
            format!("a proxy on the way to {url} refuses (407): {}", said.message),
            "look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY names hosts that are reached without one",
        ),
        RefusalMeaning::Misaddressed if !known.answered => misaddressed(said, known),
        // After good answers it is no wrong address.
        RefusalMeaning::Misaddressed | RefusalMeaning::Failed => failed(said, known, tried),
        RefusalMeaning::Page => page(said, known, tried),
        RefusalMeaning::Overloaded => overloaded(said, known),
        RefusalMeaning::Filtered => Next::GiveUp(Flaw::Filtered),
        RefusalMeaning::TooLong if known.asked > known.needed && tried.less < 2 => {
            Next::Less(known.needed)
        }
        RefusalMeaning::TooLong => Next::GiveUp(Flaw::TooLong),
        RefusalMeaning::OutOfRoom if tried.more <= MORE => Next::More,
        RefusalMeaning::OutOfRoom => Next::GiveUp(Flaw::CutOff(known.asked)),
        RefusalMeaning::LongAnswer => shorter(said, known, tried),
        RefusalMeaning::Useless => useless(said, known, tried),
        RefusalMeaning::Wants if !known.learnt && !known.answered => wants(said, known),
        RefusalMeaning::Form
        | RefusalMeaning::NoSystem
        | RefusalMeaning::Bad
        | RefusalMeaning::Wants => otherwise(said, known, tried),
    }
}

fn misaddressed(said: &Refusal, known: &EndpointKnowledge<'_>) -> Next {
    let (url, model, status) = (known.url, known.model, said.status);
    let problem = match status {
        300..=399 => format!("{url} has moved ({status}): {}", said.message),
        _ => format!(
            "{url} does not know the model {model:?} or the address ({status}): {}",
            said.message
        ),
    };
    let hint = match status {
        300..=399 => {
            "name that address: a redirect is not followed, for it would carry the key to wherever it points"
        }
        _ if said.all.contains("plain http request") => "is it https:// rather than http://?",
        _ => ADDRESS,
    };
    Next::Stop { fault: EndpointFault::Misaddressed, problem, hint }
}

/// A field is wanted that only the user can know.
fn wants(said: &Refusal, known: &EndpointKnowledge<'_>) -> Next {
    if let Some(profile) = known.profile.after(said, known.kind, known.form) {
        return Next::Learn(profile);
    }
    Next::Stop {
        fault: EndpointFault::Misaddressed,
        problem: format!(
            "{} wants more than it is sent ({}): {}",
            known.url, said.status, said.message
        ),
        hint: match known.service {
            Service::Chat => {
                "a field of the body is a line in [llm.extra_body], a query (api-version) one in [llm.query]"
            }
            Service::Embeddings => "a field of the body is a line in [embedding.extra_body]",
        },
    }
}

fn page(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    // After good answers it is a gateway's, while a server behind it starts again; a firewall's word stays.
    let starts_again = known.answered && !(400..500).contains(&said.status);
    let most = if starts_again { SERVER_FAILURES } else { PAGES };
    let alone = known.beside >= BESIDE && tried.pages >= PAGES;
    if tried.pages < most && !alone {
        return Next::Wait { said: None, all: false };
    }
    if known.answered {
        return Next::Unanswered { reason: said.message.clone(), ones: true };
    }
    Next::Stop {
        fault: EndpointFault::Misaddressed,
        problem: format!(
            "{} answers with something else than an answer ({}): {}",
            known.url, said.status, said.message
        ),
        hint: "is that the address of an API, and not of a web site or a login? A base URL usually ends in /v1",
    }
}

fn overloaded(said: &Refusal, known: &EndpointKnowledge<'_>) -> Next {
    let used_up = said.after.is_none() && words::says(&said.all, words::FOR_LONG)
        || words::says(&said.all, words::AT_MIDNIGHT);
    match said.after {
        _ if used_up => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("the quota at {} is used up for now: {}", known.url, said.message),
            hint: "run the same command again when there is quota again: every answer is kept",
        },
        Some(after) if after > known.patience => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("{} asks to wait {} s: {}", known.url, after.as_secs(), said.message),
            hint: "run the same command again after that: every answer is kept",
        },
        after => Next::Wait { said: after, all: true },
    }
}

/// A server that fails once may just have failed; one that fails at everything may fail at the form.
fn failed(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    let learnable = said.meaning == RefusalMeaning::Failed && matches!(said.status, 500 | 501);
    if learnable && known.service == Service::Chat {
        if known.learnt {
            return Next::Again;
        }
        let proven = known.profile.is_proven(known.kind, known.form);
        if tried.failed >= 2
            && !proven
            && let Some(form) = known.form.next()
        {
            return Next::Form(form);
        }
    }
    // Who answers others in the meantime fails at this one.
    let alone = known.beside >= BESIDE && tried.failed >= FAILURES_ALONE;
    if alone || tried.failed >= SERVER_FAILURES {
        let reason = format!("status {}: {}", said.status, said.message);
        return Next::Unanswered { reason, ones: true };
    }
    // A gateway's word for one call is not everybody's.
    Next::Wait { said: None, all: false }
}

fn shorter(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    let most = greatest_below(&said.all, known.asked as usize);
    // "from 1 (inclusive) to 301 (exclusive)"
    let beyond = usize::from(said.all.contains("exclusive"));
    let most = most.map(|most| most.saturating_sub(beyond));
    let most = most.and_then(|most| u32::try_from(most).ok()).filter(|most| *most >= 16);
    match most {
        Some(most) if tried.less < 3 => Next::Less(most),
        _ if known.asked > known.needed && tried.less < 3 => Next::Less(known.needed),
        _ if said.status == 402 => Next::Stop {
            fault: EndpointFault::Denied,
            problem: format!("{} has no money left (402): {}", known.url, said.message),
            hint: "check the account, then run the same command again: every answer is kept",
        },
        _ => Next::GiveUp(Flaw::TooLong),
    }
}

/// The model's answer did not pass the server's own look at it.
fn useless(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    // What does not fit the schema may be of use in the end, and another answer is of more.
    let fits = !said.all.contains("not match") || tried.useless >= USELESS;
    if let Some(written) = said.generation.as_ref().filter(|_| fits)
        && lenient::object(written).is_some()
    {
        return Next::Read(written.clone());
    }
    match known.form.next() {
        _ if tried.useless < USELESS => Next::Wait { said: Some(Duration::ZERO), all: false },
        Some(_) if tried.useless < USELESS + 3 => Next::Form(AnswerForm::Plain),
        _ => Next::GiveUp(Flaw::NotJson(match &said.generation {
            Some(written) => short(written),
            None => said.message.clone(),
        })),
    }
}

/// How it was asked is refused, perhaps: in another way, then.
fn otherwise(said: &Refusal, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    if known.learnt {
        return Next::Again;
    }
    if let Some(profile) = known.profile.after(said, known.kind, known.form) {
        return Next::Learn(profile);
    }
    // No reason that we know; the form is the first suspect while it has never worked.
    let proven = known.profile.is_proven(known.kind, known.form);
    match known.form.next() {
        Some(form) if !proven && known.service == Service::Chat => Next::Form(form),
        _ if is_bare(said) && tried.bare < BARE => Next::Wait { said: None, all: false },
        _ => Next::GiveUp(Flaw::BadRequest(said.message.clone())),
    }
}
