//! Stores of other runs, and stores of earlier versions.

use cladus_tests::server::{Behaviour, TestServer};

use super::{expected, same};
use crate::models::{Bench, start};
use crate::space::{Space, helpdesk, repository};

#[test]
fn shards_that_ran_apart_come_together() {
    let bench = Bench::small(Behaviour::default());
    // Each has asked a part of the questions, in a store of its own.
    bench.run("a", "--max-calls 5").exits(6);
    bench.run("b", "--max-calls 9").exits(6);
    let (a, b) = (bench.ledger("a").sum("answers"), bench.ledger("b").sum("answers"));
    let asked = bench.stats().billed;
    assert_eq!(asked, a + b);
    bench.run("r", "--max-calls 0").exits(6);
    let said = bench.space.cladus("import-answers r a/answers.sqlite b/answers.sqlite").ok().stdout;
    let before = bench.ledger("r");
    before.adds_up();
    assert_eq!(before.sum("answers"), b.max(a), "one part is in the other: {said}");
    let again =
        bench.space.cladus("import-answers r b/answers.sqlite a/answers.sqlite").ok().stdout;
    assert!(again.contains("0 answers; skipped:"), "{again}");
    assert_eq!(bench.ledger("r").sum("answers"), before.sum("answers"));
    let sent = bench.requests_of(|| drop(bench.run("r", "--max-calls 1000").ok()));
    let whole = expected(true);
    assert_eq!(sent + before.sum("answers"), whole.stats().billed);
    same(&bench, &whole);
    let said = bench.space.cladus("import-answers r r/answers.sqlite");
    said.exits(2).complains(&["the store itself"]);
}

#[test]
fn vectors_come_along() {
    let bench = Bench::small(Behaviour::default());
    let embedding = "--embedder api --embedding-model test-embed";
    bench.run("a", embedding).ok();
    bench.run("r", &format!("{embedding} --max-calls 0")).exits(6);
    bench.space.cladus("import-answers r a/answers.sqlite").ok();
    let sent = bench.requests_of(|| drop(bench.report("r", &format!("{embedding} --max-calls 0"))));
    assert_eq!(sent, 0);
    assert!(bench.artifacts("r") == bench.artifacts("a"));
    let (a, r) = (bench.ledger("a"), bench.ledger("r"));
    for what in ["calls", "answers", "prompt_tokens"] {
        assert_eq!(r.sum(what), a.sum(what), "{what}");
    }
}

#[test]
fn a_store_that_is_in_use_can_be_copied() {
    let bench = Bench::small(crate::models::after(40));
    let mut child = start(bench.command("a", "--quiet --concurrency 2"));
    while bench.stats().billed < 4 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    bench.run("r", "--max-calls 0").exits(6);
    bench.space.cladus("import-answers r a/answers.sqlite").ok();
    assert!(child.wait().unwrap().success());
    assert!(bench.ledger("r").sum("answers") >= 2);
    bench.space.write("other.sqlite", b"SQLite format 3\0 and nothing else");
    bench.space.cladus("import-answers r other.sqlite").exits(3).complains(&["other.sqlite"]);
}

#[test]
fn a_store_of_version_1_goes_on() {
    // Written by the program of that version: 8 clusters, 3 calls. They answer the prompts of then.
    let tests = repository().join("crates/llm/src/store/tests");
    let (old, prompts) = (tests.join("version-1.sqlite"), tests.join("version-1-prompts"));
    let all = std::fs::read_to_string(helpdesk()).unwrap();
    let lines: Vec<&str> = all.lines().take(8).collect();
    let space = Space::new();
    space.write("in.jsonl", lines.join("\n"));
    for (folder, flags) in [("online", ""), ("batches", "--batch")] {
        std::fs::create_dir(space.path(folder)).unwrap();
        std::fs::copy(&old, space.path(folder).join("answers.sqlite")).unwrap();
        std::fs::create_dir(space.path(folder).join("prompts")).unwrap();
        for prompt in ["propose.md", "label.md", "rename.md"] {
            let to = space.path(folder).join("prompts").join(prompt);
            std::fs::copy(prompts.join(prompt), to).unwrap();
        }
        // What is asked now is not what was asked then; what was answered then stays beside it.
        let server = TestServer::start(Behaviour::default());
        let line = format!(
            "run in.jsonl --out {folder} --model test-chat --base-url {} --embedder lexical \
             --max-clusters 3 --quiet {flags}",
            server.base_url()
        );
        space.cladus(&line).ok();
        space.cladus(&line).ok();
        let stats = server.stats();
        assert_eq!(stats.repeated, 0);
        let new = stats.billed;
        std::fs::create_dir(space.path(&format!("{folder}-copy"))).unwrap();
        let line = format!("import-answers {folder}-copy {folder}/answers.sqlite");
        let said = space.cladus(&line).ok().stdout;
        if flags.is_empty() {
            assert!(new > 0);
            assert!(said.contains(&format!("{} answers", new + 3)), "{said}");
        }
    }
    // As the other store of an import, it stays as it is.
    std::fs::create_dir(space.path("third")).unwrap();
    std::fs::copy(&old, space.path("old.sqlite")).unwrap();
    let before = std::fs::read(space.path("old.sqlite")).unwrap();
    let said = space.cladus("import-answers third old.sqlite").ok().stdout;
    assert!(said.contains("3 answers"), "{said}");
    assert!(std::fs::read(space.path("old.sqlite")).unwrap() == before);
}
