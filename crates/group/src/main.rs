//! `cladus-group`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_group::main()
}
