//! `cladus cost`

use std::fmt::Write as _;
use std::path::PathBuf;

use cladus_cli::{count, money, print};
use cladus_core::config::Config;
use cladus_core::{Error, Result, exit};
use cladus_llm::answers::LedgerLine;
use cladus_llm::{Answers, run_of};

use super::here::RunArg;
use crate::folder::RunFolder;
use crate::stages::stage::Stage;

#[derive(Debug, clap::Args)]
pub(crate) struct CostArgs {
    #[command(flatten)]
    run: RunArg,
    /// Store of answers [default: the one the run used].
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Include all runs of a shared store.
    #[arg(long)]
    all: bool,
    /// Print the lines as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &CostArgs) -> Result<u8> {
    let folder = RunFolder::new(&args.run.path()?);
    let configured = match folder.config() {
        path if path.is_file() => Config::load(&path)?.llm.answers,
        _ => None,
    };
    let path = args.answers.clone().or(configured).unwrap_or_else(|| folder.answers());
    if !path.is_file() && args.answers.is_none() && folder.hierarchy().is_file() {
        let root = folder.root().display();
        print(&if args.json {
            "[]\n".to_owned()
        } else {
            format!("no model was asked in {root}\n")
        })?;
        return Ok(exit::OK);
    }
    if !path.is_file() {
        let problem = "is missing: no model was asked, or the answers are elsewhere (--answers)";
        return Err(Error::damaged(&path, problem));
    }
    let run = run_of(&path, folder.root());
    let mut lines = Answers::open(&path)?.ledger((!args.all).then_some(&*run))?;
    let place = |line: &LedgerLine| Stage::ALL.iter().position(|s| s.name() == line.stage);
    lines.sort_by_key(|line| (line.iteration, place(line), line.model.clone()));
    if args.json {
        let text = serde_json::to_string_pretty(&lines).map_err(|e| Error::Bug(e.to_string()))?;
        print(&(text + "\n"))?;
    } else {
        print(&table(&lines))?;
    }
    Ok(exit::OK)
}

fn table(lines: &[LedgerLine]) -> String {
    let mut text = format!(
        "{:<14}{:<22}{:>7}{:>9}{:>8}{:>9}{:>9}{:>9}  cost\n",
        "stage", "model", "calls", "answers", "failed", "prompt", "cached", "answer"
    );
    let mut total = LedgerLine { stage: "total".to_owned(), ..LedgerLine::default() };
    for line in lines {
        row(&mut text, line);
        total.calls += line.calls;
        total.answers += line.answers;
        total.failed += line.failed;
        total.maybe_paid += line.maybe_paid;
        total.submitted += line.submitted;
        total.prompt_tokens += line.prompt_tokens;
        total.cached_tokens += line.cached_tokens;
        total.completion_tokens += line.completion_tokens;
        total.nanodollars += line.nanodollars;
        total.maybe_nanodollars += line.maybe_nanodollars;
        total.unpriced += line.unpriced;
    }
    row(&mut text, &total);
    let most = money(Some(total.maybe_nanodollars));
    // Writing to a String cannot fail.
    let _ = match (total.maybe_paid - total.submitted, total.submitted) {
        (0, 0) => Ok(()),
        (lost, 0) => writeln!(
            text,
            "\n{lost} calls were sent and never answered (killed, timed out): at most {most} more may be billed"
        ),
        (0, submitted) => writeln!(
            text,
            "\n{submitted} calls are in progress in batches: at most {most} more will be billed"
        ),
        (lost, submitted) => writeln!(
            text,
            "\n{lost} calls were sent and never answered (killed, timed out), {submitted} are in progress in batches: at most {most} more may be billed"
        ),
    };
    text
}

fn row(text: &mut String, line: &LedgerLine) {
    let name = if line.iteration == 0 {
        line.stage.clone()
    } else {
        format!("{} {}", line.iteration, line.stage)
    };
    let known = money(Some(line.nanodollars));
    let cost = match line.unpriced {
        0 => known,
        all if all >= line.answers => "price unknown".to_owned(),
        some => format!("{known} and {some} calls of unknown price"),
    };
    let _ = writeln!(
        text,
        "{name:<14}{:<22}{:>7}{:>9}{:>8}{:>9}{:>9}{:>9}  {cost}",
        line.model,
        line.calls,
        line.answers,
        line.failed,
        count(line.prompt_tokens),
        count(line.cached_tokens),
        count(line.completion_tokens),
    );
}
