//! What a run would do, said before it does anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cladus_tests::server::{Behaviour, Kind};
use serde_json::Value;

use super::Bench;

fn below(folder: &Path) -> BTreeSet<(PathBuf, Vec<u8>)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert((path, bytes));
            }
        }
    }
    found
}

/// The plan, and that making it sent nothing.
fn plan(bench: &Bench, flags: &str) -> Value {
    let mut plan = Value::Null;
    let sent = bench.requests_of(|| {
        let ran = bench.run("r", &format!("{flags} --dry-run --json")).ok();
        plan = serde_json::from_str(&ran.stdout).unwrap();
    });
    assert_eq!(sent, 0, "a plan sends nothing");
    plan
}

fn stage<'a>(plan: &'a Value, name: &str) -> &'a Value {
    plan["stages"].as_array().unwrap().iter().find(|stage| stage["stage"] == name).unwrap()
}

fn calls(plan: &Value, name: &str) -> (u64, u64) {
    let spent = &stage(plan, name)["spent"];
    (spent["calls"].as_u64().unwrap(), spent["answered"].as_u64().unwrap())
}

#[test]
fn a_plan_leaves_nothing_behind() {
    let bench = Bench::new(Behaviour::default());
    let before = below(&bench.space.path(""));
    let ran = bench.run("r", "--dry-run").ok();
    for part in
        ["level plan: 120 -> 40", "missing", "to do", "about", "calls", "tokens", "price unknown"]
    {
        assert!(ran.stdout.contains(part), "no {part:?} in:\n{}", ran.stdout);
    }
    // Neither key nor address are needed for a plan, nor a store.
    let line = super::RUN.replace("--model test-chat", "--model gpt-4o-mini");
    let line = format!("{line} --out r --dry-run --answers elsewhere.sqlite");
    let output = bench.line("cladus", &line).output().unwrap();
    let said = crate::space::Ran::from(output).ok().stdout;
    assert!(said.contains('$') && !said.contains("unknown"), "{said}");
    assert!(below(&bench.space.path("")) == before, "a plan left something behind");
    assert_eq!(bench.stats().requests, 0);
}

/// Names are compared by their vectors, and an endpoint makes none for nothing.
#[test]
fn what_an_endpoints_vectors_cost_is_planned() {
    let bench = Bench::new(Behaviour::default());
    let flags = "--embedder api --embedding-model text-embedding-3-small --backend extractive";
    let said = bench.run("r", &format!("{flags} --dry-run")).ok().stdout;
    assert!(said.contains('$') && !said.contains("nothing to pay"), "{said}");
    let planned = plan(&bench, flags);
    assert_eq!(planned["embedding_model"], "text-embedding-3-small");
    assert_eq!(stage(&planned, "embed")["exact"], true);
    assert_eq!(stage(&planned, "propose")["exact"], false);

    bench.run("r", flags).ok();
    let ledger = bench.ledger("r");
    assert_eq!(calls(&planned, "embed").0, ledger.of("embed", "calls"));
    let about = planned["total"]["prompt_tokens"].as_f64().unwrap();
    let share = about / ledger.sum("prompt_tokens") as f64;
    assert!((0.7..1.6).contains(&share), "{share}\n{planned:#}");

    assert_eq!(plan(&bench, flags)["total"]["calls"], 0, "all of it is there");
    let fewer = plan(&bench, &format!("{flags} --max-clusters 30"));
    assert_eq!(calls(&fewer, "embed").0, 0);
    assert!(calls(&fewer, "propose").0 > 0, "{fewer:#}");
    assert_eq!(stage(&fewer, "propose")["exact"], false);
}

#[test]
fn what_is_planned_exactly_is_what_is_sent() {
    /// Proposals of one group are compared with nobody's.
    const ONE: &str = "--clusters-per-group 200";
    let bench = Bench::new(Behaviour::default()).without_a_second_look();
    let planned = plan(&bench, ONE);
    assert_eq!(stage(&planned, "propose")["state"], "missing");
    assert_eq!(stage(&planned, "propose")["exact"], true);
    assert_eq!(stage(&planned, "label")["exact"], false);
    let total: u64 = planned["total"]["calls"].as_u64().unwrap();
    let (propose, _) = calls(&planned, "propose");
    bench.run("r", &format!("{ONE} --max-calls {propose}")).exits(6);
    assert_eq!(bench.stats().count(Kind::Propose, 200), propose);

    // Candidates are there now, and the labels can be planned exactly.
    let planned = plan(&bench, ONE);
    assert_eq!(stage(&planned, "propose")["state"], "fresh");
    assert_eq!(stage(&planned, "label")["exact"], true);
    let (label, held) = calls(&planned, "label");
    assert_eq!(held, 0);
    let half = label / 2;
    bench.run("r", &format!("{ONE} --max-calls {}", propose + half)).exits(6);
    let halfway = bench.stats();
    assert_eq!(halfway.count(Kind::Label, 200), half);
    let before = below(&bench.space.path("r"));
    let planned = plan(&bench, ONE);
    assert_eq!(calls(&planned, "label"), (label - half, half));
    let untouched = |all: &BTreeSet<(PathBuf, Vec<u8>)>| -> BTreeSet<PathBuf> {
        all.iter().map(|(path, _)| path.clone()).collect()
    };
    assert_eq!(untouched(&below(&bench.space.path("r"))), untouched(&before));

    bench.run("r", &format!("{ONE} --max-calls {}", propose + label)).exits(6);
    assert_eq!(bench.stats().count(Kind::Label, 200), label);
    let planned = plan(&bench, ONE);
    let (rename, _) = calls(&planned, "rename");
    assert_eq!(stage(&planned, "rename")["exact"], true);
    let report = bench.report("r", ONE);
    // Parents of one name are asked about once more: no plan can know.
    let renamed = bench.stats().count(Kind::Rename, 200);
    assert!((rename..=rename + 5).contains(&renamed), "{renamed} for {rename}");
    assert_eq!(report.states(), ["fresh", "fresh", "fresh", "fresh", "made"]);
    let sent = bench.stats().requests;
    assert!(total.abs_diff(sent) * 2 < sent, "about {total}, and {sent} were sent");
    let planned = plan(&bench, ONE);
    assert_eq!(planned["total"]["calls"], 0);
    assert!(planned["stages"].as_array().unwrap().iter().all(|s| s["state"] == "fresh"));
}

#[test]
fn a_plan_tells_what_a_change_would_cost() {
    let bench = Bench::new(Behaviour::default());
    let report = bench.report("r", "--answers s.sqlite --model gpt-4o-mini");
    let first = bench.artifacts("r");
    let cost = report.stages()[2]["spent"]["nanodollars"].as_u64().unwrap();
    // Another folder, the same answers: everything is known, nothing is to be paid.
    let ran = bench.run("other", "--answers s.sqlite --model gpt-4o-mini --dry-run --json").ok();
    let planned: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(planned["total"]["calls"], 0, "{planned}");
    assert_eq!(planned["total"]["answered"], bench.stats().requests);
    assert_eq!(planned["total"]["nanodollars"], 0);
    assert!(!bench.space.path("other").exists());
    // Another temperature asks everything again, for about the same.
    let planned = plan(&bench, "--answers s.sqlite --model gpt-4o-mini --temperature 0.3");
    let again = stage(&planned, "propose")["spent"]["nanodollars"].as_u64().unwrap();
    assert!(again.abs_diff(cost) * 2 < cost, "{again} for {cost}");
    let why = stage(&planned, "propose")["reasons"].to_string();
    assert!(why.contains("temperature: 0 -> 0.3"), "{why}");
    assert!(bench.artifacts("r") == first);
}

#[test]
fn vectors_are_planned_too() {
    let bench = Bench::small(Behaviour::default());
    let api = "--embedder api --embedding-model test-embed --backend extractive";
    let planned = plan(&bench, api);
    assert_eq!(calls(&planned, "embed"), (1, 0), "48 texts are one call");
    assert!(!bench.space.path("r").exists());
    let sent = bench.requests_of(|| bench.run("r", api).ok().complains(&[]));
    assert!(sent >= 1);
}
