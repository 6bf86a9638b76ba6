//! What a run will pay, before it pays.

use cladus_cli::{Display, count, money};
use cladus_core::Result;
use cladus_core::config::{Backend, Config};
use cladus_llm::check_key;

use crate::drive::forecast::{Depth, Forecast, forecast};
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::Base;

/// From this price on, in billionths of a dollar, somebody at a terminal is asked first.
const DEAR: u64 = 1_000_000_000;
/// The same where no price is known, in calls.
const MANY_CALLS: u64 = 500;

/// Who says so before anything is paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consent {
    /// It was said on the command line that a model is to be asked.
    pub(crate) named: bool,
    /// It was said on the command line that nobody wants to be asked.
    pub(crate) yes: bool,
}

/// Says what the run will cost, where it asks anybody, and lets somebody at a terminal think twice where
/// that is much. The key is looked for, too. Says whether to go on.
///
/// # Errors
/// When there is something to pay and no key for it; when the forecast fails.
pub(crate) fn may_pay(
    folder: &RunFolder,
    base: &Base,
    config: &Config,
    options: &Options,
    asked: Consent,
    display: &Display,
) -> Result<bool> {
    let nobody = config.backend != Backend::Llm && config.embedding_model().is_none();
    // Who wants to hear nothing is not kept waiting for it either.
    if nobody || display.is_silent() {
        return Ok(true);
    }
    let found = forecast(folder, base.clone(), config, options, Depth::Shallow)?;
    if found.total.calls == 0 {
        return Ok(true);
    }
    check_key(config)?;
    display.line(&told(&found, folder, asked.named));
    let dear = match found.total.nanodollars {
        Some(price) => price >= DEAR,
        None => found.total.calls >= MANY_CALLS,
    };
    if asked.yes || !dear {
        return Ok(true);
    }
    cladus_cli::agreed("continue? [y/N] (--yes skips this question) ")
}

/// `asks gpt-4o-mini: about 12 calls, …`, and where the model comes from if nobody named it now.
fn told(found: &Forecast, folder: &RunFolder, named: bool) -> String {
    let models = [&found.model, &found.embedding_model];
    let models: Vec<&str> = models.into_iter().flatten().map(String::as_str).collect();
    let from = match named {
        true => String::new(),
        false => format!(", as {} says", folder.config().display()),
    };
    let total = &found.total;
    let calls = if total.calls == 1 { "call" } else { "calls" };
    let held = match total.answered {
        0 => String::new(),
        held => format!(" ({} more already answered)", count(held)),
    };
    let about = if found.is_exact() { "" } else { "about " };
    format!(
        "asks {}{from}: {about}{} {calls}{held}, {} + {} tokens, {}",
        models.join(" and "),
        count(total.calls),
        count(total.prompt_tokens),
        count(total.completion_tokens),
        match total.nanodollars {
            None => "price unknown".to_owned(),
            price => money(price),
        },
    )
}
