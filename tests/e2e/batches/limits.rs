//! Budgets, and batches that are under way while something else is wanted.

use cladus_tests::server::{Batching, Behaviour};

use super::{batches, batching, expected, online, run, same};
use crate::models::{Bench, finish, start};

/// Batches that never end by themselves.
fn endless() -> Bench {
    Bench::small(batching(Batching { looks: 1_000_000, ..Batching::default() }))
}

#[test]
fn no_call_more_than_may_be_made() {
    let whole = expected(true);
    let bench = Bench::small(Behaviour::default());
    for most in [0, 2, 3, 7] {
        run(&bench, &format!("--max-calls {most}")).exits(6).complains(&[
            &format!("budget of {most} calls"),
            "raise the limit",
            "hint",
        ]);
        assert_eq!(batches(&bench).questions, most, "the budget is there to be used");
        assert_eq!(bench.ledger("r").sum("calls"), most);
    }
    run(&bench, "--max-calls 1000").ok();
    same(&bench, &whole);
    assert_eq!(batches(&bench).billed, whole.stats().billed);
}

#[test]
fn no_dollar_more_than_may_be_spent() {
    let bench = Bench::new(Behaviour::default());
    let limited = |cost: &str| run(&bench, &format!("--model gpt-4o-mini --max-cost {cost}"));
    limited("0.003").exits(6).complains(&["budget of $0.003", "raise the limit"]);
    let seen = batches(&bench);
    let dollars = |tokens_in: u64, tokens_out: u64| {
        (tokens_in as f64 * 0.15 + tokens_out as f64 * 0.60) / 1e6 / 2.0
    };
    let spent = dollars(seen.tokens_in, seen.tokens_out);
    assert!(spent <= 0.003 && spent > 0.0005, "{spent}: {seen:?}");
    limited("1").ok();
    assert_eq!(bench.stats().repeated, 0);
    let told = bench.ledger("r").sum("nanodollars") as f64 / 1e9;
    let seen = batches(&bench);
    let charged = dollars(seen.tokens_in, seen.tokens_out);
    assert!((told - charged).abs() < 1e-6, "told {told}, charged {charged}");
}

#[test]
fn no_token_more_than_may_be_used() {
    let bench = Bench::new(Behaviour::faulty("chat:nousage@0.3"));
    run(&bench, "--max-tokens 9000").exits(6).complains(&["budget of 9000 tokens"]);
    let seen = batches(&bench);
    assert!(seen.billed > 0 && seen.tokens_in + seen.tokens_out <= 9000, "{seen:?}");
}

#[test]
fn what_is_under_way_counts_as_spent() {
    let bench = endless();
    run(&bench, "--no-wait --max-calls 4").exits(75);
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!((ledger.sum("submitted"), ledger.sum("maybe_paid")), (4, 4));
    run(&bench, "--no-wait --max-calls 4").exits(75);
    assert_eq!(batches(&bench).questions, 4);
}

#[test]
fn a_price_that_is_not_known_stays_unknown() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, "--max-cost 5").exits(2).complains(&["price of test-chat is not known"]);
    assert_eq!(batches(&bench).uploads, 0);
    run(&bench, "").ok();
    let ledger = bench.ledger("r");
    assert_eq!((ledger.sum("nanodollars"), ledger.sum("unpriced")), (0, ledger.sum("answers")));
    bench
        .space
        .write("prices.toml", "\"test-chat\" = { input = 1.0, output = 2.0, batch = 0.1 }\n");
    bench.run("b", "--batch --max-cost 5 --prices prices.toml --seed 3").ok();
    let seen = batches(&bench);
    let told = bench.ledger("b").sum("nanodollars");
    let charged = (seen.tokens_in + 2 * seen.tokens_out) * 100;
    assert!(told > 0 && told < charged, "{told} of {charged}: the first run's are in there too");
}

#[test]
fn nobody_pays_for_what_is_under_way_in_a_batch() {
    let whole = expected(true);
    let bench = endless();
    run(&bench, "--no-wait").exits(75);
    let open = batches(&bench).questions;
    for _ in 0..2 {
        bench.run("r", "").exits(75).complains(&[
            "under way in batch batch_00000000",
            &format!("({open} questions)"),
            "--batch fetches",
            "--cancel-batches",
        ]);
    }
    // Neither does a stage by hand, nor another run on the same store.
    bench.run("b", "--answers r/answers.sqlite").exits(75).complains(&["--cancel-batches"]);
    assert_eq!(online(&bench), 0);
    // The same batch is fetched by whoever wants it.
    bench.server.configure(|b| b.batches.looks = 0);
    let cancelled = bench.run("r", "--cancel-batches").ok();
    assert!(cancelled.stderr.contains("cancelled"), "{}", cancelled.stderr);
    same(&bench, &whole);
    let (seen, stats) = (batches(&bench), bench.stats());
    assert_eq!(seen.cancelled, 1);
    // Half of it was answered, and is not asked again; the rest was not billed.
    assert_eq!(seen.billed, open / 2);
    assert_eq!((seen.billed + stats.billed, stats.repeated), (whole.stats().billed, 0));
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!(ledger.sum("maybe_paid"), 0);
}

#[test]
fn batches_can_be_cancelled_for_other_batches() {
    let whole = expected(true);
    let bench = endless();
    run(&bench, "--no-wait").exits(75);
    let mut child = start(bench.command("r", "--batch --cancel-batches --quiet"));
    while batches(&bench).created < 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bench.server.configure(|b| b.batches.looks = 0);
    run(&bench, "--cancel-batches --quiet").ok();
    same(&bench, &whole);
    assert_eq!(bench.stats().repeated, 0);
}

#[test]
fn a_batch_elsewhere_is_named_and_can_be_given_up() {
    let whole = expected(true);
    let there = endless();
    run(&there, "--no-wait").exits(75);
    let here = Bench::small(Behaviour::default());
    let line = |flags: &str| {
        let url = here.server.base_url();
        there.run("r", &format!("--base-url {url} {flags}"))
    };
    let theirs = there.server.base_url();
    line("--batch").exits(75).complains(&[&theirs, "--base-url", "--cancel-batches"]);
    line("").exits(75).complains(&[&theirs]);
    assert_eq!(here.stats().requests, 0);
    line("--batch --cancel-batches").ok().complains(&["not cancelled there", "maybe paid"]);
    same(&there, &whole);
    assert_eq!(there.ledger("r").sum("maybe_paid"), batches(&there).questions);
}

#[test]
fn two_runs_on_one_store_share_their_batches() {
    let bench = Bench::small(batching(Batching {
        looks: 3,
        pause: std::time::Duration::from_millis(40),
        ..Batching::default()
    }));
    let children: Vec<_> = ["a", "b"]
        .iter()
        .map(|out| start(bench.command(out, "--batch --answers shared.sqlite --quiet")))
        .collect();
    for child in children {
        finish(child).ok();
    }
    assert!(bench.artifacts("a") == bench.artifacts("b"));
    let whole = expected(true);
    assert!(bench.artifacts("a") == whole.artifacts("r"));
    let (seen, stats) = (batches(&bench), bench.stats());
    assert_eq!((seen.billed, stats.repeated), (whole.stats().billed, 0), "{seen:?}");
}

#[test]
fn a_batch_that_its_endpoint_has_forgotten_can_be_given_up() {
    let whole = expected(true);
    let bench = Bench::small(batching(Batching { looks: 2, ..Batching::default() }));
    run(&bench, "--no-wait").exits(75);
    let lost = batches(&bench).questions;
    bench.server.reset();
    run(&bench, "").exits(2).complains(&["is not known there", "--cancel-batches", "hint"]);
    run(&bench, "--cancel-batches").ok().complains(&["maybe paid"]);
    same(&bench, &whole);
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!((ledger.sum("maybe_paid"), ledger.sum("submitted")), (lost, 0));
}

#[test]
fn what_nobody_waits_for_any_more_is_kept_too() {
    let bench = Bench::small(batching(Batching { looks: 2, ..Batching::default() }));
    run(&bench, "--no-wait").exits(75);
    // Other questions: the first batch is of no use to them, but it is paid for.
    run(&bench, "--temperature 0.5 --quiet").ok();
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!((ledger.sum("answers"), ledger.sum("submitted")), (batches(&bench).billed, 0));
    assert_eq!(ledger.sum("maybe_paid"), 0);
}
