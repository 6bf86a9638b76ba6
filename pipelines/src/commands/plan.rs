//! `cladus plan`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cladus_cli::{Display, print};
use cladus_core::artifact::parquet;
use cladus_core::config::Config;
use cladus_core::{Error, Result, exit, schema};
use serde::Serialize;

use crate::drive::invocation::Invocation;
use crate::folder::RunFolder;
use crate::input::growth;
use crate::stages::levels::{Level, LevelWalk};
use crate::stages::stage::Stage;

#[derive(Debug, clap::Args)]
pub(crate) struct PlanArgs {
    /// Run folder.
    run: PathBuf,
    /// Print only this iteration. Exits with code 4 if the hierarchy is complete without it, and with 3 if
    /// that is not known yet.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    iteration: Option<u16>,
    /// Print the flags of this stage in that iteration, without inputs and output, quoted for a shell.
    #[arg(
        long,
        value_enum,
        value_name = "STAGE",
        hide_possible_values = true,
        requires = "iteration",
        conflicts_with = "json"
    )]
    flags: Option<Stage>,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

/// What is known of a run's levels.
#[derive(Debug, Serialize)]
struct Plan {
    /// Sizes of the levels, base clusters first, as planned.
    levels: Vec<usize>,
    /// The iterations that are known.
    iterations: Vec<Iteration>,
    /// Has the last of them left few enough clusters?
    complete: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Iteration {
    #[serde(flatten)]
    level: Level,
    /// Parents it has ended with, if it has.
    parents: Option<usize>,
}

pub(crate) fn run(args: &PlanArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::new(&args.run);
    let path = folder.config();
    let config = Config::load_or_default(path.is_file().then_some(path.as_path()))?;
    let plan = plan(&folder, &config)?;
    let Some(asked) = args.iteration.map(usize::from) else {
        print(&if args.json { super::json(&plan)? } else { plan.to_text() })?;
        return Ok(exit::OK);
    };
    let Some(found) = plan.iterations.get(asked - 1) else {
        let made = plan.iterations.len();
        if plan.complete {
            display.line(&format!(
                "there is no iteration {asked}: after {made}, few enough clusters are left"
            ));
            return Ok(exit::STALE);
        }
        let parents = folder.artifact(made, schema::PARENTS.artifact);
        let problem =
            format!("is missing, so it is not known whether there is an iteration {asked}");
        return Err(Error::damaged(&parents, problem));
    };
    // Where the flags name it, it is there.
    growth::seat(&folder, &config, display)?;
    let text = match args.flags {
        Some(stage) => flags(&Invocation::of(stage, &found.level, &folder, &config)?)?,
        None if args.json => super::json(found)?,
        None => found.to_text(),
    };
    print(&text)?;
    Ok(exit::OK)
}

fn flags(invocation: &Invocation) -> Result<String> {
    if invocation.swapped.is_none() {
        return Ok(invocation.flags() + "\n");
    }
    let stage = invocation.stage.name();
    Err(Error::config_hint(
        format!("a command replaces {stage} in this run, and it takes no flags"),
        format!("`cladus run` runs it, {}", invocation.shell()),
    ))
}

/// From the footers of `clusters` and `parents` alone.
fn plan(folder: &RunFolder, config: &Config) -> Result<Plan> {
    let rows = |path: &Path| parquet::footer(path).map(|(_, rows)| rows);
    let base = folder.clusters();
    if !base.is_file() {
        let problem =
            format!("is missing: `cladus import INPUT --out {}` creates it", base.display());
        return Err(Error::damaged(&base, problem));
    }
    let mut size = rows(&base)?;
    let mut levels = LevelWalk::above(size, config)?;
    let planned = std::iter::once(size).chain(levels.targets().iter().copied()).collect();
    let mut plan = Plan { levels: planned, iterations: Vec::new(), complete: true };
    while let Some(level) = levels.next(size) {
        let path = folder.artifact(level.iteration, schema::PARENTS.artifact);
        let parents = path.is_file().then(|| rows(&path)).transpose()?;
        plan.iterations.push(Iteration { level, parents });
        match parents {
            Some(parents) if parents < size => size = parents,
            Some(parents) => {
                let problem =
                    format!("{parents} parents for {size} clusters: the level does not shrink");
                return Err(Error::damaged(&path, problem));
            }
            None => {
                plan.complete = false;
                break;
            }
        }
    }
    Ok(plan)
}

impl Plan {
    fn to_text(&self) -> String {
        let levels: Vec<String> = self.levels.iter().map(ToString::to_string).collect();
        let mut text = format!("level plan: {}\n", levels.join(" -> "));
        for iteration in &self.iterations {
            text += &iteration.to_text();
        }
        text
    }
}

impl Iteration {
    fn to_text(&self) -> String {
        let Level { iteration, size, target, .. } = self.level;
        let mut text = format!("iteration {iteration}: {size} clusters -> {target} parents");
        if let Some(parents) = self.parents {
            // Writing to a String cannot fail.
            let _ = write!(text, ", {parents} made");
        }
        text + "\n"
    }
}
