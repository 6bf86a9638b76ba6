//! Flags that are settings: what they say is kept in the run folder.

use std::path::PathBuf;

use cladus_core::config::{Config, LastLook};
use cladus_core::plan::Levels;
use cladus_core::sameness::MatchBy;
use cladus_core::{Error, Result};
use cladus_llm::LlmArgs;

use crate::folder::RunFolder;
use crate::input::growth;
use crate::swap::PipelineArgs;

/// How many children a parent may have.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ChildrenArgs {
    /// Minimum number of children of a parent; may lead to fewer roots [default: none].
    #[arg(long, value_name = "N")]
    min_children: Option<usize>,
    /// Maximum number of children of a parent; may lead to more levels [default: none].
    #[arg(long, value_name = "N")]
    max_children: Option<usize>,
}

impl ChildrenArgs {
    /// Puts what was said here over `config`.
    ///
    /// # Errors
    /// When no parent can be like what `config` then says.
    pub(crate) fn apply(self, config: &mut Config) -> Result<()> {
        config.min_children = self.min_children.or(config.min_children);
        config.max_children = self.max_children.or(config.max_children);
        config.children().map(drop)
    }
}

/// Settings of a run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Settings {
    /// Maximum number of roots [default: 10].
    #[arg(long, value_name = "N")]
    max_clusters: Option<usize>,
    /// Average size of a group [default: four times the level's ratio, at least 12].
    #[arg(long, value_name = "N")]
    clusters_per_group: Option<usize>,
    /// Number of levels, or their sizes from the largest to the roots [default: chosen from the number of
    /// clusters].
    #[arg(long, value_name = "N|A,B,…")]
    levels: Option<Levels>,
    #[command(flatten)]
    children: ChildrenArgs,
    /// Random seed [default: 0].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How texts are embedded: auto, minilm, static, lexical, api (an embedding model), or a folder with
    /// a sentence transformer [default: auto].
    #[arg(long, value_name = "EMBEDDER")]
    embedder: Option<String>,
    /// Earlier run (or a hierarchy file) to extend: clusters it contains keep their parents, new ones are
    /// added beside them, and parents keep their ids and names.
    #[arg(long, value_name = "OLD_RUN")]
    onto: Option<PathBuf>,
    /// How clusters of the earlier run are matched: auto (ids that agree with names or members, then
    /// members, then names, then similar meaning), ids, members or names [default: auto].
    #[arg(long = "match", value_name = "BY")]
    match_by: Option<MatchBy>,
    /// Read settings from this file instead of RUN/cladus.toml; flags override both.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten, next_help_heading = "Language model")]
    pub(crate) llm: LlmArgs,
    /// Maximum number of clusters labelled in one call [default: chosen from the texts].
    #[arg(long, value_name = "N", help_heading = "Language model")]
    labels_per_call: Option<usize>,
    /// Maximum number of tokens of clusters in one question [default: 8000].
    #[arg(long, value_name = "N", help_heading = "Language model")]
    question_tokens: Option<usize>,
    /// Second look at doubtful labels: none or once [default: once].
    #[arg(long, value_name = "LOOK", help_heading = "Language model")]
    look: Option<LastLook>,
}

impl Settings {
    /// Defaults, under the folder's settings (or those of `--config`), under the flags.
    ///
    /// # Errors
    /// When settings cannot be read, or a value makes no sense.
    pub(crate) fn over(&self, folder: &RunFolder) -> Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None if folder.config().is_file() => Config::load(&folder.config())?,
            None => Config::default(),
        };
        if let Some(n) = self.max_clusters {
            config.max_clusters = n;
        }
        if let Some(Levels::Sizes(sizes)) = &self.levels
            && self.max_clusters.is_none()
            && let Some(&roots) = sizes.last()
        {
            // Who says the sizes has said the number of roots.
            config.max_clusters = roots;
        }
        if self.levels.is_some() {
            config.levels.clone_from(&self.levels);
        }
        if let Some(onto) = &self.onto {
            let old = growth::hierarchy_of(onto, folder)?;
            if self.max_clusters.is_none() {
                // It had as many roots as somebody wanted.
                config.max_clusters = config.max_clusters.max(growth::roots(&old)?);
            }
            config.onto = Some(old);
        }
        if let Some(by) = self.match_by {
            if config.onto.is_none() {
                return Err(Error::config_hint(
                    "--match sets how clusters of an earlier run are matched, but no earlier run is given",
                    "--onto OLD_RUN names it",
                ));
            }
            config.match_by = by;
        }
        if self.clusters_per_group.is_some() {
            config.clusters_per_group = self.clusters_per_group;
        }
        if let Some(seed) = self.seed {
            config.seed = seed;
        }
        if let Some(embedder) = &self.embedder {
            config.embedder = cladus_embedder::settled(embedder)?;
        }
        if self.labels_per_call.is_some() {
            config.label.labels_per_call = self.labels_per_call;
        }
        if self.question_tokens.is_some() {
            config.group.question_tokens = self.question_tokens;
        }
        config.label.look = self.look.unwrap_or(config.label.look);
        self.children.apply(&mut config)?;
        self.llm.apply(&mut config)?;
        self.pipeline.apply(&mut config)?;
        Ok(config)
    }
}
