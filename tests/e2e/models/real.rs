//! Endpoints as they are: every kind of behaviour, and what a good client does about it.

use std::time::{Duration, Instant};

use cladus_tests::server::{Behaviour, Kind, Quirk};

use super::{Bench, CONFIG, each};

fn faulty(rules: &str) -> Bench {
    Bench::small(Behaviour::faulty(rules))
}

fn undisturbed() -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let plain = Bench::small(Behaviour::default());
    plain.report("r", "");
    plain.artifacts("r")
}

/// Limits by the minute, failing gateways and answers in odd places leave no trace.
#[test]
fn what_is_waited_for_or_found_leaves_no_trace() {
    let plain = undisturbed();
    let rules = [
        "chat:groq-minute@0.4",
        "chat:gemini-minute@0.4",
        "chat:openrouter-busy@0.4",
        "chat:openrouter-choice@0.4",
        "chat:gateway-hour#4",
        "chat:retry-zero@0.4x2",
        "chat:cloudflare-page#5",
        "chat:empty-400#5",
        "label:unloaded#2",
        "chat:groq-json@0.4",
        "chat:groq-json#1x3",
        "label:gemini-states@1",
        "chat:reasoning-only@0.5xinf",
        "chat:tool-call@1xinf",
        "chat:channels@1xinf",
        "chat:think-tags@1xinf",
        "chat:think-unclosed#3",
        "chat:in-parts@1xinf",
        "chat:schema-first@1xinf",
        "chat:under-properties@1xinf",
        "chat:trailing-commas@1xinf",
        "chat:schema-only#4",
    ];
    each(&rules, |rules| {
        let bench = faulty(rules);
        let begun = Instant::now();
        let report = bench.report("r", "");
        let stats = bench.stats();
        assert!(!stats.faults.is_empty(), "{rules}: nothing was struck");
        assert_eq!((report.fell_back(), bench.remarks("r")), (0, Vec::new()), "{rules}");
        assert!(rules.contains("schema-only") || bench.artifacts("r") == plain, "{rules}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{rules}: {:?}", begun.elapsed());
        bench.ledger("r").adds_up();
    });
}

/// One prompt that a filter does not like is one row's matter.
#[test]
fn a_flagged_prompt_is_one_prompt() {
    each(&["label:openrouter-flagged#2xinf", "label:azure-filter#2xinf"], |rules| {
        let bench = faulty(rules);
        let report = bench.report("r", "");
        // The prompt is asked again in halves, which nobody has flagged.
        assert_eq!(
            (report.fell_back(), bench.stats().faults.values().sum::<u64>()),
            (0, 1),
            "{rules}"
        );
        // Everybody else is asked in the best form still.
        let seen = bench.server.requests();
        assert!(seen.iter().all(|seen| seen.body["response_format"]["type"] == "json_schema"));
    });
}

#[test]
fn money_and_keys_end_the_run_after_one_answer() {
    for fault in ["anthropic-credit", "litellm-budget", "gemini-key"] {
        for rules in [format!("chat:{fault}@1xinf"), format!("label:{fault}#3xinf")] {
            let bench = faulty(&rules);
            bench.run("r", "--concurrency 1").exits(8).complains(&["refuses the key", "hint"]);
            assert_eq!(bench.stats().faults.values().sum::<u64>(), 1, "{rules}");
        }
    }
}

#[test]
fn the_first_call_tells_of_a_wrong_address() {
    let cases = [
        ("login-page", "Sign in"),
        ("moved", "new.example"),
        ("lmstudio-path", "/v1"),
        ("openrouter-model", "foo/bar"),
        ("deepseek-model", "Model Not Exist"),
        ("newapi-channel", "No available channel"),
        ("dashscope-thinking", "[llm.extra_body]"),
        ("cloudflare-page", "Just a moment"),
    ];
    each(&cases, |(fault, said)| {
        let bench = faulty(&format!("chat:{fault}@1xinf"));
        bench.run("r", "").exits(2).complains(&[said, "hint"]);
        assert!(bench.stats().requests <= 3, "{fault}: {:?}", bench.stats());
    });
}

/// A run that is mostly stand-ins is no success, and the next run tries again.
#[test]
fn mostly_stand_ins_is_no_success() {
    let plain = undisturbed();
    let rules = [
        "chat:empty@1xinf",
        "label:refusal@1xinf",
        "chat:schema-only@1xinf",
        "chat:wrongtype@1xinf",
        "label:invalid@1xinf",
    ];
    each(&rules, |rules| {
        let bench = faulty(rules);
        bench.run("r", "").exits(5).complains(&["stand-ins", "asks again"]);
        bench.is_whole("r");
        assert!(!bench.remarks("r").is_empty(), "{rules}");
        // Nothing more is paid for once not one answer to a stage was of use.
        let stages = bench.stats().answered;
        assert!(!stages.contains_key(&Kind::Rename), "{rules}: {stages:?}");
        bench.server.configure(|b| b.faults = "".parse().unwrap());
        let report = bench.report("r", "");
        assert_eq!(report.fell_back(), 0, "{rules}");
        assert!(bench.artifacts("r") == plain, "{rules}: another result");
    });
    // Whoever puts up with it says so.
    let bench = faulty("chat:empty@1xinf");
    bench.space.write("conf.toml", format!("{CONFIG}stand_ins = 1.0\n"));
    bench.run("r", "").ok();
}

/// A model that never comes to an answer is not paid for question after question.
#[test]
fn thoughts_without_an_end_are_stopped() {
    let bench = faulty("chat:endless@1xinf");
    bench.run("r", "--concurrency 1").exits(2).complains(&["comes to no answer within", "hint"]);
    // Ten, and who waits in line may go while the last of them is read.
    assert!(bench.stats().requests <= 12, "{:?}", bench.stats());
    // One answer that ends, and the others are rows like any other.
    let bench = faulty("label:endless@1xinf");
    bench.run("r", "--concurrency 1").exits(5).complains(&["stand-ins"]);
}

/// What a server does not take is found out and kept.
#[test]
fn what_is_not_taken_is_left_out() {
    let plain = undisturbed();
    let cases = [
        Quirk::NoSystem("System role not supported"),
        Quirk::NoSystem("Conversation roles must alternate user/assistant/user/assistant/..."),
        Quirk::NoSystem("Developer instruction is not enabled for models/gemma-3-1b-it"),
        Quirk::NoSystem(
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        ),
        Quirk::NoListBounds,
        Quirk::LongestAnswer(1_024),
        Quirk::Window(3_200),
        Quirk::Thinks(8_000),
    ];
    each(&cases, |quirk| {
        let bench = Bench::small(Behaviour::with_quirks([quirk.clone()]));
        let report = bench.report("r", "");
        assert_eq!(report.fell_back(), 0, "{quirk:?}");
        // Where system messages are merged, the server reads another question.
        let same = matches!(quirk, Quirk::NoSystem(_)) || bench.artifacts("r") == plain;
        assert!(same, "{quirk:?}: another result");
        let refused = bench.stats().requests - bench.stats().billed;
        assert!(refused <= 2, "{quirk:?}: {refused} were refused");
        bench.server.reset();
        bench.report("r", "--seed 1");
        let stats = bench.stats();
        assert_eq!(stats.requests, stats.billed, "{quirk:?}: {stats:?}");
    });
}

/// Where a server fails at one row, whatever it is asked about it, that row is found.
#[test]
fn a_row_that_a_server_fails_at_is_one_row() {
    each(&[500, 400], |status| {
        let chokes = Quirk::Chokes("An endpoint received no webhook calls", *status);
        let bench = Bench::small(Behaviour::with_quirks([chokes]));
        let report = bench.report("r", "--concurrency 8");
        bench.is_whole("r");
        // Its neighbours have answers.
        assert!((1..=6).contains(&report.fell_back()), "{status}: {}", report.fell_back());
        bench.ledger("r").adds_up();
        // The next run asks for it again, and for nothing that was paid.
        bench.server.configure(|b| b.quirks = Vec::new());
        bench.report("r", "");
        assert_eq!(bench.stats().repeated, 0, "{status}");
    });
}

/// A form that is refused by its name is tried by one question of one kind.
#[test]
fn a_form_that_has_a_name_is_found_out_once() {
    for words in ["Invalid response_format", "extra fields not permitted: response_format"] {
        let bench = Bench::small(Behaviour::with_quirks([Quirk::Formats(words)]));
        assert_eq!(bench.report("r", "").fell_back(), 0, "{words}");
        let stats = bench.stats();
        assert_eq!(stats.requests - stats.billed, 3, "{words}: three forms");
    }
}

/// What comes back at midnight is not waited for.
#[test]
fn the_quota_of_a_day_ends_the_run() {
    for fault in ["openrouter-day", "gemini-day"] {
        let bench = faulty(&format!("label:{fault}#3xinf"));
        let begun = Instant::now();
        bench.run("r", "--concurrency 1").exits(75).complains(&["quota", "every answer is kept"]);
        assert_eq!(bench.stats().faults.values().sum::<u64>(), 1, "{fault}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{fault}: {:?}", begun.elapsed());
    }
}

const API: &str = "--embedder api --embedding-model test-embed --backend extractive --quiet";

#[test]
fn embeddings_find_out_what_is_taken() {
    let plain = Bench::small(Behaviour::default());
    plain.run("r", API).ok();
    let plain = plain.artifacts("r");
    for quirk in [Quirk::Texts(10), Quirk::Texts(32), Quirk::NoEncodingFormat] {
        let bench = Bench::small(Behaviour::with_quirks([quirk.clone()]));
        bench.run("r", API).ok();
        assert!(bench.artifacts("r") == plain, "{quirk:?}: other vectors");
        let stats = bench.stats();
        assert_eq!(stats.count(Kind::Embed, 400), 1, "{quirk:?}: found out once");
    }
    let bench = Bench::small(Behaviour::with_quirks([Quirk::OneText]));
    bench.run("r", API).ok();
    assert!(bench.artifacts("r") == plain, "other vectors one by one");
    assert_eq!(bench.stats().count(Kind::Embed, 400), 1, "found out once");
    // So is one that the server fails at.
    for status in [500, 400] {
        let chokes = Quirk::Chokes("Delivery logs", status);
        let bench = Bench::small(Behaviour::with_quirks([chokes]));
        bench.run("r", API).ok().complains(&["of their beginning"]);
        bench.is_whole("r");
        assert_eq!(bench.stats().repeated, 0, "{status}");
    }
    for (fault, said) in [("nim-input-type", "extra_body"), ("ollama-no-vectors", "embeddings")] {
        let bench = faulty(&format!("embed:{fault}@1xinf"));
        bench.run("r", API).exits(2).complains(&[said, "hint"]);
        assert!(bench.stats().requests <= 3, "{fault}: {:?}", bench.stats());
    }
    // A text that is too long is cut, and said.
    let bench = Bench::small(Behaviour::with_quirks([Quirk::LongText(60)]));
    bench.run("r", API).ok().complains(&["of their beginning"]);
    bench.is_whole("r");
}

#[test]
fn what_cannot_be_guessed_is_a_setting() {
    let quirks = [
        Quirk::Query("api-version=2024-10-21"),
        Quirk::Header("api-key", "0123456789"),
        Quirk::Field("enable_thinking"),
    ];
    let bench = Bench::small(Behaviour::with_quirks(quirks));
    bench.run("without", "").exits(2);
    let settings = "headers = { api-key = \"${AZURE_KEY}\" }\nquery = { api-version = \"2024-10-21\" }\n\
                    extra_body = { enable_thinking = false }\n";
    bench.space.write("conf.toml", format!("{CONFIG}{settings}"));
    let run = || {
        let output = bench.command("r", "--quiet").env("AZURE_KEY", "0123456789").output().unwrap();
        crate::space::Ran::from(output)
    };
    run().ok();
    bench.is_whole("r");
    let kept = std::fs::read_to_string(bench.space.path("r/cladus.toml")).unwrap();
    assert!(kept.contains("${AZURE_KEY}") && !kept.contains("0123456789"), "{kept}");
    assert!(bench.server.requests().iter().all(|seen| seen.header("authorization").is_none()));
    // What is sent along changes answers: it is asked again.
    let other = settings.replace("false", "true");
    bench.space.write("conf.toml", format!("{CONFIG}{other}"));
    assert!(bench.requests_of(|| drop(run().ok())) > 0);
    // A secret has no place in a file that is kept.
    bench.space.write("conf.toml", format!("{CONFIG}headers = {{ api-key = \"0123456789\" }}\n"));
    bench.run("r", "").exits(2).complains(&["holds a secret", "${"]);
}
