//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::Result;
use cladus_core::artifact;
use cladus_core::config::{Backend, Config};
use cladus_core::content;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};
use cladus_vectors::Vectors;

use crate::group::Group;
use crate::llm::{Prompts, Task};
use crate::{extractive, llm, onto};

/// Raised by hand when the same input gives other candidates.
pub const VERSION: u32 = 7;

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
    /// Into an older hierarchy.
    #[command(flatten, next_help_heading = "Growth")]
    pub onto: OntoArgs,
    /// In shares.
    #[command(flatten, next_help_heading = "Shards")]
    pub shards: ShardArgs,
    /// Whom to ask.
    #[command(flatten, next_help_heading = "Language model")]
    pub llm: LlmArgs,
}

impl ProposeArgs {
    /// What the candidates of all groups depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let settings = self.llm.over(self.params.as_deref())?;
        let parents = match self.parents {
            Some(parents) => parents,
            None => settings.parents_wanted(None, content::of(&self.clusters)?.rows)?,
        };
        let fingerprint = Fingerprint::new("propose", VERSION)
            .input("clusters", &self.clusters)
            .input("groups", &self.groups)
            .value("parents", &parents);
        let fingerprint = self.onto.fingerprint(fingerprint);
        let prompts = self.prompts.as_deref();
        let embeddings = self.embeddings.as_deref();
        let fingerprint = depending(fingerprint, &settings, &self.clusters, embeddings, || {
            prompt(prompts, &settings)
        })?;
        if settings.backend != Backend::Llm {
            return Ok(fingerprint);
        }
        let reconcile = reconcile_prompt(prompts, &settings)?;
        // Where these are the roots there may not be more than wanted.
        let open = parents > settings.max_clusters;
        Ok(fingerprint.text("reconcile_prompt", reconcile.source()).value("open", &open))
    }
}

impl StageArgs for ProposeArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// The stage's prompt: `propose.md` in `folder` where there is one, else the built-in one; with
/// the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("propose", include_str!("../prompts/propose.md"), folder, config)
}

/// The prompt by which the proposals of several groups are brought together: `reconcile.md` in `folder`
/// where there is one, else the built-in one; with the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn reconcile_prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("reconcile", include_str!("../prompts/reconcile.md"), folder, config)
}

/// Proposes candidates: those of the model that is configured, or extractive ones without. Returns
/// what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others; when the
/// endpoint, or what may be spent on it, stops the work.
pub fn run(args: &ProposeArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let (settings, out) = (args.llm.over(args.params.as_deref())?, args.out());
    if args.shards.gathered(&args.out, &args.whole()?)?.is_some() {
        // Spelling goes across groups: the whole is made of the answers that the shares have left.
        sessions.must_hold_answers(&settings, &out)?;
    }
    let asker = sessions.asker(&settings, "propose", &out, progress)?;
    let outside = sessions.embedder(&settings, "propose", &out, progress)?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let target = settings.parents_wanted(args.parents, clusters.rows.len())?;
    let embeddings = args.embeddings.as_deref();
    let mut space = Space::of(&clusters, embeddings, &settings.embedder, settings.seed, outside)?;
    let mut groups = Group::of(&groups, target);
    if asker.is_some() && groups.len() > 1 {
        let vectors = Vectors::over(&space.vectors, space.dim);
        groups = Group::by_variety(groups, llm::asked_for(target), vectors);
    }
    let seated = args.onto.seated(&clusters.rows)?;
    let mut kept = Vec::new();
    if let Some(seated) = &seated {
        let vectors = Vectors::over(&space.vectors, space.dim);
        groups = onto::among_strangers(&groups, seated, vectors, target);
        if args.shards.shard.is_none() {
            kept = onto::kept(&clusters.rows, seated);
        }
    }
    groups.retain(|group| {
        let ids = group.members.iter().map(|&row| clusters.rows[row].id.as_str());
        args.shards.takes(ids)
    });
    progress.begin(groups.len() as u64);

    let (mut candidates, asked) = match &asker {
        None => {
            let rows = extractive::propose(&clusters.rows, &groups, &mut space, progress)?;
            (rows, Asked::default())
        }
        Some(asker) => {
            let folder = args.prompts.as_deref();
            let prompts = Prompts {
                propose: prompt(folder, &settings)?,
                reconcile: reconcile_prompt(folder, &settings)?,
            };
            let task = Task {
                clusters: &clusters.rows,
                groups: &groups,
                target,
                open: target > settings.max_clusters,
                whole: args.shards.shard.is_none(),
            };
            let made = llm::propose(task, &mut space, asker, &prompts, progress)?;
            asker.conclude()?;
            made
        }
    };
    let asked = Asked { strict: args.llm.strict, ..asked };
    if asked.planned {
        return Ok(Ran { written: None, note: "planned".to_owned(), asked });
    }
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (made, among) = (many(candidates.len(), "candidate"), many(groups.len(), "group"));
    let mut note = format!("{made} for {among}");
    note += &llm::merged(&candidates);
    if seated.is_some() {
        note = format!("{} that were there, {note} of strangers", kept.len());
        // A stranger is as free as any other.
        candidates.iter_mut().for_each(|candidate| candidate.group_id = None);
        candidates.splice(0..0, kept);
    }
    if asked.fell_back > 0 {
        note += &format!(", {} not as the model said them", asked.fell_back);
    }
    let written = artifact::write_candidates(&out, &candidates)?;
    Ok(Ran { written: Some(written), note, asked })
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main(
        "cladus-propose",
        "Stage 3: candidate parent names for every group",
        |args, progress| run(args, &Sessions::default(), progress),
    )
}
