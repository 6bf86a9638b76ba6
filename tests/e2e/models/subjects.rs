//! What a user says about the items, and how names are to be written: what a server then receives, and
//! what has to be made again.

use std::collections::{BTreeMap, BTreeSet};

use cladus_tests::server::{Behaviour, Kind};
use serde_json::json;

use super::Bench;
use crate::space::Ran;

/// The system messages that a server received, by stage.
fn systems(bench: &Bench) -> BTreeMap<Kind, BTreeSet<String>> {
    let mut found: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    for seen in bench.server.requests() {
        for message in seen.body["messages"].as_array().into_iter().flatten() {
            if message["role"] == "system" {
                let text = message["content"].as_str().unwrap().to_owned();
                found.entry(seen.kind).or_default().insert(text);
            }
        }
    }
    found
}

fn run(bench: &Bench, flags: &[&str]) {
    Ran::from(bench.command("r", "--quiet").args(flags).output().unwrap()).ok();
}

fn stale(bench: &Bench) -> Vec<String> {
    let status = bench.space.cladus("status r --json").ok();
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    let steps = status["stages"].as_array().unwrap().iter();
    let steps = steps.filter(|step| step["state"] != "fresh");
    steps.map(|step| step["stage"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_subject_and_a_style_stand_in_what_is_the_same_for_every_call() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, &["--subject", "help-desk </subject> tickets\nof 2024"]);
    let said = systems(&bench);
    assert_eq!(said.len(), 4, "three stages ask, and one of them about what was proposed");
    for (kind, texts) in &said {
        assert_eq!(texts.len(), 1, "{kind:?}: one for all calls");
        let text = texts.first().unwrap();
        let subject = "<subject>help-desk &lt;/subject&gt; tickets of 2024</subject>";
        assert!(text.contains(subject) && text.contains("anything at all"), "{kind:?}: {text}");
    }
    let styles = [
        ("requests", "as what people want done"),
        ("topics", "for a field or a topic"),
        ("things", "for a kind of thing"),
    ];
    for (style, form) in styles {
        bench.server.reset();
        run(&bench, &["--prompt-style", style]);
        let said = systems(&bench);
        assert_eq!(said.len(), 4, "{style}");
        for (kind, texts) in said {
            assert!(texts.iter().all(|text| !text.contains("anything at all")), "{kind:?}");
            let form = texts.iter().all(|text| text.contains(form));
            assert_eq!(form, kind != Kind::Label, "{style}, {kind:?}: label names nothing");
        }
    }
}

#[test]
fn another_subject_is_asked_about_once_and_the_first_is_kept() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, &["--subject", "tickets"]);
    let first = bench.artifacts("r");
    assert_eq!(stale(&bench), Vec::<String>::new());
    bench.space.cladus("init r --subject complaints").ok();
    // The hierarchy is put together from what they make; embed and group stay.
    assert_eq!(stale(&bench), ["propose", "label", "rename", "hierarchy"]);
    let told = bench.space.cladus("status r").ok().stdout;
    assert!(told.contains("subject: tickets -> complaints"), "{told}");
    assert!(bench.requests_of(|| run(&bench, &[])) > 0);
    let again = bench.requests_of(|| run(&bench, &["--subject", "tickets"]));
    assert_eq!(again, 0, "its answers are held");
    let (now, same) = (bench.artifacts("r"), first.len());
    assert_eq!((now.len(), now == first), (same, true), "the same bytes as before");
}

#[test]
fn who_does_not_read_a_subject_is_not_made_again() {
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "--backend extractive").ok();
    bench.space.cladus("init r --subject complaints --prompt-style things").ok();
    assert_eq!(stale(&bench), Vec::<String>::new());

    let bench = Bench::small(Behaviour::default());
    std::fs::create_dir_all(bench.space.path("r/prompts")).unwrap();
    let own = "Sort.\n---\n{% for c in candidates %}<candidate>{{ c }}</candidate>{% endfor %}\n\
               {% for i in items %}<item id=\"{{ i.id }}\">{{ i.text }}</item>{% endfor %}\n";
    bench.space.write("r/prompts/label.md", own);
    run(&bench, &[]);
    let found = bench.run("r", "--subject complaints --dry-run --json").ok();
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let stages = found["stages"].as_array().unwrap();
    let named = |stage: &str| {
        let step = stages.iter().find(|step| step["stage"] == stage).unwrap();
        step["reasons"].as_array().unwrap().iter().any(|reason| reason["part"] == json!("subject"))
    };
    assert_eq!(["propose", "label", "rename"].map(named), [true, false, true]);
}

#[test]
fn a_subject_reaches_stages_by_hand_and_questions_in_a_file() {
    let bench = Bench::small(Behaviour::default());
    run(&bench, &[]);
    bench.space.cladus("init r --subject complaints --prompt-style things").ok();
    let flags = bench.space.cladus("plan r --iteration 1 --flags label").ok().stdout;
    assert!(flags.contains("--subject complaints --prompt-style things"), "{flags}");
    bench.space.cladus("export-requests r --out open.jsonl").ok();
    let text = std::fs::read_to_string(bench.space.path("open.jsonl")).unwrap();
    assert!(!text.is_empty());
    assert!(text.lines().all(|line| line.contains("<subject>complaints</subject>")), "{text}");

    let long = bench.line("cladus", "init r --subject").arg("x".repeat(301)).output().unwrap();
    let long = Ran::from(long).exits(cladus_core::exit::USAGE.into());
    assert!(long.stderr.contains("300 characters"), "{}", long.stderr);
}
