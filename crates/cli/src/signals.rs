//! Ctrl-C, and its like: the first time what is paid for is finished, the second time nothing is.

use crate::stderr;
use std::process;
use std::thread;
use std::time::Duration;

use cladus_core::{Error, atomic, exit, interrupt};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::{display, events, report, screen};

/// How long the work has to end by itself, once it may: it closes what it has open.
const GRACE: Duration = Duration::from_millis(100);

/// From now on signals are asked for in order. Whatever was ignored when the process started
/// (`nohup`, a job in the background of a script) is still ignored.
pub(crate) fn install() {
    let ignored = ignored();
    let wanted =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let installed = Signals::new(wanted).and_then(|signals| {
        thread::Builder::new().name("signals".to_owned()).spawn(move || obey(signals))
    });
    if let Err(error) = installed {
        // Then signals do what they do to any program, and artifacts are as safe.
        tracing::warn!("signals cannot be caught: {error}");
    }
}

/// The signals that are ignored, as bits from 0 for the first; known on Linux only.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn obey(mut signals: Signals) {
    let mut signals = signals.forever();
    if signals.next().is_none() {
        return;
    }
    let in_flight = interrupt::request();
    if events::are_wanted() {
        events::tell(&json!({ "event": "interrupted", "in_flight": in_flight }));
    } else if in_flight > 0 {
        let calls = if in_flight == 1 { "call" } else { "calls" };
        display::line_above_bars(&format!(
            "interrupted: waiting for {in_flight} {calls} in flight (already paid for; interrupt again to stop at once)"
        ));
    }
    let ending = thread::Builder::new().name("ending".to_owned()).spawn(end_in_order);
    if ending.is_ok() && signals.next().is_none() {
        return;
    }
    let in_flight = interrupt::in_flight();
    end(exit::KILLED, || {
        let repeated = match in_flight {
            0 => "no call was in flight, so none is repeated".to_owned(),
            1 => "the call in flight may be repeated".to_owned(),
            n => format!("the {n} calls in flight may be repeated"),
        };
        let text = format!("stopped at once: {repeated}");
        if events::are_wanted() {
            events::text("line", &text);
        } else {
            stderr::to_stderr(&format!("{text}\n"));
        }
    });
}

/// What is paid for is finished, the work may end by itself, and then it is ended.
fn end_in_order() {
    interrupt::wait_until_landed();
    thread::sleep(GRACE);
    end(exit::TEMPORARY, || report::error(&Error::Interrupted));
}

/// Ends the process, unless that is under way.
fn end(code: u8, say: impl FnOnce()) {
    if interrupt::claim_the_end() {
        display::clear();
        screen::give_back();
        say();
        atomic::abandon();
        process::exit(code.into());
    }
}
