//! Progress: bars on a terminal, plain lines elsewhere, events for programs, silence on request.

use crate::stderr;
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cladus_core::progress::{Progress, Spent};
use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};
use serde_json::json;

use crate::events;

const DIM: anstyle::Style = anstyle::Style::new().dimmed();
/// How many of the parents made last are shown.
const LAST_MADE: usize = 3;
/// Nobody sees more than so many steps of a bar.
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayMode {
    /// A bar a stage, with the parents made last beneath it.
    Bars,
    /// A line a stage.
    Lines,
    /// JSON, an event a line (see [`crate::events`]).
    Events,
    /// Nothing but warnings.
    Silent,
    /// Nothing: what would be warned of is kept until somebody [takes](Display::taken) it.
    Kept,
}

/// Where the progress of several stages is shown, one after the other.
#[derive(Debug)]
pub struct Display {
    mode: DisplayMode,
    /// Are command lines shown?
    commands: bool,
    bars: MultiProgress,
    kept: Mutex<Vec<String>>,
}

/// The progress of one stage.
#[derive(Debug)]
pub struct StageDisplay<'a> {
    display: &'a Display,
    title: String,
    bar: Option<ProgressBar>,
    last: Option<ProgressBar>,
    made: Mutex<VecDeque<String>>,
    spent: Mutex<Spent>,
    form: Mutex<String>,
    total: AtomicU64,
    done: AtomicU64,
    started: Instant,
    /// When progress was told as an event.
    told: Mutex<Option<Instant>>,
}

/// The bars of this process, for whoever ends it.
static SHOWN: Mutex<Option<MultiProgress>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<MultiProgress>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line that stays above the bars, if there are any.
pub(crate) fn line_above_bars(text: &str) {
    let say = || stderr::to_stderr(&format!("{text}\n"));
    match &*shown() {
        Some(bars) => bars.suspend(say),
        None => say(),
    }
}

/// Takes the bars away for good: the process ends.
pub(crate) fn clear() {
    if let Some(bars) = &*shown() {
        // What cannot be drawn any more cannot be cleared either.
        let _ = bars.clear();
        bars.set_draw_target(ProgressDrawTarget::hidden());
    }
}

impl Display {
    /// A display of the given kind.
    pub fn new(mode: DisplayMode) -> Self {
        let bars = MultiProgress::new();
        *shown() = Some(bars.clone());
        Self { mode, commands: false, bars, kept: Mutex::default() }
    }

    /// Shows the command line of everything that can be done by hand, if `shown`.
    #[must_use]
    pub fn with_commands(self, shown: bool) -> Self {
        Self { commands: shown, ..self }
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
        let stage = StageDisplay {
            display: self,
            title: title.to_owned(),
            bar,
            last,
            made: Mutex::default(),
            spent: Mutex::default(),
            form: Mutex::default(),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            started: Instant::now(),
            told: Mutex::default(),
        };
        if self.mode == DisplayMode::Events {
            events::tell(&json!({ "event": "stage", "stage": stage.name() }));
        }
        stage
    }

    /// Is nothing shown but warnings?
    pub fn is_silent(&self) -> bool {
        matches!(self.mode, DisplayMode::Silent | DisplayMode::Kept)
    }

    /// A line that stays, whatever bars are moving below it.
    pub fn line(&self, text: &str) {
        match self.mode {
            DisplayMode::Silent | DisplayMode::Kept => {}
            DisplayMode::Events => events::text("line", text),
            DisplayMode::Lines => stderr::to_stderr(&format!("{text}\n")),
            DisplayMode::Bars => self.bars.suspend(|| stderr::to_stderr(&format!("{text}\n"))),
        }
    }

    /// A command line that does by hand what comes next; shown only on request.
    pub fn command(&self, line: &str) {
        if !self.commands {
            return;
        }
        self.line(&format!("{DIM}$ {line}{DIM:#}"));
    }

    /// Something the user should know; shown even when all else is silent.
    pub fn warning(&self, text: &str) {
        if self.mode == DisplayMode::Events {
            return events::text("warning", text);
        }
        if self.mode == DisplayMode::Kept {
            return self.kept().push(text.to_owned());
        }
        let line = format!("warning: {text}\n");
        self.bars.suspend(|| stderr::to_stderr(&line));
    }
}

impl Display {
    /// The warnings that were kept since somebody last took them.
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.kept())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StageDisplay<'_> {
    /// The stage is done: its bar becomes a line that says so.
    pub fn finish(self, summary: &str) {
        for bar in self.bar.iter().chain(&self.last) {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        if self.display.mode == DisplayMode::Events {
            let spent = self.spent_so_far();
            let stage = self.name();
            return events::tell(
                &json!({ "event": "done", "stage": stage, "summary": summary, "seconds": seconds, "spent": spent }),
            );
        }
        let spent = spent(*self.spent.lock().unwrap_or_else(PoisonError::into_inner));
        let form = self.form.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = if form.is_empty() { String::new() } else { format!(", asked in {form}") };
        self.display.line(&format!("{}  {summary}{spent}{asked}  {seconds:.1}s", self.title));
    }

    /// Its title, without the spaces that line titles up.
    fn name(&self) -> String {
        self.title.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Nothing where no model is asked.
    fn spent_so_far(&self) -> Option<Spent> {
        let spent = *self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        (spent != Spent::default()).then_some(spent)
    }

    /// Progress as an event, unless one was told just now.
    fn tell(&self) {
        if self.display.mode != DisplayMode::Events {
            return;
        }
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| told.elapsed() < BETWEEN_EVENTS) {
                return;
            }
            *told = Some(Instant::now());
        }
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        events::tell(&json!({
            "event": "progress",
            "stage": self.name(),
            "done": self.done.load(Ordering::Relaxed),
            "total": self.total.load(Ordering::Relaxed),
            "made": made,
            "spent": self.spent_so_far(),
        }));
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
        self.total.store(total, Ordering::Relaxed);
        self.tell();
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.reset_eta();
        }
    }

    fn advance(&self, n: u64) {
        self.done.fetch_add(n, Ordering::Relaxed);
        self.tell();
        if let Some(bar) = &self.bar {
            bar.inc(n);
        }
    }

    fn made(&self, name: &str) {
        if matches!(self.display.mode, DisplayMode::Lines) || self.display.is_silent() {
            return;
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() == LAST_MADE {
            made.pop_front();
        }
        made.push_back(name.to_owned());
        let Some(last) = &self.last else { return };
        let names: Vec<&str> = made.iter().map(String::as_str).collect();
        last.set_message(format!("  {}", names.join(" · ")));
    }

    fn warn(&self, message: &str) {
        self.display.warning(message);
    }

    fn asked_as(&self, form: &str) {
        form.clone_into(&mut *self.form.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn said(&self, line: &str) {
        self.display.line(&format!("{DIM}  | {line}{DIM:#}"));
    }

    fn spent(&self, now: Spent) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = now;
        if let Some(bar) = &self.bar {
            bar.set_message(spent(now));
        }
        self.tell();
    }
}

/// Calls, tokens and money in a few words; nothing where no model is asked.
fn spent(spent: Spent) -> String {
    let Spent { calls, answered, prompt_tokens, completion_tokens, nanodollars, .. } = spent;
    let mut text = String::new();
    if calls > 0 {
        let tokens = count(prompt_tokens + completion_tokens);
        text += &format!("  {} calls, {tokens} tokens, {}", count(calls), money(nanodollars));
    }
    if answered > 0 {
        let and = if calls > 0 { "," } else { " " };
        text += &format!("{and} {} already answered", count(answered));
    }
    text
}

/// A number that is read at a glance: 950, 12.3k, 4.56M.
pub fn count(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..1_000_000 => format!("{:.1}k", n as f64 / 1e3),
        _ => format!("{:.2}M", n as f64 / 1e6),
    }
}

/// Dollars, to the cent where that says enough; what is not known is not guessed.
pub fn money(nanodollars: Option<u64>) -> String {
    match nanodollars {
        None => "price unknown".to_owned(),
        Some(0) => "$0".to_owned(),
        Some(nanodollars) => {
            let dollars = nanodollars as f64 / 1e9;
            if dollars < 0.1 { format!("${dollars:.4}") } else { format!("${dollars:.2}") }
        }
    }
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{prefix}  {bar:30.cyan} {human_pos}/{human_len}  {elapsed}{left}{msg:.dim}",
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_is_said_in_a_few_words() {
        assert_eq!(spent(Spent::default()), "");
        let now = Spent {
            calls: 42,
            prompt_tokens: 80_000,
            completion_tokens: 1_200,
            nanodollars: Some(12_720_000),
            ..Spent::default()
        };
        assert_eq!(spent(now), "  42 calls, 81.2k tokens, $0.0127");
        let unknown = Spent { nanodollars: None, answered: 3, ..now };
        assert_eq!(spent(unknown), "  42 calls, 81.2k tokens, price unknown, 3 already answered");
        let held = Spent { answered: 3, nanodollars: Some(0), ..Spent::default() };
        assert_eq!(spent(held), "  3 already answered");
    }
}
