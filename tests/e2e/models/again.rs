//! What is answered is never asked again: not by another run, not in another folder, not elsewhere.

use cladus_tests::server::{Behaviour, TestServer};

use super::{Bench, RUN};

#[test]
fn a_second_run_and_a_second_folder_ask_nothing() {
    let bench = Bench::new(Behaviour::default());
    bench.report("r", "--answers shared.sqlite");
    let first = bench.artifacts("r");
    let asked = bench.stats().requests;
    let again = bench.report("r", "--answers shared.sqlite");
    assert_eq!(again.states(), ["fresh"; 5]);
    let other = bench.report("other", "--answers shared.sqlite");
    assert_eq!((other.states(), other.sum("calls")), (vec!["made"; 5], 0));
    assert_eq!(other.sum("answered"), asked);
    assert!(bench.artifacts("other") == first);
    // By force, too: only --reask could pay twice.
    let forced = bench.report("r", "--answers shared.sqlite --force label --force rename");
    assert_eq!(forced.sum("calls"), 0);
    assert_eq!(bench.stats().requests, asked);
}

#[test]
fn where_the_server_is_changes_nothing() {
    let bench = Bench::new(Behaviour::default());
    bench.report("r", "--answers shared.sqlite");
    let elsewhere = TestServer::start(Behaviour::default());
    let flags = format!("--answers shared.sqlite --base-url {}", elsewhere.base_url());
    bench.run("r", &flags).ok();
    bench.run("other", &flags).ok();
    assert_eq!(elsewhere.stats().requests, 0);
    assert!(bench.artifacts("other") == bench.artifacts("r"));
}

#[test]
fn held_answers_need_neither_key_nor_network() {
    let bench = Bench::new(Behaviour::default());
    bench.report("r", "--answers shared.sqlite");
    // No base URL and no key: this would be OpenAI.
    let line = format!("{RUN} --quiet --answers shared.sqlite --out other");
    crate::space::Ran::from(bench.line("cladus", &line).output().unwrap()).ok();
    assert!(bench.artifacts("other") == bench.artifacts("r"));
    // And where an answer is missing, it says what is: the key.
    let line = format!("{RUN} --answers none.sqlite --out third");
    let ran = crate::space::Ran::from(bench.line("cladus", &line).output().unwrap());
    ran.exits(8).complains(&["no API key", "OPENAI_API_KEY", "hint"]);
}

#[test]
fn a_prompt_changed_and_changed_back_is_paid_for_once() {
    let bench = Bench::new(Behaviour::default());
    bench.report("r", "");
    let first = bench.artifacts("r");
    let prompts = bench.space.path("r/prompts");
    std::fs::create_dir(&prompts).unwrap();
    let own = crate::space::repository().join("crates/label/prompts/label.md");
    let text = std::fs::read_to_string(own).unwrap();
    let other = text.replacen("You sort clusters", "With care you sort clusters", 1);
    assert_ne!(other, text);
    std::fs::write(prompts.join("label.md"), &other).unwrap();
    bench.server.configure(|b| b.seed = 1);
    let mut report = None;
    let sent = bench.requests_of(|| report = Some(bench.report("r", "")));
    let report = report.unwrap();
    assert_eq!(report.states()[..4], ["fresh", "fresh", "fresh", "made"]);
    let reasons = report.stages()[3]["reasons"].to_string();
    assert!(reasons.contains("prompt: "), "{reasons}");
    assert!(sent > 0 && sent == report.sum("calls"), "{sent}");
    assert!(bench.artifacts("r") != first, "another answer changed nothing");
    std::fs::write(prompts.join("label.md"), &text).unwrap();
    let sent = bench.requests_of(|| {
        let states = bench.report("r", "");
        assert_eq!(states.states()[3], "made");
    });
    assert_eq!(sent, 0);
    assert!(bench.artifacts("r") == first);
    std::fs::remove_dir_all(&prompts).unwrap();
    let sent = bench.requests_of(|| {
        assert_eq!(bench.report("r", "").states(), ["fresh"; 5], "the built-in prompt is the same");
    });
    assert_eq!((sent, bench.stats().repeated), (0, 0));
}

#[test]
fn another_model_or_temperature_is_another_question() {
    let bench = Bench::small(Behaviour::default());
    bench.report("r", "");
    let first = bench.stats().requests;
    let sent = bench.requests_of(|| drop(bench.report("r", "--temperature 0.7")));
    assert!(sent >= first / 2, "{sent} of {first}");
    let back = bench.requests_of(|| drop(bench.report("r", "--temperature 0")));
    assert_eq!((back, bench.stats().repeated), (0, 0));
}
