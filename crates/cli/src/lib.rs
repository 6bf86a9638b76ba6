//! What every cladus binary shares: the only crate that writes to a terminal.
//!
//! * [`run_main`]: a binary's `main` in one call: logging, signals, panics, errors, exit codes.
//! * [`stage_main`]: the same for the binary of one stage.
//! * [`display`]: progress as bars on a terminal, as plain lines elsewhere, as [`events`] for programs.
//! * [`print()`]: results, to standard output; a reader that has gone away is no error.
//!
//! Results go to standard output, everything else to standard error.

pub mod display;
pub mod events;
mod onto;
mod pager;
mod question;
mod report;
mod screen;
mod shards;
#[cfg(unix)]
mod signals;
mod stage;
mod stderr;
mod window;

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;
use std::thread;

use cladus_core::{Error, artifact, exit, interrupt};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use cladus_core::numbers::{bar, percent, percentage, plural, thousands};
pub use display::{Display, DisplayMode, count, money};
pub use onto::OntoArgs;
pub use pager::page;
pub use question::agreed;
pub use report::render_error;
pub use screen::{Borrowed, can_draw, in_colour};
pub use shards::ShardArgs;
pub use stage::{ByHand, stage_main};
pub use window::{Window, columns, cut, window};

/// Arguments that every binary takes.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct CommonArgs {
    /// More detail on standard error: -v (info, and each stage's command line), -vv (debug), -vvv (trace).
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Output")]
    pub verbose: u8,
    /// No progress, only warnings and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Progress on standard error: auto (bars on a terminal, lines elsewhere) or json (one event per line).
    #[arg(
        long,
        global = true,
        help_heading = "Output",
        value_enum,
        value_name = "FORM",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub progress: ProgressForm,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressForm {
    /// Bars on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// JSON, one event per line (see [`events`]).
    Json,
}

impl CommonArgs {
    /// How progress is to be shown here.
    pub fn display_mode(self) -> DisplayMode {
        if self.quiet {
            DisplayMode::Silent
        } else if self.progress == ProgressForm::Json {
            DisplayMode::Events
        } else if io::stderr().is_terminal() {
            DisplayMode::Bars
        } else {
            DisplayMode::Lines
        }
    }
}

/// Runs a binary: `body` returns the exit code, or an error that is printed with its causes, what
/// to do next, and the exit code of its kind. Nobody sees a backtrace who did not ask for one.
///
/// SIGINT, SIGTERM or SIGHUP end the work in order (see [`interrupt`]), and a second one at once.
pub fn run_main(common: CommonArgs, body: impl FnOnce() -> Result<u8, Error>) -> ExitCode {
    start_logging(common.verbose);
    events::want(common.progress == ProgressForm::Json);
    #[cfg(unix)]
    signals::install();
    panic::set_hook(Box::new(|info| {
        // A damaged file may make the Parquet reader panic: that is caught, and told as an error.
        if !artifact::parquet::is_guarded() {
            screen::give_back();
            report::panic(info);
        }
    }));
    let ended = panic::catch_unwind(panic::AssertUnwindSafe(body));
    while !interrupt::claim_the_end() && interrupt::requested() {
        // A signal ends the process at this moment, and says how.
        thread::park();
    }
    match ended {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            report::error(&error);
            ExitCode::from(error.exit_code())
        }
        Err(_) => ExitCode::from(exit::BUG),
    }
}

/// Writes a result to standard output. A reader that has gone away (`| head`) is success.
///
/// # Errors
/// When standard output cannot be written for another reason.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "standard output".as_ref(), e))
        }
        _ => Ok(()),
    }
}

fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Only what cladus itself has to say: libraries log what they send, and that holds users' data.
    let own = Targets::new().with_target("cladus", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_filter(own);
    // A second call in one process (tests) finds it started: fine.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
