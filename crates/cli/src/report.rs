//! Errors as a person reads them.

use crate::stderr;
use std::error::Error as _;
use std::fmt::Write as _;
use std::panic::PanicHookInfo;

use anstyle::{AnsiColor, Style};
use cladus_core::{Error, exit};
use serde_json::json;

use crate::events;

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// The error, its causes and its hint, with terminal styles.
pub fn render_error(error: &Error) -> String {
    let mut text = format!("{RED}error{RED:#}: {}\n", visible(&error.to_string()));
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  because: {}", visible(&error.to_string()));
        cause = error.source();
    }
    if let Some(hint) = error.hint() {
        let _ = writeln!(text, "{CYAN}hint{CYAN:#}: {}", visible(&hint));
    }
    text
}

pub(crate) fn error(error: &Error) {
    if events::are_wanted() {
        events::error(error);
    } else {
        stderr::to_stderr(&render_error(error));
    }
}

pub(crate) fn panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if events::are_wanted() {
        let message = format!("this is a bug in cladus: {message} ({place})");
        let hint = "please report it with the command that showed it; artifacts already written are intact";
        let code = exit::BUG;
        events::tell(
            &json!({ "event": "error", "code": code, "message": message, "causes": [], "hint": hint }),
        );
        return;
    }
    stderr::to_stderr(&format!(
        "{RED}error{RED:#}: this is a bug in cladus: {} ({place})\n\
         {CYAN}hint{CYAN:#}: please report it with the command that showed it; artifacts already written are intact\n",
        visible(message)
    ));
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        stderr::to_stderr(&std::backtrace::Backtrace::force_capture().to_string());
    }
}

/// Errors quote values from files: nothing in them may act on the terminal.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let error = Error::MissingColumn {
            path: "groups.parquet".into(),
            artifact: "groups",
            column: "group_id".to_owned(),
            found: vec!["cluster_id".to_owned(), "evil\u{1b}[2J".to_owned()],
        };
        let text = anstream::adapter::strip_str(&render_error(&error)).to_string();
        assert!(text.starts_with("error: groups.parquet: column group_id is missing"), "{text}");
        assert!(
            text.ends_with("hint: `cladus schema groups` prints the columns expected\n"),
            "{text}"
        );
        assert!(!render_error(&error).contains("\u{1b}[2J"));
    }
}
