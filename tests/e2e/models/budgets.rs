//! What may be spent is never passed: over faults, restarts and kills.

use std::time::Duration;

use cladus_tests::server::{Behaviour, Stats};

use super::{Bench, after, each, start};

/// What the server would charge, in dollars, at the price of gpt-4o-mini.
fn dollars(stats: &Stats) -> f64 {
    (stats.tokens_in as f64 * 0.15 + stats.tokens_out as f64 * 0.60) / 1e6
}

#[test]
fn no_call_more_than_may_be_made() {
    let rules = ["", "chat:500@0.3", "chat:429n@0.2x2;chat:reset@0.2;chat:html@0.2"];
    each(&rules, |rules| {
        let bench =
            Bench::new(Behaviour { latency: Duration::from_millis(5), ..Behaviour::faulty(rules) });
        let limited = || bench.run("r", "--max-calls 20");
        limited().exits(6).complains(&["budget of 20 calls", "20 made", "raise the limit", "hint"]);
        // A refusal costs nothing, and counts for nothing.
        let spent = || {
            let stats = bench.stats();
            stats.requests - stats.with_status(500) - stats.with_status(429)
        };
        assert_eq!(spent(), 20, "{rules}: the budget is there to be used");
        limited().exits(6);
        assert_eq!(spent(), 20, "{rules}");
        bench.run("r", "--max-calls 21").exits(6);
        assert_eq!(spent(), 21, "{rules}");
        bench.report("r", "--max-calls 1000");
        let stats = bench.stats();
        assert_eq!(stats.repeated, 0, "{rules}: {stats:?}");
        bench.is_whole("r");
        bench.ledger("r").adds_up();
    });
}

#[test]
fn a_budget_that_just_fits_is_enough() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    let calls = bench.stats().requests;
    bench.run("exact", &format!("--max-calls {calls}")).ok();
    bench.run("short", &format!("--max-calls {}", calls - 1)).exits(6);
    // Held answers cost nothing.
    bench.run("free", "--max-calls 0 --answers r/answers.sqlite").ok();
}

#[test]
fn a_budget_survives_kills() {
    let bench = Bench::new(after(25));
    for pause in [250, 400, 550, 700] {
        let mut child = start(bench.command("r", "--max-calls 20 --concurrency 4"));
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    bench.run("r", "--max-calls 20 --concurrency 4").exits(6);
    let sent = bench.stats().requests;
    // A call that was noted and never sent counts as one: the safe side.
    assert!((4..=20).contains(&sent), "{sent}");
    assert_eq!(bench.ledger("r").sum("calls"), 20);
}

#[test]
fn no_token_more_than_may_be_used() {
    // An answer that does not say what it cost is taken to have cost all that it could have, which is
    // a lot: less of the budget is used.
    let rules = [("", 12000), ("chat:500@0.3", 12000), ("chat:nousage@0.5", 5500)];
    each(&rules, |&(rules, least)| {
        let bench = Bench::new(Behaviour::faulty(rules));
        let used = |stats: &Stats| stats.tokens_in + stats.tokens_out;
        bench
            .run("r", "--max-tokens 20000")
            .exits(6)
            .complains(&["budget of 20000 tokens", "hint"]);
        let stats = bench.stats();
        assert!(used(&stats) <= 20000, "{rules}: {stats:?}");
        assert!(used(&stats) > least, "{rules}: little of the budget is used: {stats:?}");
        bench.run("r", "--max-tokens 20000").exits(6);
        assert!(used(&bench.stats()) <= 20000, "{rules}");
        bench.run("r", "--max-tokens 9000000").ok();
        assert_eq!(bench.stats().repeated, 0, "{rules}");
        bench.is_whole("r");
    });
}

#[test]
fn no_dollar_more_than_may_be_spent() {
    let bench = Bench::new(Behaviour::faulty("chat:503@0.2"));
    let limited = |cost: &str| bench.run("r", &format!("--model gpt-4o-mini --max-cost {cost}"));
    limited("0.003").exits(6).complains(&["budget of $0.003", "raise the limit"]);
    let stats = bench.stats();
    let spent = dollars(&stats);
    assert!(spent <= 0.003 && spent > 0.0005, "{spent}: {stats:?}");
    limited("1").ok();
    assert_eq!(bench.stats().repeated, 0);
    let told = bench.ledger("r").sum("nanodollars") as f64 / 1e9;
    let charged = dollars(&bench.stats());
    assert!((told - charged).abs() < 1e-6, "told {told}, charged {charged}");
    let said = bench.space.cladus("cost r").ok().stdout;
    assert!(said.contains('$') && !said.contains("unknown"), "{said}");
}

#[test]
fn a_price_that_is_not_known_is_said_before_any_call() {
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "--max-cost 5").exits(2).complains(&[
        "price of test-chat is not known",
        "--prices",
        "hint",
    ]);
    assert_eq!(bench.stats().requests, 0);
    bench.space.write("prices.toml", "\"test-chat\" = { input = 1.0, output = 2.0 }\n");
    bench.run("r", "--max-cost 5 --prices prices.toml").ok();
    assert!(bench.ledger("r").sum("nanodollars") > 0);
}
