//! What a run would do, and what it would cost, before it does anything.
//!
//! The same walk as a run, in a scratch folder. Stages that ask a model build their requests and
//! count those that are not answered yet; where an input has to be made first, the level plan gives
//! an estimate. A [deep](Depth::Deep) forecast (a dry run) also runs the stages that ask nobody, so
//! that more of it is exact; a [shallow](Depth::Shallow) one (`status`) does not, and takes no time.

mod estimate;
mod table;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cladus_cli::{Display, DisplayMode};
use cladus_core::artifact;
use cladus_core::config::{Backend, Config};
use cladus_core::error::EndpointFault;
use cladus_core::manifest::{self, ArtifactState, Reason};
use cladus_core::progress::Spent;
use cladus_core::{Error, Result, content, schema};
use cladus_llm::{Answers, Sessions};
use serde::Serialize;

use crate::drive::explain::{Explained, explained};
use crate::drive::invocation::Invocation;
use crate::drive::reask;
use crate::drive::standing::Options;
use crate::edits::{Binding, Edits};
use crate::folder::RunFolder;
use crate::input::base::{self, Base};
use crate::input::sameness::Rebased;
use crate::stages::levels::{Level, LevelWalk};
use crate::stages::metered::Metered;
use crate::stages::stage::Stage;
use crate::tree::hierarchy::Hierarchy;
use crate::tree::map::{self, Map};

use estimate::Estimator;

/// A call takes about as long, in seconds, where nothing is known of the model.
const ASSUMED_LATENCY: f64 = 2.0;

/// How far to go to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Stages that ask nobody are run, in a scratch folder.
    Deep,
    /// Nothing is run.
    Shallow,
}

/// What a run would do.
#[derive(Debug, Serialize)]
pub struct Forecast {
    /// Sizes of the levels, base clusters first, as planned.
    pub levels: Vec<usize>,
    /// The model that would be asked.
    pub model: Option<String>,
    /// The model of an endpoint that would embed.
    pub embedding_model: Option<String>,
    /// The steps, in order.
    pub stages: Vec<ForecastStep>,
    /// Folders of iterations that are left from an earlier, longer run.
    pub unused: Vec<String>,
    /// People's corrections, and whether they apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edits: Option<Binding>,
    /// All of it together.
    pub total: Spent,
    /// Seconds that the calls would take.
    pub seconds: f64,
    /// Is the time of a call measured, or assumed?
    pub latency_measured: bool,
}

/// What one step would do.
#[derive(Debug, Serialize)]
pub struct ForecastStep {
    /// From 1; 0 is the input.
    pub iteration: usize,
    /// Its name.
    pub stage: &'static str,
    /// What it writes, within the run folder.
    pub artifact: String,
    /// Where that stands.
    pub state: Stands,
    /// Why it would be made; of an edited one, what has changed since.
    pub reasons: Vec<Explained>,
    /// Is it among the stages to work on?
    pub selected: bool,
    /// Is what it costs known, or estimated? An estimate is what it comes to if its inputs change;
    /// if they turn out as they were, it costs nothing.
    pub exact: bool,
    /// The command that takes its place; what that costs is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Calls it would make and what they would come to.
    pub spent: Spent,
    /// Seconds that the calls would take.
    pub seconds: f64,
}

/// Where an artifact stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stands {
    /// As it would be made again.
    Fresh,
    /// Something it depends on has changed.
    Stale,
    /// It is not there, or was not finished.
    Missing,
    /// Made or changed by hand, and kept.
    Edited,
    /// Something above it will be made anew; if that turns out as it was, this stays.
    Waiting,
}

impl Stands {
    fn of(reasons: &[Reason]) -> Self {
        if reasons.iter().any(|reason| matches!(reason, Reason::Missing | Reason::Unfinished)) {
            Self::Missing
        } else if reasons.iter().all(|reason| matches!(reason, Reason::Upstream { .. })) {
            Self::Waiting
        } else {
            Self::Stale
        }
    }
}

impl Forecast {
    /// Is nothing of it an estimate?
    pub fn is_exact(&self) -> bool {
        self.stages.iter().all(|step| step.exact)
    }

    /// Is anybody asked, for names or for vectors?
    pub fn pays(&self) -> bool {
        self.model.is_some() || self.embedding_model.is_some()
    }

    /// Do commands take the place of stages? What those cost is not known.
    pub fn runs_commands(&self) -> bool {
        self.stages.iter().any(|step| step.command.is_some())
    }

    /// Is there anything to do?
    pub fn is_fresh(&self) -> bool {
        self.stages.iter().all(|step| matches!(step.state, Stands::Fresh | Stands::Edited))
    }
}

/// Says what a run of `base` in `folder` would do.
///
/// # Errors
/// As a run, but for what only asking a model can bring to light.
pub fn forecast(
    folder: &RunFolder,
    mut base: Base,
    config: &Config,
    options: &Options,
    depth: Depth,
) -> Result<Forecast> {
    content::recall(&folder.memory(), folder.root());
    let edits = Edits::load(&folder.edits())?;
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let shadow = RunFolder::new(scratch.path());
    let clusters = match base.state {
        ArtifactState::Stale(_) => {
            artifact::write_clusters(&shadow.clusters(), &base.clusters()?)?;
            shadow.clusters()
        }
        _ => folder.clusters(),
    };
    let size = content::of(&clusters)?.rows;
    // A plan leaves nothing behind: without answers there is nothing to look up.
    let own = folder.answers_of(config);
    let answers = if own.is_file() { own } else { shadow.answers() };
    let mut config = config.clone();
    config.llm.answers = Some(answers);
    config.save(&shadow.config())?;
    let mut unknown = HashSet::new();
    if let Some(onto) = &config.onto {
        let mut seated = Rebased::of(folder, onto, config.match_by);
        seated.clusters.clone_from(&clusters);
        if !seated.is_fresh()? && depth == Depth::Deep {
            seated.out = shadow.onto();
            seated.update()?;
        } else if !seated.is_fresh()? {
            unknown.insert(folder.onto());
        }
    }
    let walk = Walk {
        folder,
        edits: &edits,
        shadow: &shadow,
        config: &config,
        options,
        depth,
        sessions: options.asking.planning(),
        unknown,
        clusters: &clusters,
        estimator: OnceCell::new(),
    };
    walk.all(&base.state, size)
}

/// Runs a stage without asking anybody: what it would cost, and whether it could write its artifact
/// (where everything it asks is answered).
fn plan(invocation: &Invocation, sessions: &Sessions) -> Result<(Spent, bool)> {
    let silent = Display::new(DisplayMode::Silent);
    let progress = Metered::new(silent.stage(invocation.stage.name()));
    let ran = invocation.execute(sessions, &progress);
    let spent = progress.discard();
    match ran {
        Ok(ran) => Ok((spent, ran.written.is_some())),
        Err(Error::Endpoint { fault: EndpointFault::Planned, .. }) => Ok((spent, false)),
        Err(error) => Err(error),
    }
}

/// What a stage would cost whose inputs are all there.
///
/// # Errors
/// As the stage.
pub(crate) fn cost_of(invocation: &Invocation, sessions: &Sessions) -> Result<Spent> {
    let scratch = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let out = scratch.path().join(invocation.out.file_name().unwrap_or_default());
    Ok(plan(&Invocation { out, ..invocation.clone() }, sessions)?.0)
}

struct Walk<'a> {
    folder: &'a RunFolder,
    edits: &'a Edits,
    shadow: &'a RunFolder,
    config: &'a Config,
    options: &'a Options,
    depth: Depth,
    sessions: Sessions,
    /// Artifacts whose new rows cannot be known yet.
    unknown: HashSet<PathBuf>,
    /// The base clusters.
    clusters: &'a Path,
    /// Only made where something has to be estimated: it reads the clusters, and is slow to load.
    estimator: OnceCell<Estimator>,
}

impl Walk<'_> {
    fn all(mut self, base: &ArtifactState, clusters: usize) -> Result<Forecast> {
        let mut levels = LevelWalk::above(clusters, self.config)?;
        let sizes = std::iter::once(clusters).chain(levels.targets().iter().copied()).collect();
        let mut stages = vec![self.step(0, base::STAGE, &self.folder.clusters(), base.clone())];
        let mut size = clusters;
        let mut iterations = 0;
        while let Some(level) = levels.next(size) {
            iterations = level.iteration;
            for stage in Stage::ALL {
                stages.push(self.stage(stage, &level)?);
            }
            let parents = self.folder.artifact(iterations, schema::PARENTS.artifact);
            size = if !self.unknown.contains(&parents) {
                content::of(&self.here(&parents))?.rows
            } else {
                // As many as there were, so that nothing below seems to change that does not.
                let old = parents.is_file().then(|| content::of(&parents));
                old.and_then(Result::ok)
                    .map_or(level.target, |old| old.rows)
                    .min(level.size.saturating_sub(1))
            };
        }
        let hierarchy = self.hierarchy(iterations)?;
        let map = self.map(iterations, hierarchy.state)?;
        stages.push(hierarchy);
        stages.extend(map);
        let latency = self.time(&mut stages)?;
        let total =
            stages.iter().fold(Spent { nanodollars: Some(0), ..Spent::default() }, |a, b| {
                estimate::add(a, b.spent)
            });
        let seconds = stages.iter().map(|step| step.seconds).sum();
        Ok(Forecast {
            levels: sizes,
            model: self.config.llm.model.clone().filter(|_| self.config.backend == Backend::Llm),
            embedding_model: self.config.embedding_model().map(str::to_owned),
            unused: self.folder.iterations_after(iterations),
            edits: self.binding(iterations)?,
            stages,
            total,
            seconds,
            latency_measured: latency,
        })
    }

    /// How long the calls of each step take. Says whether that is known from earlier ones.
    fn time(&self, stages: &mut [ForecastStep]) -> Result<bool> {
        let answers = self.config.llm.answers.as_deref().filter(|answers| answers.is_file());
        let measured = match (&self.config.llm.model, answers) {
            (Some(model), Some(answers)) if stages.iter().any(|step| step.spent.calls > 0) => {
                Answers::open(answers)?.latency(model)?
            }
            _ => None,
        };
        let latency = measured.unwrap_or(ASSUMED_LATENCY);
        for step in stages {
            let rounds = step.spent.calls.div_ceil(self.config.llm.concurrency.max(1) as u64);
            step.seconds = rounds as f64 * latency;
        }
        Ok(measured.is_some())
    }

    fn stage(&mut self, stage: Stage, level: &Level) -> Result<ForecastStep> {
        let mut invocation = Invocation::of(stage, level, self.folder, self.config)?;
        for (_, path) in &mut invocation.inputs {
            *path = self.here(path);
        }
        for (flag, value) in &mut invocation.settings {
            match *flag {
                "--params" => *value = self.shadow.config().into(),
                // Where parents lie, embed sees where their children do.
                "--children" | "--onto" => *value = self.here(Path::new(&*value)).into(),
                _ => {}
            }
        }
        let standing = self.options.standing(&invocation, level.iteration, &self.unknown)?;
        let out = invocation.out.clone();
        let mut step = self.step(level.iteration, stage.name(), &out, standing.state);
        step.selected = standing.selected;
        if matches!(step.state, Stands::Fresh | Stands::Edited) {
            return Ok(step);
        }
        if !standing.selected {
            if !out.is_file() {
                self.unknown.insert(out);
            }
            return Ok(step);
        }
        let unknown = |path: &Path| self.unknown.contains(path);
        let waits = invocation.inputs.iter().any(|(_, path)| unknown(path))
            || invocation.settings.iter().any(|(_, value)| unknown(Path::new(value)));
        if let Some(swapped) = &invocation.swapped {
            // Somebody's program is not run to see what it would do.
            self.unknown.insert(out);
            step.exact = !waits;
            step.command = Some(swapped.written());
        } else if waits {
            self.unknown.insert(out);
            step.exact = false;
            step.spent = self.estimator()?.of_stage(stage, level, self.config);
        } else if self.depth == Depth::Deep || invocation.asks() {
            let answers = self.folder.answers_of(self.config);
            let wanted = self.options.reask_of(stage);
            self.sessions.ask_again(reask::begin(&invocation, wanted, &answers, false)?);
            invocation.out = self.in_shadow(&out);
            let (spent, written) = plan(&invocation, &self.sessions)?;
            step.spent = spent;
            if !written {
                self.unknown.insert(out);
            }
            if !written && stage != Stage::Embed && self.config.backend == Backend::Extractive {
                // What it would have embedded after the first texts is not known.
                step.exact = false;
                step.spent = self.estimator()?.of_stage(stage, level, self.config);
            }
        } else {
            self.unknown.insert(out);
        }
        Ok(step)
    }

    fn estimator(&self) -> Result<&Estimator> {
        if let Some(estimator) = self.estimator.get() {
            return Ok(estimator);
        }
        let in_batches = self.options.asking.in_batches();
        let estimator = Estimator::of(self.clusters, self.config, in_batches)?;
        Ok(self.estimator.get_or_init(|| estimator))
    }

    fn hierarchy(&self, iterations: usize) -> Result<ForecastStep> {
        let hierarchy = Hierarchy::of(self.folder, iterations, self.edits);
        let mut fingerprint = hierarchy.fingerprint()?;
        for (_, path) in &mut fingerprint.inputs {
            *path = self.here(path);
        }
        let waiting: Vec<String> = fingerprint
            .inputs
            .extract_if(.., |(_, path)| self.unknown.contains(path))
            .map(|(name, _)| name)
            .collect();
        let parts = fingerprint.parts()?;
        let mut worst = ArtifactState::Fresh { note: String::new(), fell_back: 0 };
        for path in [&hierarchy.closure, &hierarchy.hierarchy] {
            match manifest::state_but_for(path, &fingerprint, &parts, &waiting)? {
                ArtifactState::Fresh { .. } => {}
                other => worst = other,
            }
        }
        Ok(self.step(iterations, "hierarchy", &hierarchy.hierarchy, worst))
    }

    /// The map, where there is one or one is wanted. Nobody makes it to see what it would be.
    fn map(&self, iterations: usize, hierarchy: Stands) -> Result<Option<ForecastStep>> {
        let map = Map::of(self.folder, self.config);
        if iterations == 0 || !map.is_there() && !self.options.map {
            return Ok(None);
        }
        let anew = !matches!(hierarchy, Stands::Fresh | Stands::Edited);
        let mut fingerprint = map.fingerprint()?;
        let waits = |(name, path): &mut (String, PathBuf)| {
            self.unknown.contains(path) || (name == "hierarchy" && anew)
        };
        let waiting = fingerprint.inputs.extract_if(.., waits);
        let waiting: Vec<String> = waiting.map(|(name, _)| name).collect();
        for (_, path) in &mut fingerprint.inputs {
            *path = self.here(path);
        }
        let parts = fingerprint.parts()?;
        let state = manifest::state_but_for(&map.out(), &fingerprint, &parts, &waiting)?;
        Ok(Some(self.step(iterations, map::STAGE, &map.out(), state)))
    }

    /// Whether the edits apply to what a run would put together.
    fn binding(&self, iterations: usize) -> Result<Option<Binding>> {
        if self.edits.is_empty() {
            return Ok(None);
        }
        let parents = (1..=iterations).map(|k| self.folder.artifact(k, schema::PARENTS.artifact));
        let parents: Vec<PathBuf> = parents.map(|path| self.here(&path)).collect();
        let known = parents.iter().all(|path| path.is_file() && !self.unknown.contains(path));
        let (out, closure) = (self.folder.hierarchy(), self.folder.closure());
        let hierarchy = Hierarchy::from_files(self.clusters, &parents, self.edits, &out, &closure);
        let outcomes = if known { Some(hierarchy.outcomes()?) } else { None };
        Ok(Some(Binding { edits: self.edits.list.len(), outcomes }))
    }

    fn step(
        &self,
        iteration: usize,
        stage: &'static str,
        out: &Path,
        state: ArtifactState,
    ) -> ForecastStep {
        let (state, reasons) = match state {
            ArtifactState::Fresh { .. } => (Stands::Fresh, Vec::new()),
            ArtifactState::Edited { since } => (Stands::Edited, since),
            ArtifactState::Stale(reasons) => (Stands::of(&reasons), reasons),
        };
        let inside = out.strip_prefix(self.folder.root()).unwrap_or(out);
        ForecastStep {
            iteration,
            stage,
            artifact: inside.display().to_string(),
            state,
            reasons: explained(reasons),
            selected: true,
            exact: true,
            command: None,
            spent: Spent::default(),
            seconds: 0.0,
        }
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
}
