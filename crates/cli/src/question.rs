//! A question to somebody at a terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use cladus_core::{Error, Result};

/// Whether somebody at a terminal says yes to `question`. Where nobody is there to be asked, that is a
/// yes: whoever started the program from another one wanted it to run.
///
/// # Errors
/// When the terminal cannot be written or read.
pub fn agreed(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(true);
    }
    let wrong = |e| Error::io("ask at", "the terminal".as_ref(), e);
    let mut out = io::stderr().lock();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).map_err(wrong)?;
    drop(out);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(wrong)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
