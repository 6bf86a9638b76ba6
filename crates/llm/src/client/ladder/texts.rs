//! What only embeddings know: too many texts, texts that are too long, one text that is to blame, a
//! format that is refused.

use std::time::Duration;

use cladus_core::EndpointFault;

use super::super::profile::LIST;
use super::super::refusal::{Refusal, RefusalMeaning};
use super::super::wire::Cause;
use super::super::words;
use super::{Attempts, EndpointKnowledge, Next, greatest_below};

/// Attempts at vectors for all texts.
const SHORT: u32 = 4;
/// How often a text is cut in two.
const CUTS: u32 = 10;
/// Failures of the server before what it is asked is to blame.
const FAILURES: u32 = 3;

/// Some texts came without vectors.
pub(super) fn short_of(missing: usize, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Next {
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

/// What a refusal means for texts; `None` where it means the same as for questions.
pub(super) fn next(
    said: &Refusal,
    known: &EndpointKnowledge<'_>,
    tried: &Attempts,
) -> Option<Next> {
    let says = |all: &[&str]| words::says(&said.all, all);
    let of_request = matches!(
        said.meaning,
        RefusalMeaning::TooLong
            | RefusalMeaning::Bad
            | RefusalMeaning::Form
            | RefusalMeaning::LongAnswer
            | RefusalMeaning::Wants
    );
    let failed = said.meaning == RefusalMeaning::Failed;
    let format = "encoding_format";
    if (of_request || failed) && said.all.contains(format) && known.profile.takes(format) {
        return Some(Next::Learn(known.profile.leaving_out(format)));
    }
    if failed && known.inputs == 1 && says(words::NO_NUMBER) {
        return (tried.cuts < CUTS).then_some(Next::Cut);
    }
    let enough = if tried.cuts > 0 { 1 } else { FAILURES };
    let page = said.meaning == RefusalMeaning::Page && tried.pages >= enough;
    if page || failed && tried.failed >= enough {
        return one_to_blame(known, tried);
    }
    // Some say that there are too many texts as if they had come too fast.
    let too_many = said.meaning == RefusalMeaning::Overloaded
        && known.inputs > 1
        && says(words::TOO_MANY_AT_ONCE);
    if said.meaning == RefusalMeaning::Wants || !of_request && !too_many {
        return None;
    }
    if says(words::OTHER_SIZE) {
        return Some(other_size(said, known));
    }
    if says(words::ONE_TEXT) && known.profile.takes(LIST) {
        return Some(Next::Learn(known.profile.one_text()));
    }
    let named = says(words::TOO_MANY);
    let bare = said.meaning == RefusalMeaning::Bad && !named;
    if bare && !known.answered && known.profile.takes(format) {
        // No reason that we know, and this is what older servers stumble at.
        return Some(Next::Learn(known.profile.leaving_out(format)));
    }
    if known.inputs > 1 {
        return Some(fewer(said, known.inputs, named));
    }
    if said.meaning == RefusalMeaning::TooLong && tried.cuts < CUTS {
        return Some(Next::Cut);
    }
    one_to_blame(known, tried)
}

/// Fewer texts than `inputs`; for good, where it is `named` that they are too many.
fn fewer(said: &Refusal, inputs: usize, named: bool) -> Next {
    let most = greatest_below(&said.all, inputs).filter(|_| named);
    let of_number = said.meaning != RefusalMeaning::TooLong || said.all.contains("more batches");
    Next::Fewer { most, lasting: named && (most.is_some() || of_number) }
}

/// A call for texts was lost: as often as it may be billed, and then one of them is to blame.
pub(super) fn lost(cause: Cause, known: &EndpointKnowledge<'_>, tried: &Attempts) -> Option<Next> {
    let enough = if tried.cuts > 0 { 1 } else { 2 };
    (matches!(cause, Cause::Closed | Cause::Broken) && tried.unknown >= enough)
        .then(|| one_to_blame(known, tried))?
}

/// Fewer texts, until the one is found that is to blame. It waits for the others, which tell whether
/// anything is answered here, and is then cut.
fn one_to_blame(known: &EndpointKnowledge<'_>, tried: &Attempts) -> Option<Next> {
    match known.inputs {
        2.. => Some(Next::Fewer { most: None, lasting: false }),
        _ if !known.answered && known.others => Some(Next::PutOff),
        _ if known.answered && known.may_cut && tried.cuts < CUTS => Some(Next::Cut),
        _ => None,
    }
}

/// Vectors of another size than the model's own were asked for.
fn other_size(said: &Refusal, known: &EndpointKnowledge<'_>) -> Next {
    Next::Stop {
        fault: EndpointFault::Misaddressed,
        problem: format!("{} has no vectors of that size: {}", known.url, said.message),
        hint: "leave dimensions in [embedding] out",
    }
}
