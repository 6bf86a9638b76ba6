//! The loop: iteration by iteration, until few enough roots are left.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use cladus_cli::Display;
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::Config;
use cladus_core::schema::{self, Schema};
use cladus_core::{Error, Result, atomic, plan};
use serde::Serialize;

use crate::folder::RunFolder;
use crate::invocation::{Invocation, Stage};
use crate::manifest::{self, Manifest, Parts, Reason, State};
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
}

struct Run<'a> {
    folder: &'a RunFolder,
    config: &'a Config,
    options: &'a Options,
    display: &'a Display,
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
    let mut run = Run { folder, config, options, display, contents: HashMap::new() };
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
    Ok(Report { clusters, roots: size, iterations })
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
            let invocation = self.invocation(stage, iteration, size, target);
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

    /// The stage with all it is told; the only place that knows which flags depend on what.
    fn invocation(&self, stage: Stage, iteration: usize, size: usize, target: usize) -> Invocation {
        let artifact = |schema: &Schema| self.folder.artifact(iteration, schema.artifact);
        let clusters = ("--clusters", self.folder.clusters_of(iteration));
        let embeddings = ("--embeddings", artifact(&schema::EMBEDDINGS));
        let groups = ("--groups", artifact(&schema::GROUPS));
        let candidates = ("--candidates", artifact(&schema::CANDIDATES));
        let labels = ("--labels", artifact(&schema::LABELS));
        let seed = ("--seed", self.config.seed.to_string());
        let parents = ("--parents", target.to_string());
        let (inputs, parameters) = match stage {
            Stage::Embed => (vec![clusters], vec![("--embedder", self.config.embedder.clone())]),
            Stage::Group => {
                let average = self.config.clusters_per_group;
                let average = average.unwrap_or_else(|| plan::clusters_per_group(size, target));
                let mut parameters = vec![("--clusters-per-group", average.to_string()), seed];
                if let Some(most) = self.config.group.max_group_size {
                    parameters.push(("--max-group-size", most.to_string()));
                }
                (vec![embeddings], parameters)
            }
            Stage::Propose => (vec![clusters, groups, embeddings], vec![parents]),
            Stage::Label => (
                vec![clusters, groups, candidates, embeddings],
                vec![("--scope", self.config.label.scope.clone())],
            ),
            Stage::Rename => (vec![clusters, labels, candidates, embeddings], vec![parents]),
        };
        Invocation { stage, inputs, parameters, out: artifact(stage.output()) }
    }

    fn stage(&mut self, invocation: &Invocation, title: &str) -> Result<StageReport> {
        let schema = invocation.stage.output();
        let parts = invocation.parts(|path| self.content(path))?;
        let forced = || State::Stale(vec![Reason::Forced]);
        let state = if self.options.force.contains(&invocation.stage) {
            forced()
        } else {
            match manifest::state(&invocation.out, schema, &parts) {
                Ok(State::Edited { .. }) | Err(_) if self.options.discard_edits => forced(),
                other => other?,
            }
        };
        let report = |state, reasons: &[Reason], note: String| StageReport {
            stage: invocation.stage.name(),
            state,
            reasons: reasons.iter().map(ToString::to_string).collect(),
            note,
            command: invocation.shell(),
        };
        match state {
            State::Fresh { content, note } => {
                self.contents.insert(invocation.out.clone(), content);
                self.display.line(&format!("{title}  fresh  {note}"));
                Ok(report("fresh", &[], note))
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
                let progress = self.display.stage(title);
                let (written, note) = invocation.execute(&progress)?;
                progress.finish(&note);
                let content = written.digest.to_string();
                self.contents.insert(invocation.out.clone(), content.clone());
                let stage = invocation.stage.name().to_owned();
                let made = Manifest { stage, parts, content, note: note.clone() };
                manifest::record(&invocation.out, &made)?;
                Ok(report("made", &reasons, note))
            }
        }
    }

    fn content(&mut self, path: &Path) -> Result<String> {
        if let Some(content) = self.contents.get(path) {
            return Ok(content.clone());
        }
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let schema = name.as_deref().and_then(Schema::of);
        let schema =
            schema.ok_or_else(|| Error::Bug(format!("{} is no artifact", path.display())))?;
        let content = artifact::read_digest(path, schema)?.to_string();
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
            manifest::record(path, &Manifest { stage, parts: parts.clone(), content, note })
        };
        let written = artifact::write_closure(&closure, &tree.closure())?;
        record(&closure, written.digest.to_string())?;
        let written = artifact::write_hierarchy(&hierarchy, tree.nodes())?;
        record(&hierarchy, written.digest.to_string())
    }
}
