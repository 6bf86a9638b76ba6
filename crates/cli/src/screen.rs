//! A terminal that a program draws on as a whole, and that is to be as it was when the program ends, however
//! it ends.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::{AutoStream, ColorChoice};

/// Puts the terminal back as it was.
type Restore = fn();

/// How the terminal is put back, while it is borrowed.
static BORROWED: Mutex<Option<Restore>> = Mutex::new(None);

fn borrowed() -> MutexGuard<'static, Option<Restore>> {
    BORROWED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal, borrowed until this is dropped, or the process ends by a signal or a panic.
#[derive(Debug)]
pub struct Borrowed(());

impl Borrowed {
    /// From now on `restore` puts the terminal back.
    pub fn until(restore: fn()) -> Self {
        *borrowed() = Some(restore);
        Self(())
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        give_back();
    }
}

/// Puts the terminal back, once.
pub(crate) fn give_back() {
    let restore = borrowed().take();
    if let Some(restore) = restore {
        restore();
    }
}

/// Is standard output a terminal that a whole screen can be drawn on?
pub fn can_draw() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Are colours wanted on standard output (`NO_COLOR`, `CLICOLOR`)?
pub fn in_colour() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}
