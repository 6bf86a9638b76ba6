//! Commands that are programs of their own, because what they are built of weighs as much as all the rest.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use cladus_cli::{CommonArgs, ProgressForm};
use cladus_core::{Error, Result};

/// A program that does the work of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Companion {
    /// The command.
    name: &'static str,
    /// How to get it.
    install: &'static str,
}

/// SQL, by polars.
pub(crate) const QUERY: Companion = Companion {
    name: "query",
    install: "in a checkout: pip install ./crates/query, or cargo install --path crates/query",
};

/// Object stores, by the clients of three clouds.
pub(crate) const REMOTE: Companion =
    Companion { name: "remote", install: "in a checkout: cargo install --path crates/remote" };

#[derive(Debug, clap::Args)]
// `--help` is answered by the program itself.
#[command(disable_help_flag = true)]
pub(crate) struct CompanionArgs {
    /// What the program takes; --help prints it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    words: Vec<OsString>,
}

impl Companion {
    /// This process becomes the program.
    ///
    /// # Errors
    /// When it is not there, or cannot be started.
    pub(crate) fn run(self, args: &CompanionArgs, common: CommonArgs) -> Result<u8> {
        let Self { name, install } = self;
        let program = format!("cladus-{name}");
        let path = found(&program).ok_or_else(|| {
            Error::config_hint(
                format!("`cladus {name}` needs the program {program}, which is not installed (beside cladus, or in PATH)"),
                install,
            )
        })?;
        let mut command = Command::new(&path);
        command.args(said_before(common)).args(&args.words);
        become_it(&mut command).map_err(|e| Error::io("start", &path, e))
    }
}

/// Beside this program, else in `PATH`.
fn found(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
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
