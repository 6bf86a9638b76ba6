//! Questions that are handed over in batches, or as files.

mod broken;
mod files;
mod killed;
mod limits;
mod stores;

use cladus_tests::server::{BatchStats, Batching, Behaviour, Quirk, Support};

use crate::models::{Bench, each};
use crate::space::Ran;

/// A server whose batches go so.
fn batching(batches: Batching) -> Behaviour {
    Behaviour { batches, ..Behaviour::default() }
}

fn batches(bench: &Bench) -> BatchStats {
    bench.stats().batches
}

/// A run in batches that looks at them often.
fn run(bench: &Bench, flags: &str) -> Ran {
    bench.run("r", &format!("--batch {flags}"))
}

/// What was asked one by one.
fn online(bench: &Bench) -> u64 {
    let stats = bench.stats();
    stats.requests - stats.of(cladus_tests::server::Kind::Batches)
}

/// What a run without batches writes.
fn expected(small: bool) -> Bench {
    let bench =
        if small { Bench::small(Behaviour::default()) } else { Bench::new(Behaviour::default()) };
    bench.run("r", "--quiet").ok();
    bench
}

#[track_caller]
fn same(bench: &Bench, online: &Bench) {
    assert!(bench.artifacts("r") == online.artifacts("r"), "another result in batches");
}

#[test]
fn a_run_in_batches_writes_the_same_bytes_for_half_the_price() {
    let alone = Bench::new(Behaviour::default());
    alone.run("r", "--quiet --model gpt-4o-mini").ok();
    let bench = Bench::new(batching(Batching { looks: 2, ..Batching::default() }));
    let ran = run(&bench, "--model gpt-4o-mini").ok();
    same(&bench, &alone);
    bench.is_whole("r");
    assert_eq!(online(&bench), 0);
    let (seen, single) = (batches(&bench), alone.stats());
    assert_eq!((seen.billed, seen.questions), (single.billed, single.billed));
    assert_eq!(bench.stats().repeated, 0);
    assert!(seen.created >= 3 && seen.created <= 9, "{seen:?}");
    for part in ["questions submitted", "in_progress", "completed,"] {
        assert!(ran.stderr.contains(part), "no {part:?} in:\n{}", ran.stderr);
    }
    let (ledger, whole) = (bench.ledger("r"), alone.ledger("r"));
    ledger.adds_up();
    for what in ["calls", "answers", "prompt_tokens", "completion_tokens"] {
        assert_eq!(ledger.sum(what), whole.sum(what), "{what}");
    }
    let (half, full) = (ledger.sum("nanodollars"), whole.sum("nanodollars"));
    // Each answer is rounded up to a whole nanodollar.
    assert!(half * 2 >= full && half * 2 <= full + 2 * seen.billed, "{half} of {full}");
    // Online again: everything is answered.
    bench.report("r", "--model gpt-4o-mini --force label");
    assert_eq!(online(&bench), 0);
}

#[test]
fn what_a_run_reports_is_what_its_batches_came_to() {
    let bench = Bench::small(Behaviour::default());
    let report = bench.report("r", "--batch");
    let (seen, ledger) = (batches(&bench), bench.ledger("r"));
    assert_eq!(report.sum("calls"), seen.billed);
    assert_eq!(ledger.sum("calls"), seen.billed);
    assert_eq!(report.sum("prompt_tokens"), seen.tokens_in);
    assert_eq!(report.sum("completion_tokens"), seen.tokens_out);
    assert_eq!(report.sum("answered"), 0);
    assert_eq!(report.fell_back(), 0);
    let again = bench.report("r", "--batch");
    assert!(again.states().iter().all(|state| *state == "fresh"));
    assert_eq!(batches(&bench), seen);
}

#[test]
fn switching_between_batches_and_single_calls_costs_nothing() {
    let bench = Bench::small(Behaviour::default());
    bench.run("a", "--quiet").ok();
    let alone = bench.stats();
    bench.run("b", "--batch --answers a/answers.sqlite").ok();
    assert_eq!(bench.stats(), alone, "all is answered already");
    let bench = Bench::small(Behaviour::default());
    bench.run("a", "--batch").ok();
    bench.run("b", "--answers a/answers.sqlite").ok();
    assert_eq!(online(&bench), 0);
    assert!(bench.artifacts("a") == bench.artifacts("b"));
}

#[test]
fn large_batches_are_cut_into_chunks() {
    let whole = expected(true);
    let bench = Bench::small(Behaviour::default());
    bench.space.write(
        "conf.toml",
        "[label]\nlabels_per_call = 6\n[llm]\nbatch_requests = 3\nbatch_poll = 0.05\n",
    );
    run(&bench, "").ok();
    same(&bench, &whole);
    let seen = batches(&bench);
    assert!(seen.created >= seen.questions.div_ceil(3), "{seen:?}");
    assert_eq!((seen.uploads, seen.billed), (seen.created, seen.questions));
}

#[test]
fn questions_that_arise_from_answers_come_in_the_next_batch() {
    // Names that do not fit are asked about again; answers that are cut off, with more room.
    // Where a model never says anything, halves are asked about at once, but not in batches.
    let rules = ["label:invalid@0.5", "rename:blank@0.5", "chat:truncated@0.5", "propose:empty@1"];
    each(&rules, |rules| {
        let never = rules.starts_with("propose:empty");
        let alone = Bench::new(Behaviour::faulty(rules));
        let code = alone.run("r", "--quiet").code;
        assert!(matches!(code, 0 | 5), "{rules}: {code}");
        let bench = Bench::new(Behaviour::faulty(rules));
        assert_eq!(run(&bench, "--quiet").code, code, "{rules}");
        same(&bench, &alone);
        assert_eq!(online(&bench), 0, "{rules}");
        let (billed, alone) = (batches(&bench).billed, alone.stats().billed);
        assert!(billed == alone || never && billed < alone, "{rules}: {billed}, {alone}");
        let created = batches(&bench).created;
        assert!(created > if never { 1 } else { 3 }, "{rules}: {:?}", batches(&bench));
    });
}

#[test]
fn a_form_that_is_refused_is_learnt_once() {
    let whole = expected(true);
    let all = [
        Support::SchemaRefused400,
        Support::SchemaRefused500,
        Support::ObjectOnly,
        Support::PlainOnly,
        Support::Ignores,
    ];
    each(&all, |support| {
        let bench = Bench::small(Behaviour::supporting(*support));
        run(&bench, "--quiet").ok();
        same(&bench, &whole);
        assert_eq!(online(&bench), 0, "{support:?}");
        let seen = batches(&bench);
        assert_eq!(seen.billed, whole.stats().billed, "{support:?}: {seen:?}");
        assert_eq!(seen.questions > seen.billed, *support != Support::Ignores, "{support:?}");
        // Proposals, what they have in common, labels, a second look, names; and only the first stage
        // learns.
        assert!(seen.created <= 5 + 3, "{support:?}: {seen:?}");
    });
    let unsupported = vec!["temperature".to_owned(), "max_tokens".to_owned()];
    for refusing in [
        Behaviour { unsupported, ..Behaviour::default() },
        Behaviour::with_quirks([Quirk::NoListBounds]),
    ] {
        let bench = Bench::small(refusing);
        run(&bench, "--quiet").ok();
        same(&bench, &whole);
        let seen = batches(&bench);
        assert_eq!(seen.billed, whole.stats().billed, "{seen:?}");
        assert!(seen.questions > seen.billed, "nothing was refused: {seen:?}");
    }
}

#[test]
fn questions_that_are_too_long_are_asked_in_halves() {
    let rules = "label:toolong@0.5x9";
    let alone = Bench::small(Behaviour::faulty(rules));
    let code = alone.run("r", "--quiet").code;
    let bench = Bench::small(Behaviour::faulty(rules));
    assert_eq!(run(&bench, "--quiet").code, code);
    same(&bench, &alone);
    assert_eq!(online(&bench), 0);
    let (ours, theirs) = (bench.stats().faults["toolong"], alone.stats().faults["toolong"]);
    // A single call asks for a shorter answer before it asks about less.
    assert!(ours > 0 && (ours..=2 * ours).contains(&theirs), "{ours}, {theirs}");
}

#[test]
fn embeddings_are_asked_for_one_by_one() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, "--embedder api --embedding-model test-embed --quiet").ok();
    bench.is_whole("r");
    let stats = bench.stats();
    assert!(stats.of(cladus_tests::server::Kind::Embed) > 0);
    assert_eq!(online(&bench), stats.of(cladus_tests::server::Kind::Embed));
}

#[test]
fn a_plan_in_batches_is_at_half_the_price() {
    let bench = Bench::new(Behaviour::default());
    let total = |flags: &str| {
        let ran = bench.run("r", &format!("--dry-run --json --model gpt-4o-mini {flags}")).ok();
        let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        plan["total"]["nanodollars"].as_u64().unwrap()
    };
    let (full, half) = (total(""), total("--batch"));
    assert!(half * 2 >= full && half * 2 <= full + 500, "{half} of {full}");
    assert_eq!(bench.stats().requests, 0);
}

#[test]
fn asking_again_in_a_batch_pays_once_more_and_not_twice() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, "--quiet").ok();
    let once = batches(&bench);
    let labels = bench.ledger("r").of("label", "answers");
    run(&bench, "--reask label --quiet").ok();
    let again = batches(&bench);
    assert_eq!(again.billed, once.billed + labels);
    // Labels, and the second look at them.
    assert_eq!(again.created, once.created + 2);
    run(&bench, "--quiet").ok();
    assert_eq!(batches(&bench), again);
    assert_eq!(online(&bench), 0);
}
