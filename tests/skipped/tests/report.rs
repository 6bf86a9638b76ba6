//! The last test that cargo runs: says which of the others could not. Before that it tries itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails has found something; printing is what this one is for"
)]

use skipped_tests::{Missing, folder, report, take, there_if_possible};

fn main() {
    // Whoever lists tests, or asks for some by name, gets what was noted all the same.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let own = folder().unwrap();
    let before = take(&own);
    notes_are_taken_once(&own);
    counts_and_names();
    println!("\n{}", report(&before));
}

fn notes_are_taken_once(folder: &std::path::Path) {
    assert!(there_if_possible(true, "nothing"));
    let noted = std::thread::Builder::new().name("module::test".to_owned()).spawn(|| {
        assert!(!there_if_possible(false, "a program"));
        assert!(!there_if_possible(false, "a program"));
        assert!(!there_if_possible(false, "another"));
    });
    noted.unwrap().join().unwrap();
    let taken = take(folder);
    let names = |what: &str| taken[what].clone();
    assert_eq!(
        (names("a program"), names("another")),
        (vec!["module::test".to_owned()], names("a program"))
    );
    assert_eq!(taken.len(), 2);
    assert_eq!(take(folder), Missing::new());
}

fn counts_and_names() {
    assert_eq!(report(&Missing::new()), "skipped: no test\n");
    let missing = [("jq", vec!["a::b"]), ("strace", vec!["c", "d"])];
    let missing = missing
        .map(|(what, tests)| (what.to_owned(), tests.into_iter().map(str::to_owned).collect()));
    let text = report(&Missing::from(missing));
    assert!(text.starts_with("SKIPPED: 3 tests could not run here\n"), "{text}");
    assert!(text.contains("  1 test without jq\n      a::b\n  2 tests without strace\n"), "{text}");
}
