//! What a run remembers, and what it notices.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use cladus_core::artifact::Node;
use cladus_tests::server::{Behaviour, Kind, RateHeaders};
use serde_json::Value;

use super::{Play, roots};
use crate::space::{assorted, named};

fn base(nodes: &[Node]) -> usize {
    nodes.iter().filter(|node| node.cluster.level == 0).count()
}

// K12: a checkpoint was read because it was there: seven new clusters, and the old twenty came back.
#[test]
fn a_changed_input_is_noticed() {
    let play = Play::new(&assorted(56), Behaviour::default());
    play.tree("");
    play.space.write("in.jsonl", named((0..27).map(|i| format!("Quite another topic {i}"))));
    play.server.reset();
    let nodes = play.tree("");
    assert_eq!(base(&nodes), 27);
    assert!(nodes.iter().all(|node| node.cluster.id != "c00001"));
    assert!(play.server.stats().of(Kind::Rename) > 0);
}

// K12: neither were the model, the number of roots or the temperature compared.
#[test]
fn a_changed_setting_redoes_what_depends_on_it() {
    let play = Play::new(&assorted(56), Behaviour::default());
    assert_eq!(play.states(""), ["made"; 5]);
    assert_eq!(play.states(""), ["fresh"; 5]);
    let only_asked = ["fresh", "fresh", "made", "made", "made"];
    assert_eq!(play.states("--temperature 0.5"), only_asked);
    assert_eq!(play.states_of("another", ""), only_asked);
    let states = play.states_of("another", "--max-clusters 7");
    assert_eq!(states[0], "fresh", "vectors do not depend on the number of roots");
    assert!(states[2..].iter().all(|state| state == "made"), "{states:?}");
    let nodes = play.space.hierarchy("r");
    assert!((4..=7).contains(&roots(&nodes).len()));
}

// K13: saved once, at the very end: one failing name, and 149 paid calls were gone.
#[test]
fn a_stop_at_the_last_stage_loses_no_paid_answer() {
    let play = Play::new(&assorted(200), Behaviour::faulty("rename:401#2xinf"));
    play.run("--clusters-per-group 20 --concurrency 1").exits(8).complains(&["hint"]);
    let paid = play.server.stats();
    assert!(paid.of(Kind::Propose) >= 5 && paid.of(Kind::Rename) >= 2, "{paid:?}");
    play.server.configure(|behaviour| *behaviour = Behaviour::default());
    play.tree("--clusters-per-group 20 --concurrency 1");
    let all = play.server.stats();
    assert_eq!(all.repeated, 0, "an answer was paid for twice");
    assert_eq!(all.with_status(401), 1);
    let first = |kind| play.asked(kind).iter().filter(|seen| seen.attempt == 1).count() as u64;
    for kind in [Kind::Propose, Kind::Label] {
        assert_eq!(all.of(kind), first(kind), "{kind:?} asked again");
    }
}

// K15, K16: groups by chance, ids by chance, rows in the order of the answers.
#[test]
fn neither_chance_nor_the_order_of_answers_shows_in_the_result() {
    let artifacts = |flags: &str, behaviour: Behaviour| -> BTreeMap<PathBuf, Vec<u8>> {
        let play = Play::new(&assorted(200), behaviour);
        play.tree(&format!("--clusters-per-group 12 {flags}"));
        play.space.artifacts("r")
    };
    let once = artifacts("--concurrency 1", Behaviour::default());
    assert!(once == artifacts("--concurrency 1", Behaviour::default()), "a second run differs");
    // Some answers come late and after others.
    let late = Behaviour { rate_headers: RateHeaders::Off, ..Behaviour::faulty("chat:503@0.3") };
    assert!(once == artifacts("--concurrency 20", late), "the order of answers shows");
}

// K21: no tokens counted, prompts and answers not kept, no temperature.
#[test]
fn every_token_is_counted_and_every_answer_kept() {
    let play = Play::new(&assorted(56), Behaviour::default());
    play.tree("--temperature 0.3");
    let stats = play.server.stats();
    let requests = play.server.requests();
    assert!(requests.iter().all(|seen| seen.body["temperature"] == 0.3));
    let cost = play.space.cladus("cost r --json").ok();
    let lines: Value = serde_json::from_str(&cost.stdout).unwrap();
    let sum = |field: &str| -> u64 {
        lines.as_array().unwrap().iter().map(|line| line[field].as_u64().unwrap()).sum()
    };
    assert_eq!(sum("calls"), stats.requests);
    assert_eq!(sum("prompt_tokens"), stats.tokens_in);
    assert_eq!(sum("completion_tokens"), stats.tokens_out);

    let before = play.space.artifacts("r");
    fs::remove_dir_all(play.space.path("r/iteration-1")).unwrap();
    play.server.reset();
    play.tree("--temperature 0.3");
    assert!(play.space.artifacts("r") == before);
    assert_eq!(play.server.stats().requests, 0, "answers were bought again");
}
