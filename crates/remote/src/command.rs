//! What people type.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cladus_cli::{CommonArgs, run_main};
use cladus_core::{Error, Result};
use clap::Parser;

use crate::job::RemoteJob;
use crate::words::RemoteCommand;

/// Run a stage on files in an object store: s3://, gs://, az://.
///
/// What the command names by address is fetched, the command is run on the copies, and what it made is put
/// back. `--answers s3://…/NAME` is a folder of answers: all in it are known to the command, and its own are put
/// there every minute and when it ends, however it ends. Nothing is ever deleted there.
#[derive(Debug, Parser)]
#[command(
    name = "cladus remote",
    bin_name = "cladus remote",
    override_usage = "cladus remote [OPTIONS] -- <COMMAND>...",
    version,
    max_term_width = 100
)]
struct RemoteArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Folder for the copies, which stay there [default: a temporary one].
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// How often answers are put while the command works.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// The command, behind `--`, with addresses in place of paths.
    // Whoever starts this program may have taken the `--` for its own.
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    let remote = RemoteArgs::parse();
    run_main(remote.common, || remote.run())
}

impl RemoteArgs {
    fn run(&self) -> Result<u8> {
        if RemoteCommand::parse(&self.command).addresses().next().is_none() {
            return Err(Error::config_hint(
                "the command names nothing in an object store",
                "give addresses in place of paths, as in --clusters s3://bucket/my-run/clusters.parquet",
            ));
        }
        let every = Duration::from_secs(self.every);
        if let Some(work) = &self.work {
            let work = std::path::absolute(work).map_err(|e| Error::io("find", work, e))?;
            return RemoteJob::fetch(&self.command, &work)?.run(every);
        }
        let work = tempfile::tempdir()
            .map_err(|e| Error::io("create a folder in", &std::env::temp_dir(), e))?;
        let ended = RemoteJob::fetch(&self.command, work.path())?.run(every);
        if ended.is_err() {
            // There may be answers in it that could not be put.
            let kept = work.keep();
            tracing::warn!("what was made is kept: add --work {}", kept.display());
        }
        ended
    }
}
