//! The binary of one stage.

use std::process::ExitCode;

use cladus_core::fingerprint::StageArgs;
use cladus_core::outcome::Ran;
use cladus_core::progress::Progress;
use cladus_core::{Error, manifest};
use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::{CommonArgs, Display, run_main};

#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct StageCommand<A: Args> {
    #[command(flatten)]
    common: CommonArgs,
    #[command(flatten)]
    args: A,
}

/// `main` of the binary called `binary` (`cladus-<stage>`): arguments, progress, errors, exit code.
pub fn stage_main<A: Args + StageArgs>(
    binary: &'static str,
    about: &'static str,
    run: impl FnOnce(&A, &dyn Progress) -> Result<Ran, Error>,
) -> ExitCode {
    let command = StageCommand::<A>::command().name(binary).about(about);
    let matches = command.get_matches();
    let parsed = StageCommand::<A>::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let StageCommand { common, args } = parsed;
    let display = Display::new(common.display_mode());
    let stage = binary.trim_start_matches("cladus-");
    run_main(common, || display.run_stage(stage, &args, run))
}

impl Display {
    /// Runs one stage by hand: shows it while it works, and records how its artifact was made. The exit
    /// code is that of success.
    ///
    /// # Errors
    /// Whatever `run` says, or when the record cannot be written.
    pub fn run_stage<A: StageArgs>(
        &self,
        stage: &str,
        args: &A,
        run: impl FnOnce(&A, &dyn Progress) -> Result<Ran, Error>,
    ) -> Result<u8, Error> {
        let progress = self.stage(stage);
        let fingerprint = args.fingerprint()?;
        let parts = fingerprint.parts()?;
        manifest::replacing(args.out())?;
        let ran = run(args, &progress)?;
        manifest::record_run(args.out(), &fingerprint, parts, &ran)?;
        progress.finish(&ran.note);
        Ok(ran.exit_code())
    }
}
