//! What happens as JSON, a line an event on standard error, for programs that show it in their own way.
//!
//! | `event` | beside it |
//! |---|---|
//! | `stage` | `stage`: its title; it begins |
//! | `progress` | `stage`, `done` of `total` units (0 while that is not known), `made`: the names of the parents made last, `spent` where a model is asked; ten times a second at most |
//! | `done` | `stage`, `summary`, `seconds`, `spent` where a model was asked |
//! | `line` | `text`: what a person would be told |
//! | `warning` | `text` |
//! | `interrupted` | `in_flight`: calls that are waited for |
//! | `error` | `code`: the exit code, `message`, `causes`, `hint` (null where there is none) |
//!
//! More events and more members may come: whoever reads them passes over what it does not know. Lines that
//! are no JSON (the log, an error of the command line) are for people.

use crate::stderr;
use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};

use cladus_core::Error;
use serde_json::{Value, json};

/// Are events wanted? Once for the process: signals and panics have nobody who could tell them.
static WANTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn want(wanted: bool) {
    WANTED.store(wanted, Ordering::Relaxed);
}

pub(crate) fn are_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// One event; whole lines, so that those of several threads do not mix.
pub(crate) fn tell(event: &Value) {
    stderr::to_stderr(&format!("{event}\n"));
}

/// A text for people: `line` or `warning`.
pub(crate) fn text(event: &str, text: &str) {
    let text = anstream::adapter::strip_str(text).to_string();
    tell(&json!({ "event": event, "text": text.trim_matches('\n') }));
}

pub(crate) fn error(error: &Error) {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    tell(&json!({
        "event": "error",
        "code": error.exit_code(),
        "message": error.to_string(),
        "causes": causes,
        "hint": error.hint(),
    }));
}
