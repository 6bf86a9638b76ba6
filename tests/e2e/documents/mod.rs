//! What README and docs tell people to type works, and comes to what they print.
//!
//! Every fenced block has a language, and each language a test:
//!
//! * `console` (what follows `$ ` is run, and what is printed below it is compared) and `sh` (run);
//! * `sql` (asked of DuckDB, in the folder of the run) and `python` (run);
//! * `toml` (read as settings, corrections or a pipeline file) and `json` (parsed);
//! * `text` is for what nobody runs: layouts, lines out of something longer.
//!
//! `…` in what is printed stands for anything. A first line `# needs …` marks what cannot be run here;
//! such blocks are [counted](NOT_RUN). `CLADUS_TEST_DOCS=write` writes what is printed, and the
//! [references](references), anew.

mod blocks;
mod console;
mod links;
mod places;
mod references;
mod session;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::extent;
use crate::space::{Space, helpdesk, python, repository};

use blocks::{Block, Document};
use session::{Ground, Session};

/// What a block may need that a test has not: the word after `# needs`.
const NEEDS: [&str; 4] = ["a Rust toolchain", "a bucket", "a terminal", "vLLM"];

/// How many blocks may say so, so that nobody marks what could be run.
const NOT_RUN: usize = 8;

/// The README and the pages of the book, but those that other tests see to: Python's are run beside
/// Kura and BERTopic by `tests/python`, SQL's by `crates/query`, trees are those of sets that are not in
/// this repository.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".md")
                && !["python.md", "python-api.md", "query.md", "trees.md"].contains(&name)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Must what is printed be written anew?
fn writes() -> bool {
    std::env::var_os("CLADUS_TEST_DOCS").is_some_and(|value| value == "write")
}

#[test]
fn every_block_does_what_it_says() {
    // The README is the first of all; of the book a part, unless it is to be written anew.
    let mut all = documents();
    all.retain(|path| !Document::read(path).blocks.is_empty());
    let found = if writes() { all } else { extent::some_of(&all, 7) };
    let at = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    let ground = Ground::new(python());
    let work = || {
        while let Some(path) = found.get(at.fetch_add(1, Ordering::Relaxed)) {
            let said = Session::of(path, &ground);
            problems.lock().unwrap_or_else(PoisonError::into_inner).extend(said);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(
        problems.is_empty(),
        "{} (CLADUS_TEST_DOCS=write writes what is printed anew)\n\n{}",
        problems.len(),
        problems.join("\n\n")
    );
}

#[test]
fn what_cannot_be_run_says_why_and_is_rare() {
    let documents: Vec<Document> = documents().iter().map(|path| Document::read(path)).collect();
    let blocks: Vec<&Block> = documents.iter().flat_map(|document| &document.blocks).collect();
    for block in &blocks {
        let known = ["console", "sh", "sql", "python", "toml", "json", "text"];
        assert!(known.contains(&block.language.as_str()), "{}: {:?}", block.place, block.language);
        if let Some(needs) = block.needs() {
            assert!(NEEDS.contains(&needs), "{}: # needs {needs}", block.place);
        }
    }
    let marked: Vec<&str> = blocks
        .iter()
        .filter(|block| block.needs().is_some())
        .map(|block| block.place.as_str())
        .collect();
    assert_eq!(marked.len(), NOT_RUN, "{marked:#?}");
    for language in ["console", "sh", "sql", "python", "toml"] {
        let run = blocks.iter().filter(|b| b.language == language && b.needs().is_none()).count();
        assert!(run > 0, "no block of {language} is run");
    }
}

/// What the workflow in `.ci/run` looks for.
#[test]
fn the_readme_has_the_command_that_tests() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(readme.lines().any(|line| line.starts_with("$ cargo test")), "no line $ cargo test");
}

#[test]
fn the_stages_by_hand_make_the_same_tree() {
    let space = Space::new();
    space.run("cladus", ["run", &helpdesk(), "--out", "my-run"]).ok();
    let page = Document::read(&repository().join("docs/how-it-works.md"));
    let by_hand = page.blocks.iter().find(|block| block.body.contains("cladus embed --clusters"));
    let before = space.artifacts("my-run");
    std::fs::remove_dir_all(space.path("my-run/iteration-1")).unwrap();
    let joined = by_hand.unwrap().body.replace("\\\n", " ");
    let lines: Vec<&str> = joined.lines().filter(|line| line.starts_with("cladus ")).collect();
    assert_eq!(lines.len(), 5);
    for line in lines {
        let mut words = line.split_whitespace();
        space.run(words.next().unwrap(), words).ok();
    }
    assert!(space.artifacts("my-run") == before);
}
