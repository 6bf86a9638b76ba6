//! `cladus-remote`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_remote::main()
}
