//! Batches that end badly, and files that are not as they should be.

use cladus_tests::server::{Batching, Behaviour, Ending, Fault, Mess};

use super::{batches, batching, expected, online, run, same};
use crate::models::{Bench, each};

#[test]
fn what_an_expired_batch_has_answered_is_kept_and_the_rest_asked_once_more() {
    let whole = expected(true);
    let endings = vec![Ending::Expired { asked: 2 }];
    let bench = Bench::small(batching(Batching { endings, ..Batching::default() }));
    let ran = run(&bench, "").ok();
    same(&bench, &whole);
    let (seen, stats) = (batches(&bench), bench.stats());
    assert_eq!((seen.billed, stats.repeated), (whole.stats().billed, 0), "{stats:?}");
    assert_eq!(online(&bench), 0);
    assert!(ran.stderr.contains("expired, 2 answers, "), "{}", ran.stderr);
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!((ledger.sum("answers"), ledger.sum("maybe_paid")), (seen.billed, 0));
}

#[test]
fn files_in_any_order_and_with_anything_in_them_are_read() {
    let whole = expected(true);
    let files = Mess { shuffled: true, repeated: 3, missing: 1, unknown: 4, torn: true };
    let mess = [
        Mess { shuffled: true, ..Mess::default() },
        Mess { repeated: 2, ..Mess::default() },
        Mess { unknown: 2, torn: true, ..Mess::default() },
        files,
    ];
    each(&mess, |files| {
        let bench = Bench::small(batching(Batching { files: *files, ..Batching::default() }));
        // What is missing each time is missing for good: those rows fall back.
        if files.missing == 0 {
            let ran = run(&bench, "").ok();
            same(&bench, &whole);
            assert_eq!(batches(&bench).billed, whole.stats().billed);
            assert_eq!(ran.stderr.contains("repeated"), files.repeated > 0, "{}", ran.stderr);
            assert_eq!(ran.stderr.contains("not readable"), files.torn, "{}", ran.stderr);
        } else {
            let ran = run(&bench, "");
            assert!([0, 5, 75].contains(&ran.code), "{ran:?}");
            let lost = bench.ledger("r").sum("maybe_paid");
            assert!(lost > 0, "what a completed batch leaves out may have been paid");
        }
        assert_eq!(online(&bench), 0);
    });
}

#[test]
fn a_line_that_is_missing_is_asked_about_again() {
    let whole = expected(true);
    let bench = Bench::small(Behaviour::default());
    let files = Mess { missing: 1, ..Mess::default() };
    bench.server.configure(|b| b.batches.files = files);
    // The first batch is fetched with a line missing; whatever comes behind it is whole.
    let mut child = crate::models::start(bench.command("r", "--batch --quiet"));
    while batches(&bench).contents == 0 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    bench.server.configure(|b| b.batches.files = Mess::default());
    crate::models::finish(child).ok();
    same(&bench, &whole);
    assert!(bench.ledger("r").sum("maybe_paid") >= 1);
    assert_eq!(online(&bench), 0);
}

#[test]
fn a_batch_that_answers_nothing_ends_the_run() {
    each(&[Ending::Failed, Ending::Refused, Ending::Expired { asked: 0 }], |&ending| {
        let whole = expected(true);
        let endings = vec![ending];
        let bench = Bench::small(batching(Batching { endings, ..Batching::default() }));
        let said = run(&bench, "").exits(75);
        said.complains(&["without a single answer", "hint"]);
        if ending == Ending::Refused {
            said.complains(&["token_limit_exceeded"]);
        }
        let seen = batches(&bench);
        assert_eq!((seen.created, seen.billed), (1, 0), "{ending:?}");
        assert_eq!(bench.ledger("r").sum("maybe_paid"), 0, "{ending:?}: nothing was billed");
        // The next one is another batch, and goes well.
        run(&bench, "").ok();
        same(&bench, &whole);
        assert_eq!(batches(&bench).billed, whole.stats().billed);
    });
}

#[test]
fn a_question_that_never_gets_an_answer_is_put_three_times() {
    let bench = Bench::small(Behaviour::faulty("label:500#2xinf"));
    let report = bench.report_of_any("r", "--batch");
    bench.is_whole("r");
    assert_eq!(bench.stats().faults["500"], 3);
    assert!(report.fell_back() > 0);
    assert!(bench.remarks("r").iter().any(|remark| remark.contains("no answer")));
    assert_eq!(online(&bench), 0);
    // It may go well another time.
    bench.server.configure(|b| b.faults = Default::default());
    assert_eq!(bench.report("r", "--batch").fell_back(), 0);
}

#[test]
fn a_question_that_is_refused_falls_back_like_a_single_one() {
    let rules = format!("label:{}#2xinf", Fault::Status(400));
    let bench = Bench::small(Behaviour::faulty(&rules));
    let report = bench.report_of_any("r", "--batch");
    assert!(report.fell_back() > 0 && bench.stats().faults["400"] < 4);
    assert!(bench.remarks("r").iter().any(|remark| remark.contains("refused the request")));
    assert_eq!(online(&bench), 0);
    bench.is_whole("r");
}

#[test]
fn an_endpoint_without_batches_is_told_apart() {
    let bench = Bench::small(batching(Batching { supported: false, ..Batching::default() }));
    run(&bench, "").exits(2).complains(&["takes no batches", "export-requests", "hint"]);
    assert_eq!(bench.ledger("r").sum("maybe_paid"), 0);
    bench.run("r", "").ok();
}

#[test]
fn a_refused_key_ends_the_run() {
    let bench = Bench::small(Behaviour { api_key: Some("k".to_owned()), ..Behaviour::default() });
    run(&bench, "").exits(8).complains(&["refuses the key", "hint"]);
    let bench = Bench::small(Behaviour::faulty("chat:quota@1xinf"));
    run(&bench, "").exits(8).complains(&["quota", "hint"]);
    assert_eq!(batches(&bench).created, 1);
}

#[test]
fn an_endpoint_that_refuses_whatever_it_is_asked_makes_no_tree() {
    let bench = Bench::small(Behaviour::faulty("chat:400@1xinf"));
    run(&bench, "").exits(2).complains(&["refuses every request", "hint"]);
    assert_eq!(online(&bench), 0);
    assert!(batches(&bench).created <= 5, "{:?}", batches(&bench));
}

#[test]
fn a_lost_word_of_a_batch_makes_no_second_one() {
    let whole = expected(true);
    // Pages of one: it is looked for in all of them.
    let bench = Bench::small(batching(Batching { lost: 3, page: 1, ..Batching::default() }));
    run(&bench, "--quiet").ok();
    same(&bench, &whole);
    let seen = batches(&bench);
    assert_eq!((seen.billed, bench.stats().repeated), (whole.stats().billed, 0), "{seen:?}");
    assert_eq!(seen.created, seen.uploads, "{seen:?}");
    assert!(seen.lists >= 3, "{seen:?}");
}

#[test]
fn the_key_is_sent_and_stands_in_no_file() {
    let key = "sk-canary-0123456789abcdef";
    let bench = Bench::small(Behaviour { api_key: Some(key.to_owned()), ..Behaviour::default() });
    let mut command = bench.command("r", "--batch -vv");
    let ran = crate::space::Ran::from(command.env("OPENAI_API_KEY", key).output().unwrap()).ok();
    assert!(!ran.stderr.contains("canary") && !ran.stdout.contains("canary"), "{}", ran.stderr);
    assert!(batches(&bench).billed > 0);
    let mut folders = vec![bench.space.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(9).any(|nine| nine == b"sk-canary"), "{}", path.display());
        }
    }
    for seen in bench.server.requests() {
        assert!(!seen.path.contains("canary") && !seen.body.to_string().contains("canary"));
    }
}
