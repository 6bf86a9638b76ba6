//! `cladus check`

use std::path::{Path, PathBuf};

use cladus_cli::print;
use cladus_core::artifact::check_file;
use cladus_core::{Result, exit};
use serde_json::json;

use super::here::here;
use crate::folder::RunFolder;
use crate::tree::invariants::{self, CheckFindings};

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Artifacts, or run folders to validate as a whole [default: the run in the current folder].
    files: Vec<PathBuf>,
    /// Validate the files as this artifact, whatever their columns look like.
    #[arg(long = "as", value_name = "ARTIFACT")]
    artifact: Option<String>,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

struct CheckVerdict {
    what: String,
    problems: Vec<String>,
    remarks: Vec<String>,
}

pub(crate) fn run(args: &CheckArgs) -> Result<u8> {
    let files = if args.files.is_empty() { vec![here()?] } else { args.files.clone() };
    let verdicts: Vec<(&PathBuf, CheckVerdict)> =
        files.iter().map(|path| (path, verdict(path, args.artifact.as_deref()))).collect();
    if args.json {
        let list: Vec<serde_json::Value> = verdicts
            .iter()
            .map(|(path, v)| {
                json!({ "path": path.display().to_string(), "ok": v.problems.is_empty(),
                        "what": v.what, "problems": v.problems, "remarks": v.remarks })
            })
            .collect();
        print(&format!("{:#}\n", serde_json::Value::Array(list)))?;
    } else {
        for (path, verdict) in &verdicts {
            if verdict.problems.is_empty() {
                print(&format!("{}: ok, {}\n", path.display(), verdict.what))?;
            }
            for line in verdict.problems.iter().chain(&verdict.remarks) {
                print(&format!("{line}\n"))?;
            }
        }
    }
    let ok = verdicts.iter().all(|(_, verdict)| verdict.problems.is_empty());
    Ok(if ok { exit::OK } else { exit::INPUT })
}

fn verdict(path: &Path, artifact: Option<&str>) -> CheckVerdict {
    let outcome = if path.is_dir() {
        invariants::check_run(&RunFolder::new(path)).map(|found| {
            let CheckFindings { what, problems, remarks } = found;
            CheckVerdict { what, problems, remarks }
        })
    } else {
        check_file(path, artifact).map(|found| {
            let what = format!("{} with {} rows", found.artifact, found.rows);
            CheckVerdict { what, problems: found.problems, remarks: Vec::new() }
        })
    };
    outcome.unwrap_or_else(|error| CheckVerdict {
        what: String::new(),
        problems: vec![error.to_string()],
        remarks: Vec::new(),
    })
}
