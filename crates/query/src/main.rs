//! `cladus-query`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_query::main()
}
