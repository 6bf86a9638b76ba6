//! How many calls are in flight: as many as were allowed, and never more.

use std::process::Command;
use std::time::Duration;

use cladus_tests::server::{Behaviour, Kind, Seen};

use super::Play;
use crate::space::assorted;

fn slow() -> Behaviour {
    Behaviour { latency: Duration::from_millis(200), ..Behaviour::default() }
}

/// The most of these requests that were being answered at once.
fn most_at_once(asked: &[Seen]) -> usize {
    let at = |seen: &Seen| {
        let inside = |other: &&Seen| {
            other.arrived <= seen.arrived && other.finished.is_none_or(|end| end > seen.arrived)
        };
        asked.iter().filter(inside).count()
    };
    asked.iter().map(at).max().unwrap_or(0)
}

// K4: every group had a limit of its own: five allowed, fifty in flight.
#[test]
fn the_concurrency_limit_holds_over_all_groups() {
    let play = Play::new(&assorted(300), slow());
    play.tree("--concurrency 5 --clusters-per-group 12");
    assert!(play.groups().len() >= 20, "{} groups", play.groups().len());
    assert_eq!(play.server.stats().max_in_flight, 5);
    for kind in [Kind::Propose, Kind::Label, Kind::Rename] {
        assert!((3..=5).contains(&most_at_once(&play.asked(kind))), "{kind:?}");
    }
}

// K5: with a progress bar, the calls of a group went one by one.
#[test]
fn a_progress_bar_does_not_serialise_calls() {
    // util-linux has a program that lends a terminal to another.
    let known = Command::new("script").arg("--version").output();
    let found =
        known.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("util-linux"));
    if !skipped_tests::there(found, "util-linux's script, to run in a terminal") {
        return;
    }
    let play = Play::new(&assorted(24), slow());
    let cladus = play.space.command("cladus").get_program().to_str().unwrap().to_owned();
    let flags = "--concurrency 8 --clusters-per-group 24 --labels-per-call 1 --look none";
    let line = format!("'{cladus}' {}", play.line(super::MODEL, flags));
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    terminal.env("TERM", "xterm").current_dir(play.space.path(""));
    let output = terminal.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("\u{1b}[") && text.contains('━'), "no bar was drawn:\n{text}");
    play.space.cladus("check r").ok();
    assert_eq!(play.groups().len(), 1);
    let asked = play.asked(Kind::Label);
    assert_eq!(asked.len(), 24);
    assert_eq!(most_at_once(&asked), 8, "labels of one group");
}

// K5: and renaming too.
#[test]
fn parents_of_several_groups_are_named_at_once() {
    let play = Play::new(&assorted(120), slow());
    play.tree("--concurrency 8 --clusters-per-group 12");
    assert!(most_at_once(&play.asked(Kind::Rename)) >= 4);
}
