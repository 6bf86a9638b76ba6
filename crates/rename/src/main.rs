//! `cladus-rename`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_rename::main()
}
