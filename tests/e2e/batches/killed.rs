//! Killed at any moment, a run finds its batches again.

use std::time::Duration;

use cladus_tests::server::{BatchStats, Batching};

use super::{batches, batching, expected, online, run, same};
use crate::extent;
use crate::models::{Bench, every, random, start};

/// What the server has seen when the kill comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Upload,
    Create,
    Look,
    Fetch,
    /// The file of answers has been written to its last byte.
    Import,
}

impl Moment {
    fn has_come(self, bench: &Bench, n: u64) -> bool {
        let BatchStats { uploads, created, looks, contents, .. } = batches(bench);
        match self {
            Self::Upload => uploads >= n,
            Self::Create => created >= n,
            Self::Look => looks >= 2 * n,
            Self::Fetch => contents >= n,
            Self::Import => {
                let requests = bench.server.requests();
                let fetched = requests.iter().filter(|seen| seen.path.ends_with("/content"));
                fetched.filter(|seen| seen.whole).count() as u64 >= n
            }
        }
    }
}

/// Slow enough to be killed between a request and its answer.
fn slow() -> Bench {
    let pause = Duration::from_millis(120);
    Bench::small(batching(Batching { looks: 2, pause, ..Batching::default() }))
}

#[test]
fn there_is_one_batch_whatever_moment_a_run_is_killed_at() {
    let whole = expected(true);
    let undisturbed = slow();
    run(&undisturbed, "--quiet").ok();
    let undisturbed = batches(&undisturbed);
    let mut state = 11;
    let mut moments = Vec::new();
    for moment in [Moment::Upload, Moment::Create, Moment::Look, Moment::Fetch, Moment::Import] {
        for n in 1..=undisturbed.created {
            // Within the answer, just before its end, and just behind it.
            let within = Duration::from_secs_f64(0.13 * random(&mut state));
            let behind = Duration::from_secs_f64(0.02 * random(&mut state));
            let pause = if moment == Moment::Import { behind } else { within };
            moments.push((moment, n, Duration::ZERO));
            moments.push((moment, n, pause));
        }
    }
    let moments = extent::some_of(&moments, 5);
    every(&moments, |(moment, n, pause)| {
        let bench = slow();
        let mut child = start(bench.command("r", "--batch --quiet"));
        while !moment.has_come(&bench, *n) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(*pause);
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = format!("killed at {moment:?} {n} and {pause:?}");
        bench.ledger("r").adds_up();
        run(&bench, "--quiet").ok();
        same(&bench, &whole);
        let (seen, stats) = (batches(&bench), bench.stats());
        assert_eq!(seen.created, undisturbed.created, "{killed}: {seen:?}");
        assert_eq!((seen.billed, stats.repeated), (undisturbed.billed, 0), "{killed}: {stats:?}");
        assert_eq!(online(&bench), 0, "{killed}");
        let ledger = bench.ledger("r");
        ledger.adds_up();
        assert_eq!(ledger.sum("answers"), undisturbed.billed, "{killed}");
        assert_eq!(ledger.sum("maybe_paid"), 0, "{killed}");
        assert_eq!(ledger.sum("prompt_tokens"), undisturbed.tokens_in, "{killed}");
    });
}

#[test]
fn killed_again_and_again_a_run_comes_to_its_end() {
    let whole = expected(true);
    let bench = slow();
    let mut state = 5;
    for _ in 0..extent::of(25, 5) {
        let mut child = start(bench.command("r", "--batch --quiet"));
        std::thread::sleep(Duration::from_secs_f64(0.1 + 0.4 * random(&mut state)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(&bench, "--quiet").ok();
    same(&bench, &whole);
    let (seen, stats) = (batches(&bench), bench.stats());
    assert_eq!((seen.billed, stats.repeated), (whole.stats().billed, 0), "{seen:?}");
    assert_eq!(bench.ledger("r").sum("maybe_paid"), 0);
}

#[test]
fn who_does_not_wait_comes_back() {
    let whole = expected(true);
    let bench = Bench::small(batching(Batching { looks: 2, ..Batching::default() }));
    let mut returns = 0;
    loop {
        let ran = run(&bench, "--no-wait");
        if ran.code == 0 {
            break;
        }
        let ran = ran.exits(75);
        ran.complains(&["under way: batch batch_", "question", "run the same command again later"]);
        let said = bench.space.cladus("cost r").ok().stdout;
        assert!(said.contains("are in progress in batches: at most"), "{said}");
        returns += 1;
        assert!(returns < 20, "it never ends");
    }
    assert!(returns >= 6, "{returns}");
    same(&bench, &whole);
    assert_eq!(batches(&bench).billed, whole.stats().billed);
    bench.run("r", "--no-wait").exits(2).complains(&["--batch"]);
}
