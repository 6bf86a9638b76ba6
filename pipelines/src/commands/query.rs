//! `cladus query`: another program, because its engine weighs as much as all the rest.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use cladus_cli::{CommonArgs, ProgressForm};
use cladus_core::{Error, Result};

/// The program that answers.
const PROGRAM: &str = "cladus-query";

#[derive(Debug, clap::Args)]
// `--help` is answered by the program itself.
#[command(disable_help_flag = true)]
pub(crate) struct QueryArgs {
    /// What `cladus-query` takes: a run folder, SQL, and flags (`cladus query --help`).
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "[RUN] [SQL] [FLAGS]")]
    words: Vec<OsString>,
}

pub(crate) fn run(args: &QueryArgs, common: CommonArgs) -> Result<u8> {
    let path = found().ok_or_else(|| {
        Error::config_hint(
            format!("`cladus query` needs the program {PROGRAM}, which is not installed (beside cladus, or in PATH)"),
            "in a checkout: cargo install --path crates/query",
        )
    })?;
    let mut command = Command::new(&path);
    command.args(said_before(common)).args(&args.words);
    become_it(&mut command).map_err(|e| Error::io("start", &path, e))
}

/// Beside this program, else in `PATH`.
fn found() -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(|own| Some(own.parent()?.join(&name)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    beside.into_iter().chain(in_path).find(|path| path.is_file())
}

/// The flags of every command, which were taken before the others got here.
fn said_before(common: CommonArgs) -> Vec<String> {
    let mut words = vec!["--verbose".to_owned(); common.verbose.into()];
    if common.quiet {
        words.push("--quiet".to_owned());
    }
    if common.progress == ProgressForm::Json {
        words.push("--progress=json".to_owned());
    }
    words
}

/// This process becomes the program: signals, terminal and exit code are its own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<u8> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Result<u8> {
    let code = command.status()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(cladus_core::exit::KILLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_every_command_are_passed_on() {
        let common = CommonArgs { verbose: 2, quiet: false, progress: ProgressForm::Json };
        assert_eq!(said_before(common), ["--verbose", "--verbose", "--progress=json"]);
        assert_eq!(said_before(CommonArgs { quiet: true, ..CommonArgs::default() }), ["--quiet"]);
    }
}
