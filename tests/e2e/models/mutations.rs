//! Every part of a fingerprint, changed alone: exactly it is named, with its old and its new value, and
//! what was foretold is what is then asked.

use std::collections::{BTreeMap, BTreeSet};

use cladus_tests::server::{Behaviour, Kind};
use serde_json::Value;

use super::{Bench, CONFIG};
use crate::extent;
use crate::space::repository;

/// What stages read of each other; everything else is their own.
const INPUTS: [&str; 5] = ["clusters", "embeddings", "groups", "candidates", "labels"];

fn forecast(bench: &Bench, flags: &str) -> Value {
    let ran = bench.run("r", &format!("{flags} --dry-run --json")).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn changed(step: &Value) -> Vec<&Value> {
    let reasons = step["reasons"].as_array().unwrap().iter();
    reasons.filter(|reason| reason["reason"] == "changed").collect()
}

/// Parts that are not inputs and have changed, by stage.
fn own_parts(forecast: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for step in forecast["stages"].as_array().unwrap() {
        for reason in changed(step) {
            assert_ne!(reason["old"], reason["new"], "{reason}");
            let part = reason["part"].as_str().unwrap();
            let is_input = INPUTS.contains(&part) || part.starts_with("iteration ");
            if !is_input || step["stage"] == "input" {
                let stage = step["stage"].as_str().unwrap().to_owned();
                found.entry(stage).or_default().insert(part.to_owned());
            }
        }
    }
    found
}

/// `"propose: model; label: model"` as a map.
fn expected(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let stages = text.split("; ").filter(|stage| !stage.is_empty());
    let parse = |stage: &str| {
        let (stage, parts) = stage.split_once(": ").unwrap();
        (stage.to_owned(), parts.split(' ').map(str::to_owned).collect())
    };
    stages.map(parse).collect()
}

#[test]
fn each_part_changed_alone_is_named_and_nothing_else() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    assert_eq!(own_parts(&forecast(&bench, "")), BTreeMap::new());
    let settings = |name: &str, more: &str| {
        let text = if more.starts_with('[') {
            format!("{CONFIG}{more}")
        } else {
            CONFIG.replacen(
                '\n',
                &format!("\n{more}\n"),
                if more.contains("scope") { 1 } else { 0 },
            )
        };
        bench.space.write(name, text);
    };
    settings("size.toml", "[group]\nmax_group_size = 20");
    settings("scope.toml", "scope = \"all\"");
    bench.space.write("room.toml", format!("{CONFIG}max_answer_tokens = 9000\n"));
    let named = "propose: PART; label: PART; rename: PART";
    let everywhere = |part: &str| named.replace("PART", part);
    let cases = [
        ("--seed 5", "embed: seed; group: seed; label: seed".to_owned()),
        ("--clusters-per-group 10", "group: clusters_per_group".to_owned()),
        ("--max-children 30", "rename: max_children".to_owned()),
        ("--config size.toml", "group: max_group_size".to_owned()),
        ("--max-clusters 30", "propose: parents; rename: parents".to_owned()),
        ("--config scope.toml", "label: scope".to_owned()),
        ("--labels-per-call 3", "label: labels_per_call".to_owned()),
        ("--model other", everywhere("model")),
        ("--temperature 0.5", everywhere("temperature")),
        ("--config room.toml", everywhere("max_answer_tokens")),
        ("--subject tickets", everywhere("subject")),
        ("--prompt-style things", everywhere("prompt_style")),
        ("--embedder api --embedding-model e", "embed: embedder embedding_model seed".to_owned()),
        (
            "--backend extractive",
            "propose: backend model temperature prompt reconcile_prompt open; \
             label: backend model temperature prompt seed labels_per_call scope; \
             rename: backend model temperature prompt open"
                .to_owned(),
        ),
    ];
    for (flags, parts) in extent::some_of(&cases, 5) {
        assert_eq!(own_parts(&forecast(&bench, flags)), expected(&parts), "{flags}");
    }
    let nothing = [
        "--concurrency 3",
        "--base-url http://localhost:9/v1",
        "--max-calls 9 --max-tokens 9",
        "--requests-per-minute 7 --tokens-per-minute 7",
        "--api-key-file nowhere",
        "--answers elsewhere.sqlite",
    ];
    for flags in extent::some_of(&nothing, 2) {
        let found = forecast(&bench, flags);
        let fresh = found["stages"].as_array().unwrap().iter().all(|s| s["state"] == "fresh");
        assert!(fresh, "{flags}: {found:#}");
    }
}

#[test]
fn a_prompt_a_version_and_a_row_are_named_too() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    std::fs::create_dir(bench.space.path("r/prompts")).unwrap();
    for (stage, artifact) in [("propose", "candidates"), ("label", "labels"), ("rename", "parents")]
    {
        let own = repository().join(format!("crates/{stage}/prompts/{stage}.md"));
        let text = std::fs::read_to_string(own).unwrap();
        let other = bench.space.write(&format!("r/prompts/{stage}.md"), format!("{text}More.\n"));
        let found = forecast(&bench, "");
        assert_eq!(own_parts(&found), expected(&format!("{stage}: prompt")));
        let steps = found["stages"].as_array().unwrap();
        let step = steps.iter().find(|step| step["stage"] == stage).unwrap();
        assert_eq!(changed(step)[0]["lines"], serde_json::json!({"added": 1, "removed": 0}));
        std::fs::remove_file(other).unwrap();

        // As an earlier version of the program would have left it.
        let record = bench.space.path(&format!("r/iteration-1/{artifact}.manifest.json"));
        let now = std::fs::read_to_string(&record).unwrap();
        let (head, tail) = now.split_once("\"version\": \"").unwrap();
        let tail = tail.split_once('"').unwrap().1;
        std::fs::write(&record, format!("{head}\"version\": \"0\"{tail}")).unwrap();
        assert_eq!(own_parts(&forecast(&bench, "")), expected(&format!("{stage}: version")));
        std::fs::write(&record, now).unwrap();
    }
    let input = std::fs::read_to_string(bench.space.path("in.jsonl")).unwrap();
    bench.space.write("in.jsonl", input.replacen("\"name\": \"", "\"name\": \"Not to ", 1));
    let found = forecast(&bench, "");
    assert_eq!(own_parts(&found), expected("input: clusters"));
    let states: Vec<&str> =
        found["stages"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(states[..2], ["stale", "stale"]);
}

#[test]
fn what_is_foretold_is_what_is_asked() {
    let bench = Bench::small(Behaviour::default()).without_a_second_look();
    bench.report("r", "");
    let prompt = repository().join("crates/label/prompts/label.md");
    let text = std::fs::read_to_string(prompt).unwrap();
    std::fs::create_dir(bench.space.path("r/prompts")).unwrap();
    bench.space.write("r/prompts/label.md", text.replacen("You sort", "Do sort", 1));
    let status = bench.space.cladus("status r --json").ok();
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    let step = |name: &str| {
        let steps = status["stages"].as_array().unwrap();
        steps.iter().find(|step| step["stage"] == name).unwrap().clone()
    };
    let (label, rename) = (step("label"), step("rename"));
    assert_eq!((&label["state"], &label["exact"]), (&"stale".into(), &true.into()));
    assert_eq!((&rename["state"], &rename["exact"]), (&"waiting".into(), &false.into()));
    let before = bench.stats().count(Kind::Label, 200);
    bench.report("r", "");
    let asked = bench.stats().count(Kind::Label, 200) - before;
    assert!(asked > 0 && label["spent"]["calls"] == asked, "{asked} calls, foretold: {label}");
    bench.space.cladus("status r --check").ok();
}
