//! What people type, a file a command.

mod ask_first;
mod browse;
mod check;
mod companion;
mod completions;
mod cost;
mod diff;
mod edit;
mod eval;
mod explore;
mod export;
mod export_requests;
mod groups;
mod here;
mod hierarchy;
mod import;
mod import_answers;
mod init;
mod man;
mod plan;
mod run;
mod schema;
mod settings;
mod show;
mod status;
mod sweep;
mod tree;
mod why;

use std::path::Path;

pub(crate) use groups::grouped;

use cladus_cli::{ByHand, CommonArgs, Display};
use cladus_core::{Error, Result};
use cladus_llm::Sessions;

use crate::stages::stage::quote;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Build the hierarchy of a list of clusters.
    Run(Box<run::RunArgs>),
    /// Show what is up to date, what is stale and why, and the cost.
    Status(status::StatusArgs),
    /// Print a hierarchy with sizes and shares.
    Tree(tree::TreeArgs),
    /// Print one cluster: path, children, base clusters, members.
    Show(show::ShowArgs),
    /// Correct a hierarchy (rename, merge, move, pin, create).
    ///
    /// Corrections are kept in edits.toml and applied again after every rebuild.
    Edit(edit::EditArgs),
    /// Walk through a tree in the terminal: search, why, corrections.
    ///
    /// Corrections are kept in edits.toml, as `cladus edit` keeps them. ? lists the keys.
    Browse(browse::BrowseArgs),
    /// Show a run in the browser: tree, map, sizes, doubtful labels.
    ///
    /// All of it is one page that needs no network.
    Explore(explore::ExploreArgs),
    /// Measure quality: agreement with known categories, structure.
    Eval(eval::EvalArgs),
    /// Build with several values of a setting and compare them.
    ///
    /// All runs share one store of answers, so that no question is paid for twice.
    #[command(mut_arg("model", |arg| {
        arg.value_name("MODEL,…")
            .help("Model names, as the endpoint expects them")
            .help_heading("Settings to vary")
    }))]
    Sweep(Box<sweep::SweepArgs>),
    /// Compare two hierarchies: moved, split, merged, renamed, new.
    Diff(diff::DiffArgs),
    /// Ask the tables of a run in SQL, by cladus-query.
    Query(companion::CompanionArgs),
    /// Run a stage on files in an object store, by cladus-remote.
    Remote(companion::CompanionArgs),
    /// Report calls, tokens and cost by iteration and stage.
    Cost(cost::CostArgs),
    /// Write a hierarchy as CSV, JSON, BERTopic, Kura, a graph, …
    Export(export::ExportArgs),
    /// Write a run's open questions to a file, to answer elsewhere.
    ExportRequests(export_requests::ExportRequestsArgs),
    /// Import answers obtained elsewhere.
    ImportAnswers(import_answers::ImportAnswersArgs),
    /// Validate artifacts or run folders.
    Check(check::CheckArgs),
    /// Print the columns of every artifact, or of one.
    Schema(schema::SchemaArgs),
    /// Write a run folder's settings, for other engines.
    Init(init::InitArgs),
    /// Convert an input file to clusters.parquet.
    Import(import::ImportArgs),
    /// Print the known iterations of a run and their stages' flags.
    Plan(plan::PlanArgs),
    /// Assemble the iterations into hierarchy and closure.
    Hierarchy(hierarchy::HierarchyArgs),
    /// Print a shell completion script.
    Completions(completions::CompletionsArgs),
    /// Write manual pages, one for each command.
    Man(man::ManArgs),
    /// Stage 1: clusters to embeddings.
    Embed(ByHand<cladus_embed::EmbedArgs>),
    /// Stage 2: embeddings to groups.
    Group(ByHand<cladus_group::GroupArgs>),
    /// Stage 3: candidate parent names for every group.
    Propose(ByHand<cladus_propose::ProposeArgs>),
    /// Stage 4: exactly one candidate for every cluster.
    Label(ByHand<cladus_label::LabelArgs>),
    /// Stage 5: named parents for clusters with the same label.
    Rename(ByHand<cladus_rename::RenameArgs>),
    /// Optional: lay a hierarchy out as a map in two dimensions.
    Project(ByHand<cladus_project::ProjectArgs>),
}

impl Command {
    /// Does what was typed; returns the exit code. `whole` describes the whole command line.
    pub(crate) fn run(self, common: CommonArgs, whole: fn() -> clap::Command) -> Result<u8> {
        let commands = common.verbose > 0 || matches!(&self, Self::Run(args) if args.commands);
        let display = Display::new(common.display_mode()).with_commands(commands);
        match self {
            Self::Run(args) => run::run(*args, &display),
            Self::Status(args) => status::run(&args),
            Self::Tree(args) => tree::run(&args),
            Self::Show(args) => show::run(&args),
            Self::Edit(args) => edit::run(&args, &display),
            Self::Browse(args) => browse::run(&args),
            Self::Explore(args) => explore::run(&args, &display),
            Self::Eval(args) => eval::run(&args),
            Self::Sweep(args) => sweep::run(&args, &display),
            Self::Diff(args) => diff::run(&args, &display),
            Self::Query(args) => companion::QUERY.run(&args, common),
            Self::Remote(args) => companion::REMOTE.run(&args, common),
            Self::Cost(args) => cost::run(&args),
            Self::Export(args) => export::run(&args, &display),
            Self::ExportRequests(args) => export_requests::run(&args, &display),
            Self::ImportAnswers(args) => import_answers::run(&args, &display),
            Self::Check(args) => check::run(&args),
            Self::Schema(args) => schema::run(&args),
            Self::Init(args) => init::run(&args),
            Self::Import(args) => import::run(args, &display),
            Self::Plan(args) => plan::run(&args, &display),
            Self::Hierarchy(args) => hierarchy::run(&args, &display),
            Self::Completions(args) => completions::run(&args, whole()),
            Self::Man(args) => man::run(&args, whole(), &display),
            Self::Embed(args) => display.run_stage("embed", &args, |args, progress| {
                cladus_embed::run(args, &Sessions::default(), progress)
            }),
            Self::Group(args) => display.run_stage("group", &args, cladus_group::run),
            Self::Propose(args) => display.run_stage("propose", &args, |args, progress| {
                cladus_propose::run(args, &Sessions::default(), progress)
            }),
            Self::Label(args) => display.run_stage("label", &args, |args, progress| {
                cladus_label::run(args, &Sessions::default(), progress)
            }),
            Self::Rename(args) => display.run_stage("rename", &args, |args, progress| {
                cladus_rename::run(args, &Sessions::default(), progress)
            }),
            Self::Project(args) => display.run_stage("project", &args, cladus_project::run),
        }
    }
}

/// As `--json` prints it.
fn json(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(text + "\n")
}

/// An error about what is unclear in an input, with the whole command that would make it clear: what was
/// typed, with the flags or the file that are probably meant.
pub(crate) fn spelt_out(error: Error) -> Error {
    let Error::Unclear(mut unclear) = error else { return error };
    let mut words = vec!["cladus".to_owned()];
    for word in std::env::args_os().skip(1) {
        let file = unclear.instead.as_ref().filter(|_| Path::new(&word) == unclear.path);
        words.push(match file {
            Some(file) => quote(&file.clone().into_os_string()),
            None => quote(&word),
        });
    }
    words.extend(unclear.flags.iter().map(|flag| quote(&flag.into())));
    unclear.command = Some(words.join(" "));
    Error::Unclear(unclear)
}
