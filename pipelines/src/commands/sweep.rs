//! `cladus sweep`

mod planned;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cladus_cli::{Display, count, money, percentage, print};
use cladus_core::config::{Config, InputConfig};
use cladus_core::forest::Forest;
use cladus_core::plan::Levels;
use cladus_core::{Error, Result, artifact, exit};
use cladus_eval::{Health, Truth, TruthAgreement, agreement, health};
use cladus_input::InputArgs;
use cladus_llm::{Answers, LlmArgs, run_of};
use serde::Serialize;

use super::settings::ChildrenArgs;
use super::{eval, json};
use crate::drive::run::run as build;
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};
use crate::swap::PipelineArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct SweepArgs {
    /// Base clusters, as `cladus run` takes them.
    input: PathBuf,
    /// Folder for the runs, each in its own folder; resumed if it exists.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Maximum number of roots.
    #[arg(long, value_name = "N,…", value_delimiter = ',', help_heading = "Settings to vary")]
    max_clusters: Vec<usize>,
    /// Number of levels, or their sizes (repeatable).
    #[arg(long, value_name = "N|A,B,…", help_heading = "Settings to vary")]
    levels: Vec<Levels>,
    /// Average size of a group.
    #[arg(long, value_name = "N,…", value_delimiter = ',', help_heading = "Settings to vary")]
    clusters_per_group: Vec<usize>,
    /// How texts are embedded.
    #[arg(
        long,
        value_name = "EMBEDDER,…",
        value_delimiter = ',',
        help_heading = "Settings to vary"
    )]
    embedder: Vec<String>,
    /// Random seed.
    #[arg(long, value_name = "N,…", value_delimiter = ',', help_heading = "Settings to vary")]
    seed: Vec<u64>,
    /// Known categories, as `cladus eval` takes them, to compare agreement too.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Print what the runs would cost, without running them.
    #[arg(long)]
    dry_run: bool,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
    /// Read the other settings from this file; flags override it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    children: ChildrenArgs,
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten, next_help_heading = "Language model")]
    llm: LlmArgs,
    #[command(flatten, next_help_heading = "Input")]
    columns: InputArgs,
}

/// A run of the sweep.
#[derive(Debug, Serialize)]
struct TrialResult {
    /// What it was tried with, as the folder is called.
    name: String,
    folder: PathBuf,
    /// Sizes from the base clusters to the roots.
    levels: Vec<usize>,
    health: Health,
    /// The share of base clusters that are nearer to another parent.
    nearer_elsewhere: Option<f64>,
    agreement: Option<TruthAgreement>,
    spent: TrialCost,
}

/// What models were asked for it, over all its restarts; an answer that another run has paid for is
/// not in here.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct TrialCost {
    calls: u64,
    tokens: u64,
    nanodollars: u64,
}

pub(crate) fn run(args: &SweepArgs, display: &Display) -> Result<u8> {
    // A truth that cannot be read is told before anything is built.
    let truth = args.truth.as_deref().map(Truth::read).transpose()?;
    let trials = args.trials()?;
    if trials.len() < 2 {
        return Err(Error::config_hint(
            "there is nothing to compare",
            "give several values of a setting, as in --max-clusters 5,10,20",
        ));
    }
    let names: HashSet<&str> = trials.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < trials.len() {
        return Err(Error::config("a value is given twice, but every run has its own folder"));
    }
    let mut source = InputSource {
        path: args.input.clone(),
        config: args.columns.over(&InputConfig::default()),
    };
    let trials = trials.into_iter().map(|(name, mut config)| {
        // One store, so that an answer is paid for once.
        config.llm.answers.get_or_insert_with(|| args.out.join("answers.sqlite"));
        (RunFolder::new(&args.out.join(&name)), name, config)
    });
    if args.dry_run {
        let found = planned::planned(trials.collect(), source, display)?;
        print(&if args.json { json(&found)? } else { planned::table(&found) })?;
        return Ok(exit::OK);
    }
    let mut done = Vec::new();
    for (folder, name, mut config) in trials {
        let answers = folder.answers_of(&config);
        share_budget(&mut config, &answers, folder.root())?;
        display.line(&format!("\n{name}"));
        let held = folder.lock_if_there()?;
        let base = Base::look(&folder, Some(&source)).map_err(super::spelt_out)?;
        if let Some(told) = base.told.as_ref().filter(|_| done.is_empty()) {
            told.tell(folder.root(), display);
        }
        let lock = held.map_or_else(|| folder.lock(), Ok)?;
        build(&folder, base, &config, &Options::default(), display)?;
        if source.path.as_os_str() == "-" {
            // Standard input is read once.
            source = InputSource { path: folder.clusters(), config: InputConfig::default() };
        }
        drop(lock);
        done.push(tried(name, &folder, truth.as_ref(), &answers)?);
    }
    print(&if args.json { json(&done)? } else { table(&done) })?;
    Ok(exit::OK)
}

impl SweepArgs {
    /// Every combination of the values, with its name.
    fn trials(&self) -> Result<Vec<(String, Config)>> {
        let mut config = Config::load_or_default(self.config.as_deref())?;
        self.children.apply(&mut config)?;
        self.llm.apply(&mut config)?;
        self.pipeline.apply(&mut config)?;
        let mut trials = vec![(Vec::new(), config)];
        vary(&mut trials, "max-clusters", &self.max_clusters, |config, n| config.max_clusters = *n);
        vary(&mut trials, "levels", &self.levels, |config, levels| {
            if let Levels::Sizes(sizes) = levels
                && self.max_clusters.is_empty()
                && let Some(&roots) = sizes.last()
            {
                // Who says the sizes has said the number of roots.
                config.max_clusters = roots;
            }
            config.levels = Some(levels.clone());
        });
        vary(&mut trials, "clusters-per-group", &self.clusters_per_group, |config, n| {
            config.clusters_per_group = Some(*n);
        });
        let settled = self.embedder.iter().map(|name| Ok(cladus_embedder::settled(name)?));
        let settled = settled.collect::<Result<Vec<_>>>()?;
        vary(&mut trials, "embedder", &settled, |config, name| config.embedder.clone_from(name));
        vary(&mut trials, "seed", &self.seed, |config, seed| config.seed = *seed);
        vary(&mut trials, "model", &self.models()?, |config, model| {
            config.llm.model = Some(model.0.clone());
        });
        Ok(trials.into_iter().map(|(words, config)| (words.join("_"), config)).collect())
    }

    /// Several models; none where all ask the same one.
    fn models(&self) -> Result<Vec<EndpointModel>> {
        let Some(said) = self.llm.model.as_deref().filter(|said| said.contains(',')) else {
            return Ok(Vec::new());
        };
        let names = said.split(',').map(str::trim).filter(|name| !name.is_empty());
        let models: Vec<EndpointModel> = names.map(|name| EndpointModel(name.to_owned())).collect();
        if models.is_empty() {
            return Err(Error::config(format!("--model {said} contains no model name")));
        }
        Ok(models)
    }
}

/// A model as its endpoint knows it.
struct EndpointModel(String);

/// A setting of a trial, for its name.
trait TrialSetting {
    fn named(&self) -> String;
}

impl TrialSetting for usize {
    fn named(&self) -> String {
        self.to_string()
    }
}

impl TrialSetting for u64 {
    fn named(&self) -> String {
        self.to_string()
    }
}

impl TrialSetting for String {
    /// Folders are called by their last part.
    fn named(&self) -> String {
        let last = Path::new(self).file_name().map(|name| name.to_string_lossy().into_owned());
        last.unwrap_or_else(|| self.clone())
    }
}

impl TrialSetting for EndpointModel {
    /// What stands in models' names and not in those of folders everywhere is a dash.
    fn named(&self) -> String {
        self.0.replace(|c: char| !(c.is_alphanumeric() || "._-".contains(c)), "-")
    }
}

impl TrialSetting for Levels {
    fn named(&self) -> String {
        match self {
            Self::Count(n) => n.to_string(),
            Self::Sizes(sizes) => sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("-"),
        }
    }
}

/// Every trial once with each of the values; as they are, where there are none.
fn vary<T: TrialSetting>(
    trials: &mut Vec<(Vec<String>, Config)>,
    key: &str,
    values: &[T],
    set: impl Fn(&mut Config, &T),
) {
    if values.is_empty() {
        return;
    }
    *trials = std::mem::take(trials)
        .into_iter()
        .flat_map(|(words, config)| {
            values
                .iter()
                .map(|value| {
                    let mut config = config.clone();
                    set(&mut config, value);
                    ([&words[..], &[format!("{key}-{}", value.named())]].concat(), config)
                })
                .collect::<Vec<_>>()
        })
        .collect();
}

/// A budget is that of the sweep: what other runs have spent of it is not there any more.
fn share_budget(config: &mut Config, answers: &Path, folder: &Path) -> Result<()> {
    let llm = &mut config.llm;
    if (llm.max_calls, llm.max_tokens, llm.max_cost) == (None, None, None) || !answers.is_file() {
        return Ok(());
    }
    let all = spent(answers, None)?;
    let own = spent(answers, Some(folder))?;
    let rest = |most: u64, all: u64, own: u64| most.saturating_sub(all - own);
    llm.max_calls = llm.max_calls.map(|most| rest(most, all.calls, own.calls));
    llm.max_tokens = llm.max_tokens.map(|most| rest(most, all.tokens, own.tokens));
    let others = (all.nanodollars - own.nanodollars) as f64 / 1e9;
    llm.max_cost = llm.max_cost.map(|most| (most - others).max(0.0));
    Ok(())
}

/// What all runs of a store have spent, or the one in `folder`.
fn spent(answers: &Path, folder: Option<&Path>) -> Result<TrialCost> {
    if !answers.is_file() {
        return Ok(TrialCost::default());
    }
    let run = folder.map(|folder| run_of(answers, folder));
    let lines = Answers::open(answers)?.ledger(run.as_deref())?;
    Ok(lines.iter().fold(TrialCost::default(), |sum, line| TrialCost {
        calls: sum.calls + line.calls,
        tokens: sum.tokens + line.prompt_tokens + line.completion_tokens,
        nanodollars: sum.nanodollars + line.nanodollars + line.maybe_nanodollars,
    }))
}

fn tried(
    name: String,
    folder: &RunFolder,
    truth: Option<&Truth>,
    answers: &Path,
) -> Result<TrialResult> {
    let hierarchy = artifact::read_hierarchy(&folder.hierarchy())?;
    let nearer = eval::levels(folder, &hierarchy)?;
    let nearer_elsewhere = nearer.first().map(|level| level.nearness.nearer_elsewhere);
    let forest = Forest::of(hierarchy)?;
    let health = health(&forest);
    let levels = std::iter::once(health.leaves).chain(health.levels.iter().map(|l| l.nodes));
    Ok(TrialResult {
        name,
        folder: folder.root().to_owned(),
        levels: levels.collect(),
        nearer_elsewhere,
        agreement: truth.and_then(|truth| agreement(&forest, truth)),
        spent: spent(answers, Some(folder.root()))?,
        health,
    })
}

/// One line a run.
fn table(tried: &[TrialResult]) -> String {
    let asked = tried.iter().any(|run| run.spent.calls > 0);
    let known = tried.iter().any(|run| run.agreement.is_some());
    let mut lines =
        vec![vec!["run", "levels", "roots", "children", "alone", "alike", "nearer elsewhere"]];
    if known {
        lines[0].extend(["overall", "roots' AMI", "spread"]);
    }
    if asked {
        lines[0].extend(["calls", "tokens", "cost"]);
    }
    let mut lines: Vec<Vec<String>> =
        lines.into_iter().map(|line| line.into_iter().map(str::to_owned).collect()).collect();
    for TrialResult { name, levels, health, nearer_elsewhere, agreement, spent, .. } in tried {
        let sizes: Vec<String> = levels.iter().map(usize::to_string).collect();
        let children = health.levels.iter().map(|l| (l.children.min, l.children.max));
        let least = children.clone().map(|(least, _)| least).min().unwrap_or(0);
        let most = children.map(|(_, most)| most).max().unwrap_or(0);
        let mut line = vec![
            name.clone(),
            sizes.join(" -> "),
            health.roots.to_string(),
            format!("{least} to {most}"),
            health.single_children.to_string(),
            health.siblings_nearly_alike.to_string(),
            nearer_elsewhere.map_or_else(|| "-".to_owned(), percentage),
        ];
        if known {
            line.extend(agreement.as_ref().map_or_else(
                || vec!["-".to_owned(); 3],
                |found| {
                    let spread = found.spillover.classes;
                    vec![
                        format!("{:.3}", found.overall),
                        format!("{:.3}", found.top.ami),
                        format!("{spread} of {}", found.top_classes),
                    ]
                },
            ));
        }
        if asked {
            line.extend([count(spent.calls), count(spent.tokens), money(Some(spent.nanodollars))]);
        }
        lines.push(line);
    }
    aligned(&lines)
}

/// The first column to the left, the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        for (place, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let cell = match place {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            };
            text += &cell;
        }
        text.push('\n');
    }
    text
}
