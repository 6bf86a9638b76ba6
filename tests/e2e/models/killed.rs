//! Killed at any moment, a run goes on: what was answered is not asked again.

use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::extent;

use super::{Bench, after, every, random, start};

/// Calls in flight at once: no more may be lost to a kill.
const WIDTH: u64 = 4;

/// Kills `child` after `pause`. Says whether it was still at work.
fn kill(mut child: Child, pause: Duration) -> bool {
    std::thread::sleep(pause);
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    at_work
}

#[test]
fn killed_at_any_moment_a_run_loses_and_repeats_nothing() {
    let flags = format!("--concurrency {WIDTH} --quiet");
    let whole = Bench::small(after(40));
    whole.run("r", &flags).ok();
    let tokens = whole.ledger("r").sum("prompt_tokens");
    let (unique, whole) = (whole.stats().logical, whole.artifacts("r"));

    let mut state = 7;
    let moments = extent::of(50, 4) as u64;
    // So many requests after the first, and then some of the time that one takes: what machine this
    // is, and how busy, decides nothing.
    let moments: Vec<(u64, Duration)> = (0..moments)
        .map(|at| (at * unique / moments, Duration::from_secs_f64(0.06 * random(&mut state))))
        .collect();
    let halfway = AtomicU64::new(0);
    every(&moments, |(seen, pause)| {
        let bench = Bench::small(after(40));
        let mut child = start(bench.command("r", &flags));
        while bench.stats().requests <= *seen && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let at_work = kill(child, *pause);
        bench.settle();
        let before = bench.stats();
        let noted = bench.space.path("r/answers.sqlite").is_file().then(|| bench.ledger("r"));
        let open = noted.as_ref().map_or(0, |ledger| ledger.sum("maybe_paid"));
        if let Some(ledger) = noted {
            ledger.adds_up();
            assert!(open <= WIDTH, "{open} calls open after {seen} requests and {pause:?}");
            // Whatever the server has seen is noted; the note comes first.
            assert!(ledger.sum("calls") >= before.requests, "after {seen} requests and {pause:?}");
            let said = bench.space.cladus("cost r").ok().stdout;
            let told = said.contains(&format!("{open} calls were sent and never answered"));
            assert_eq!(told, open > 0, "{said}");
        }
        if at_work && before.requests > 0 && before.requests < unique {
            halfway.fetch_add(1, Ordering::Relaxed);
        }
        bench.run("r", &flags).ok();
        let (stats, ledger) = (bench.stats(), bench.ledger("r"));
        // Of the open calls, those whose answer was kept and not yet read count as answers now.
        let lost = ledger.sum("maybe_paid");
        assert!(
            lost <= open && stats.repeated <= lost,
            "{lost} lost after {seen} requests and {pause:?}: {stats:?}"
        );
        assert!(
            stats.requests <= unique + lost,
            "{} sent after {seen} requests and {pause:?}",
            stats.requests
        );
        ledger.adds_up();
        assert_eq!(ledger.sum("answers"), unique, "after {seen} requests and {pause:?}");
        assert_eq!(ledger.sum("prompt_tokens"), tokens, "after {seen} requests and {pause:?}");
        assert!(
            bench.artifacts("r") == whole,
            "another result after a kill at {seen} requests and {pause:?}"
        );
    });
    let halfway = halfway.into_inner();
    let least = extent::of(30, 2) as u64;
    assert!(halfway >= least, "only {halfway} kills struck between the first call and the last");
}

#[test]
fn killed_again_and_again_a_run_comes_to_its_end() {
    let bench = Bench::new(after(25));
    let flags = format!("--concurrency {WIDTH} --quiet");
    let mut state = 3;
    for _ in 0..8 {
        kill(
            start(bench.command("r", &flags)),
            Duration::from_secs_f64(0.3 + 0.4 * random(&mut state)),
        );
    }
    bench.run("r", &flags).ok();
    bench.settle();
    let (stats, ledger) = (bench.stats(), bench.ledger("r"));
    let lost = ledger.sum("maybe_paid");
    assert!(lost <= 8 * WIDTH && stats.repeated <= lost, "{lost} lost: {stats:?}");
    assert!(stats.requests <= stats.logical + lost, "{lost} lost: {stats:?}");
    ledger.adds_up();
    assert_eq!(ledger.sum("answers"), stats.logical);
    bench.is_whole("r");
}

#[test]
fn a_stage_killed_by_hand_goes_on_too() {
    let whole = Bench::new(after(25));
    whole.run("r", "--quiet").ok();
    let inputs = "--clusters r/clusters.parquet --groups r/iteration-1/groups.parquet \
                  --candidates r/iteration-1/candidates.parquet \
                  --embeddings r/iteration-1/embeddings.parquet --params conf.toml";
    let expected = std::fs::read(whole.space.path("r/iteration-1/labels.parquet")).unwrap();
    let moments: Vec<u64> = (0..8).map(|at| 40 + 45 * at).collect();
    let moments = extent::some_of(&moments, 3);
    every(&moments, |pause| {
        let server = cladus_tests::server::TestServer::start(after(25));
        let folder = format!("by-hand-{pause}");
        let line = format!(
            "{inputs} --out {folder}/iteration-1/labels.parquet --model test-chat --quiet \
             --base-url {} --concurrency {WIDTH}",
            server.base_url()
        );
        std::fs::create_dir_all(whole.space.path(&folder).join("iteration-1")).unwrap();
        kill(start(whole.line("cladus-label", &line)), Duration::from_millis(*pause));
        let store = whole.space.path(&folder).join("answers.sqlite");
        let open = if store.is_file() { whole.ledger(&folder).sum("maybe_paid") } else { 0 };
        let ran: crate::space::Ran = whole.line("cladus-label", &line).output().unwrap().into();
        ran.ok();
        let stats = server.stats();
        assert!(open <= WIDTH && stats.repeated <= open, "{stats:?}, {open} were open");
        let labels = std::fs::read(whole.space.path(&folder).join("iteration-1/labels.parquet"));
        assert!(labels.unwrap() == expected, "other labels after a kill at {pause} ms");
        whole.ledger(&folder).adds_up();
    });
}

#[test]
fn an_answer_that_came_is_kept_even_if_nobody_read_it() {
    // The server says when it has written an answer; the kill comes right after.
    let bench = Bench::small(after(30));
    let flags = "--quiet --concurrency 1";
    for wanted in [1, 3, 5, 8] {
        let mut child = start(bench.command("r", flags));
        while bench.stats().billed < wanted && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    bench.settle();
    bench.run("r", flags).ok();
    let lost = bench.ledger("r").sum("maybe_paid");
    assert!(lost <= 4 && bench.stats().repeated <= lost, "{lost} lost: {:?}", bench.stats());
    assert_eq!(bench.ledger("r").sum("answers"), bench.stats().logical);
}
