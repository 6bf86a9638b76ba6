//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_asking::share_note::ShareMade;
use cladus_asking::stage::{self, Models};
use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::Result;
use cladus_core::artifact::{self, Artifact, Candidate, Cluster};
use cladus_core::config::{Backend, Config};
use cladus_core::content;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::Ran;
use cladus_core::progress::Progress;
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};

use crate::llm::Prompts;
use crate::open::joined;
use crate::part::ProposeFiles;
use crate::work::ProposeInputs;

/// Raised by hand when the same input gives other candidates.
pub const VERSION: u32 = 10;

/// What `cladus-propose` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct ProposeArgs {
    /// Clusters to propose parents for.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Groups of the clusters.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// Embeddings of the clusters [default: computed again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// File to write the candidates to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Number of candidates to aim at, over all groups [default: from the level plan].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// Folder whose propose.md and reconcile.md replace the built-in prompts.
    #[arg(long, value_name = "DIR")]
    pub prompts: Option<PathBuf>,
    /// Settings file for everything not set by a flag.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Extending an earlier hierarchy.
    #[command(flatten, next_help_heading = "Growth")]
    pub onto: OntoArgs,
    /// Shards.
    #[command(flatten, next_help_heading = "Shards")]
    pub shards: ShardArgs,
    /// The language model.
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
    let shares = stage::gathered(args.shards, &args.out, &args.whole()?, &settings, sessions)?;
    let is_asked = settings.backend == Backend::Llm;
    if let Some(shares) = shares.filter(|_| !is_asked)
        && let Some(made) = joined(&shares)?
    {
        return made.publish(args.llm.strict, |rows| artifact::write_candidates(&out, rows));
    }
    let models = Models::open("propose", &settings, &out, sessions, progress)?;
    if let Some(ShareMade { made, open }) = args.part(&settings, &models, progress)? {
        let write = |rows: &[Candidate]| artifact::write_candidates_open(&out, rows, open);
        return made.publish(args.llm.strict, write);
    }
    let clusters = artifact::read_clusters(&args.clusters)?;
    let inputs = args.inputs(&settings, &clusters, models)?;
    let made = inputs.propose(progress)?;
    made.publish(args.llm.strict, |rows| artifact::write_candidates(&out, rows))
}

impl ProposeArgs {
    /// The candidates of a share, from its clusters and a look at the others; `None` where that is not
    /// all that decides.
    fn part(
        &self,
        settings: &Config,
        models: &Models<'_>,
        progress: &dyn Progress,
    ) -> Result<Option<ShareMade<Candidate>>> {
        let (Some(shard), Some(embeddings)) = (self.shards.shard, &self.embeddings) else {
            return Ok(None);
        };
        if models.asker.is_some() || models.embedder.is_some() || self.onto.onto.is_some() {
            return Ok(None);
        }
        let files = ProposeFiles { clusters: &self.clusters, groups: &self.groups, embeddings };
        let target = |clusters| settings.parents_wanted(self.parents, clusters);
        files.candidates(shard, target, &settings.embedder, models.embedders, progress)
    }

    /// Everything that candidates are made of.
    fn inputs<'a>(
        &self,
        settings: &Config,
        clusters: &'a Artifact<Vec<Cluster>>,
        models: Models<'a>,
    ) -> Result<ProposeInputs<'a>> {
        let groups = artifact::read_groups(&self.groups)?.aligned(clusters)?;
        let target = settings.parents_wanted(self.parents, clusters.rows.len())?;
        let Models { asker, embedder, embedders } = models;
        let (embeddings, asked) = (self.embeddings.as_deref(), &settings.embedder);
        let space = Space::of(clusters, embeddings, asked, settings.seed, embedder, embedders)?;
        let seated = self.onto.seated(&clusters.rows)?;
        let folder = self.prompts.as_deref();
        let model = match asker {
            Some(asker) => {
                let propose = prompt(folder, settings)?;
                let reconcile = reconcile_prompt(folder, settings)?;
                Some((asker, Prompts { propose, reconcile }))
            }
            None => None,
        };
        Ok(ProposeInputs {
            clusters: &clusters.rows,
            groups,
            target,
            open: target > settings.max_clusters,
            space,
            seated,
            shards: self.shards,
            model,
        })
    }
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    stage::stage_main("cladus-propose", "Stage 3: candidate parent names for every group", run)
}
