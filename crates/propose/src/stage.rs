//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_core::artifact::{self, Written};
use cladus_core::config::Config;
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{Asker, Prompt};

use crate::group::Group;
use crate::{extractive, llm};

/// Raised by hand when the same input gives other candidates.
pub const VERSION: u32 = 1;

/// What `cladus-propose` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct ProposeArgs {
    /// The clusters that parents are wanted for.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their groups.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// Their embeddings [default: embedded again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the candidates.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How many candidates are wanted in all [default: what the level plan wants].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// A folder whose propose.md takes the place of the built-in prompt.
    #[arg(long, value_name = "DIR")]
    pub prompts: Option<PathBuf>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

/// The stage's prompt: `propose.md` in `folder` where there is one, else the built-in one.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>) -> Result<Prompt> {
    Prompt::load("propose", include_str!("../prompts/propose.md"), folder)
}

/// Proposes candidates without a model. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others.
pub fn run(args: &ProposeArgs, progress: &dyn Progress) -> Result<(Written, String)> {
    let Ran { written, note, .. } = run_with(args, None, progress)?;
    let written =
        written.ok_or_else(|| Error::Bug("nothing was asked, only planned".to_owned()))?;
    Ok((written, note))
}

/// Proposes candidates: those of the model that `asker` asks, or extractive ones without.
///
/// # Errors
/// As [`run`]; also when the endpoint, or what may be spent on it, stops the work.
pub fn run_with(
    args: &ProposeArgs,
    asker: Option<&Asker<'_>>,
    progress: &dyn Progress,
) -> Result<Ran> {
    let settings = Config::load_or_default(args.params.as_deref())?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let target = settings.parents_wanted(args.parents, clusters.rows.len())?;
    let embeddings = args.embeddings.as_deref();
    let mut space = Space::of(&clusters, embeddings, &settings.embedder, settings.seed)?;
    let groups = Group::of(&groups, target);
    progress.begin(groups.len() as u64);

    let (candidates, asked) = match asker {
        None => {
            let rows = extractive::propose(&clusters.rows, &groups, &mut space, progress)?;
            (rows, Asked::default())
        }
        Some(asker) => {
            let prompt = prompt(args.prompts.as_deref())?;
            let work = llm::propose(&clusters.rows, &groups, &mut space, asker, &prompt, progress);
            asker.block_on(work)?
        }
    };
    if asked.planned {
        return Ok(Ran { written: None, note: "planned".to_owned(), asked });
    }
    let mut note = format!("{} candidates for {} groups", candidates.len(), groups.len());
    if asked.fell_back > 0 {
        note += &format!(", {} not as the model said them", asked.fell_back);
    }
    let written = artifact::write_candidates(&args.out, &candidates)?;
    Ok(Ran { written: Some(written), note, asked })
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-propose", "Stage 3: candidate parent names for every group", run)
}

#[cfg(test)]
mod tests {
    use cladus_core::artifact::{Cluster, Grouping};
    use cladus_core::progress::Quiet;
    use cladus_llm::{AskError, Reply, Usage};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_writes_nothing_and_an_own_prompt_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ids = ["a", "b"].map(str::to_owned);
        let clusters = ids.clone().map(|id| Cluster {
            name: format!("cluster {id}"),
            id,
            description: String::new(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size: 1,
        });
        artifact::write_clusters(&path("clusters.parquet"), &clusters).unwrap();
        let groups = ids.map(|cluster_id| Grouping { cluster_id, group_id: 0, distance: 0.0 });
        artifact::write_groups(&path("groups.parquet"), &groups).unwrap();
        let own = "Be brief.\n---\n{% for item in items %}{{ item }} {% endfor %}";
        std::fs::write(path("propose.md"), own).unwrap();
        let args = ProposeArgs {
            clusters: path("clusters.parquet"),
            groups: path("groups.parquet"),
            embeddings: None,
            out: path("candidates.parquet"),
            parents: Some(1),
            prompts: Some(folder.path().to_owned()),
            params: None,
        };

        let planning = Asker::scripted(|_| Err(AskError::Planned));
        let ran = run_with(&args, Some(&planning), &Quiet).unwrap();
        assert!(ran.written.is_none() && ran.asked.planned && !args.out.exists());

        let asker = Asker::scripted(|request| {
            assert_eq!((&*request.system, &*request.user), ("Be brief.", "cluster a cluster b "));
            let object = json!({"names": ["Both"]}).as_object().cloned().unwrap();
            Ok(Reply { object, usage: Usage::default() })
        });
        let ran = run_with(&args, Some(&asker), &Quiet).unwrap();
        assert_eq!(ran.note, "1 candidates for 1 groups");
        assert_eq!(artifact::read_candidates(&args.out).unwrap().rows[0].name, "Both");
    }
}
