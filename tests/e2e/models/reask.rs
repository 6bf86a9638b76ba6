//! Asking again what is answered: the only way to pay twice, said beforehand.

use cladus_tests::server::{Behaviour, Kind};

use super::Bench;

#[test]
fn a_stage_is_asked_again_at_the_price_that_was_said() {
    let bench = Bench::small(Behaviour::default()).without_a_second_look();
    bench.report("r", "");
    let before = bench.stats();
    let planned = bench.run("r", "--reask label --dry-run --json").ok();
    let planned: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let steps = planned["stages"].as_array().unwrap();
    let label = steps.iter().find(|step| step["stage"] == "label").unwrap();
    let foretold = label["spent"]["calls"].as_u64().unwrap();
    assert_eq!(foretold, before.count(Kind::Label, 200));
    assert_eq!(label["reasons"][0]["reason"], "reask");
    assert_eq!(bench.stats().requests, before.requests, "a plan sends nothing");

    let ran = bench.run("r", "--reask label").ok();
    assert!(ran.stderr.contains(&format!("asking again: {foretold} calls")), "{}", ran.stderr);
    let after = bench.stats();
    assert_eq!(after.count(Kind::Label, 200), 2 * foretold);
    assert_eq!(after.count(Kind::Propose, 200), before.count(Kind::Propose, 200));
    assert_eq!(after.requests, before.requests + foretold, "the same answers: nothing else is new");
    // Once: the next runs ask nothing, also by force.
    assert_eq!(bench.report("r", "").states(), ["fresh"; 5]);
    assert_eq!(bench.report("r", "--force label").sum("calls"), 0);
}

#[test]
fn only_questions_that_hold_a_text_are_asked_again() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    let name = bench.space.clusters("r/clusters.parquet")[0].name.to_uppercase();
    let holding = bench.server.requests().into_iter().filter(|seen| {
        seen.kind == Kind::Label && seen.body.to_string().to_uppercase().contains(&name)
    });
    let holding = holding.count() as u64;
    let before = bench.stats();
    let mut command = bench.command("r", "--quiet");
    let ran: crate::space::Ran =
        command.args(["--reask", &format!("label:{name}")]).output().unwrap().into();
    let _ = ran.ok();
    let asked = bench.stats().requests - before.requests;
    assert!(holding > 0 && asked == holding, "{asked} asked, {holding} hold {name}");
    assert!(asked < before.count(Kind::Label, 200));
}

#[test]
fn asking_again_goes_on_where_it_was_stopped() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    let before = bench.stats();
    let label = before.count(Kind::Label, 200);
    let some = before.requests + label / 2;
    bench.run("r", &format!("--reask label --max-calls {some}")).exits(6);
    let halfway = bench.stats().requests;
    assert!(halfway > before.requests && halfway <= some);
    let status = bench.space.cladus("status r").ok();
    assert!(status.stdout.contains("to be asked again"), "{}", status.stdout);
    // With or without saying it again, only the rest is asked.
    bench.run("r", "--reask label --max-calls 100000").ok();
    assert_eq!(bench.stats().requests, before.requests + label);
    bench.space.cladus("status r --check").ok();
}

#[test]
fn where_nobody_is_asked_nothing_is_asked_again() {
    let space = crate::space::Space::new();
    space.write("in.jsonl", crate::space::assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    space.cladus("run in.jsonl --out r --reask label").exits(2).complains(&["asks no model"]);
    space.cladus("run in.jsonl --out r --reask group").exits(2).complains(&["propose, label"]);
}
