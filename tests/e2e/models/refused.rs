//! Servers that will have none of it, and servers that are not there.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use cladus_tests::server::{Behaviour, TestServer};

use super::{Bench, CONFIG, after, each, finish, start};

/// Little patience, so that a server that is gone counts as gone soon.
fn impatient(bench: &Bench) {
    bench.space.write("conf.toml", CONFIG.replace("20.0", "1.0"));
}

/// Stand-ins for single rows are one thing, a tree of nothing else another.
#[test]
fn an_endpoint_that_refuses_every_request_makes_no_tree() {
    let bench = Bench::new(Behaviour::faulty("chat:400@1xinf"));
    bench.run("r", "").exits(2).complains(&["refuses every request", "hint"]);
    assert!(!bench.space.path("r/iteration-1/candidates.parquet").exists());
    bench.server.configure(|b| b.faults = "".parse().unwrap());
    bench.report("r", "");
    bench.is_whole("r");
}

#[test]
fn a_refused_key_or_quota_stops_everything_at_once() {
    let rules = ["chat:401@1xinf", "chat:403@1xinf", "chat:quota@1xinf", "chat:quota#9xinf"];
    each(&rules, |rules| {
        let behaviour =
            Behaviour { latency: Duration::from_millis(20), ..Behaviour::faulty(rules) };
        let bench = Bench::new(behaviour);
        let begun = Instant::now();
        bench.run("r", "--concurrency 4").exits(8).complains(&[
            "refuses the key or the quota",
            "hint",
            "every answer is kept",
        ]);
        assert!(begun.elapsed() < Duration::from_secs(60), "{rules}");
        let stats = bench.stats();
        let struck = stats.faults.values().sum::<u64>();
        assert!(struck <= 4, "{rules}: {stats:?}");
        assert!(stats.requests <= 9 + 4, "{rules}: {stats:?}");
        // The account is in order again.
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        bench.report("r", "");
        let stats = bench.stats();
        assert_eq!((stats.repeated, stats.billed), (0, stats.logical), "{rules}: {stats:?}");
        bench.is_whole("r");
    });
}

#[test]
fn a_wrong_key_is_refused_and_the_right_one_goes_on() {
    let bench =
        Bench::small(Behaviour { api_key: Some("right-one".into()), ..Behaviour::default() });
    let with = |key: &str| {
        let output = bench.command("r", "--quiet").env("OPENAI_API_KEY", key).output().unwrap();
        crate::space::Ran::from(output)
    };
    with("wrong-one").exits(8).complains(&["Incorrect API key", "[key]"]);
    with("").exits(8);
    with("right-one").ok();
    assert_eq!(bench.stats().repeated, 0);
}

#[test]
fn an_unknown_model_or_address_is_the_command_lines_fault() {
    let bench = Bench::small(Behaviour::faulty("chat:404model@1xinf"));
    bench.run("r", "").exits(2).complains(&["test-chat", "does not know the model", "/models"]);
    assert!(bench.stats().requests <= 8, "{:?}", bench.stats());
    let wrong = format!("--base-url {}/nowhere", bench.server.base_url());
    bench.run("other", &wrong).exits(2).complains(&["the address", "/v1"]);
}

#[test]
fn a_server_that_is_not_there_is_a_passing_fault() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bench = Bench::small(Behaviour::default());
    impatient(&bench);
    let url = format!("--base-url http://127.0.0.1:{port}/v1");
    let begun = Instant::now();
    bench.run("r", &url).exits(75).complains(&[
        "nothing answers at",
        &port.to_string(),
        "is the server running",
        "resumes",
    ]);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(bench.ledger("r").sum("calls"), 0, "what was never sent is no call");
    let back = TestServer::start_on(port, Behaviour::default()).unwrap();
    bench.run("r", &url).ok();
    bench.is_whole("r");
    assert_eq!(back.stats().repeated, 0);
}

#[test]
fn a_server_that_dies_half_way_is_resumed_when_it_is_back() {
    let bench = Bench::new(Behaviour::default());
    impatient(&bench);
    let server = TestServer::start(after(40));
    let port = server.address().port();
    let url = format!("--concurrency 4 --base-url {}", server.base_url());
    let child = start(bench.command("r", &url));
    while server.stats().billed < 15 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let first = server.stats();
    drop(server);
    finish(child).exits(75).complains(&["hint"]);
    let ledger = bench.ledger("r");
    let (held, open) = (ledger.sum("answers"), ledger.sum("maybe_paid"));
    assert!(held >= first.billed.saturating_sub(4) && open <= 4 * 3, "{held} held, {open} open");
    let server = TestServer::start_on(port, after(0)).unwrap();
    bench.run("r", &url).ok();
    bench.is_whole("r");
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!(ledger.sum("answers") - held, server.stats().billed);
    assert_eq!(server.stats().repeated, 0);
}

#[test]
fn an_endpoint_that_only_fails_ends_the_run_with_everything_kept() {
    for rules in ["label:cut@1xinf", "label:html@1xinf"] {
        let bench = Bench::small(Behaviour::faulty(rules));
        bench.run("r", "").exits(75).complains(&["answers no more", "every answer is kept"]);
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        bench.run("r", "").ok();
        assert_eq!(bench.stats().repeated, 0, "{rules}");
        bench.is_whole("r");
    }
}

#[test]
fn nobody_waits_for_longer_than_there_is_patience() {
    let behaviour = Behaviour {
        retry_after: Duration::from_secs(3600),
        latency: Duration::from_millis(20),
        ..Behaviour::faulty("label:429#3")
    };
    let bench = Bench::new(behaviour);
    let begun = Instant::now();
    bench.run("r", "--concurrency 2").exits(75).complains(&["asks to wait 3600 s", "every answer"]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    // An hour later.
    bench.server.configure(|b| b.faults = "".parse().unwrap());
    bench.report("r", "");
    assert_eq!(bench.stats().repeated, 0);
    bench.is_whole("r");
}

#[test]
fn a_stop_ends_every_wait() {
    // One call is told to come back later, and waits; another, sent before anyone was told so, is
    // refused for good a moment after.
    let behaviour = Behaviour {
        retry_after: Duration::from_secs(60),
        refusing: Duration::from_secs(2),
        ..Behaviour::faulty("label:429#1;label:401#2xinf")
    };
    let bench = Bench::new(behaviour);
    bench.space.write("conf.toml", CONFIG.replace("20.0", "90.0"));
    let begun = Instant::now();
    bench.run("r", "").exits(8);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // Both were struck: none of the two came after the other.
    assert_eq!(bench.stats().faults.values().sum::<u64>(), 2);
}
