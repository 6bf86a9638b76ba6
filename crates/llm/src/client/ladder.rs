//! What is done next: one function of what came back, what is known of the endpoint, and what was
//! tried, for questions and for embeddings.

use std::time::Duration;

use cladus_core::EndpointFault;

use super::form::AnswerForm;
use super::profile::EndpointProfile;
use super::refusal::{Refusal, RefusalMeaning};
use super::reply::{Flaw, Read};
use super::wire::{Cause, Service};

mod refused;
mod texts;

/// What came of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Came<'a> {
    /// An answer, which is kept; what it is worth.
    Answer(&'a Read),
    /// Vectors for so many of the texts, which are kept.
    Vectors { missing: usize },
    /// A reply that is no answer.
    Said(&'a Refusal),
    /// The server never saw the request.
    NeverSent { why: &'a str, cause: Cause },
    /// The request went out, and no whole reply came back.
    Unknown { why: &'a str, cause: Cause },
}

/// What is known when it came.
#[derive(Debug, Clone)]
pub(crate) struct EndpointKnowledge<'a> {
    pub(crate) service: Service,
    pub(crate) url: &'a str,
    pub(crate) model: &'a str,
    pub(crate) profile: &'a EndpointProfile,
    /// The kind of question.
    pub(crate) kind: &'a str,
    /// The form that it was asked in.
    pub(crate) form: AnswerForm,
    /// Another call has learnt how to ask meanwhile.
    pub(crate) learnt: bool,
    /// The endpoint has answered in this process.
    pub(crate) answered: bool,
    /// The longest answer that was asked for, and the one that the question itself needs, in tokens.
    pub(crate) asked: u32,
    pub(crate) needed: u32,
    /// Answers to other calls since this one first failed.
    pub(crate) beside: u64,
    /// Texts in the call, and whether there are others that can be asked about first.
    pub(crate) inputs: usize,
    pub(crate) others: bool,
    /// More texts may be cut because the server fails at them.
    pub(crate) may_cut: bool,
    pub(crate) patience: Duration,
}

/// How often what has gone wrong with this call, the last time included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
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

impl Attempts {
    /// One more attempt, with what came of it.
    pub(crate) fn count(&mut self, came: &Came<'_>) {
        match came {
            Came::Answer(_) => {}
            Came::Vectors { missing } => self.short += u32::from(*missing > 0),
            Came::NeverSent { .. } => self.unsent += 1,
            Came::Unknown { .. } => self.unknown += 1,
            Came::Said(said) => match said.meaning {
                RefusalMeaning::Page => self.pages += 1,
                RefusalMeaning::Useless => self.useless += 1,
                RefusalMeaning::OutOfRoom => self.more += 1,
                RefusalMeaning::Bad => self.bare += u32::from(is_bare(said)),
                // After good answers, an address is not wrong.
                RefusalMeaning::Failed | RefusalMeaning::Misaddressed => self.failed += 1,
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
    Learn(EndpointProfile),
    /// In another form, only this time: nobody knows yet whether that was the fault.
    Form(AnswerForm),
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
    /// Other texts first.
    PutOff,
    /// No answer for now; several in a row, and the endpoint counts as gone. `ones` says that it may
    /// be the fault of what was asked.
    Unanswered { reason: String, ones: bool },
    /// Nothing is sent any more.
    Stop { fault: EndpointFault, problem: String, hint: &'static str },
}

/// Attempts of a call whose outcome is unknown: each may have been billed.
const UNKNOWN_OUTCOMES: u32 = 3;
/// The same where the connection was closed at once.
const CLOSED: u32 = 7;
/// How long is waited after a reply that broke off, the first time: it was paid for, and whoever starts
/// again needs a while.
const BROKEN_OFF: Duration = Duration::from_secs(1);
/// So many answers to others meanwhile say that the server is there.
const BESIDE: u64 = 3;
/// Attempts of a call that no server took.
const NEVER_SENT: u32 = 7;

/// What is done next.
pub(crate) fn next(came: &Came<'_>, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    match came {
        Came::Answer(read) => answered(read, known),
        Came::Vectors { missing: 0 } => Next::Keep,
        Came::Vectors { missing } => texts::short_of(*missing, known, tried),
        Came::NeverSent { why, cause } => never_sent(why, *cause, known, tried),
        Came::Unknown { why, cause } => unknown(why, *cause, known, tried),
        Came::Said(said) => refused::next(said, known, tried),
    }
}

/// An answer in prose where the form has never worked: the server ignores it, and the schema was not
/// in the prompt.
fn answered(read: &Read, known: &EndpointKnowledge<'_>) -> Next {
    let proven = known.profile.is_proven(known.kind, known.form);
    match (read, known.form.next()) {
        (Read::Flawed(Flaw::NotJson(_), _), Some(_)) if !proven => Next::Form(AnswerForm::Plain),
        _ => Next::Keep,
    }
}

fn never_sent(why: &str, cause: Cause, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
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

fn unknown(why: &str, cause: Cause, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
    if known.service == Service::Embeddings
        && let Some(next) = texts::lost(cause, known, tried)
    {
        return next;
    }
    let alone = known.beside >= BESIDE && tried.unknown >= UNKNOWN_OUTCOMES;
    // What stands before a server that starts again takes connections and closes them.
    let most = if cause == Cause::Closed { CLOSED } else { UNKNOWN_OUTCOMES };
    if tried.unknown < most && !alone {
        let said =
            (cause == Cause::Broken).then(|| BROKEN_OFF * 4u32.pow(tried.unknown.max(1) - 1));
        return Next::Wait { said, all: false };
    }
    match cause {
        Cause::Timeout if !known.answered => Next::Stop {
            fault: EndpointFault::Temporary,
            problem: format!("{} does not answer in time: {why}", known.url),
            hint: "a server that answers one after the other wants --concurrency 1; first_byte_timeout in [llm] says how long an answer may take",
        },
        Cause::Timeout => Next::Unanswered {
            reason: format!(
                "{why} (a lower --concurrency, or a longer first_byte_timeout in [llm], may help)"
            ),
            ones: false,
        },
        // Who has answered others may fail at this one.
        _ => Next::Unanswered { reason: why.to_owned(), ones: known.answered },
    }
}

/// A refusal that says nothing may be a slip.
fn is_bare(said: &Refusal) -> bool {
    said.all.trim().len() < 3
}

/// The greatest number in a text that is less than `most`.
fn greatest_below(text: &str, most: usize) -> Option<usize> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok());
    numbers.filter(|n| (1..most).contains(n)).max()
}

#[cfg(test)]
mod tests;
