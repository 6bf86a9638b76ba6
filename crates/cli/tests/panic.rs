//! A bug ends a binary with its own exit code, and tells of itself as a person would.
//!
//! Without the usual harness: this program is also the binary that has the bug.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "that is what is tested"
)]

use std::process::{Command, ExitCode};

use cladus_cli::{CommonArgs, run_main};
use cladus_core::exit;

/// Set, the program is the binary.
const IS_BINARY: &str = "CLADUS_TEST_PANIC";

fn main() -> ExitCode {
    if std::env::var_os(IS_BINARY).is_some() {
        return run_main(CommonArgs::default(), || panic!("no \u{1b}[31msuch thing"));
    }
    let mut binary = Command::new(std::env::current_exe().unwrap());
    let ran = binary.env(IS_BINARY, "1").env_remove("RUST_BACKTRACE").output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(i32::from(exit::BUG)), "{said}");
    for part in ["this is a bug in cladus: no ", "panic.rs:", "hint", "please report it"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(!said.contains('\u{1b}') && !said.contains("stack backtrace"), "{said}");
    println!("a bug is told and ends with {}: ok", exit::BUG);
    ExitCode::SUCCESS
}
