//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_asking::share_note::ShareMade;
use cladus_asking::stage::{self, Models};
use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::artifact::{self, Artifact, Candidate, Cluster, Parent};
use cladus_core::children::Children;
use cladus_core::config::{Backend, Config};
use cladus_core::content;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::Ran;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};

use crate::open::joined;
use crate::part::RenameFiles;
use crate::verbatim::Names;
use crate::work::RenameInputs;

/// Raised by hand when the same input gives other parents.
pub const VERSION: u32 = 12;

/// What `cladus-rename` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct RenameArgs {
    /// Clusters to put under parents.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Labels of the clusters.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    /// Candidates the labels refer to.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// Embeddings of the clusters [default: computed again if needed].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// File to write the parents to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Maximum number of parents, and not far fewer: the nearest are merged or the largest split to get
    /// there [default: from the level plan].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// Minimum number of children of a parent: children of smaller ones join the nearest other parents
    /// [default: none].
    #[arg(long, value_name = "N")]
    pub min_children: Option<usize>,
    /// Maximum number of children of a parent: larger ones are split [default: none].
    #[arg(long, value_name = "N")]
    pub max_children: Option<usize>,
    /// Source of the parents' names.
    #[arg(long, value_enum, value_name = "FROM", default_value_t)]
    pub names: Names,
    /// Folder whose rename.md replaces the built-in prompt.
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

impl RenameArgs {
    /// The settings, under what was said here.
    fn settings(&self) -> Result<Config> {
        let mut settings = self.llm.over(self.params.as_deref())?;
        settings.min_children = self.min_children.or(settings.min_children);
        settings.max_children = self.max_children.or(settings.max_children);
        settings.children()?;
        Ok(settings)
    }

    /// What all parents depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let settings = self.settings()?;
        let parents = match self.parents {
            Some(parents) => parents,
            None => settings.parents_wanted(None, content::of(&self.clusters)?.rows)?,
        };
        let fingerprint = Fingerprint::new("rename", VERSION)
            .input("clusters", &self.clusters)
            .input("labels", &self.labels)
            .input("candidates", &self.candidates)
            .value("parents", &parents)
            .optional("min_children", settings.min_children.as_ref())
            .optional("max_children", settings.max_children.as_ref());
        let mut fingerprint = self.onto.fingerprint(fingerprint);
        if settings.backend == Backend::Llm {
            fingerprint = fingerprint.value("open", &(parents > settings.max_clusters));
        }
        let fingerprint = match self.names {
            // As it was before there was a choice.
            Names::Children => fingerprint,
            Names::Candidates => fingerprint.value("names", "candidates"),
        };
        depending(fingerprint, &settings, &self.clusters, self.embeddings.as_deref(), || {
            prompt(self.prompts.as_deref(), &settings)
        })
    }
}

impl StageArgs for RenameArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// The stage's prompt: `rename.md` in `folder` where there is one, else the built-in one; with
/// the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("rename", include_str!("../prompts/rename.md"), folder, config)
}

/// Makes and names parents: as the model names them that is configured, or by their children's own
/// words without. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others; when the
/// endpoint, or what may be spent on it, stops the work.
pub fn run(args: &RenameArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let (settings, out) = (args.settings()?, args.out());
    let shares = stage::gathered(args.shards, &args.out, &args.whole()?, &settings, sessions)?;
    let is_asked = settings.backend == Backend::Llm;
    if let Some(shares) = shares.filter(|_| !is_asked)
        && let Some(made) = joined(&shares)?
    {
        return made.publish(args.llm.strict, |rows| artifact::write_parents(&out, rows));
    }
    let models = Models::open("rename", &settings, &out, sessions, progress)?;
    if let Some(ShareMade { made, open }) = args.part(&settings, &models, progress)? {
        let write = |rows: &[Parent]| artifact::write_parents_open(&out, rows, open);
        return made.publish(args.llm.strict, write);
    }
    let clusters = artifact::read_clusters(&args.clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let inputs = args.inputs(&settings, &clusters, &candidates, models)?;
    let made = inputs.rename(progress)?;
    made.publish(args.llm.strict, |rows| artifact::write_parents(&out, rows))
}

impl RenameArgs {
    /// The parents of a share, from its clusters and a look at the others; `None` where that is not all that
    /// decides.
    fn part(
        &self,
        settings: &Config,
        models: &Models<'_>,
        progress: &dyn Progress,
    ) -> Result<Option<ShareMade<Parent>>> {
        let (Some(shard), Some(embeddings)) = (self.shards.shard, &self.embeddings) else {
            return Ok(None);
        };
        let is_plain = self.names == Names::Children && settings.children()? == Children::default();
        if !is_plain
            || models.asker.is_some()
            || models.embedder.is_some()
            || self.onto.onto.is_some()
        {
            return Ok(None);
        }
        let files = RenameFiles {
            clusters: &self.clusters,
            labels: &self.labels,
            candidates: &self.candidates,
            embeddings,
        };
        let target = |clusters| settings.parents_wanted(self.parents, clusters);
        files.parents(shard, target, &settings.embedder, models.embedders, progress)
    }

    /// Everything that parents are made of.
    fn inputs<'a>(
        &self,
        settings: &Config,
        clusters: &'a Artifact<Vec<Cluster>>,
        candidates: &'a Artifact<Vec<Candidate>>,
        models: Models<'a>,
    ) -> Result<RenameInputs<'a>> {
        let labels = artifact::read_labels(&self.labels)?.aligned(clusters, candidates)?;
        let n = clusters.rows.len();
        let target = settings.parents_wanted(self.parents, n)?;
        if let Some(most) = settings.max_children.filter(|most| most.saturating_mul(target) < n) {
            return Err(Error::config_hint(
                format!(
                    "{n} clusters do not fit under {target} parents with at most {most} children"
                ),
                format!("give --parents {} or more, or raise --max-children", n.div_ceil(most)),
            ));
        }
        let Models { asker, embedder, embedders } = models;
        let (embeddings, asked) = (self.embeddings.as_deref(), &settings.embedder);
        let space = Space::of(clusters, embeddings, asked, settings.seed, embedder, embedders)?;
        let seated = self.onto.seated(&clusters.rows)?;
        let model = match asker {
            Some(asker) => Some((asker, prompt(self.prompts.as_deref(), settings)?)),
            None => None,
        };
        Ok(RenameInputs {
            clusters: &clusters.rows,
            candidates: &candidates.rows,
            labels,
            target,
            open: target > settings.max_clusters,
            children: settings.children()?,
            names: self.names,
            space,
            seated,
            shards: self.shards,
            model,
        })
    }
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    let about = "Stage 5: named parents for clusters with the same label";
    stage::stage_main("cladus-rename", about, run)
}
