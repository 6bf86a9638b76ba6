//! `cladus`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus::main()
}
