//! The key is in nothing that stays and in nothing that is said.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cladus_tests::server::Behaviour;

use super::{Bench, after, each, finish, start};

const CANARY: &str = "sk-canary-3f9a1c7e5b";

fn holds(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// No file below `folder` but `but` holds the key.
#[track_caller]
fn nowhere_below(folder: &Path, but: &str, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert!(!path.to_string_lossy().contains(CANARY));
            nowhere_below(&path, but, files);
        } else if path.file_name().unwrap() != but {
            *files += 1;
            assert!(!holds(&fs::read(&path).unwrap()), "the key is in {}", path.display());
        }
    }
}

#[test]
fn a_key_stays_unseen_whatever_goes_wrong() {
    let cases = [
        ("", 0),
        ("chat:401@1xinf", 8),
        ("chat:401#7xinf", 8),
        ("chat:403#5xinf", 8),
        ("chat:html@0.3", 0),
        ("label:400@1xinf", 75),
        ("chat:404model@1xinf", 2),
    ];
    each(&cases, |(rules, code)| {
        for from_file in [false, true] {
            let bench = Bench::small(Behaviour::faulty(rules));
            let mut command = if from_file {
                bench.space.write("key", format!("{CANARY}\n"));
                bench.command("r", "-vvv --api-key-file key")
            } else {
                bench.command("r", "-vvv")
            };
            if !from_file {
                command.env("OPENAI_API_KEY", CANARY);
            }
            let output = command.output().unwrap();
            assert!(!holds(&output.stdout) && !holds(&output.stderr), "{rules}");
            assert_eq!(output.status.code(), Some(*code), "{rules}");
            let sent = bench.server.requests();
            let expected = format!("Bearer {CANARY}");
            assert!(sent.iter().all(|s| s.header("authorization") == Some(&expected)), "{rules}");
            assert!(!sent.is_empty());
            let mut files = 0;
            nowhere_below(&bench.space.path(""), "key", &mut files);
            assert!(files > 5, "{files} files were looked at");
        }
    });
}

#[test]
fn an_error_that_repeats_the_key_is_told_without_it() {
    let bench = Bench::small(Behaviour { api_key: Some("another".into()), ..Behaviour::default() });
    let ran = bench.command("r", "").env("OPENAI_API_KEY", CANARY).output().unwrap();
    let ran = crate::space::Ran::from(ran).exits(8);
    ran.complains(&["authorization was 'Bearer [key]'"]);
    let cost = bench.space.cladus("cost r").ok().stdout;
    assert!(!holds(cost.as_bytes()));
}

#[test]
fn a_running_process_shows_no_key() {
    let bench = Bench::small(after(400));
    bench.space.write("key", CANARY);
    let child = start(bench.command("r", "--api-key-file key"));
    while bench.stats().requests == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    for what in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{}/{what}", child.id())).unwrap();
        assert!(!shown.is_empty() && !holds(&shown), "the key is in {what}");
    }
    // While it is at work, too: temporary files and the store's own log.
    let mut files = 0;
    nowhere_below(&bench.space.path("r"), "key", &mut files);
    assert!(files > 2);
    bench.server.configure(|b| b.latency = Duration::ZERO);
    finish(child).ok();
}

#[test]
fn a_key_that_cannot_be_sent_is_refused_without_being_shown() {
    let bench = Bench::small(Behaviour::default());
    bench.space.write("key", format!("{CANARY} and more"));
    let ran = bench.run("r", "--api-key-file key").exits(2);
    ran.complains(&["characters that no key has"]);
    assert!(!holds(ran.stderr.as_bytes()));
    bench.run("r", "--api-key-file nothing-there").exits(2).complains(&["nothing-there"]);
    assert_eq!(bench.stats().requests, 0);
    // The key has no flag and no setting.
    bench.run("r", "--api-key x").exits(2).complains(&["--api-key"]);
    bench.space.write("conf.toml", "[llm]\napi_key = \"x\"\n");
    bench.run("r", "").exits(2).complains(&["unknown field `api_key`"]);
}
