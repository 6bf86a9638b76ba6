//! `cladus-propose`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_propose::main()
}
