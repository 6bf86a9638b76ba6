//! `cladus run`

use std::path::PathBuf;

use cladus_cli::{Display, print, window};
use cladus_core::config::Backend;
use cladus_core::{Error, Result, exit};
use cladus_input::InputArgs;
use cladus_llm::key_is_set;

use super::here::{here, is_run, named_after};
use super::settings::Settings;
use super::{ask_first, diff, json, tree};
use crate::base::{Base, Source};
use crate::batch::{self, Asking};
use crate::folder::RunFolder;
use crate::forecast::{Depth, forecast};
use crate::invocation::Stage;
use crate::reask::Wanted;
use crate::run::{Report, run as build};
use crate::selection::Selection;
use crate::standing::Options;
use crate::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Base clusters: a table, JSON, a workbook or what a topic model writes (docs/inputs.md); - is
    /// standard input. Without it, what the run was made from, read again if it has changed.
    input: Option<PathBuf>,
    /// The run folder; made when it is not there, resumed when it is [default: named after INPUT; without
    /// INPUT, the run here].
    #[arg(long, value_name = "RUN")]
    out: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten, next_help_heading = "Which stages")]
    selection: Selection,
    /// Run this stage again even where its artifacts are fresh (may be repeated); answers that are held
    /// are not paid for again.
    #[arg(long, value_enum, value_name = "STAGE", help_heading = "Which stages")]
    force: Vec<Stage>,
    /// Ask a stage's questions again although they are answered: propose, label or rename, after a colon
    /// only the questions that hold a text. Pays for them again, and says first how much.
    #[arg(long, value_name = "STAGE[:TEXT]", help_heading = "Which stages")]
    reask: Vec<Wanted>,
    /// Make artifacts again that were edited by hand.
    #[arg(long, help_heading = "Which stages")]
    discard_edits: bool,
    /// Make a map of the hierarchy, too (map.parquet: where every cluster lies in two dimensions); from
    /// then on every run of the folder brings it up to date.
    #[arg(long)]
    map: bool,
    /// Say what would be done, and what it would cost, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask at a terminal whether to go on where it costs more than a dollar.
    #[arg(long, short)]
    yes: bool,
    /// Print what was done as JSON in place of the tree.
    #[arg(long)]
    json: bool,
    /// Ask the model in batches: at half the price, within a day. Embeddings (--embedder api) are
    /// asked for one by one all the same. A killed run finds its batches again.
    #[arg(long, help_heading = "Language model")]
    batch: bool,
    /// Submit batches, fetch those that have ended, and do not wait for the others: run it again
    /// later (exit code 75).
    #[arg(long, requires = "batch", help_heading = "Language model")]
    no_wait: bool,
    /// First cancel the batches that are under way: what they have answered is kept, the rest is
    /// asked again.
    #[arg(long, help_heading = "Language model")]
    cancel_batches: bool,
    #[command(flatten, next_help_heading = "Input")]
    columns: InputArgs,
}

pub(crate) fn run(mut args: RunArgs, display: &Display) -> Result<u8> {
    if args.out.is_none() {
        // Where a run is named and nothing else, it is that run.
        args.out = args.input.take_if(|input| is_run(input));
    }
    let out = match (&args.out, &args.input) {
        (Some(out), _) => out.clone(),
        (None, Some(input)) => {
            let out = named_after(input)?;
            display.line(&format!("the run folder is {} (--out names another)", out.display()));
            out
        }
        (None, None) => here()?,
    };
    let folder = RunFolder::new(&out);
    // Where somebody else may be at work, that comes first; a new folder is only made for an input
    // that can be read.
    let held = if args.dry_run { None } else { folder.lock_if_there()? };
    let mut config = args.settings.over(&folder)?;
    config.input = args.columns.over(&config.input);
    cladus_core::content::recall(&folder.memory(), folder.root());
    // Without an input, what was read before is looked at again: it may have changed.
    let named = args.input.map(|path| Source { path, config: config.input.clone() });
    let remembered_source = || {
        let Source { path, .. } = Source::remembered(&folder)?;
        Some(Source { path, config: config.input.clone() })
    };
    let source = named.or_else(remembered_source);
    let remembered = !config.input.is_default() && args.columns == InputArgs::default();
    let mut base = Base::look(&folder, source.as_ref()).map_err(|error| match error {
        // Nobody has typed it this time.
        Error::Damaged { path, problem } if remembered && problem.contains("is missing") => {
            let settings = folder.config();
            let problem = format!("{problem}; [input] in {} asks for it", settings.display());
            Error::Damaged { path, problem }
        }
        error => super::spelt_out(error),
    })?;
    if let Some(told) = &base.told {
        told.tell(folder.root(), display);
    }
    let strict = args.settings.llm.strict;
    let asking =
        if args.batch { Asking::InBatches { wait: !args.no_wait } } else { Asking::Online };
    let options = Options {
        selection: args.selection,
        force: args.force,
        reask: args.reask,
        discard_edits: args.discard_edits,
        map: args.map,
        asking,
        ..Options::default()
    };
    if options.discard_edits {
        base.discard_edits();
    }
    if args.dry_run {
        let found = forecast(&folder, base, &config, &options, Depth::Deep)?;
        print(&if args.json { json(&found)? } else { found.to_string() })?;
        return Ok(exit::OK);
    }
    if config.backend == Backend::Extractive && key_is_set(&config) {
        display.line("no model is named, so none is asked: --model NAME lets one read and name");
    }
    let lock = held.map_or_else(|| folder.lock(), Ok)?;
    lock.warning().into_iter().for_each(|warning| display.warning(warning));
    if args.cancel_batches {
        batch::cancel(&folder, &config, display)?;
    }
    let asked = ask_first::Asked { named: args.settings.llm.model.is_some(), yes: args.yes };
    if !ask_first::may_pay(&folder, &base, &config, &options, asked, display)? {
        display.line("nothing was asked, and nothing is changed");
        return Ok(exit::OK);
    }
    let report = build(&folder, base, &config, &options, display)?;
    let failed = strict && report.fell_back > 0 || !report.stand_ins.is_empty();
    let code = if failed { exit::PARTIAL } else { exit::OK };
    if report.fell_back > 0 {
        display.warning(&format!(
            "{} rows are not as the model said them; their column `remark` says why",
            report.fell_back
        ));
    }
    if !report.stand_ins.is_empty() {
        display.warning(&format!(
            "most answers were of no use, and stand-ins took their places ({}): this is no tree of the model's. \
             The same command asks for them again (stand_ins in [llm] says how many are put up with)",
            report.stand_ins.join("; ")
        ));
    }
    if args.json {
        print(&json(&report)?)?;
    } else {
        tell(&report, &folder, display)?;
        if let (Some(onto), true) = (&config.onto, report.complete && !report.up_to_date) {
            let (old, root) = (onto.parent().unwrap_or(onto).display(), folder.root().display());
            let changed = diff::in_short(onto, &folder.hierarchy(), config.match_by)?;
            display.line(&format!("\nonto {old}:\n{changed}cladus diff {old} {root}"));
        }
    }
    Ok(code)
}

/// What came of it, for people.
fn tell(report: &Report, folder: &RunFolder, display: &Display) -> Result<()> {
    let root = folder.root().display();
    if !report.complete {
        display.line(&format!(
            "\nnot all is done: cladus status {root} says what is left, cladus run --out {root} does it"
        ));
        return Ok(());
    }
    if report.up_to_date {
        let Report { clusters, roots, .. } = report;
        return print(&format!(
            "{root} is up to date: {clusters} clusters -> {roots} roots (cladus tree {root} prints them)\n"
        ));
    }
    let hierarchy = Tree::read(&folder.hierarchy())?;
    let window = window();
    let look = tree::Look { width: window.map(|window| window.width), ..tree::Look::default() };
    let extent = tree::Extent::that_fits(&hierarchy, window);
    let (text, whole) = tree::render(&hierarchy, extent, look);
    print(&(text + &tree::noise_line(folder, &hierarchy)))?;
    let rest = if whole { "" } else { " (all of the tree)" };
    display
        .line(&format!("\ncladus tree {root}{rest} · cladus show {root} ID · cladus check {root}"));
    Ok(())
}
