//! `cladus-label`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_label::main()
}
