//! `cladus-embed`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cladus_embed::main()
}
