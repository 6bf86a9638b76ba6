//! End-to-end tests: the real binaries, on real files, seen from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test helper that fails has found something; nobody links against tests"
)]

mod architecture;
mod batches;
mod browse;
mod crash;
mod datasets;
mod defects;
mod diff;
mod documents;
mod edits;
mod embedders;
mod engines;
mod eval;
mod exit_codes;
mod explore;
mod export;
mod extent;
mod faults;
mod first_hour;
mod golden;
mod growth;
mod input;
mod map;
mod models;
mod reading;
mod real_model;
mod rerun;
mod run;
mod selection;
mod shape;
mod sizes;
mod space;
mod stages;
mod status;
mod swap;
mod sweep;

#[test]
fn no_test_file_is_forgotten() {
    let main = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || main.contains(&format!("mod {module};")),
            "{name} is not in main.rs"
        );
    }
}
