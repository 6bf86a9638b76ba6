//! What is longer than the window, in a pager.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use anstream::{AutoStream, ColorChoice};
use cladus_core::Error;

use crate::{Window, print};

/// Prints `text`; where it does not fit into the window that standard output is shown in, by the program
/// that `PAGER` names, or `less`. Where there is none, it is printed all the same.
///
/// # Errors
/// When standard output cannot be written.
pub fn page(text: &str, window: Window) -> Result<(), Error> {
    if text.lines().count() < window.height {
        return print(text);
    }
    let named = std::env::var_os("PAGER").filter(|pager| !pager.is_empty());
    if named.as_ref().is_some_and(|pager| pager == "cat") {
        return print(text);
    }
    match paged(text, named) {
        Some(()) => Ok(()),
        None => print(text),
    }
}

/// By the pager; `None` where it cannot be started.
fn paged(text: &str, named: Option<OsString>) -> Option<()> {
    let mut pager = match named {
        // With its arguments, as a shell reads them.
        Some(named) => {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(named);
            shell
        }
        None => Command::new("less"),
    };
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, nothing paged that fits, and the text stays when it is left.
        pager.env("LESS", "FRX");
    }
    let mut child = pager.stdin(Stdio::piped()).spawn().ok()?;
    let bytes = match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    };
    if let Some(mut to) = child.stdin.take()
        && let Err(e) = to.write_all(bytes.as_bytes())
        && e.kind() != ErrorKind::BrokenPipe
    {
        // Whoever leaves a pager early has seen enough; anything else is told by the pager itself.
        tracing::debug!("the pager took no more: {e}");
    }
    let ended = child.wait().ok()?;
    // A shell that finds no such program.
    (ended.code() != Some(127)).then_some(())
}
