//! `cladus status`

use cladus_cli::print;
use cladus_core::config::Config;
use cladus_core::{Error, Result, exit};

use super::here::RunArg;
use crate::drive::forecast::{Depth, Forecast, forecast};
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    run: RunArg,
    /// Show changes of prompts line by line.
    #[arg(long)]
    diff: bool,
    /// Exit with code 4 if anything is stale.
    #[arg(long)]
    check: bool,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &StatusArgs) -> Result<u8> {
    let run = args.run.path()?;
    let folder = RunFolder::new(&run);
    if !run.is_dir() {
        let root = run.display();
        return Err(Error::damaged(
            &run,
            format!("is not a run folder: create one with `cladus run INPUT --out {root}`"),
        ));
    }
    let path = folder.config();
    let config = Config::load_or_default(path.is_file().then_some(path.as_path()))?;
    cladus_core::content::recall(&folder.memory(), folder.root());
    let source = InputSource::remembered(&folder);
    let base = Base::look(&folder, source.as_ref())?;
    let found = forecast(&folder, base, &config, &Options::default(), Depth::Shallow)?;
    if args.json {
        print(&super::json(&found)?)?;
    } else {
        let mut text = found.to_string();
        if !found.is_fresh() {
            text += &format!("run `cladus run --out {}` to update it\n", folder.root().display());
        }
        if args.diff {
            text += &diffs(&found);
        }
        print(&text)?;
    }
    Ok(if args.check && !found.is_fresh() { exit::STALE } else { exit::OK })
}

/// Every prompt that changed; the same change in several iterations once.
fn diffs(found: &Forecast) -> String {
    let mut shown: Vec<(&str, String)> = Vec::new();
    for step in &found.stages {
        for diff in step.reasons.iter().filter_map(crate::drive::explain::Explained::diff) {
            if !shown.contains(&(step.stage, diff.clone())) {
                shown.push((step.stage, diff));
            }
        }
    }
    shown.into_iter().map(|(stage, diff)| format!("\n{stage}\n{diff}")).collect()
}
