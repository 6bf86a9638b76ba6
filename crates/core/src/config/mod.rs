//! A run's configuration (`cladus.toml`): every key, its default, and what reads it.

mod models;

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table};

use crate::atomic;
use crate::children::Children;
use crate::error::{Error, Result};
use crate::plan::{self, Levels, level_plan};
use crate::room;
use crate::sameness::MatchBy;
use crate::suggest;

pub use models::{EmbeddingConfig, LlmConfig};

/// How large groups are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSizes {
    /// On average.
    pub average: usize,
    /// No group is larger.
    pub most: usize,
}

/// Groups that are cut where clusters part are not all as large as a question allows.
fn grouped(fit: usize) -> usize {
    (fit * 4 / 5).max(1)
}

/// Who proposes, labels and renames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// No model: phrases from the children's own words, the nearest candidate by embedding.
    #[default]
    Extractive,
    /// A language model behind an OpenAI-compatible endpoint.
    Llm,
}

impl std::str::FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "extractive" => Ok(Self::Extractive),
            "llm" => Ok(Self::Llm),
            _ => Err("expected extractive or llm".to_owned()),
        }
    }
}

/// What the prompts of a language model say that an item is, and in which grammatical form names are
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptStyle {
    /// Anything at all.
    #[default]
    General,
    /// Conversations, tickets.
    Requests,
    /// Papers, documents.
    Topics,
    /// Products, packages, diagnoses.
    Things,
}

impl PromptStyle {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::General, Self::Requests, Self::Topics, Self::Things];

    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Requests => "requests",
            Self::Topics => "topics",
            Self::Things => "things",
        }
    }

    /// A line of help.
    pub fn help(self) -> &'static str {
        match self {
            Self::General => "Anything at all: names are written as most of the items' names are",
            Self::Requests => "Conversations, tickets: names say what people want done",
            Self::Topics => "Papers, documents: names are noun phrases for a topic",
            Self::Things => "Products, packages, diagnoses: names are kinds of things",
        }
    }

    /// Is it what is taken where nobody says anything?
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl std::str::FromStr for PromptStyle {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Self::ALL.into_iter().find(|style| style.name() == text);
        found.ok_or_else(|| "expected general, requests, topics or things".to_owned())
    }
}

/// `[input]` of `cladus.toml`: how the input is read. What is not set is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputConfig {
    /// Format of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Column with ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_column: Option<String>,
    /// Column with names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_column: Option<String>,
    /// Column with descriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_column: Option<String>,
    /// Column with slugs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug_column: Option<String>,
    /// Column with member ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members_column: Option<String>,
    /// Column with sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_column: Option<String>,
    /// Column with the parent's id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_column: Option<String>,
    /// Column with the level, if the input is already a hierarchy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level_column: Option<String>,
    /// Column separator of a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// `yes` or `no`: whether the first row contains column names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Character encoding of a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Sheet of a workbook, or table of an SQLite database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Whether noise and outliers are treated like any other cluster.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_noise: bool,
    /// Whether the upper levels of an input that is already a hierarchy are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_levels: bool,
}

impl InputConfig {
    /// Has nobody said anything?
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The name of the embedder that is an embedding model behind an endpoint.
pub const API_EMBEDDER: &str = "api";

/// `cladus.toml`. What it leaves out has the default given here; unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Maximum number of roots.
    pub max_clusters: usize,
    /// Number of levels, or their sizes; if not set, chosen by the level plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<Levels>,
    /// Average size of a group; if not set, chosen by the level plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters_per_group: Option<usize>,
    /// Minimum number of children of a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_children: Option<usize>,
    /// Maximum number of children of a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_children: Option<usize>,
    /// Random seed.
    pub seed: u64,
    /// Who proposes, labels and renames.
    pub backend: Backend,
    /// What the items are, in your own words; sent to the language model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// What the prompts call items, and how names are written.
    #[serde(skip_serializing_if = "PromptStyle::is_default")]
    pub prompt_style: PromptStyle,
    /// How texts are embedded: `auto`, `minilm`, `static`, `lexical`, `api`, or a folder with a
    /// sentence transformer.
    pub embedder: String,
    /// Earlier run (or hierarchy file) to extend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onto: Option<std::path::PathBuf>,
    /// How clusters of the earlier run are matched.
    #[serde(rename = "match", skip_serializing_if = "MatchBy::is_default")]
    pub match_by: MatchBy,
    /// Whether parents keep the names of candidates written by hand, letter for letter.
    #[serde(skip_serializing_if = "is_true")]
    pub keep_names: bool,
    /// Pipeline file that replaces stages with other programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<std::path::PathBuf>,
    /// Only `group` reads this.
    pub group: GroupConfig,
    /// Only `label` reads this.
    pub label: LabelConfig,
    /// The language model: endpoint, pace and budget.
    pub llm: LlmConfig,
    /// The embedding model, used if the embedder is `api`.
    pub embedding: EmbeddingConfig,
    /// How the input is read, if not detected.
    #[serde(skip_serializing_if = "InputConfig::is_default")]
    pub input: InputConfig,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_true(value: &bool) -> bool {
    *value
}

/// `[group]` of `cladus.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    /// Maximum size of a group; if not set, twice the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_group_size: Option<usize>,
    /// With a model: maximum number of tokens of clusters in one question, which bounds a group; if not
    /// set, [`room::QUESTION_TOKENS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question_tokens: Option<usize>,
}

/// `[label]` of `cladus.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelConfig {
    /// Candidates offered to a cluster: `group`, `all`, or `nearest`; if not set, `nearest` with a model and
    /// `group` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Maximum number of clusters labelled in one call; if not set, chosen from the texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels_per_call: Option<usize>,
    /// Whether a model takes a second look at doubtful labels.
    pub look: LastLook,
}

/// Whether a model looks again at the labels that are in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LastLook {
    /// At none.
    None,
    /// Once.
    #[default]
    Once,
}

impl std::str::FromStr for LastLook {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "once" => Ok(Self::Once),
            _ => Err("expected none or once".to_owned()),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_clusters: 10,
            levels: None,
            clusters_per_group: None,
            min_children: None,
            max_children: None,
            seed: 0,
            backend: Backend::Extractive,
            subject: String::new(),
            prompt_style: PromptStyle::General,
            embedder: "auto".to_owned(),
            onto: None,
            match_by: MatchBy::default(),
            keep_names: true,
            pipeline: None,
            group: GroupConfig::default(),
            label: LabelConfig::default(),
            llm: LlmConfig::default(),
            embedding: EmbeddingConfig::default(),
            input: InputConfig::default(),
        }
    }
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or has a key or value that is not known.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        toml::from_str(&text).map_err(|e| {
            // Without the line itself: somebody may have put a key into it.
            let line = e.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let (problem, hint) = suggest::unknown_key(e.message());
            let problem = format!("{}: line {line}: {problem}", path.display());
            Error::Config { problem, hint }
        })
    }

    /// Reads the file at `path`, or the defaults without one.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_or_default(path: Option<&Path>) -> Result<Self> {
        path.map_or_else(|| Ok(Self::default()), Self::load)
    }

    /// Is the embedder an embedding model behind an endpoint?
    pub fn embeds_by_endpoint(&self) -> bool {
        self.embedder == API_EMBEDDER
    }

    /// The model of an endpoint that embeds, where one does.
    pub fn embedding_model(&self) -> Option<&str> {
        self.embedding.model.as_deref().filter(|_| self.embeds_by_endpoint())
    }

    /// How many children a parent may have.
    ///
    /// # Errors
    /// When no parent can be like that.
    pub fn children(&self) -> Result<Children> {
        Children::new(self.min_children, self.max_children)
    }

    /// The sizes of the levels above `n` base clusters, as [`level_plan`] has them.
    ///
    /// # Errors
    /// As [`level_plan`].
    pub fn level_plan(&self, n: usize) -> Result<Vec<usize>> {
        let (levels, size) = (self.levels.as_ref(), self.clusters_per_group);
        level_plan(n, self.max_clusters, levels, size, self.children()?)
    }

    /// How many parents a stage run by hand should aim at for `n` clusters: what was `asked` for, or
    /// the first level of the plan.
    ///
    /// # Errors
    /// When 0 are asked for, or the plan cannot be made.
    pub fn parents_wanted(&self, asked: Option<usize>, n: usize) -> Result<usize> {
        match asked {
            Some(0) => Err(Error::config("--parents is 0, expected at least 1")),
            Some(parents) => Ok(parents),
            None => {
                let plan = self.level_plan(n)?;
                Ok(plan.first().copied().unwrap_or(n.max(1)))
            }
        }
    }

    /// About how many clusters a group holds on average where `n` clusters are to become `target`
    /// parents, before anybody has looked at their texts.
    ///
    /// All of them are one group as long as they can be compared with each other: without a model up to
    /// [`plan::TOGETHER`], for a model as many as [one question holds](room).
    pub fn group_size(&self, n: usize, target: usize) -> usize {
        let planned = || match self.backend {
            Backend::Extractive if n <= plan::TOGETHER => n.max(1),
            Backend::Extractive => plan::clusters_per_group(n, target),
            Backend::Llm => self.groups_that_fit(n, room::MOST_DESCRIBED).average,
        };
        self.clusters_per_group.unwrap_or_else(planned)
    }

    /// The group sizes of `n` clusters of which `fit` fit into one question.
    pub fn groups_that_fit(&self, n: usize, fit: usize) -> GroupSizes {
        let average = if n <= fit { n.max(1) } else { grouped(fit) };
        GroupSizes { average, most: fit.max(average) }
    }

    /// Which candidates a cluster is offered, as `label` reads it.
    pub fn scope(&self) -> &str {
        let default = match self.backend {
            Backend::Extractive => "group",
            Backend::Llm => "nearest",
        };
        self.label.scope.as_deref().unwrap_or(default)
    }

    /// Writes it to the file at `path`, where that does not say the same already. What a user has put
    /// around the values there (comments, order) stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let wanted = self.to_toml()?;
        let old = std::fs::read_to_string(path).ok();
        if let Some(old) = &old
            && toml::from_str::<Self>(old).is_ok_and(|old| old == *self)
        {
            return Ok(());
        }
        let text = match old.and_then(|old| old.parse::<DocumentMut>().ok()) {
            Some(mut document) => {
                let wanted =
                    wanted.parse::<DocumentMut>().map_err(|e| Error::Bug(e.to_string()))?;
                take_over(document.as_table_mut(), wanted.as_table());
                document.to_string()
            }
            None => wanted,
        };
        atomic::publish_bytes(path, text.as_bytes())
    }

    /// As `cladus.toml` holds it.
    ///
    /// # Errors
    /// Never in practice: every value here has a TOML form.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|e| Error::Bug(e.to_string()))
    }
}

/// Puts the values of `from` into `into`, leaves alone what is the same, and removes what `from` does
/// not have.
fn take_over(into: &mut Table, from: &Table) {
    let gone: Vec<String> =
        into.iter().map(|(key, _)| key.to_owned()).filter(|key| !from.contains_key(key)).collect();
    for key in gone {
        into.remove(&key);
    }
    for (key, wanted) in from {
        match (into.get_mut(key), wanted) {
            (Some(Item::Table(old)), Item::Table(wanted)) => take_over(old, wanted),
            (Some(Item::Value(old)), Item::Value(wanted)) => {
                let (mut said, mut meant) = (old.clone(), wanted.clone());
                said.decor_mut().clear();
                meant.decor_mut().clear();
                if said.to_string() != meant.to_string() {
                    let around = old.decor().clone();
                    *old = meant;
                    *old.decor_mut() = around;
                }
            }
            _ => drop(into.insert(key, wanted.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let config = Config {
            levels: Some(Levels::Sizes(vec![100, 10])),
            clusters_per_group: Some(20),
            min_children: Some(3),
            max_children: Some(12),
            ..Config::default()
        };
        let text = config.to_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
    }

    #[test]
    fn what_a_user_wrote_around_the_values_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cladus.toml");
        let mut config = Config::default();
        config.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let commented = text.replace("seed = 0", "# mine\nseed = 0 # the first");
        std::fs::write(&path, &commented).unwrap();
        config.save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), commented, "nothing has changed");
        config.seed = 7;
        config.llm.model = Some("m".to_owned());
        config.save(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("# mine\nseed = 7 # the first"), "{text}");
        assert_eq!(Config::load(&path).unwrap(), config);
        config.llm.model = None;
        config.save(&path).unwrap();
        assert_eq!(Config::load(&path).unwrap(), config);
    }

    #[test]
    fn a_stage_by_hand_aims_at_the_first_level() {
        let config = Config::default();
        assert_eq!(config.parents_wanted(None, 1_000).unwrap(), 100);
        assert_eq!(config.parents_wanted(Some(7), 1_000).unwrap(), 7);
        assert_eq!(config.parents_wanted(None, 6).unwrap(), 6, "nothing has to be combined");
        assert!(config.parents_wanted(Some(0), 1_000).is_err());
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_the_right_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cladus.toml");
        std::fs::write(&path, "max_cluster = 3\n").unwrap();
        let error = Config::load(&path).unwrap_err();
        assert_eq!(error.exit_code(), crate::exit::USAGE);
        assert!(error.to_string().ends_with("unknown field `max_cluster`"), "{error}");
        assert_eq!(error.hint().as_deref(), Some("did you mean `max_clusters`?"));
        std::fs::write(&path, "seed = 1\n[llm]\napi_key = \"sk-canary\"\n").unwrap();
        let message = Config::load(&path).unwrap_err().to_string();
        assert!(message.contains("line 3") && message.contains("api_key"), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}
