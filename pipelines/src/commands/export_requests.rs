//! `cladus export-requests`

use std::path::PathBuf;
use std::sync::PoisonError;

use cladus_cli::{Display, count, money, print};
use cladus_core::config::{Backend, Config};
use cladus_core::error::EndpointFault;
use cladus_core::{Error, Result, exit};
use cladus_llm::LlmArgs;
use cladus_llm::batch::Exported;

use crate::drive::batch::AskingMode;
use crate::drive::run::run as build;
use crate::drive::standing::Options;
use crate::folder::RunFolder;
use crate::input::base::{Base, InputSource};

#[derive(Debug, clap::Args)]
pub(crate) struct ExportRequestsArgs {
    /// Run folder.
    run: PathBuf,
    /// File to write the questions to: JSON lines, as /v1/batches and `vllm run-batch` take them.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten, next_help_heading = "Language model")]
    llm: LlmArgs,
}

pub(crate) fn run(args: &ExportRequestsArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::new(&args.run);
    let root = folder.root().display();
    if !folder.clusters().is_file() {
        let problem = format!(
            "there is no run here: `cladus run INPUT --out {root} --model MODEL --max-calls 0` \
             makes one without asking anything"
        );
        return Err(Error::damaged(folder.root(), problem));
    }
    let mut config = match folder.config() {
        path if path.is_file() => Config::load(&path)?,
        _ => Config::default(),
    };
    let before = config.backend;
    args.llm.apply(&mut config)?;
    if config.backend != Backend::Llm {
        return Err(Error::config_hint(
            "this run asks no model",
            "name one with --model, as the endpoint that will answer the questions expects it",
        ));
    }
    let _lock = folder.lock()?;
    cladus_core::content::recall(&folder.memory(), folder.root());
    let base = Base::look(&folder, InputSource::remembered(&folder).as_ref())?;
    let asking = AskingMode::IntoFile(args.out.clone());
    let options = Options { asking, ..Options::default() };
    let ran = build(&folder, base, &config, &options, display);
    let exported = options.exported.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (ran, exported) {
        (Err(Error::Endpoint { fault: EndpointFault::Planned, .. }), Some(exported)) => {
            if before != config.backend {
                let model = &exported.model;
                display.line(&format!(
                    "{root} uses {model} from now on (recorded in its cladus.toml)"
                ));
            }
            print(&if args.json { super::json(&exported)? } else { told(&exported, args) })?;
        }
        (Err(error), _) => return Err(error),
        (Ok(_), _) if args.json => print("null\n")?,
        (Ok(_), _) => {
            print(&format!("nothing is open: the run is complete (cladus tree {root})\n"))?;
        }
    }
    Ok(exit::OK)
}

fn told(exported: &Exported, args: &ExportRequestsArgs) -> String {
    let Exported {
        stage,
        iteration,
        model,
        questions,
        prompt_tokens,
        completion_tokens,
        nanodollars,
        nanodollars_in_batch,
        under_way,
    } = exported;
    let what = if *questions == 1 { "question" } else { "questions" };
    let (out, run) = (args.out.display(), args.run.display());
    let mut text = format!(
        "{out}: {questions} {what} of {stage} in iteration {iteration}, for {model}\n\
         about {} + {} tokens: {}, {} in a batch\n",
        count(*prompt_tokens),
        count(*completion_tokens),
        money(*nanodollars),
        money(*nanodollars_in_batch),
    );
    if *under_way > 0 {
        text += &format!("{under_way} more are in progress in batches (cladus run … --batch)\n");
    }
    text += &format!(
        "next: have them answered, for instance `vllm run-batch -i {out} -o results.jsonl --model {model}`,\n\
         then `cladus import-answers {run} results.jsonl`, and export again: every stage builds on the one before\n"
    );
    text
}
