//! `cladus-test-server`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_tests::command::main()
}
