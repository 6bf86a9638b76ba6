//! What a run would do, and what it would cost, before it does anything.
//!
//! The same walk as a run, in a scratch folder: stages without a model are run there, stages with
//! one build their requests and count those that are not answered yet. From the first stage whose
//! answers are missing, nothing behind it can be known, and the level plan gives an estimate.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use cladus_cli::{Display, DisplayMode, count, money};
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::{Backend, Config};
use cladus_core::error::EndpointFault;
use cladus_core::progress::Spent;
use cladus_core::{Error, Result, atomic, plan};
use cladus_llm::{Answers, Price, Prices, Sessions, TokenCounter, Usage};
use serde::Serialize;

use crate::folder::RunFolder;
use crate::invocation::{Invocation, Level, Stage};
use crate::manifest::{self, Reason, State};
use crate::metered::Metered;
use crate::run::Options;

/// A call takes about as long, in seconds, where nothing is known of the model.
const ASSUMED_LATENCY: f64 = 2.0;

/// What a run would do.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// Sizes of the levels, base clusters first.
    pub levels: Vec<usize>,
    /// The model that would be asked.
    pub model: Option<String>,
    /// The stages, in order.
    pub stages: Vec<PlannedStage>,
    /// All of them together.
    pub total: Spent,
    /// Seconds that the calls would take.
    pub seconds: f64,
    /// Is the time of a call measured, or assumed?
    pub latency_measured: bool,
}

/// What one stage would do.
#[derive(Debug, Serialize)]
pub struct PlannedStage {
    /// From 1.
    pub iteration: usize,
    /// Its name.
    pub stage: &'static str,
    /// `fresh`, `edited`, `to do`, or `about`: to do, and only estimated.
    pub state: &'static str,
    /// Why it would be made.
    pub reasons: Vec<String>,
    /// Calls it would make and what they would come to.
    pub spent: Spent,
    /// Seconds that the calls would take.
    pub seconds: f64,
}

/// Plans a run of `clusters` in `folder`.
///
/// # Errors
/// As a run, but for what only asking a model can bring to light.
pub fn plan(
    folder: &RunFolder,
    clusters: &[Cluster],
    config: &Config,
    options: &Options,
) -> Result<Planned> {
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let shadow = RunFolder::new(scratch.path());
    artifact::write_clusters(&shadow.clusters(), clusters)?;
    atomic::publish_bytes(&shadow.config(), config.to_toml()?.as_bytes())?;
    // A plan leaves nothing behind: without answers there is nothing to look up.
    let own = config.llm.answers.clone().unwrap_or_else(|| folder.answers());
    let answers = if own.is_file() { own } else { shadow.answers() };
    let mut config = config.clone();
    config.llm.answers = Some(answers.clone());
    let config = &config;
    let levels = config.levels.as_ref();
    let targets =
        plan::level_plan(clusters.len(), config.max_clusters, levels, config.clusters_per_group)?;
    let walk = Walk {
        folder,
        shadow: &shadow,
        config,
        options,
        answers: &answers,
        sessions: if options.asking.in_batches() {
            Sessions::planning_batches()
        } else {
            Sessions::planning()
        },
        remade: HashSet::new(),
        texts: Texts::of(clusters, config),
        price: price(config, options.asking.in_batches())?,
    };
    walk.all(clusters.len(), &targets)
}

struct Walk<'a> {
    folder: &'a RunFolder,
    shadow: &'a RunFolder,
    config: &'a Config,
    options: &'a Options,
    answers: &'a Path,
    sessions: Sessions,
    /// Artifacts whose new rows cannot be known yet.
    remade: HashSet<PathBuf>,
    texts: Texts,
    price: Option<Price>,
}

impl Walk<'_> {
    fn all(mut self, clusters: usize, targets: &[usize]) -> Result<Planned> {
        let mut levels = vec![clusters];
        levels.extend(targets);
        let mut stages = Vec::new();
        let mut size = clusters;
        for &target in targets.iter() {
            if size <= target {
                continue;
            }
            let iteration = stages.len() / Stage::ALL.len() + 1;
            let level = Level { iteration, size, target };
            for stage in Stage::ALL {
                stages.push(self.stage(stage, &level)?);
            }
            let parents = self.folder.artifact(iteration, "parents");
            size = if self.remade.contains(&parents) {
                target
            } else {
                artifact::parquet::footer(&self.here(&parents))?.1
            };
        }
        let total = stages
            .iter()
            .fold(Spent { nanodollars: Some(0), ..Spent::default() }, |total, stage| {
                add(total, stage.spent)
            });
        let model = self.config.llm.model.clone().filter(|_| self.config.backend == Backend::Llm);
        let measured = match &model {
            Some(model) => Answers::open(self.answers)?.latency(model)?,
            None => None,
        };
        let latency = measured.unwrap_or(ASSUMED_LATENCY);
        let rounds = |calls: u64| calls.div_ceil(self.config.llm.concurrency.max(1) as u64) as f64;
        for stage in &mut stages {
            stage.seconds = rounds(stage.spent.calls) * latency;
        }
        let seconds = stages.iter().map(|stage| stage.seconds).sum();
        let latency_measured = measured.is_some();
        Ok(Planned { levels, model, stages, total, seconds, latency_measured })
    }

    fn stage(&mut self, stage: Stage, level: &Level) -> Result<PlannedStage> {
        let mut invocation = Invocation::of(stage, level, self.folder, self.config)?;
        let planned = |state, reasons: &[Reason], spent| PlannedStage {
            iteration: level.iteration,
            stage: stage.name(),
            state,
            reasons: reasons.iter().map(ToString::to_string).collect(),
            spent,
            seconds: 0.0,
        };
        let out = invocation.out.clone();
        let first = invocation.inputs.iter().find(|(_, path)| self.remade.contains(path));
        if let Some((flag, _)) = first {
            let reason = Reason::Upstream(flag.trim_start_matches('-').to_owned());
            self.remade.insert(out);
            return Ok(planned("about", &[reason], self.estimate(stage, level)));
        }
        for (_, path) in &mut invocation.inputs {
            *path = self.here(path);
        }
        let parts = invocation.parts(manifest::content)?;
        let state = self.options.state(&invocation, &parts)?;
        let reasons = match state {
            State::Fresh { .. } => return Ok(planned("fresh", &[], Spent::default())),
            State::Edited { .. } => return Ok(planned("edited", &[], Spent::default())),
            State::Stale(reasons) => reasons,
        };
        invocation.out = self.in_shadow(&out);
        for (flag, value) in &mut invocation.settings {
            if *flag == "--params" {
                *value = self.shadow.config().into();
            }
        }
        let silent = Display::new(DisplayMode::Silent);
        let progress = Metered::new(silent.stage(stage.name()));
        let ran = invocation.execute(&self.sessions, &progress);
        let spent = progress.discard();
        match ran {
            Ok(ran) if ran.written.is_some() => {}
            Ok(_) | Err(Error::Endpoint { fault: EndpointFault::Planned, .. }) => {
                self.remade.insert(out);
            }
            Err(error) => return Err(error),
        }
        Ok(planned("to do", &reasons, spent))
    }

    /// Where the rows are that a run would find at `path`.
    fn here(&self, path: &Path) -> PathBuf {
        let shadow = self.in_shadow(path);
        if shadow.is_file() { shadow } else { path.to_owned() }
    }

    fn in_shadow(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix(self.folder.root()).unwrap_or(path);
        self.shadow.root().join(inside)
    }

    /// What a stage would come to whose inputs are not there yet.
    fn estimate(&self, stage: Stage, level: &Level) -> Spent {
        /// A prompt's own text and schema, in tokens.
        const STATIC: u64 = 350;
        let unknown = Spent { nanodollars: Some(0), ..Spent::default() };
        if self.config.backend != Backend::Llm {
            return unknown;
        }
        let average = self.config.clusters_per_group;
        let average = average.unwrap_or_else(|| plan::clusters_per_group(level.size, level.target));
        let groups = level.size.div_ceil(average.max(1)) as u64;
        let (n, target) = (level.size as u64, level.target as u64);
        let texts = if level.iteration == 1 { self.texts } else { Texts::MADE };
        let (prompt, completion) = match stage {
            Stage::Embed | Stage::Group => return unknown,
            Stage::Propose => (groups * (STATIC + 60) + n * texts.short, target * 10),
            Stage::Label => (groups * STATIC + target * 20 + n * (texts.long + 12), n * 13),
            Stage::Rename => (groups * STATIC + n * texts.short, target * 90),
        };
        let calls = groups;
        let usage = Usage {
            prompt_tokens: Some(prompt),
            cached_tokens: None,
            completion_tokens: Some(completion),
        };
        Spent {
            calls,
            prompt_tokens: prompt,
            completion_tokens: completion,
            nanodollars: self.price.as_ref().and_then(|price| price.nanodollars(&usage)),
            ..Spent::default()
        }
    }
}

/// Tokens of a cluster as prompts show it, in the mean.
#[derive(Debug, Clone, Copy)]
struct Texts {
    /// Its name and the first sentence about it.
    short: u64,
    /// Its name and all about it.
    long: u64,
}

impl Texts {
    /// Of parents: ten words and two sentences at most.
    const MADE: Self = Self { short: 45, long: 70 };

    fn of(clusters: &[Cluster], config: &Config) -> Self {
        /// So many tell the mean well enough.
        const SAMPLE: usize = 200;
        let Some(model) = &config.llm.model else { return Self::MADE };
        let counter = TokenCounter::for_model(model);
        let step = clusters.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<usize> = clusters
            .iter()
            .step_by(step)
            .map(|c| {
                counter.count(&format!("<item id=\"10\">{}: {}</item>", c.name, c.description))
            })
            .collect();
        let mean = sample.iter().sum::<usize>() as u64 / sample.len().max(1) as u64;
        Self { short: mean.min(55), long: mean.min(120) }
    }
}

fn price(config: &Config, in_batches: bool) -> Result<Option<Price>> {
    let prices = Prices::load(config.llm.prices.as_deref())?;
    let price = config.llm.model.as_deref().and_then(|model| prices.of(model));
    Ok(if in_batches { price.map(Price::in_batch) } else { price })
}

fn add(a: Spent, b: Spent) -> Spent {
    Spent {
        calls: a.calls + b.calls,
        answered: a.answered + b.answered,
        prompt_tokens: a.prompt_tokens + b.prompt_tokens,
        cached_tokens: a.cached_tokens + b.cached_tokens,
        completion_tokens: a.completion_tokens + b.completion_tokens,
        // A stage that asks nobody has nothing to price.
        nanodollars: if b.calls == 0 {
            a.nanodollars
        } else {
            a.nanodollars.zip(b.nanodollars).map(|(a, b)| a + b)
        },
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.levels.iter().map(ToString::to_string).collect();
        writeln!(f, "level plan: {}", sizes.join(" -> "))?;
        let asks = self.model.is_some();
        if asks {
            writeln!(
                f,
                "\n{:<12}{:<7}{:>8}{:>10}{:>9}{:>9}{:>7}  {:<14}why",
                "stage", "state", "calls", "answered", "prompt", "answer", "time", "cost"
            )?;
        } else {
            writeln!(f, "\n{:<12}{:<7}why", "stage", "state")?;
        }
        for stage in &self.stages {
            let PlannedStage { iteration, stage, state, reasons, spent, seconds } = stage;
            let name = format!("{iteration} {stage}");
            let why = reasons.first().map_or("", String::as_str);
            let more = if reasons.len() > 1 {
                format!(" (and {} more)", reasons.len() - 1)
            } else {
                String::new()
            };
            if !asks {
                writeln!(f, "{name:<12}{state:<7}{why}{more}")?;
                continue;
            }
            let cost = if spent.calls == 0 { "-".to_owned() } else { money(spent.nanodollars) };
            writeln!(
                f,
                "{name:<12}{state:<7}{:>8}{:>10}{:>9}{:>9}{:>7}  {cost:<14}{why}{more}",
                spent.calls,
                spent.answered,
                count(spent.prompt_tokens),
                count(spent.completion_tokens),
                format!("{seconds:.0} s"),
            )?;
        }
        if !asks {
            return writeln!(f, "\nno model is asked: nothing to pay");
        }
        let Spent { calls, answered, prompt_tokens, completion_tokens, nanodollars, .. } =
            self.total;
        let about =
            if self.stages.iter().any(|stage| stage.state == "about") { "about " } else { "" };
        let latency =
            if self.latency_measured { "as calls took so far" } else { "at 2 s a call, a guess" };
        writeln!(
            f,
            "\n{about}{calls} calls ({answered} more are answered already), {} + {} tokens, {}, {:.0} s ({latency})",
            count(prompt_tokens),
            count(completion_tokens),
            money(nanodollars),
            self.seconds,
        )
    }
}
