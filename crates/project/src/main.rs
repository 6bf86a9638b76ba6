//! `cladus-project`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_project::main()
}
