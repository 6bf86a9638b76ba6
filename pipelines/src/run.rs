//! The loop: iteration by iteration, until few enough roots are left.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cladus_cli::Display;
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::Config;
use cladus_core::outcome::Ran;
use cladus_core::progress::Spent;
use cladus_core::schema;
use cladus_core::{Error, Result, atomic, plan};
use cladus_llm::Sessions;
use cladus_llm::batch::Exported;
use serde::Serialize;

use crate::batch::{self, Asking};
use crate::folder::RunFolder;
use crate::invocation::{Invocation, Level, Stage};
use crate::manifest::{self, Manifest, Parts, Reason, State};
use crate::metered::Metered;
use crate::tree::Tree;

/// Raised by hand when the driver puts hierarchies together differently.
const HIERARCHY_VERSION: u32 = 1;

/// What a run is told beyond its configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Stages to run even where their artifacts are fresh.
    pub force: Vec<Stage>,
    /// Make artifacts again that were edited by hand.
    pub discard_edits: bool,
    /// How models are asked.
    pub asking: Asking,
    /// What was written, where questions go into a file.
    pub exported: Arc<Mutex<Option<Exported>>>,
}

/// What a run did.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Base clusters.
    pub clusters: usize,
    /// Roots in the end.
    pub roots: usize,
    /// The iterations, in order.
    pub iterations: Vec<IterationReport>,
    /// Rows that are not as a model said them.
    pub fell_back: usize,
}

/// What one iteration did.
#[derive(Debug, Serialize)]
pub struct IterationReport {
    /// From 1.
    pub iteration: usize,
    /// Clusters it started from.
    pub clusters: usize,
    /// Parents the level plan wanted.
    pub target: usize,
    /// Parents (and clusters that moved up alone) it ended with.
    pub parents: usize,
    /// Its stages, in order.
    pub stages: Vec<StageReport>,
}

/// What became of one stage.
#[derive(Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub stage: &'static str,
    /// `made`, `fresh` or `edited`.
    pub state: &'static str,
    /// Why it was made.
    pub reasons: Vec<String>,
    /// What it says about its result.
    pub note: String,
    /// The command line that does the same by hand.
    pub command: String,
    /// Calls to a model and what they came to.
    pub spent: Spent,
    /// Rows that are not as the model said them.
    pub fell_back: usize,
}

impl Options {
    /// Where the artifact of `invocation` stands: what its manifest says, unless something else was
    /// asked for.
    ///
    /// # Errors
    /// As [`manifest::state`].
    pub(crate) fn state(&self, invocation: &Invocation, parts: &Parts) -> Result<State> {
        let forced = || State::Stale(vec![Reason::Forced]);
        if self.force.contains(&invocation.stage) {
            return Ok(forced());
        }
        match manifest::state(&invocation.out, invocation.stage.output(), parts) {
            Ok(State::Edited { .. }) | Err(_) if self.discard_edits => Ok(forced()),
            other => other,
        }
    }
}

struct Run<'a> {
    folder: &'a RunFolder,
    config: &'a Config,
    options: &'a Options,
    display: &'a Display,
    /// Shared by all stages: one pace, one budget, one store.
    sessions: Sessions,
    /// Digests of artifacts seen, so that each is read once.
    contents: HashMap<PathBuf, String>,
}

/// Builds the hierarchy of `clusters` in `folder`, redoing only what is not fresh.
///
/// # Errors
/// Whatever a stage says; what was made until then stays, and the next run goes on from there.
pub fn run(
    folder: &RunFolder,
    clusters: Vec<Cluster>,
    config: &Config,
    options: &Options,
    display: &Display,
) -> Result<Report> {
    let levels = config.levels.as_ref();
    let targets =
        plan::level_plan(clusters.len(), config.max_clusters, levels, config.clusters_per_group)?;
    let sessions = Sessions::default();
    let mut run = Run { folder, config, options, display, sessions, contents: HashMap::new() };
    let written = artifact::write_clusters(&folder.clusters(), &clusters)?;
    run.contents.insert(folder.clusters(), written.digest.to_string());
    atomic::publish_bytes(&folder.config(), config.to_toml()?.as_bytes())?;

    let sizes: Vec<String> = std::iter::once(clusters.len())
        .chain(targets.iter().copied())
        .map(|size| size.to_string())
        .collect();
    display.line(&format!("level plan: {}", sizes.join(" -> ")));

    let mut iterations: Vec<IterationReport> = Vec::new();
    let mut size = clusters.len();
    for &target in &targets {
        // Answers may have shrunk a level below the next one's target already.
        if size > target {
            let report = run.iteration(iterations.len() + 1, targets.len(), size, target)?;
            size = report.parents;
            iterations.push(report);
        }
    }
    if size > config.max_clusters {
        return Err(Error::Bug(format!("{size} roots are left, wanted {}", config.max_clusters)));
    }
    run.publish(clusters, iterations.len())?;
    let clusters = iterations.first().map_or(size, |first| first.clusters);
    let stages = iterations.iter().flat_map(|iteration| &iteration.stages);
    let fell_back = stages.map(|stage| stage.fell_back).sum();
    Ok(Report { clusters, roots: size, iterations, fell_back })
}

impl Run<'_> {
    fn iteration(
        &mut self,
        iteration: usize,
        planned: usize,
        size: usize,
        target: usize,
    ) -> Result<IterationReport> {
        let mut stages = Vec::new();
        for stage in Stage::ALL {
            let invocation = Invocation::of(
                stage,
                &Level { iteration, size, target },
                self.folder,
                self.config,
            )?;
            let title = format!("{iteration}/{planned} {:<7}", stage.name());
            stages.push(self.stage(&invocation, &title)?);
        }
        let parents = self.folder.artifact(iteration, schema::PARENTS.artifact);
        let (_, rows) = artifact::parquet::footer(&parents)?;
        if rows >= size {
            let problem = format!("{rows} parents for {size} clusters: the level does not shrink");
            return Err(Error::damaged(&parents, problem));
        }
        Ok(IterationReport { iteration, clusters: size, target, parents: rows, stages })
    }

    fn stage(&mut self, invocation: &Invocation, title: &str) -> Result<StageReport> {
        let parts = invocation.parts(|path| self.content(path))?;
        let state = self.options.state(invocation, &parts)?;
        let report = |state, reasons: &[Reason], note: String| StageReport {
            stage: invocation.stage.name(),
            state,
            reasons: reasons.iter().map(ToString::to_string).collect(),
            note,
            command: invocation.shell(),
            spent: Spent::default(),
            fell_back: 0,
        };
        match state {
            State::Fresh { content, note, fell_back } => {
                self.contents.insert(invocation.out.clone(), content);
                self.display.line(&format!("{title}  fresh  {note}"));
                Ok(StageReport { fell_back, ..report("fresh", &[], note) })
            }
            State::Edited { content } => {
                self.contents.insert(invocation.out.clone(), content);
                let name = invocation.out.display();
                self.display.line(&format!(
                    "{title}  kept  {name} was edited by hand (--discard-edits makes it again)"
                ));
                Ok(report("edited", &[], String::new()))
            }
            State::Stale(reasons) => {
                self.display.command(&invocation.shell());
                let progress = Metered::new(self.display.stage(title));
                let Options { asking, exported, .. } = self.options;
                let (sessions, display) = (&self.sessions, self.display);
                let Ran { written, note, asked } =
                    batch::execute(invocation, asking, sessions, &progress, display, exported)?;
                let written = written.ok_or_else(|| Error::Bug("a plan was made".to_owned()))?;
                let spent = progress.finish(&note);
                let content = written.digest.to_string();
                self.contents.insert(invocation.out.clone(), content.clone());
                let made = Manifest {
                    stage: invocation.stage.name().to_owned(),
                    parts,
                    content,
                    note: note.clone(),
                    unanswered: asked.passing,
                    fell_back: asked.fell_back,
                };
                manifest::record(&invocation.out, &made)?;
                let report = report("made", &reasons, note);
                Ok(StageReport { spent, fell_back: asked.fell_back, ..report })
            }
        }
    }

    fn content(&mut self, path: &Path) -> Result<String> {
        if let Some(content) = self.contents.get(path) {
            return Ok(content.clone());
        }
        let content = manifest::content(path)?;
        self.contents.insert(path.to_owned(), content.clone());
        Ok(content)
    }

    /// Writes `hierarchy` and `closure` where they are not what they should be.
    fn publish(&mut self, base: Vec<Cluster>, iterations: usize) -> Result<()> {
        let mut parts = Parts::new();
        parts.insert("version".to_owned(), HIERARCHY_VERSION.to_string());
        for iteration in 1..=iterations + 1 {
            let path = self.folder.clusters_of(iteration);
            parts.insert(format!("iteration {}", iteration - 1), self.content(&path)?);
        }
        let (hierarchy, closure) = (self.folder.hierarchy(), self.folder.closure());
        // These two are results, not steps: an edit in them would be lost with the next run anyway.
        let fresh = |path: &Path, schema| {
            matches!(manifest::state(path, schema, &parts), Ok(State::Fresh { .. }))
        };
        if fresh(&hierarchy, &schema::HIERARCHY) && fresh(&closure, &schema::CLOSURE) {
            return Ok(());
        }
        let parents: Vec<_> = (1..=iterations)
            .map(|k| artifact::read_clusters(&self.folder.artifact(k, schema::PARENTS.artifact)))
            .collect::<Result<_>>()?;
        let tree = Tree::assemble(base, parents)?;
        let record = |path: &Path, content: String| {
            let note = format!("{} clusters", tree.nodes().len());
            let stage = "hierarchy".to_owned();
            let parts = parts.clone();
            let made = Manifest { stage, parts, content, note, unanswered: 0, fell_back: 0 };
            manifest::record(path, &made)
        };
        let written = artifact::write_closure(&closure, &tree.closure())?;
        record(&closure, written.digest.to_string())?;
        let written = artifact::write_hierarchy(&hierarchy, tree.nodes())?;
        record(&hierarchy, written.digest.to_string())
    }
}
