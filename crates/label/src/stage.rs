//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_asking::stage::{self, MadeRows, Models};
use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::artifact::{self, Artifact, Candidate, Cluster, Label};
use cladus_core::config::{Backend, Config, LastLook};
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::shard::Share;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};

use crate::job::LabelOptions;
use crate::part::LabelFiles;
use crate::scope::{Scope, UnknownScope};
use crate::work::{LabelInputs, drawn_from, note, vectors_of};

/// Raised by hand when the same input gives other labels.
pub const VERSION: u32 = 6;

/// What `cladus-label` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct LabelArgs {
    /// Clusters to label.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Groups of the clusters.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// Candidates to choose from.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// Embeddings of the clusters [default: computed again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// File to write the labels to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Candidates offered to a cluster: those of its group (group), all, or the nearest (nearest,
    /// nearest:K) [default: nearest with a language model, else group].
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// Maximum number of clusters labelled in one call [default: chosen from the texts].
    #[arg(long, value_name = "N")]
    pub labels_per_call: Option<usize>,
    /// Second look at doubtful labels: none or once [default: once].
    #[arg(long, value_name = "LOOK")]
    pub look: Option<LastLook>,
    /// Folder whose label.md replaces the built-in prompt.
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

impl LabelArgs {
    fn settings(&self) -> Result<Config> {
        let mut settings = self.llm.over(self.params.as_deref())?;
        settings.label.scope = self.scope.clone().or(settings.label.scope);
        settings.label.look = self.look.unwrap_or(settings.label.look);
        settings.label.labels_per_call = self.labels_per_call.or(settings.label.labels_per_call);
        if settings.label.labels_per_call == Some(0) {
            let problem = "labels_per_call is 0: a call asks about at least one cluster";
            return Err(Error::config(problem));
        }
        Ok(settings)
    }

    /// What the labels of all clusters depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let settings = self.settings()?;
        let mut fingerprint = Fingerprint::new("label", VERSION)
            .input("clusters", &self.clusters)
            .input("groups", &self.groups)
            .input("candidates", &self.candidates)
            .value("scope", settings.scope());
        fingerprint = self.onto.fingerprint(fingerprint);
        if settings.backend == Backend::Llm {
            // The order in which candidates are shown.
            fingerprint = fingerprint
                .value("seed", &settings.seed)
                .optional("labels_per_call", settings.label.labels_per_call.as_ref())
                .optional("look", Some(&"none").filter(|_| settings.label.look == LastLook::None));
        }
        depending(fingerprint, &settings, &self.clusters, self.embeddings.as_deref(), || {
            prompt(self.prompts.as_deref(), &settings)
        })
    }
}

impl StageArgs for LabelArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// The stage's prompt: `label.md` in `folder` where there is one, else the built-in one; with
/// the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("label", include_str!("../prompts/label.md"), folder, config)
}

/// Labels every cluster: as the model answers that is configured, or by embedding without. Returns
/// what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, does not fit the others, or a group
/// has no candidate; when the endpoint, or what may be spent on it, stops the work.
pub fn run(args: &LabelArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let (settings, out) = (args.settings()?, args.out());
    let shards = stage::gathered(args.shards, &args.out, &args.whole()?, &settings, sessions)?;
    let made = match shards {
        Some(shards) if settings.backend == Backend::Extractive => joined(&shards)?,
        _ => {
            let models = Models::open("label", &settings, &out, sessions, progress)?;
            if let Some(made) = args.part(&settings, &models, progress)? {
                return made.publish(args.llm.strict, |rows| artifact::write_labels(&out, rows));
            }
            let clusters = artifact::read_clusters(&args.clusters)?;
            let candidates = artifact::read_candidates(&args.candidates)?;
            let inputs = args.inputs(&settings, &clusters, &candidates, models, progress)?;
            inputs.label(progress)?
        }
    };
    made.publish(args.llm.strict, |rows| artifact::write_labels(&out, rows))
}

/// The shards as one. Without a model, a cluster's label does not depend on its shard; with one, who is
/// alone under a label is known of the whole alone.
fn joined(shards: &[Share]) -> Result<MadeRows<Label>> {
    let mut rows = Vec::new();
    for shard in shards {
        rows.extend(artifact::read_labels(&shard.path)?.rows);
    }
    Ok(MadeRows { note: note(&rows), rows, asked: Asked::default() })
}

impl LabelArgs {
    /// The labels of a share, from what is in the share alone; `None` where that is not all that decides.
    fn part(
        &self,
        settings: &Config,
        models: &Models<'_>,
        progress: &dyn Progress,
    ) -> Result<Option<MadeRows<Label>>> {
        let (Some(shard), Some(embeddings)) = (self.shards.shard, &self.embeddings) else {
            return Ok(None);
        };
        let asks = models.asker.is_some() || models.embedder.is_some();
        if asks || self.onto.onto.is_some() || settings.scope().parse() != Ok(Scope::Group) {
            return Ok(None);
        }
        let files = LabelFiles {
            clusters: &self.clusters,
            groups: &self.groups,
            candidates: &self.candidates,
            embeddings,
        };
        files.labels(shard, &settings.embedder, models.embedders, progress)
    }

    /// Everything that labels are made of.
    fn inputs<'a>(
        &self,
        settings: &Config,
        clusters: &'a Artifact<Vec<Cluster>>,
        candidates: &'a Artifact<Vec<Candidate>>,
        models: Models<'a>,
        progress: &dyn Progress,
    ) -> Result<LabelInputs<'a>> {
        let scope = settings.scope().parse::<Scope>();
        let scope = scope.map_err(|e: UnknownScope| Error::config(e.to_string()))?;
        let groups = artifact::read_groups(&self.groups)?.aligned(clusters)?;
        let Models { asker, embedder, embedders } = models;
        let (embeddings, asked) = (self.embeddings.as_deref(), &settings.embedder);
        let mut space = Space::of(clusters, embeddings, asked, settings.seed, embedder, embedders)?;
        let offered = drawn_from(candidates, clusters)?;
        // Before the clusters' vectors are used: it may replace them (see `Space::names`).
        let names = vectors_of(&candidates.rows, &offered, &mut space, progress)?;
        let model = match asker {
            Some(asker) => Some((asker, prompt(self.prompts.as_deref(), settings)?)),
            None => None,
        };
        // A shard does not know who is alone in the whole.
        let is_whole = self.shards.shard.is_none();
        Ok(LabelInputs {
            clusters: &clusters.rows,
            candidates,
            groups,
            offered,
            names,
            scope,
            space,
            seated: self.onto.seated(&clusters.rows)?,
            shards: self.shards,
            options: LabelOptions {
                seed: settings.seed,
                labels_per_call: settings.label.labels_per_call,
                look: if is_whole { settings.label.look } else { LastLook::None },
            },
            model,
        })
    }
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    stage::stage_main("cladus-label", "Stage 4: exactly one candidate for every cluster", run)
}
