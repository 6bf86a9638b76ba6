//! What people type, a file a command.

mod ask_first;
mod check;
mod completions;
mod cost;
mod diff;
mod edit;
mod eval;
mod explore;
mod export;
mod export_requests;
mod here;
mod hierarchy;
mod import;
mod import_answers;
mod init;
mod man;
mod plan;
mod query;
mod run;
mod schema;
mod settings;
mod show;
mod status;
mod sweep;
mod tree;
mod why;

use std::path::Path;

pub(crate) use tree::{percent, plural, thousands};

use cladus_cli::{ByHand, CommonArgs, Display};
use cladus_core::{Error, Result};
use cladus_llm::Sessions;

use crate::invocation::quote;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Build the hierarchy of a list of clusters.
    Run(Box<run::RunArgs>),
    /// What is fresh, stale (and why), missing or edited, and what redoing it would cost.
    Status(status::StatusArgs),
    /// Print a hierarchy with sizes and shares.
    Tree(tree::TreeArgs),
    /// Print one cluster: its path to the root, children, leaves and members.
    Show(show::ShowArgs),
    /// Correct a hierarchy (rename, merge, move, pin), so that it holds through every rebuild.
    Edit(edit::EditArgs),
    /// Show a run in the browser: tree, map, sizes and doubt on one page that needs no network.
    Explore(explore::ExploreArgs),
    /// How good a hierarchy is: agreement with a known taxonomy, and structural health.
    Eval(eval::EvalArgs),
    /// Build a hierarchy with several values of a setting, sharing answers, and compare them.
    #[command(mut_arg("model", |arg| {
        arg.value_name("MODEL,…")
            .help("The language models, as their endpoint knows them")
            .help_heading("What is tried")
    }))]
    Sweep(Box<sweep::SweepArgs>),
    /// What changed from one hierarchy to another: moved, split, merged, renamed, gone, new.
    Diff(diff::DiffArgs),
    /// Ask the tables of a run in SQL (a program of its own: cladus-query).
    Query(query::QueryArgs),
    /// What asking models came to, by iteration and stage.
    Cost(cost::CostArgs),
    /// Write a hierarchy as other programs read it: members, CSV, JSON, Kura, BERTopic, graphs, Markdown.
    Export(export::ExportArgs),
    /// Write what a run would ask next into a file, for somebody else to ask.
    ExportRequests(export_requests::ExportArgs),
    /// Import answers that were got elsewhere.
    ImportAnswers(import_answers::ImportArgs),
    /// Do these files keep the contract? Where not?
    Check(check::CheckArgs),
    /// Print the columns of every artifact, or of one.
    Schema(schema::SchemaArgs),
    /// Write a run folder's settings, for engines that run the stages themselves.
    Init(init::InitArgs),
    /// An input becomes clusters.parquet.
    Import(import::ImportArgs),
    /// The iterations of a run folder as far as they are known, and the flags of their stages.
    Plan(plan::PlanArgs),
    /// Put together what the iterations made, as hierarchy and closure.
    Hierarchy(hierarchy::HierarchyArgs),
    /// Print what makes a shell complete commands and flags.
    Completions(completions::CompletionsArgs),
    /// Write manual pages, one a command.
    Man(man::ManArgs),
    /// Stage 1: clusters to embeddings.
    Embed(ByHand<cladus_embed::EmbedArgs>),
    /// Stage 2: embeddings to groups.
    Group(ByHand<cladus_group::GroupArgs>),
    /// Stage 3: candidate parent names for every group.
    Propose(ByHand<cladus_propose::ProposeArgs>),
    /// Stage 4: exactly one candidate for every cluster.
    Label(ByHand<cladus_label::LabelArgs>),
    /// Stage 5: equally labelled clusters become named parents.
    Rename(ByHand<cladus_rename::RenameArgs>),
    /// After the iterations, where wanted: a hierarchy becomes a map in two dimensions.
    Project(ByHand<cladus_project::ProjectArgs>),
}

impl Command {
    /// Does what was typed; returns the exit code. `whole` describes the whole command line.
    pub(crate) fn run(self, common: CommonArgs, whole: fn() -> clap::Command) -> Result<u8> {
        let display = Display::new(common.display_mode());
        match self {
            Self::Run(args) => run::run(*args, &display),
            Self::Status(args) => status::run(&args),
            Self::Tree(args) => tree::run(&args),
            Self::Show(args) => show::run(&args),
            Self::Edit(args) => edit::run(&args, &display),
            Self::Explore(args) => explore::run(&args, &display),
            Self::Eval(args) => eval::run(&args),
            Self::Sweep(args) => sweep::run(&args, &display),
            Self::Diff(args) => diff::run(&args, &display),
            Self::Query(args) => query::run(&args, common),
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
