//! The loop: iteration by iteration, until few enough roots are left.

use std::collections::HashSet;

use cladus_cli::{Display, count, money};
use cladus_core::config::Config;
use cladus_core::manifest::{self, ArtifactState, Reason};
use cladus_core::progress::Spent;
use cladus_core::schema;
use cladus_core::{Error, Result, content};
use cladus_llm::{Reask, Sessions};
use serde::Serialize;

use crate::drive::batch;
use crate::drive::explain::{Explained, explained};
use crate::drive::forecast;
use crate::drive::invocation::Invocation;
use crate::drive::reask;
use crate::drive::standing::{Options, Standing};
use crate::edits::{EditOutcome, Edits};
use crate::folder::RunFolder;
use crate::input::base::{Base, InputReading};
use crate::input::growth;
use crate::stages::levels::{Level, LevelWalk};
use crate::stages::metered::Metered;
use crate::stages::stage::Stage;
use crate::tree::hierarchy::{Again, Hierarchy};
use crate::tree::map::Map;

/// What a run did.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// How the input was read, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<InputReading>,
    /// Base clusters.
    pub clusters: usize,
    /// Clusters that are left at the end of the last iteration; the roots, where the run is complete.
    pub roots: usize,
    /// Is the hierarchy what all of it makes? Not where stages were left out that are stale.
    pub complete: bool,
    /// Was there nothing to do?
    pub up_to_date: bool,
    /// The iterations, in order.
    pub iterations: Vec<IterationReport>,
    /// Rows that are not as a model said them.
    pub fell_back: usize,
    /// Stages most of whose answers were of no use: their rows are open, and a run tries again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<String>,
    /// What became of people's corrections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<EditOutcome>,
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
    /// Parents (and clusters that moved up alone) it ended with, where it did.
    pub parents: Option<usize>,
    /// Its stages, in order.
    pub stages: Vec<StageReport>,
}

/// What became of one stage.
#[derive(Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub stage: &'static str,
    /// `made`, `fresh`, `edited`, or, where it was not among the stages to work on, `stale` or
    /// `missing`.
    pub state: &'static str,
    /// Why it was made, or would have to be.
    pub reasons: Vec<Explained>,
    /// What it says about its result.
    pub note: String,
    /// The command line that does the same by hand.
    pub command: String,
    /// Calls to a model and what they came to.
    pub spent: Spent,
    /// Rows that are not as the model said them.
    pub fell_back: usize,
}

struct Run<'a> {
    folder: &'a RunFolder,
    config: &'a Config,
    options: &'a Options,
    display: &'a Display,
    /// Shared by all stages: one pace, one budget, one store.
    sessions: Sessions,
    /// Was anything written?
    worked: bool,
    /// Is everything so far as a whole run would leave it?
    complete: bool,
    /// Stages with more stand-ins than are put up with.
    stand_ins: Vec<String>,
}

/// Builds the hierarchy of `base` in `folder`, redoing only what is not fresh.
///
/// # Errors
/// Whatever a stage says; what was made until then stays, and the next run goes on from there.
pub fn run(
    folder: &RunFolder,
    mut base: Base,
    config: &Config,
    options: &Options,
    display: &Display,
) -> Result<RunReport> {
    // What cannot be read is told before anything is asked or written.
    let edits = Edits::load(&folder.edits())?;
    let mut run = Run {
        folder,
        config,
        options,
        display,
        sessions: Sessions::default(),
        worked: matches!(base.state, ArtifactState::Stale(_)),
        complete: true,
        stand_ins: Vec::new(),
    };
    if matches!(base.state, ArtifactState::Edited { .. }) {
        display.warning(&format!(
            "{} was edited by hand and is kept (--discard-edits rebuilds it from the input)",
            folder.clusters().display()
        ));
    }
    let clusters = base.write(folder)?;
    growth::seat(folder, config, display)?;
    let levels = LevelWalk::above(clusters, config)?;
    config.save(&folder.config())?;
    let sizes = std::iter::once(clusters).chain(levels.targets().iter().copied());
    let sizes: Vec<String> = sizes.map(|size| size.to_string()).collect();
    display.line(&format!("level plan: {}", sizes.join(" -> ")));

    let (iterations, roots) = run.iterations(levels, clusters)?;
    let outcomes = match run.complete {
        true => run.hierarchy(iterations.len(), roots, &edits)?,
        false => Vec::new(),
    };
    content::remember(&folder.memory(), folder.root())?;
    let stages = iterations.iter().flat_map(|iteration| &iteration.stages);
    Ok(RunReport {
        input: base.told.take(),
        clusters,
        roots,
        complete: run.complete,
        up_to_date: !run.worked,
        fell_back: stages.map(|stage| stage.fell_back).sum(),
        iterations,
        stand_ins: run.stand_ins,
        edits: outcomes,
    })
}

impl Run<'_> {
    /// All iterations above so many base clusters, as far as they can be made; and how many clusters are
    /// left after the last.
    fn iterations(
        &mut self,
        mut levels: LevelWalk,
        clusters: usize,
    ) -> Result<(Vec<IterationReport>, usize)> {
        let planned = levels.targets().len();
        let mut iterations: Vec<IterationReport> = Vec::new();
        let mut size = clusters;
        while let Some(level) = levels.next(size) {
            let report = self.iteration(&level, planned)?;
            let parents = report.parents;
            iterations.push(report);
            match parents {
                Some(parents) => size = parents,
                None => break,
            }
        }
        match self.options.selection.iteration.map(usize::from) {
            Some(asked) if asked > iterations.len() => Err(Error::config_hint(
                format!("there is no iteration {asked}: the run has {} so far", iterations.len()),
                format!("`cladus status {}` lists them", self.folder.root().display()),
            )),
            _ => Ok((iterations, size)),
        }
    }

    /// The hierarchy of so many iterations, and the map where there is one. Returns what became of the edits.
    fn hierarchy(
        &mut self,
        iterations: usize,
        roots: usize,
        edits: &Edits,
    ) -> Result<Vec<EditOutcome>> {
        if roots > self.config.max_clusters {
            let problem = format!("{roots} roots are left, wanted {}", self.config.max_clusters);
            return Err(Error::Bug(problem));
        }
        let again = match self.options.discard_edits {
            true => Again::Discard,
            false => Again::By("--discard-edits"),
        };
        let hierarchy = Hierarchy::of(self.folder, iterations, edits);
        let updated = hierarchy.update(again, self.display)?;
        self.worked |= updated.made;
        self.worked |= self.update_map(again)?;
        Ok(updated.outcomes)
    }

    /// Says whether a map was made: where there is one, or one is wanted.
    fn update_map(&self, again: Again<'_>) -> Result<bool> {
        let map = Map::of(self.folder, self.config);
        if !self.options.map && !map.is_there() {
            return Ok(false);
        }
        if !map.can_be_made() {
            self.display.warning("no map: with so few clusters all are roots and have no vectors");
            return Ok(false);
        }
        map.update(again, self.display)
    }

    fn iteration(&mut self, level: &Level, planned: usize) -> Result<IterationReport> {
        let Level { iteration, size, target, .. } = *level;
        let mut stages = Vec::new();
        for stage in Stage::ALL {
            let invocation = Invocation::of(stage, level, self.folder, self.config)?;
            let title = format!("{iteration}/{planned} {:<7}", stage.name());
            stages.push(self.stage(&invocation, iteration, &title)?);
        }
        let path = self.folder.artifact(iteration, schema::PARENTS.artifact);
        let parents = match path.is_file() {
            true => Some(content::of(&path)?.rows),
            false => None,
        };
        if let Some(rows) = parents.filter(|rows| *rows >= size) {
            let problem = format!("{rows} parents for {size} clusters: the level does not shrink");
            return Err(Error::damaged(&path, problem));
        }
        Ok(IterationReport { iteration, clusters: size, target, parents, stages })
    }

    fn stage(
        &mut self,
        invocation: &Invocation,
        iteration: usize,
        title: &str,
    ) -> Result<StageReport> {
        let standing = self.options.standing(invocation, iteration, &HashSet::new())?;
        let report = |state, reasons: Vec<Reason>, note: String| StageReport {
            stage: invocation.stage.name(),
            state,
            reasons: explained(reasons),
            note,
            command: invocation.shell(),
            spent: Spent::default(),
            fell_back: 0,
        };
        match standing.state {
            ArtifactState::Fresh { note, fell_back } => {
                if standing.selected {
                    self.display.line(&format!("{title}  fresh  {note}"));
                }
                Ok(StageReport { fell_back, ..report("fresh", Vec::new(), note) })
            }
            ArtifactState::Edited { since } => {
                self.tell_of_edit(invocation, title, &since);
                Ok(report("edited", since, String::new()))
            }
            ArtifactState::Stale(reasons) if !standing.selected => {
                self.complete = false;
                let state = self.leave(invocation, iteration, title, &reasons)?;
                Ok(report(state, reasons, String::new()))
            }
            ArtifactState::Stale(ref reasons) => {
                let reasons = reasons.clone();
                self.worked = true;
                let (note, spent, fell_back) = self.make(invocation, &standing, title)?;
                Ok(StageReport { spent, fell_back, ..report("made", reasons, note) })
            }
        }
    }

    fn make(
        &mut self,
        invocation: &Invocation,
        standing: &Standing,
        title: &str,
    ) -> Result<(String, Spent, usize)> {
        self.display.command(&invocation.shell());
        manifest::replacing(&invocation.out)?;
        let wanted = self.options.reask_of(invocation.stage);
        let answers = self.folder.answers_of(self.config);
        let reask = reask::begin(invocation, wanted, &answers, true)?;
        if let Some(reask) = &reask {
            self.tell_of_reask(invocation, reask)?;
        }
        self.sessions.ask_again(reask);
        let progress = Metered::new(self.display.stage(title));
        let Options { asking, exported, .. } = self.options;
        let (sessions, display) = (&self.sessions, self.display);
        let ran = batch::execute(invocation, asking, sessions, &progress, display, exported)?;
        if ran.written.is_none() {
            return Err(Error::Bug("a plan was made".to_owned()));
        }
        let spent = progress.finish(&ran.note);
        // What a program in a stage's place writes is as it wants it.
        let share = self.config.llm.stand_ins;
        let ran = if invocation.swapped.is_none() { ran.opened(share) } else { ran };
        if invocation.swapped.is_none() && ran.is_mostly_stand_ins(share) {
            let (stage, stand_ins) = (title.trim(), ran.asked.stand_ins);
            let rows = ran.written.map_or(0, |written| written.rows);
            self.sessions.open_again()?;
            self.stand_ins.push(format!("{stage}: {stand_ins} of {rows}"));
            if stand_ins as u64 >= rows as u64 {
                // More of the same is not worth its price.
                self.sessions.give_up();
            }
        }
        let parts = standing.parts.clone();
        manifest::record_run(&invocation.out, &standing.fingerprint, parts, &ran)?;
        reask::done(&invocation.out)?;
        Ok((ran.note, spent, ran.asked.fell_back))
    }

    /// Says what asking again will cost, before it does.
    fn tell_of_reask(&self, invocation: &Invocation, reask: &Reask) -> Result<()> {
        let sessions = self.options.asking.planning();
        sessions.ask_again(Some(reask.clone()));
        let spent = forecast::cost_of(invocation, &sessions)?;
        self.display.line(&format!(
            "asking again: {} calls, {} + {} tokens, {} ({} other answers are kept)",
            spent.calls,
            count(spent.prompt_tokens),
            count(spent.completion_tokens),
            money(spent.nanodollars),
            spent.answered
        ));
        Ok(())
    }

    fn tell_of_edit(&self, invocation: &Invocation, title: &str, since: &[Reason]) {
        let name = invocation.out.display();
        let line =
            format!("{title}  kept  {name} was edited by hand (--discard-edits rebuilds it)");
        self.display.line(&line);
        if !since.is_empty() {
            let since: Vec<String> = since.iter().map(ToString::to_string).collect();
            self.display.warning(&format!(
                "the inputs of {name} have changed since it was edited: {}. Does the edit still fit?",
                since.join("; ")
            ));
        }
    }

    /// A stage that is not fresh, and not to be worked on.
    fn leave(
        &self,
        invocation: &Invocation,
        iteration: usize,
        title: &str,
        reasons: &[Reason],
    ) -> Result<&'static str> {
        let (selection, stage) = (&self.options.selection, invocation.stage);
        let needed = selection.goes_on_after(iteration, stage);
        if invocation.out.is_file() {
            if needed {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                let used = "stale, but used as is";
                self.display.line(&format!("{title}  {used}: {}", reasons.join("; ")));
            }
            return Ok("stale");
        }
        // Where every iteration was meant, the ones that are not there yet are none.
        let open_ended = iteration > 1 && selection.iteration.is_none();
        if needed && !open_ended {
            let name = stage.name();
            return Err(Error::damaged(
                &invocation.out,
                format!(
                    "is missing, and {name} is not among the selected stages (create it with --until {name} --iteration {iteration})"
                ),
            ));
        }
        Ok("missing")
    }
}
