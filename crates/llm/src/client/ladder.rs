//! What is done next: one function of what came back, what is known of the endpoint, and what was
//! tried, for questions and for embeddings.

use std::time::Duration;

use cladus_core::EndpointFault;

use super::form::{Form, LIST, Profile};
use super::refusal::{Meaning, Said};
use super::reply::{Flaw, Read, short};
use super::wire::{Cause, Service};
use super::words;

/// What came of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Came<'a> {
    /// An answer, which is kept; what it is worth.
    Answer(&'a Read),
    /// Vectors for so many of the texts, which are kept.
    Vectors { missing: usize },
    /// A reply that is no answer.
    Said(&'a Said),
    /// The server never saw the request.
    NeverSent { why: &'a str, cause: Cause },
    /// The request went out, and no whole reply came back.
    Unknown { why: &'a str, cause: Cause },
}

/// What is known when it came.
#[derive(Debug, Clone)]
pub(crate) struct Known<'a> {
    pub(crate) service: Service,
    pub(crate) url: &'a str,
    pub(crate) model: &'a str,
    pub(crate) profile: &'a Profile,
    /// The kind of question.
    pub(crate) kind: &'a str,
    /// The form that it was asked in.
    pub(crate) form: Form,
    /// Another call has learnt how to ask meanwhile.
    pub(crate) learnt: bool,
    /// The endpoint has answered in this process.
    pub(crate) answered: bool,
    /// The longest answer that was asked for, and the one that the question itself needs, in tokens.
    pub(crate) asked: u32,
    pub(crate) needed: u32,
    /// Texts in the call.
    pub(crate) inputs: usize,
    pub(crate) patience: Duration,
}

/// How often what has gone wrong with this call, the last time included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tried {
    /// Nobody knows what became of it: each may have been billed.
    pub(crate) unknown: u32,
    /// The server failed.
    pub(crate) failed: u32,
    /// No server took it.
    pub(crate) unsent: u32,
    /// A page for people.
    pub(crate) pages: u32,
    /// The model's answer was of no use to the server.
    pub(crate) useless: u32,
    /// Refused without a reason.
    pub(crate) bare: u32,
    /// A shorter answer was asked for.
    pub(crate) less: u32,
    /// The answer had no room for thoughts.
    pub(crate) more: u32,
    /// Texts without vectors.
    pub(crate) short: u32,
    /// The text was cut.
    pub(crate) cuts: u32,
}

impl Tried {
    /// One more attempt, with what came of it.
    pub(crate) fn count(&mut self, came: &Came<'_>) {
        match came {
            Came::Answer(_) => {}
            Came::Vectors { missing } => self.short += u32::from(*missing > 0),
            Came::NeverSent { .. } => self.unsent += 1,
            Came::Unknown { .. } => self.unknown += 1,
            Came::Said(said) => match said.meaning {
                Meaning::Page => self.pages += 1,
                Meaning::Useless => self.useless += 1,
                Meaning::OutOfRoom => self.more += 1,
                Meaning::Bad => self.bare += u32::from(is_bare(said)),
                // After good answers, an address is not wrong.
                Meaning::Failed | Meaning::Misaddressed => self.failed += 1,
                _ => {}
            },
        }
    }
}

/// What is done next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// It is what was wanted.
    Keep,
    /// The same again, at once: another call has learnt how to ask.
    Again,
    /// The same after a while: as long as was said, and never sooner than our own backoff. `all` says
    /// that everybody else waits, too.
    Wait { said: Option<Duration>, all: bool },
    /// In another way, which is the endpoint's.
    Learn(Profile),
    /// In another form, only this time: nobody knows yet whether that was the fault.
    Form(Form),
    /// What the model had written is the answer.
    Read(String),
    /// A shorter answer.
    Less(u32),
    /// A longer one.
    More,
    /// Fewer texts at once; so many, where that was said. `lasting` says that it is their number.
    Fewer { most: Option<usize>, lasting: bool },
    /// The text is cut.
    Cut,
    /// This row has no answer, for good or for now.
    GiveUp(Flaw),
    /// No answer for now; several in a row, and the endpoint counts as gone.
    Unanswered(String),
    /// Nothing is sent any more.
    Stop { fault: EndpointFault, problem: String, hint: &'static str },
}

/// Attempts of a call whose outcome is unknown: each may have been billed.
const UNKNOWN_OUTCOMES: u32 = 3;
/// Attempts of a call that the server failed to answer.
const SERVER_FAILURES: u32 = 6;
/// Attempts of a call that no server took.
const NEVER_SENT: u32 = 7;
/// Attempts of a call that got a page.
const PAGES: u32 = 3;
/// Attempts of a call whose answer the server kept to itself, before its form is to blame.
const USELESS: u32 = 2;
/// Attempts at vectors for all texts.
const SHORT: u32 = 4;
/// How often more room is given to an answer.
const MORE: u32 = 2;
/// How often a text is cut in two.
const CUTS: u32 = 10;

const ADDRESS: &str =
    "`curl BASE_URL/models` lists an endpoint's models; a base URL usually ends in /v1";

/// What is done next.
pub(crate) fn next(came: &Came<'_>, known: &Known<'_>, tried: &Tried) -> Next {
    match came {
        Came::Answer(read) => answered(read, known),
        Came::Vectors { missing: 0 } => Next::Keep,
        Came::Vectors { missing } => short_of(*missing, known, tried),
        Came::NeverSent { why, cause } => never_sent(why, *cause, known, tried),
        Came::Unknown { why, cause } => unknown(why, *cause, known, tried),
        Came::Said(said) => refused(said, known, tried),
    }
}

/// An answer in prose where the form has never worked: the server ignores it, and the schema was not
/// in the prompt.
fn answered(read: &Read, known: &Known<'_>) -> Next {
    let proven = known.profile.is_proven(known.kind, known.form);
    match (read, known.form.next()) {
        (Read::Flawed(Flaw::NotJson(_), _), Some(_)) if !proven => Next::Form(Form::Plain),
        _ => Next::Keep,
    }
}

fn short_of(missing: usize, known: &Known<'_>, tried: &Tried) -> Next {
    match tried.short {
        // Some servers choke on one text, and leave out others with it.
        n if n < SHORT => Next::Wait { said: Some(Duration::ZERO), all: false },
        _ if known.inputs > 1 => Next::Fewer { most: Some(1), lasting: false },
        _ if tried.cuts < CUTS => Next::Cut,
        _ => Next::Stop {
            fault: EndpointFault::Misaddressed,
            problem: format!("{} gives no vector for {missing} of the texts", known.url),
            hint: "look at `cladus cost` for the calls, or embed with another model",
        },
    }
}

fn never_sent(why: &str, cause: Cause, known: &Known<'_>, tried: &Tried) -> Next {
    let url = known.url;
    let misaddressed =
        |problem: String, hint| Next::Stop { fault: EndpointFault::Misaddressed, problem, hint };
    match cause {
        Cause::Certificate => misaddressed(
            format!("the certificate of {url} is not trusted: {why}"),
            "a company's own authority is trusted where SSL_CERT_FILE names a file with its certificate",
        ),
        Cause::NoTls => misaddressed(
            format!("{url} does not speak TLS: {why}"),
            "is it http:// rather than https://?",
        ),
        Cause::Proxy => misaddressed(
            format!("the proxy on the way to {url} refuses: {why}"),
            "look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY names hosts that are reached without one",
        ),
        _ if tried.unsent >= NEVER_SENT => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("nothing answers at {url}: {why}"),
            hint: "is the server running, and is the address right? Run the same command again: it resumes",
        },
        _ => Next::Wait { said: None, all: false },
    }
}

fn unknown(why: &str, cause: Cause, known: &Known<'_>, tried: &Tried) -> Next {
    if tried.unknown < UNKNOWN_OUTCOMES {
        return Next::Wait { said: None, all: false };
    }
    match cause {
        Cause::Timeout if !known.answered => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("{} does not answer in time: {why}", known.url),
            hint: "a server that answers one after the other wants --concurrency 1; first_byte_timeout in [llm] says how long an answer may take",
        },
        Cause::Timeout => Next::Unanswered(format!(
            "{why} (a lower --concurrency, or a longer first_byte_timeout in [llm], may help)"
        )),
        _ => Next::Unanswered(why.to_owned()),
    }
}

fn refused(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
    let (url, status) = (known.url, said.status);
    let stop = |fault, problem, hint| Next::Stop { fault, problem, hint };
    if known.service == Service::Embeddings
        && let Some(next) = of_texts(said, known, tried)
    {
        return next;
    }
    match said.meaning {
        Meaning::Denied => stop(
            EndpointFault::Denied,
            format!("{url} refuses the key or the quota ({status}): {}", said.message),
            "check the key and the account, then run the same command again: every answer is kept",
        ),
        Meaning::Proxy => stop(
            EndpointFault::Misaddressed,
            format!("a proxy on the way to {url} refuses (407): {}", said.message),
            "look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY names hosts that are reached without one",
        ),
        Meaning::Misaddressed if !known.answered => misaddressed(said, known),
        // After good answers it is no wrong address.
        Meaning::Misaddressed | Meaning::Failed => failed(said, known, tried),
        Meaning::Page => page(said, known, tried),
        Meaning::Overloaded => overloaded(said, known),
        Meaning::Filtered => Next::GiveUp(Flaw::Filtered),
        Meaning::TooLong if known.asked > known.needed && tried.less < 2 => {
            Next::Less(known.needed)
        }
        Meaning::TooLong => Next::GiveUp(Flaw::TooLong),
        Meaning::OutOfRoom if tried.more <= MORE => Next::More,
        Meaning::OutOfRoom => Next::GiveUp(Flaw::CutOff(known.asked)),
        Meaning::LongAnswer => shorter(said, known, tried),
        Meaning::Useless => useless(said, known, tried),
        Meaning::Form | Meaning::NoSystem | Meaning::Bad => otherwise(said, known, tried),
    }
}

fn misaddressed(said: &Said, known: &Known<'_>) -> Next {
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

fn page(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
    if tried.pages < PAGES {
        return Next::Wait { said: None, all: false };
    }
    if known.answered {
        return Next::Unanswered(said.message.clone());
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

fn overloaded(said: &Said, known: &Known<'_>) -> Next {
    match said.after {
        Some(after) if after > known.patience => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("{} asks to wait {} s: {}", known.url, after.as_secs(), said.message),
            hint: "run the same command again after that: every answer is kept",
        },
        after => Next::Wait { said: after, all: true },
    }
}

/// A server that fails once may just have failed; one that fails at everything may fail at the form.
fn failed(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
    let learnable = said.meaning == Meaning::Failed && matches!(said.status, 500 | 501);
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
    if tried.failed >= SERVER_FAILURES {
        return Next::Unanswered(format!("status {}: {}", said.status, said.message));
    }
    // A gateway's word for one call is not everybody's.
    Next::Wait { said: None, all: false }
}

fn shorter(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
    let most = greatest_below(&said.all, known.asked as usize);
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
fn useless(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
    if let Some(written) = &said.generation
        && super::lenient::object(written).is_some()
    {
        return Next::Read(written.clone());
    }
    match known.form.next() {
        _ if tried.useless < USELESS => Next::Wait { said: Some(Duration::ZERO), all: false },
        Some(_) if tried.useless < USELESS + 3 => Next::Form(Form::Plain),
        _ => Next::GiveUp(Flaw::NotJson(match &said.generation {
            Some(written) => short(written),
            None => said.message.clone(),
        })),
    }
}

/// How it was asked is refused, perhaps: in another way, then.
fn otherwise(said: &Said, known: &Known<'_>, tried: &Tried) -> Next {
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
        _ if is_bare(said) && tried.bare < 2 => Next::Wait { said: None, all: false },
        _ => Next::GiveUp(Flaw::BadRequest(said.message.clone())),
    }
}

/// A refusal that says nothing may be a slip.
fn is_bare(said: &Said) -> bool {
    said.all.trim().len() < 3
}

/// What only embeddings know: too many texts, texts that are too long, a format that is refused.
fn of_texts(said: &Said, known: &Known<'_>, tried: &Tried) -> Option<Next> {
    let refused = matches!(
        said.meaning,
        Meaning::TooLong | Meaning::Bad | Meaning::Form | Meaning::LongAnswer
    );
    let says = |all: &[&str]| all.iter().any(|word| said.all.contains(word));
    let failing = said.meaning == Meaning::Failed && tried.failed >= 3 && known.inputs > 1;
    if failing {
        return Some(Next::Fewer { most: None, lasting: false });
    }
    if said.meaning == Meaning::Failed && known.inputs == 1 && says(words::NO_NUMBER) {
        return (tried.cuts < CUTS).then_some(Next::Cut);
    }
    // Some say that there are too many texts as if they had come too fast.
    let too_many =
        said.meaning == Meaning::Overloaded && known.inputs > 1 && says(words::TOO_MANY_AT_ONCE);
    if !refused && !too_many {
        return None;
    }
    if said.all.contains("encoding_format") && known.profile.takes("encoding_format") {
        return Some(Next::Learn(known.profile.leaving_out("encoding_format")));
    }
    if says(words::ONE_TEXT) && known.profile.takes(LIST) {
        return Some(Next::Learn(known.profile.one_text()));
    }
    if known.inputs > 1 {
        let named = says(words::TOO_MANY);
        let most = greatest_below(&said.all, known.inputs).filter(|_| named);
        return Some(Next::Fewer {
            most,
            lasting: named && (most.is_some() || said.meaning != Meaning::TooLong),
        });
    }
    if said.meaning == Meaning::TooLong && tried.cuts < CUTS {
        return Some(Next::Cut);
    }
    None
}

/// The greatest number in a text that is less than `most`.
fn greatest_below(text: &str, most: usize) -> Option<usize> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok());
    numbers.filter(|n| (1..most).contains(n)).max()
}

#[cfg(test)]
mod tests;
