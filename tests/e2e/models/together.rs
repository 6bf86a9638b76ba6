//! Several at once: processes on one store, calls of one process, and what their order leaves.

use std::time::Duration;

use cladus_tests::server::Behaviour;

use super::{Bench, after, each, finish, start};
use crate::space::assorted;

#[test]
fn two_runs_on_one_store_pay_once() {
    let bench = Bench::new(after(25));
    let children: Vec<_> = ["a", "b", "c"]
        .iter()
        .map(|out| start(bench.command(out, "--answers shared.sqlite --quiet")))
        .collect();
    for child in children {
        finish(child).ok();
    }
    let stats = bench.stats();
    assert_eq!((stats.billed, stats.repeated), (stats.logical, 0), "{stats:?}");
    assert!(bench.artifacts("a") == bench.artifacts("b"));
    assert!(bench.artifacts("a") == bench.artifacts("c"));
}

#[test]
fn a_run_that_waits_for_another_goes_on_when_that_is_killed() {
    let bench = Bench::small(after(1500));
    let mut first = start(bench.command("a", "--answers shared.sqlite --quiet"));
    while bench.stats().in_flight == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = start(bench.command("b", "--answers shared.sqlite --quiet"));
    std::thread::sleep(Duration::from_millis(700));
    let in_flight = bench.stats().requests;
    first.kill().unwrap();
    first.wait().unwrap();
    bench.server.configure(|b| b.latency = Duration::ZERO);
    finish(second).ok();
    let stats = bench.stats();
    assert!(stats.requests <= stats.logical + in_flight, "{stats:?}");
    assert_eq!(stats.repeated, 0, "{stats:?}");
}

#[test]
fn identical_questions_are_sent_once() {
    // The same texts under different ids, asked about one by one.
    let all = assorted(24);
    let twice: String = all
        .lines()
        .flat_map(|line| {
            (0..3).map(move |n| line.replacen("\"id\":\"c", &format!("\"id\":\"x{n}"), 1) + "\n")
        })
        .collect();
    let bench = Bench::with(&twice, after(20));
    bench.space.write("conf.toml", "[label]\nlabels_per_call = 1\n");
    let report = bench.report("r", "");
    let stats = bench.stats();
    assert_eq!((stats.requests, stats.repeated), (stats.logical, 0), "{stats:?}");
    let label = report.stages()[3]["spent"].clone();
    assert!(label["answered"].as_u64().unwrap() > 0, "no two questions were the same: {label}");
    bench.is_whole("r");
}

#[test]
fn no_more_than_concurrency_are_in_flight_over_all_stages() {
    let bench = Bench::with(&assorted(300), after(40));
    let line = "--concurrency 7 --embedder api --embedding-model test-embed";
    let report = bench.report("r", line);
    let stats = bench.stats();
    assert_eq!(stats.max_in_flight, 7, "{stats:?}");
    assert_eq!(report.sum("calls"), stats.requests);
    bench.is_whole("r");
}

#[test]
fn a_server_that_takes_few_at_once_is_not_overrun_for_ever() {
    let limited = Behaviour { max_in_flight: Some(3), ..after(20) };
    let bench = Bench::new(limited);
    let report = bench.report("r", "--concurrency 20");
    let stats = bench.stats();
    assert_eq!((report.fell_back(), stats.repeated), (0, 0), "{stats:?}");
    assert!(stats.with_status(429) > 0, "nothing was refused");
    assert!(stats.with_status(429) < 2 * stats.billed, "{stats:?}");
}

#[test]
fn the_order_of_answers_leaves_no_trace() {
    let plain = Bench::new(Behaviour::default());
    plain.report("r", "");
    let plain = plain.artifacts("r");
    let jitter = "chat:429n@0.2;chat:500@0.2;chat:reset@0.2;chat:cut@0.2";
    let cases = [
        (after(0), "--concurrency 1"),
        (after(30), "--concurrency 3"),
        (Behaviour { latency: Duration::from_millis(10), ..Behaviour::faulty(jitter) }, ""),
    ];
    each(&cases, |(behaviour, flags)| {
        let bench = Bench::new(behaviour.clone());
        bench.report("r", flags);
        assert!(bench.artifacts("r") == plain, "{flags} {:?}", behaviour.faults);
    });
}
