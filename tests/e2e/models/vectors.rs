//! Vectors from an endpoint: in batches, once a text, kept a text at a time.

use std::collections::HashMap;
use std::time::Duration;

use cladus_core::artifact;
use cladus_tests::server::{Behaviour, Kind};

use super::{Bench, after, each, finish, start};
use crate::space::assorted;

const API: &str = "--embedder api --embedding-model test-embed --backend extractive --quiet";

/// How often each text was embedded in an answer that came whole.
fn texts(bench: &Bench) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let seen = bench.server.requests();
    for seen in seen.iter().filter(|s| s.kind == Kind::Embed && s.whole && s.status == Some(200)) {
        for text in seen.body["input"].as_array().unwrap() {
            *counts.entry(text.as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

#[track_caller]
fn each_once(bench: &Bench) {
    for (text, count) in texts(bench) {
        assert_eq!(count, 1, "{text:?}");
    }
}

#[test]
fn a_text_is_embedded_once_in_batches() {
    let all = assorted(300);
    // Ten more clusters of texts that are there already.
    let again = all.lines().take(10).map(|line| line.replacen("\"id\":\"c", "\"id\":\"again", 1));
    let input: String = all.lines().map(str::to_owned).chain(again).map(|l| l + "\n").collect();
    let bench = Bench::with(&input, Behaviour::default());
    bench.run("r", API).ok();
    bench.is_whole("r");
    each_once(&bench);
    let seen = bench.server.requests();
    let sizes: Vec<usize> =
        seen.iter().map(|seen| seen.body["input"].as_array().unwrap().len()).collect();
    assert!(sizes.iter().all(|size| *size <= 128), "{sizes:?}");
    assert!(sizes.iter().filter(|size| **size == 128).count() >= 2, "{sizes:?}");
    let path = bench.space.path("r/iteration-1/embeddings.parquet");
    let embeddings = artifact::read_embeddings(&path).unwrap().rows;
    assert_eq!(embeddings.cluster_ids.len(), 310);
    assert_eq!(embeddings.vectors.len(), 310 * embeddings.dim);
    let of = |id: &str| {
        let row = embeddings.cluster_ids.iter().position(|known| known == id).unwrap();
        embeddings.vector(row)
    };
    assert_eq!(of("c00004"), of("again00004"), "the same text, the same vector");
    assert_ne!(of("c00004"), of("c00005"));
    assert_eq!(embeddings.embedder.as_deref(), Some("api model=test-embed"));
    let ledger = bench.ledger("r");
    assert_eq!(ledger.sum("answers"), bench.stats().requests);
    assert_eq!(ledger.sum("prompt_tokens"), bench.stats().tokens_in);

    let first = bench.artifacts("r");
    let store = format!("{API} --answers r/answers.sqlite");
    let sent = bench.requests_of(|| {
        bench.run("r", API).ok();
        bench.run("other", &store).ok();
    });
    assert_eq!(sent, 0);
    assert!(bench.artifacts("other") == first);

    // One row changed: one text is new (and the candidates that come of it, perhaps).
    let changed = input.replacen("Case 17 was solved", "Case 17 was not solved", 1);
    assert_ne!(changed, input);
    bench.space.write("in.jsonl", &changed);
    bench.server.reset();
    bench.run("r", API).ok();
    let seen = bench.server.requests();
    let inputs = seen[0].body["input"].as_array().unwrap();
    assert_eq!(inputs.len(), 1, "{inputs:?}");
    assert!(inputs[0].as_str().unwrap().contains("Case 17 was not solved"));
    each_once(&bench);
}

#[test]
fn with_a_language_model_too() {
    let bench = Bench::new(Behaviour::default());
    let line = "--embedder api --embedding-model test-embed";
    let report = bench.report("r", line);
    bench.is_whole("r");
    each_once(&bench);
    let stats = bench.stats();
    assert_eq!((report.sum("calls"), stats.repeated), (stats.requests, 0), "{stats:?}");
    let ledger = bench.ledger("r");
    assert_eq!(ledger.sum("calls"), stats.requests);
    assert_eq!(bench.requests_of(|| drop(bench.report("r", line))), 0);
}

#[test]
fn odd_answers_give_the_same_vectors() {
    let plain = Bench::with(&assorted(300), Behaviour::default());
    plain.run("r", API).ok();
    let plain = plain.artifacts("r");
    let rules = [
        "embed:shuffled@1xinf",
        "embed:short@1",
        "embed:empty@0.7",
        "embed:wrongtype@0.7",
        "embed:429@0.7",
        "embed:500@0.7x2",
        "embed:cut@0.7",
        "embed:html@0.7",
        "embed:nousage@1",
    ];
    each(&rules, |rules| {
        let behaviour = Behaviour {
            retry_after: Duration::from_millis(500),
            notice: Duration::from_millis(250),
            ..Behaviour::faulty(rules)
        };
        let bench = Bench::with(&assorted(300), behaviour);
        bench.run("r", API).ok();
        let stats = bench.stats();
        assert!(!stats.faults.is_empty(), "{rules}: nothing was struck");
        assert_eq!((stats.repeated, stats.too_early), (0, 0), "{rules}: {stats:?}");
        assert!(bench.artifacts("r") == plain, "{rules}: other vectors");
        bench.ledger("r").adds_up();
    });
}

#[test]
fn killed_in_the_middle_vectors_are_kept() {
    let plain = Bench::with(&assorted(600), Behaviour::default());
    plain.run("r", API).ok();
    let plain = plain.artifacts("r");
    each(&[1, 2, 3, 4], |answered| {
        let bench = Bench::with(&assorted(600), after(60));
        let flags = format!("{API} --concurrency 1");
        let mut child = start(bench.command("r", &flags));
        while bench.stats().billed < *answered {
            std::thread::sleep(Duration::from_millis(1));
        }
        // Right after the answer, or a little later: written, read, or on its way.
        std::thread::sleep(Duration::from_millis(answered * 7 % 20));
        child.kill().unwrap();
        child.wait().unwrap();
        bench.settle();
        let open = bench.ledger("r").sum("maybe_paid");
        assert!(open <= 2, "{open} calls are open");
        bench.server.configure(|b| b.latency = Duration::ZERO);
        bench.run("r", &flags).ok();
        let twice = texts(&bench).values().filter(|count| **count > 1).count() as u64;
        assert!(twice <= open * 128, "{twice} texts were embedded twice, {open} calls were open");
        assert!(bench.stats().repeated <= open);
        assert!(bench.artifacts("r") == plain, "other vectors after a kill");
    });
}

#[test]
fn two_runs_embed_a_text_once() {
    let bench = Bench::with(&assorted(300), after(150));
    let flags = format!("{API} --answers shared.sqlite");
    let children = [start(bench.command("a", &flags)), start(bench.command("b", &flags))];
    for child in children {
        finish(child).ok();
    }
    each_once(&bench);
    assert!(bench.artifacts("a") == bench.artifacts("b"));
}

#[test]
fn a_refused_key_or_a_missing_model_is_said() {
    let bench = Bench::small(Behaviour::faulty("embed:401@1xinf"));
    bench.run("r", API).exits(8).complains(&["refuses the key", "hint"]);
    bench.run("r", "--embedder api").exits(2).complains(&["no embedding model is named"]);
    bench.server.configure(|b| b.faults = "embed:404model@1xinf".parse().unwrap());
    bench.run("r", API).exits(2).complains(&["test-embed"]);
    bench.server.configure(|b| b.faults = "".parse().unwrap());
    bench.run("r", API).ok();
    bench.is_whole("r");
    bench.run("r", &format!("{API} --max-calls 1")).ok();
}
