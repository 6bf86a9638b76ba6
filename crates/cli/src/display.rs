//! Progress: bars on a terminal, plain lines elsewhere, silence on request.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cladus_core::progress::Progress;
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::report;

const DIM: anstyle::Style = anstyle::Style::new().dimmed();
/// How many of the parents made last are shown.
const LAST_MADE: usize = 3;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayMode {
    /// A bar a stage, with the parents made last beneath it.
    Bars,
    /// A line a stage.
    Lines,
    /// Nothing but warnings.
    Silent,
}

/// Where the progress of several stages is shown, one after the other.
#[derive(Debug)]
pub struct Display {
    mode: DisplayMode,
    bars: MultiProgress,
}

/// The progress of one stage.
#[derive(Debug)]
pub struct StageDisplay<'a> {
    display: &'a Display,
    title: String,
    bar: Option<ProgressBar>,
    last: Option<ProgressBar>,
    made: Mutex<VecDeque<String>>,
    done: AtomicU64,
    started: Instant,
}

impl Display {
    /// A display of the given kind.
    pub fn new(mode: DisplayMode) -> Self {
        Self { mode, bars: MultiProgress::new() }
    }

    /// Shows a new stage under `title`.
    pub fn stage(&self, title: &str) -> StageDisplay<'_> {
        let (bar, last) = if self.mode == DisplayMode::Bars {
            let bar = self.bars.add(ProgressBar::new(0).with_style(bar_style()));
            bar.set_prefix(title.to_owned());
            bar.enable_steady_tick(Duration::from_millis(200));
            let last = self.bars.add(ProgressBar::new(0).with_style(text_style()));
            (Some(bar), Some(last))
        } else {
            (None, None)
        };
        StageDisplay {
            display: self,
            title: title.to_owned(),
            bar,
            last,
            made: Mutex::default(),
            done: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// A line that stays, whatever bars are moving below it.
    pub fn line(&self, text: &str) {
        match self.mode {
            DisplayMode::Silent => {}
            DisplayMode::Lines => report::to_stderr(&format!("{text}\n")),
            DisplayMode::Bars => self.bars.suspend(|| report::to_stderr(&format!("{text}\n"))),
        }
    }

    /// A command line that does by hand what comes next.
    pub fn command(&self, line: &str) {
        self.line(&format!("{DIM}$ {line}{DIM:#}"));
    }

    /// Something the user should know; shown even when all else is silent.
    pub fn warning(&self, text: &str) {
        let line = format!("warning: {text}\n");
        self.bars.suspend(|| report::to_stderr(&line));
    }
}

impl StageDisplay<'_> {
    /// The stage is done: its bar becomes a line that says so.
    pub fn finish(self, summary: &str) {
        for bar in self.bar.iter().chain(&self.last) {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        self.display.line(&format!("{}  {summary}  {seconds:.1}s", self.title));
    }
}

impl Drop for StageDisplay<'_> {
    fn drop(&mut self) {
        for bar in self.bar.iter().chain(&self.last) {
            bar.finish_and_clear();
        }
    }
}

impl Progress for StageDisplay<'_> {
    fn begin(&self, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.reset_eta();
        }
    }

    fn advance(&self, n: u64) {
        self.done.fetch_add(n, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(n);
        }
    }

    fn made(&self, name: &str) {
        let Some(last) = &self.last else { return };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() == LAST_MADE {
            made.pop_front();
        }
        made.push_back(name.to_owned());
        let names: Vec<&str> = made.iter().map(String::as_str).collect();
        last.set_message(format!("  {}", names.join(" · ")));
    }

    fn warn(&self, message: &str) {
        self.display.warning(message);
    }
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}  {bar:30.cyan} {human_pos}/{human_len}  {elapsed}{left}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("left", |state: &ProgressState, text: &mut dyn Write| {
            // Before the first step nothing is known, and a guess of 0 s would be a lie.
            if state.pos() > 0 {
                // A display that cannot be written has no better place for its error.
                let _ = write!(text, "  eta {:#}", HumanDuration(state.eta()));
            }
        })
        .progress_chars("━━╌")
}

fn text_style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg:.dim}").unwrap_or_else(|_| ProgressStyle::default_bar())
}
