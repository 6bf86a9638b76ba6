//! The terminal: borrowed as a whole, and given back as it was, however this ends.

use std::io::{self, BufWriter, Stdout};
use std::time::Duration;

use cladus_cli::{Borrowed, can_draw};
use cladus_core::{Error, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use ratatui::{Frame, Terminal};

type Drawn = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The terminal while it is borrowed.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Drawn,
    _borrowed: Borrowed,
}

impl Screen {
    /// Borrows the terminal.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn enter() -> Result<Self> {
        if !can_draw() {
            return Err(none());
        }
        enable_raw_mode().map_err(|_| none())?;
        let borrowed = Borrowed::until(give_back);
        take().map_err(lost)?;
        Ok(Self { terminal: drawn()?, _borrowed: borrowed })
    }

    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.terminal.draw(draw).map(|_| ()).map_err(lost)
    }

    /// What happens within `wait`.
    pub(crate) fn event(&self, wait: Duration) -> Result<Option<Event>> {
        match event::poll(wait).map_err(lost)? {
            true => event::read().map(Some).map_err(lost),
            false => Ok(None),
        }
    }

    /// Nothing of what stands there counts any more: all of it is drawn again.
    pub(crate) fn renew(&mut self) -> Result<()> {
        // Not by `Terminal::clear`: that asks the terminal where its cursor is, and waits for an answer.
        execute!(io::stdout(), Clear(ClearType::All)).map_err(lost)?;
        self.terminal = drawn()?;
        Ok(())
    }

    /// Stops this process as Ctrl-Z does, and draws again when it goes on.
    pub(crate) fn pause(&mut self) -> Result<()> {
        #[cfg(unix)]
        {
            use rustix::process::{Signal, getpid, kill_process};
            give_back();
            let stopped = kill_process(getpid(), Signal::TSTP);
            enable_raw_mode().map_err(lost)?;
            take().map_err(lost)?;
            stopped.map_err(|e| lost(e.into()))?;
            self.renew()?;
        }
        Ok(())
    }
}

fn drawn() -> Result<Drawn> {
    Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout()))).map_err(lost)
}

fn take() -> io::Result<()> {
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// A terminal that has gone needs nothing back.
fn give_back() {
    let _ = disable_raw_mode();
    let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
}

fn none() -> Error {
    Error::config_hint(
        "there is no terminal to browse in",
        "`cladus tree` prints the tree, `cladus explore` writes it as a page",
    )
}

fn lost(e: io::Error) -> Error {
    Error::io("use", "the terminal".as_ref(), e)
}
