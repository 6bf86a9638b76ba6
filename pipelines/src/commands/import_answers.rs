//! `cladus import-answers`

use std::path::PathBuf;

use cladus_cli::{Display, print};
use cladus_core::config::Config;
use cladus_core::{Error, Result, exit};
use cladus_llm::batch::Imported;
use cladus_llm::{Answers, Prices, run_of};

use crate::folder::RunFolder;

#[derive(Debug, clap::Args)]
pub(crate) struct ImportAnswersArgs {
    /// Run folder.
    run: PathBuf,
    /// Answers: JSON lines from a batch or `vllm run-batch`, or stores of other runs (answers.sqlite).
    /// Order and repetition do not matter.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Store to import into [default: the one the run uses].
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Price table that takes precedence over the built-in one.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Print what was imported as JSON, one line per file.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ImportAnswersArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::new(&args.run);
    if !folder.root().is_dir() {
        return Err(Error::damaged(folder.root(), "is not a run folder"));
    }
    let config = match folder.config() {
        path if path.is_file() => Config::load(&path)?,
        _ => Config::default(),
    };
    let _lock = folder.lock()?;
    let store = args.answers.clone().unwrap_or_else(|| folder.answers_of(&config));
    let prices = Prices::load(args.prices.as_deref().or(config.llm.prices.as_deref()))?;
    let answers = Answers::open(&store)?;
    let run = run_of(&store, folder.root());
    // The others are imported all the same.
    let mut unusable = None;
    for path in &args.files {
        let imported = futures::executor::block_on(answers.import(path, &run, &prices));
        match imported {
            Ok(imported) if args.json => print(&line(path, imported)?)?,
            Ok(imported) => print(&format!("{}: {}\n", path.display(), told(&imported)))?,
            Err(error @ (Error::Damaged { .. } | Error::Io { action: "read", .. })) => {
                if let Some(earlier) = unusable.replace(error) {
                    display.warning(&earlier.to_string());
                }
            }
            Err(error) => return Err(error),
        }
    }
    unusable.map_or(Ok(exit::OK), Err)
}

fn line(path: &std::path::Path, imported: Imported) -> Result<String> {
    #[derive(serde::Serialize)]
    struct ImportedLine<'a> {
        file: &'a std::path::Path,
        #[serde(flatten)]
        imported: Imported,
    }
    let text = serde_json::to_string(&ImportedLine { file: path, imported });
    Ok(text.map_err(|e| Error::Bug(e.to_string()))? + "\n")
}

fn told(imported: &Imported) -> String {
    let Imported { answers, vectors, unasked, skipped } = imported;
    let mut text = format!("{answers} answers");
    if *vectors > 0 {
        text += &format!(", {vectors} vectors");
    }
    if *unasked > 0 {
        text += &format!(" ({unasked} to questions this run has not asked yet)");
    }
    let skipped = skipped.to_string();
    if !skipped.is_empty() {
        text += &format!("; skipped: {skipped}");
    }
    text
}
