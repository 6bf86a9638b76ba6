//! `cladus run`

use std::path::PathBuf;

use cladus_cli::{Display, print, window};
use cladus_core::config::{Backend, Config};
use cladus_core::{Error, Result, exit};
use cladus_input::InputArgs;
use cladus_llm::key_is_set;

use super::here::{here, is_run, named_after};
use super::settings::Settings;
use super::{ask_first, diff, json, tree};
use crate::drive::batch::{self, AskingMode};
use crate::drive::forecast::{Depth, forecast};
use crate::drive::reask::ReaskRequest;
use crate::drive::remarks;
use crate::drive::run::{RunReport, run as build};
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};
use crate::stages::selection::Selection;
use crate::stages::stage::Stage;
use cladus_core::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Base clusters: a table, JSON, a workbook or the output of a topic model (docs/inputs.md); - is
    /// standard input. Without it, the input of the existing run, read again if it has changed.
    input: Option<PathBuf>,
    /// Run folder; created if missing, resumed if it exists [default: named after INPUT; without INPUT,
    /// the run in the current folder].
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten, next_help_heading = "Stages")]
    selection: Selection,
    /// Run this stage again even if its artifacts are fresh (repeatable); stored answers are not paid for
    /// again.
    #[arg(
        long,
        value_enum,
        value_name = "STAGE",
        hide_possible_values = true,
        help_heading = "Stages"
    )]
    force: Vec<Stage>,
    /// Ask answered questions of a stage again: propose, label or rename; with :TEXT, only questions that
    /// contain TEXT. They are paid for again; the cost is shown first.
    #[arg(long, value_name = "STAGE[:TEXT]", help_heading = "Stages")]
    reask: Vec<ReaskRequest>,
    /// Rebuild artifacts that were edited by hand.
    #[arg(long, help_heading = "Stages")]
    discard_edits: bool,
    /// Also write a map of the hierarchy (map.parquet: a position in two dimensions for every cluster).
    /// Later runs of the folder keep it up to date.
    #[arg(long)]
    map: bool,
    /// Print what would be done and what it would cost, without doing it.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation before spending more than a dollar.
    #[arg(long, short)]
    yes: bool,
    /// Print the command line of each stage as it is run (as -v does).
    #[arg(long)]
    pub(super) commands: bool,
    /// Print a report of the run as JSON instead of the tree.
    #[arg(long)]
    json: bool,
    /// Use the provider's batch API: half the price, results within a day. Embeddings (--embedder api) are
    /// still requested directly. A killed run finds its batches again.
    #[arg(long, help_heading = "Language model")]
    batch: bool,
    /// Submit batches, fetch finished ones and exit without waiting for the rest (exit code 75): run it
    /// again later.
    #[arg(long, requires = "batch", help_heading = "Language model")]
    no_wait: bool,
    /// First cancel the batches in progress: their answers are kept, the rest is asked again.
    #[arg(long, help_heading = "Language model")]
    cancel_batches: bool,
    #[command(flatten, next_help_heading = "Input")]
    columns: InputArgs,
}

pub(crate) fn run(mut args: RunArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::new(&args.settle_folder(display)?);
    // Where somebody else may be at work, that comes first; a new folder is only made for an input
    // that can be read.
    let held = if args.dry_run { None } else { folder.lock_if_there()? };
    let mut config = args.settings.over(&folder)?;
    config.input = args.columns.over(&config.input);
    cladus_core::content::recall(&folder.memory(), folder.root());
    let mut base = args.base(&folder, &config)?;
    if let Some(told) = &base.told {
        told.tell(folder.root(), display);
    }
    if args.discard_edits {
        base.discard_edits();
    }
    let options = args.options();
    if args.dry_run {
        let found = forecast(&folder, base, &config, &options, Depth::Deep)?;
        print(&if args.json { json(&found)? } else { found.to_string() })?;
        return Ok(exit::OK);
    }
    if config.backend == Backend::Extractive && key_is_set(&config) {
        display
            .line("no model is used; --model NAME lets one propose and name the clusters' parents");
    }
    let lock = held.map_or_else(|| folder.lock(), Ok)?;
    lock.warning().into_iter().for_each(|warning| display.warning(warning));
    if args.cancel_batches {
        batch::cancel(&folder, &config, display)?;
    }
    let asked = ask_first::Consent { named: args.settings.llm.model.is_some(), yes: args.yes };
    if !ask_first::may_pay(&folder, &base, &config, &options, asked, display)? {
        display.line("nothing was asked and nothing was changed");
        return Ok(exit::OK);
    }
    let report = build(&folder, base, &config, &options, display)?;
    warn_of_fallbacks(&report, &folder, display)?;
    if args.json {
        print(&json(&report)?)?;
    } else {
        tell(&report, &folder, display)?;
        tell_of_growth(&report, &folder, &config, display)?;
    }
    let strict = args.settings.llm.strict;
    let failed = strict && report.fell_back > 0 || !report.stand_ins.is_empty();
    Ok(if failed { exit::PARTIAL } else { exit::OK })
}

impl RunArgs {
    /// The run folder: the one that was named, or that is named after the input, or that is here.
    fn settle_folder(&mut self, display: &Display) -> Result<PathBuf> {
        if self.out.is_none() {
            // Where a run is named and nothing else, it is that run.
            self.out = self.input.take_if(|input| is_run(input));
        }
        match (&self.out, &self.input) {
            (Some(out), _) => Ok(out.clone()),
            (None, Some(input)) => {
                let out = named_after(input)?;
                display.line(&format!("the run folder is {} (--out names another)", out.display()));
                Ok(out)
            }
            (None, None) => here(),
        }
    }

    /// The base clusters: those of the input, or of the input that was read before, as it is by now.
    fn base(&self, folder: &RunFolder, config: &Config) -> Result<Base> {
        let path = match &self.input {
            Some(path) => Some(path.clone()),
            None => InputSource::remembered(folder).map(|source| source.path),
        };
        let source = path.map(|path| InputSource { path, config: config.input.clone() });
        let remembered = !config.input.is_default() && self.columns == InputArgs::default();
        Base::look(folder, source.as_ref()).map_err(|error| match error {
            // Nobody has typed it this time.
            Error::Damaged { path, problem } if remembered && problem.contains("is missing") => {
                let settings = folder.config();
                let problem = format!("{problem}; [input] in {} asks for it", settings.display());
                Error::Damaged { path, problem }
            }
            error => super::spelt_out(error),
        })
    }

    fn options(&self) -> Options {
        Options {
            selection: self.selection,
            force: self.force.clone(),
            reask: self.reask.clone(),
            discard_edits: self.discard_edits,
            map: self.map,
            asking: match self.batch {
                true => AskingMode::InBatches { wait: !self.no_wait },
                false => AskingMode::Online,
            },
            ..Options::default()
        }
    }
}

/// Warns of rows that are not as the model's answers said, with what was done instead.
fn warn_of_fallbacks(report: &RunReport, folder: &RunFolder, display: &Display) -> Result<()> {
    if report.fell_back > 0 {
        let counts = remarks::counted(folder, report.iterations.len())?;
        display.warning(&format!(
            "the model's answer could not be used as given in {} rows{}; their column `remark` says why",
            report.fell_back,
            remarks::in_words(&counts)
        ));
    }
    if !report.stand_ins.is_empty() {
        display.warning(&format!(
            "too many answers were unusable and replaced by stand-ins ({}): this tree is not the model's. \
             The same command asks again (stand_ins in [llm] sets the share tolerated)",
            report.stand_ins.join("; ")
        ));
    }
    Ok(())
}

/// How the hierarchy differs from the earlier one that it extends.
fn tell_of_growth(
    report: &RunReport,
    folder: &RunFolder,
    config: &Config,
    display: &Display,
) -> Result<()> {
    if let (Some(onto), true) = (&config.onto, report.complete && !report.up_to_date) {
        let (old, root) = (onto.parent().unwrap_or(onto).display(), folder.root().display());
        let changed = diff::in_short(onto, &folder.hierarchy(), config.match_by)?;
        display.line(&format!("\nonto {old}:\n{changed}cladus diff {old} {root}"));
    }
    Ok(())
}

/// What came of it, for people.
fn tell(report: &RunReport, folder: &RunFolder, display: &Display) -> Result<()> {
    let root = folder.root().display();
    if !report.complete {
        display.line(&format!(
            "\nincomplete: cladus status {root} lists what is left, cladus run --out {root} finishes it"
        ));
        return Ok(());
    }
    if report.up_to_date {
        let RunReport { clusters, roots, .. } = report;
        return print(&format!(
            "{root} is up to date: {clusters} clusters -> {roots} roots (cladus tree {root} prints them)\n"
        ));
    }
    let hierarchy = Tree::read(&folder.hierarchy())?;
    let window = window();
    let look =
        tree::TreeStyle { width: window.map(|window| window.width), ..tree::TreeStyle::default() };
    let extent = tree::Extent::that_fits(&hierarchy, window);
    let (text, whole) = tree::render(&hierarchy, extent, look);
    print(&(text + &tree::noise_line(folder, &hierarchy)))?;
    let rest = if whole { "" } else { " (the whole tree)" };
    display
        .line(&format!("\ncladus tree {root}{rest} · cladus show {root} ID · cladus check {root}"));
    Ok(())
}
