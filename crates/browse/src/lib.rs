//! A hierarchy in the terminal: a tree to walk, search and ask why, that takes corrections.
//!
//! * [`browse`]: shows one until somebody leaves. What it cannot know or do itself, it asks of whoever has
//!   the run: a [`Wish`] is answered by a [`Granted`].
//! * `tree`: what is browsed. `rows`: which of it is in sight. `line`: what is being typed.
//! * `browser`, `keys`: the state, and what each key makes of it; neither knows a terminal.
//! * `view`: the state as a screen. `screen`: the terminal, which is as before when this ends.

mod browser;
mod correct;
mod keys;
mod line;
mod rows;
mod screen;
#[cfg(test)]
mod tests;
mod tree;
mod view;

use std::time::Duration;

use cladus_core::{Error, Result, interrupt, text};
use cladus_page::Page;
use ratatui::crossterm::event::{Event, KeyEventKind};

use browser::Browser;
use keys::KeyOutcome;
use screen::Screen;
use tree::BrowsedTree;
use view::Palette;

/// A hierarchy, and the corrections that it has already, in words.
#[derive(Debug)]
pub struct Shown {
    /// The hierarchy.
    pub page: Page,
    /// Its corrections, in their order.
    pub edits: Vec<String>,
}

/// What whoever has the run is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Why the cluster with this id is where it is.
    Why(String),
    /// A change of the hierarchy.
    Correct(Correction),
}

/// What came of a [`Wish`].
#[derive(Debug)]
pub enum Granted {
    /// Why a cluster is where it is.
    Why(Vec<WhyLine>),
    /// The hierarchy as it is now, and what was done.
    Corrected(Box<Shown>, String),
    /// Nothing was done, and why.
    Refused(String),
}

/// A change of the hierarchy; clusters are named by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// Another name.
    Rename {
        /// What is renamed.
        cluster: String,
        /// What it is called from now on.
        name: String,
    },
    /// Two parents become one.
    Merge {
        /// The one that stays.
        kept: String,
        /// The one that goes into it.
        other: String,
        /// What it is called then, if not as before.
        name: Option<String>,
    },
    /// Another parent.
    Move {
        /// What is moved.
        cluster: String,
        /// Where to.
        to: String,
    },
    /// Its parent stays its parent, wherever a rebuild would put it.
    Pin {
        /// What is pinned.
        cluster: String,
    },
    /// The last correction is taken back.
    Undo {
        /// What it is, in words, as far as is known here.
        last: String,
    },
}

/// A line about why a cluster is where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyLine {
    /// Something that is known, and what it is.
    Fact(&'static str, String),
    /// What follows.
    Heading(String),
    /// Something there was to choose, with what stands before it and what is said of it.
    Choice {
        /// Was it chosen?
        chosen: bool,
        /// A number, where there is one.
        number: Option<String>,
        /// Its name.
        name: String,
        /// What is said of it.
        scope: Option<String>,
    },
    /// Anything else.
    Text(String),
    /// What is left out.
    More(usize),
}

impl WhyLine {
    /// Without anything that acts on a terminal. A text keeps the blanks that it begins with: answers are
    /// indented.
    fn cleaned(self) -> Self {
        let clean = |text: String| text::clean(&text).into_owned();
        match self {
            Self::Fact(what, fact) => Self::Fact(what, clean(fact)),
            Self::Heading(heading) => Self::Heading(clean(heading)),
            Self::Choice { chosen, number, name, scope } => Self::Choice {
                chosen,
                number: number.map(clean),
                name: clean(name),
                scope: scope.map(clean),
            },
            Self::Text(text) => {
                let indent = text.len() - text.trim_start_matches(' ').len();
                Self::Text(format!("{}{}", &text[..indent], text::clean(&text[indent..])))
            }
            Self::More(left_out) => Self::More(left_out),
        }
    }
}

/// How often somebody who asks to stop is looked for.
const TURN: Duration = Duration::from_millis(50);
/// Whoever rests on a cluster for so long wants to read about it.
const REST: Duration = Duration::from_millis(120);

/// Shows `shown` on the terminal until somebody leaves. `grant` knows and does what is asked for.
///
/// # Errors
/// When there is no terminal, or it can be used no longer; when somebody asked to stop by a signal.
pub fn browse(shown: Shown, mut grant: impl FnMut(Wish) -> Granted) -> Result<()> {
    let mut browser = Browser::new(BrowsedTree::new(shown.page, &shown.edits));
    let palette = Palette { colour: cladus_cli::in_colour() };
    let mut screen = Screen::enter()?;
    loop {
        screen.draw(|frame| view::draw(&mut browser, palette, frame))?;
        let resting = browser.wants_why();
        let wait = if resting.is_some() { REST } else { Duration::MAX };
        match next(&screen, wait)? {
            None => {
                if let Some(id) = resting {
                    let granted = grant(Wish::Why(id.clone()));
                    browser.told_why(id, granted);
                }
            }
            Some(event) => {
                // All that was typed while it was drawn is done before it is drawn again.
                let mut event = Some(event);
                while let Some(one) = event.take() {
                    if matches!(one, Event::Resize(..)) {
                        screen.renew()?;
                    }
                    match heard(&mut browser, one) {
                        Some(KeyOutcome::Leave) => return Ok(()),
                        Some(KeyOutcome::Pause) => screen.pause()?,
                        Some(KeyOutcome::Correct(correction)) => {
                            let granted = grant(Wish::Correct(correction));
                            // What was said meanwhile may stand anywhere on the screen.
                            screen.renew()?;
                            browser.corrected(granted);
                        }
                        None => {}
                    }
                    event = screen.event(Duration::ZERO)?;
                }
            }
        }
    }
}

/// What happens next; nothing where for so long nothing does.
fn next(screen: &Screen, wait: Duration) -> Result<Option<Event>> {
    let mut left = wait;
    while !left.is_zero() {
        if interrupt::requested() {
            return Err(Error::Interrupted);
        }
        let turn = TURN.min(left);
        if let Some(event) = screen.event(turn)? {
            return Ok(Some(event));
        }
        left = left.saturating_sub(turn);
    }
    Ok(None)
}

fn heard(browser: &mut Browser, event: Event) -> Option<KeyOutcome> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => browser.key(key),
        Event::Paste(text) => {
            browser.paste(&text);
            None
        }
        _ => None,
    }
}
