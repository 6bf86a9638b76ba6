//! The binary of one stage.

use std::process::ExitCode;

use cladus_core::fingerprint::StageArgs;
use cladus_core::manifest::{self, ArtifactState};
use cladus_core::outcome::{Ran, STAND_INS};
use cladus_core::progress::Progress;
use cladus_core::{Error, atomic, exit};
use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::{CommonArgs, Display, run_main};

#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct StageCommand<A: Args> {
    #[command(flatten)]
    by_hand: ByHand<A>,
    #[command(flatten)]
    common: CommonArgs,
}

/// A stage's arguments, as people and engines give them.
#[derive(Debug, Clone, clap::Args)]
pub struct ByHand<A: Args> {
    /// Do nothing if the output is up to date (same rows, settings and prompts) or edited by hand.
    #[arg(long)]
    pub if_stale: bool,
    /// What the stage is told.
    #[command(flatten)]
    pub args: A,
}

/// `main` of the binary called `binary` (`cladus-<stage>`): arguments, progress, errors, exit code.
pub fn stage_main<A: Args + StageArgs>(
    binary: &'static str,
    about: &'static str,
    run: impl FnOnce(&A, &dyn Progress) -> Result<Ran, Error>,
) -> ExitCode {
    // The last of several takes effect, so that flags which an engine was handed can be added to.
    let command = StageCommand::<A>::command().name(binary).about(about).args_override_self(true);
    let matches = command.get_matches();
    let parsed = StageCommand::<A>::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let StageCommand { common, by_hand } = parsed;
    let display = Display::new(common.display_mode());
    let stage = binary.trim_start_matches("cladus-");
    run_main(common, || display.run_stage(stage, &by_hand, run))
}

impl Display {
    /// Runs one stage by hand: shows it while it works, and records how its artifact was made. The exit
    /// code is that of success.
    ///
    /// # Errors
    /// Whatever `run` says, or when the record cannot be written.
    pub fn run_stage<A: Args + StageArgs>(
        &self,
        stage: &str,
        by_hand: &ByHand<A>,
        run: impl FnOnce(&A, &dyn Progress) -> Result<Ran, Error>,
    ) -> Result<u8, Error> {
        let ByHand { args, if_stale } = by_hand;
        let out = args.out();
        atomic::check_place(&out)?;
        let fingerprint = args.fingerprint()?;
        let parts = fingerprint.parts()?;
        if *if_stale {
            match manifest::state(&out, &fingerprint, &parts)? {
                ArtifactState::Fresh { note, .. } => {
                    self.line(&format!("{stage}  fresh  {note}"));
                    return Ok(exit::OK);
                }
                ArtifactState::Edited { .. } => {
                    let name = out.display();
                    self.warning(&format!(
                        "{name} was edited by hand and is kept (run without --if-stale to rebuild it)"
                    ));
                    return Ok(exit::OK);
                }
                ArtifactState::Stale(_) => {}
            }
        }
        let progress = self.stage(stage);
        manifest::replacing(&out)?;
        let ran = run(args, &progress)?.opened(STAND_INS);
        manifest::record_run(&out, &fingerprint, parts, &ran)?;
        progress.finish(&ran.note);
        Ok(ran.exit_code())
    }
}
