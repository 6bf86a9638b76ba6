//! Whatever a server does, a run ends well or says why, and nothing that was answered is lost.

use std::time::Duration;

use cladus_core::artifact::Match;
use cladus_tests::server::{Behaviour, Kind};

use super::{Bench, CONFIG, each};

/// A server with these faults; it asks for half a second's patience, and drips fast.
fn faulty(rules: &str) -> Bench {
    let behaviour = Behaviour {
        retry_after: Duration::from_millis(600),
        // What is on its way on a busy machine.
        notice: Duration::from_millis(250),
        drip: Duration::from_micros(300),
        ..Behaviour::faulty(rules)
    };
    let bench = Bench::small(behaviour);
    bench.space.write("conf.toml", format!("{CONFIG}first_byte_timeout = 1.0\ntimeout = 20.0\n"));
    bench
}

fn undisturbed() -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let plain = Bench::small(Behaviour::default());
    plain.report("r", "");
    plain.artifacts("r")
}

/// The faults that pass leave no trace: not in the result, and not in the bill.
#[test]
fn what_passes_leaves_no_trace() {
    let plain = undisturbed();
    let rules = [
        "chat:429@0.3x2",
        "chat:429n@0.4x2",
        "chat:429date@0.3",
        "chat:500#5x4",
        "chat:502html@0.4",
        "chat:503@0.4",
        "chat:529@0.4x2",
        "chat:html@0.4",
        "chat:error200@0.4",
        "chat:reset@0.4x2",
        // Whoever closes the connection at once has not been paid: waited for longer than a lost reply.
        "chat:reset#3x6",
        "chat:cut@0.4x2",
        "chat:hang@0.2",
        "chat:slow@0.3",
        "chat:hugebody#4",
        "chat:truncated@0.5xinf",
        "chat:fence@0.5",
        "chat:noid@0.5",
        "chat:nousage@0.5",
        "chat:badusage@0.5",
        "chat:othermodel@0.5",
        "label:extra@1",
        "rename:extra@1",
    ];
    each(&rules, |rules| {
        let bench = faulty(rules);
        let report = bench.report("r", "");
        let stats = bench.stats();
        assert!(!stats.faults.is_empty(), "{rules}: nothing was struck");
        assert_eq!((report.fell_back(), bench.remarks("r")), (0, Vec::new()), "{rules}");
        assert_eq!((stats.too_early, stats.repeated), (0, 0), "{rules}: {stats:?}");
        assert_eq!(report.sum("calls"), stats.requests, "{rules}");
        assert!(bench.artifacts("r") == plain, "{rules}: another result");
        let ledger = bench.ledger("r");
        ledger.adds_up();
        assert_eq!(ledger.sum("calls"), stats.requests, "{rules}");
        if rules.contains("truncated") {
            assert!(bench.server.requests().iter().all(|seen| seen.attempt <= 2));
        }
        // Without the fault, and in another folder: everything is there.
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        let store = "--answers r/answers.sqlite";
        assert_eq!(bench.requests_of(|| drop(bench.report("other", store))), 0, "{rules}");
        assert!(bench.artifacts("other") == plain, "{rules}: another result from the store");
    });
}

/// Answers that are of no use, in part or for good.
#[test]
fn what_cannot_be_used_is_marked() {
    let rules = [
        ("label:invalid@1xinf", true),
        ("label:invalid@0.5x4", true),
        ("chat:empty@1xinf", true),
        ("chat:blank@1xinf", true),
        ("chat:nochoices@1xinf", true),
        ("chat:nullcontent@1xinf", true),
        ("chat:refusal@1xinf", true),
        ("chat:filtered@1xinf", true),
        ("chat:wrongtype@1xinf", true),
        ("chat:truncated#3xinf;chat:empty#4xinf", false),
        ("label:missing@1xinf", true),
        ("chat:refusal@0.4", false),
        ("chat:empty@0.4", false),
        ("chat:wrongtype@0.4", false),
        ("chat:missing@0.5", false),
        ("chat:toolong@0.4xinf", false),
        ("chat:toolong@1xinf", true),
        // Asked again in halves.
        ("label:400#2xinf", false),
        ("label:reset#2xinf", false),
    ];
    each(&rules, |(rules, marked)| {
        let bench = faulty(rules);
        let report = bench.report_of_any("r", "");
        let stats = bench.stats();
        assert!(!stats.faults.is_empty(), "{rules}: nothing was struck");
        bench.is_whole("r");
        let remarks = bench.remarks("r");
        // Who fits nothing has the nearest, and that is said; but an answer it was.
        let fits_nothing = |remark: &&String| remark.starts_with("no name offered fits");
        let answered = remarks.iter().filter(fits_nothing).count();
        assert_eq!(report.fell_back(), (remarks.len() - answered) as u64, "{rules}");
        assert!(!marked || !remarks.is_empty(), "{rules}: nothing is marked");
        for label in bench.labels("r") {
            assert_eq!(label.remark.is_some(), label.matched == Match::Nearest, "{label:?}");
        }
        assert_eq!(stats.repeated, 0, "{rules}: {stats:?}");
        bench.ledger("r").adds_up();
        if report.is_mostly_stand_ins() {
            // Mostly stand-ins: all of them are open.
            return;
        }
        // The same again, and strictly: the answers are there, the verdict is another.
        let strict = bench.run("r", "--strict");
        strict.exits(if remarks.is_empty() { 0 } else { 5 });
        assert_eq!(bench.stats().requests, stats.requests, "{rules}: asked again");
        // A fresh folder on the same store: what was paid is used, and nothing else is asked
        // but what was refused.
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        let paid = bench.stats().billed;
        let again = bench.report("other", "--answers r/answers.sqlite");
        let paid = bench.stats().billed - paid;
        let refused = ["400", "toolong", "truncated", "reset"].iter().any(|f| rules.contains(f));
        if !refused {
            assert_eq!((paid, again.fell_back()), (0, report.fell_back()), "{rules}");
        }
        assert_eq!(bench.stats().repeated, 0, "{rules}");
    });
}

/// Refused for the same reason one after the other, it is none of the questions.
#[test]
fn who_refuses_everything_by_now_is_left_alone() {
    let bench = faulty("label:400@1xinf");
    let ran = bench.run("r", "");
    ran.exits(75).complains(&["refuses every request by now", "every answer is kept"]);
    let stats = bench.stats();
    assert!(stats.faults["400"] <= 60, "{stats:?}");
    bench.server.configure(|b| b.faults = "".parse().unwrap());
    assert_eq!(bench.report("r", "").fell_back(), 0);
    assert_eq!(bench.stats().repeated, 0);
}

/// Answers that say the right thing in other words.
#[test]
fn what_is_meant_is_understood() {
    let rules = [
        ("label:case@1xinf", Match::Normalised),
        ("label:misspelt@1xinf", Match::Fuzzy),
        ("label:invalid@0.5", Match::Exact),
        ("label:missing@0.5", Match::Exact),
    ];
    each(&rules, |(rules, expected)| {
        let bench = faulty(rules);
        let report = bench.report_of_any("r", "");
        let labels = bench.labels("r");
        let chosen: Vec<_> = labels.iter().filter(|l| l.matched != Match::Only).collect();
        let meant = chosen.iter().filter(|label| label.matched == *expected).count();
        match expected {
            // Two letters in the wrong order are too many for a short name.
            Match::Fuzzy => assert!(meant * 3 > chosen.len(), "{meant} of {}", chosen.len()),
            // Struck again when asked again: some of them are.
            Match::Exact => assert!(meant * 2 > chosen.len(), "{rules}: {meant}"),
            _ => assert_eq!((meant, report.fell_back()), (chosen.len(), 0), "{rules}"),
        }
    });
}

/// A call that never gets an answer is given up, marked, and asked again the next time: only it.
#[test]
fn what_had_no_answer_is_asked_again_and_nothing_else() {
    let bench = Bench::small(Behaviour::default()).without_a_second_look();
    bench.report("r", "");
    let plain = bench.artifacts("r");
    let rules = ["propose:hang#2xinf", "label:hang#2xinf", "rename:hang#2xinf", "label:503#3xinf"];
    each(&rules, |rules| {
        let bench = faulty(rules);
        let config = format!("{CONFIG}first_byte_timeout = 1.0\n").replace("20.0", "3.0");
        let config = config.replacen("[llm]", "look = \"none\"\n[llm]", 1);
        bench.space.write("conf.toml", config);
        let report = bench.report_of_any("r", "");
        let remarks = bench.remarks("r");
        assert!(report.fell_back() > 0, "{rules}");
        assert!(remarks.iter().all(|remark| remark.contains("no answer")), "{rules}: {remarks:?}");
        bench.is_whole("r");
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        let before = bench.stats();
        let report = bench.report("r", "");
        let stats = bench.stats();
        assert_eq!((report.fell_back(), stats.repeated), (0, 0), "{rules}: {stats:?}");
        // What was missing, and what follows from it; never what comes before.
        let again = |kind| stats.of(kind) - before.of(kind);
        let kinds = [Kind::Propose, Kind::Label, Kind::Rename];
        let struck = kinds.map(|kind| rules.starts_with(&format!("{kind:?}").to_lowercase()));
        let place = struck.iter().position(|struck| *struck).unwrap();
        assert_eq!(again(kinds[place]), 1, "{rules}");
        assert!(kinds[..place].iter().all(|kind| again(*kind) == 0), "{rules}");
        assert!(bench.artifacts("r") == plain, "{rules}: another result");
    });
}

/// A question that a server fails at is asked in halves: here they are answered.
#[test]
fn what_a_server_fails_at_is_asked_in_halves() {
    let rules = [
        "label:html#3xinf",
        "label:500#2xinf",
        "label:cut#2xinf",
        "rename:reset#2xinf",
        "label:hugebody#2xinf",
    ];
    each(&rules, |rules| {
        let bench = faulty(rules);
        let report = bench.report("r", "");
        assert_eq!((report.fell_back(), bench.stats().repeated), (0, 0), "{rules}");
        bench.is_whole("r");
        bench.ledger("r").adds_up();
    });
}

/// Whoever is told to come back later comes back later.
#[test]
fn nothing_is_sent_before_a_retry_after_is_over() {
    for rules in ["chat:429#3", "chat:429#2x3", "chat:429date#4", "chat:503#2;chat:429#7"] {
        let bench = faulty(rules);
        bench.server.configure(|b| b.retry_after = Duration::from_millis(1200));
        let report = bench.report("r", "");
        let stats = bench.stats();
        assert_eq!((report.fell_back(), stats.too_early), (0, 0), "{rules}: {stats:?}");
        let seen = bench.server.requests();
        let refused = seen.iter().find(|s| s.status == Some(429)).unwrap();
        let next = seen.iter().find(|s| s.logical == refused.logical && s.attempt == 2).unwrap();
        let waited = next.arrived - refused.arrived;
        assert!(waited >= Duration::from_millis(1190), "{rules}: {waited:?}");
    }
}
