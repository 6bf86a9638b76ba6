//! Two machines on one store of answers, by names that are made up: the second is refused while the first
//! is at work, and takes over once that is dead.

use std::process::Command;
use std::time::Duration;

use super::{Bench, after, finish, start};

fn on(bench: &Bench, host: &str, out: &str) -> Command {
    let mut command = bench.command(out, "--answers shared.sqlite --quiet");
    command.env("CLADUS_HOST_NAME", host).env("SLURM_JOB_ID", format!("42-{host}"));
    command
}

#[test]
fn a_store_is_one_machines_as_long_as_that_is_at_work() {
    let bench = Bench::small(after(1500));
    let mut first = start(on(&bench, "n1", "a"));
    while bench.stats().in_flight == 0 {
        assert!(first.try_wait().unwrap().is_none(), "it ended before it asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = format!("process {} on n1", first.id());
    let refused = finish(start(on(&bench, "n2", "b"))).exits(75);
    refused.complains(&[
        "shared.sqlite",
        "another machine",
        "Slurm job 42-n1",
        &process,
        "--answers",
    ]);
    // To look is to open it, too.
    let mut look = bench.line("cladus", "cost a --answers shared.sqlite");
    finish(start({
        look.env("CLADUS_HOST_NAME", "n2");
        look
    }))
    .exits(75)
    .complains(&["Slurm job 42-n1"]);
    let mut look = bench.line("cladus", "cost a --answers shared.sqlite");
    look.env("CLADUS_HOST_NAME", "n1");
    finish(start(look)).ok();

    assert!(first.try_wait().unwrap().is_none(), "it ended before it was killed");
    first.kill().unwrap();
    first.wait().unwrap();
    bench.settle();
    let lost = bench.stats().requests;
    bench.server.configure(|b| b.latency = Duration::ZERO);
    finish(start(on(&bench, "n2", "b"))).ok();
    bench.is_whole("b");
    let stats = bench.stats();
    assert!(stats.requests <= stats.logical + lost, "{stats:?}");
    // Nobody is left to wait for.
    finish(start(on(&bench, "n1", "a"))).ok();
    assert_eq!(bench.stats().requests, stats.requests, "n1 asked what n2 had answered");
    assert!(bench.artifacts("a") == bench.artifacts("b"));
}
