//! One stage of one iteration, as the command line that would do the same by hand.
//!
//! The driver builds command lines, shows them, and hands them to the stages in-process: what is
//! printed is what is done.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cladus_core::config::{Backend, Config};
use cladus_core::outcome::Ran;
use cladus_core::plan;
use cladus_core::progress::Progress;
use cladus_core::schema::{self, Schema};
use cladus_core::{Error, Result};
use cladus_llm::Sessions;
use clap::{Args, Command, FromArgMatches};

use crate::folder::RunFolder;
use crate::manifest::Parts;
use crate::swap::Swapped;

/// The five stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Stage {
    /// Clusters to embeddings.
    Embed,
    /// Embeddings to groups.
    Group,
    /// Candidate parent names for every group.
    Propose,
    /// One candidate for every cluster.
    Label,
    /// Equally labelled clusters become named parents.
    Rename,
}

impl Stage {
    /// In the order they run.
    pub const ALL: [Self; 5] = [Self::Embed, Self::Group, Self::Propose, Self::Label, Self::Rename];

    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Group => "group",
            Self::Propose => "propose",
            Self::Label => "label",
            Self::Rename => "rename",
        }
    }

    /// What it writes.
    pub fn output(self) -> &'static Schema {
        match self {
            Self::Embed => &schema::EMBEDDINGS,
            Self::Group => &schema::GROUPS,
            Self::Propose => &schema::CANDIDATES,
            Self::Label => &schema::LABELS,
            Self::Rename => &schema::PARENTS,
        }
    }

    /// Raised by hand in the stage's crate when its results change.
    fn version(self) -> u32 {
        match self {
            Self::Embed => cladus_embed::VERSION,
            Self::Group => cladus_group::VERSION,
            Self::Propose => cladus_propose::VERSION,
            Self::Label => cladus_label::VERSION,
            Self::Rename => cladus_rename::VERSION,
        }
    }
}

/// A stage with everything it is told.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The stage.
    pub stage: Stage,
    /// Flags that name an artifact to read.
    pub inputs: Vec<(&'static str, PathBuf)>,
    /// Flags that change the result.
    pub parameters: Vec<(&'static str, String)>,
    /// Flags that say where and how, and change nothing in the result.
    pub settings: Vec<(&'static str, OsString)>,
    /// What else changes the result, and is no flag: the digest of a prompt.
    pub further: Vec<(&'static str, String)>,
    /// The artifact to write.
    pub out: PathBuf,
    /// The command that takes the stage's place, where one does.
    pub swapped: Option<Swapped>,
}

/// A level that is to be made smaller.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// The iteration, from 1.
    pub iteration: usize,
    /// Clusters it starts from.
    pub size: usize,
    /// Parents it should end with.
    pub target: usize,
}

impl Invocation {
    /// The stage with all it is told; the only place that knows which flags depend on what.
    ///
    /// # Errors
    /// When a prompt or the pipeline file cannot be read.
    pub fn of(stage: Stage, level: &Level, folder: &RunFolder, config: &Config) -> Result<Self> {
        let swapped = Swapped::of(stage, level, folder, config)?;
        let artifact = |schema: &Schema| folder.artifact(level.iteration, schema.artifact);
        let clusters = ("--clusters", folder.clusters_of(level.iteration));
        let embeddings = ("--embeddings", artifact(&schema::EMBEDDINGS));
        let groups = ("--groups", artifact(&schema::GROUPS));
        let candidates = ("--candidates", artifact(&schema::CANDIDATES));
        let labels = ("--labels", artifact(&schema::LABELS));
        let seed = ("--seed", config.seed.to_string());
        let parents = ("--parents", level.target.to_string());
        let (inputs, parameters) = match stage {
            Stage::Embed => (vec![clusters], vec![("--embedder", config.embedder.clone())]),
            Stage::Group => {
                let average = config.clusters_per_group;
                let average =
                    average.unwrap_or_else(|| plan::clusters_per_group(level.size, level.target));
                let mut parameters = vec![("--clusters-per-group", average.to_string()), seed];
                if let Some(most) = config.group.max_group_size {
                    parameters.push(("--max-group-size", most.to_string()));
                }
                (vec![embeddings], parameters)
            }
            Stage::Propose => (vec![clusters, groups, embeddings], vec![parents]),
            Stage::Label => (
                vec![clusters, groups, candidates, embeddings],
                vec![("--scope", config.label.scope.clone())],
            ),
            Stage::Rename => (vec![clusters, labels, candidates, embeddings], vec![parents]),
        };
        let out = artifact(stage.output());
        let (settings, further) = (Vec::new(), Vec::new());
        if let Some(swapped) = swapped {
            // Its parameters are in its command.
            let (inputs, parameters, swapped) = (swapped.inputs(), Vec::new(), Some(swapped));
            return Ok(Self { stage, inputs, parameters, settings, further, out, swapped });
        }
        let mut invocation =
            Self { stage, inputs, parameters, settings, further, out, swapped: None };
        invocation.ask_models(folder, config)?;
        Ok(invocation)
    }

    /// What the stage is told about models, where it asks one.
    fn ask_models(&mut self, folder: &RunFolder, config: &Config) -> Result<()> {
        let names = matches!(self.stage, Stage::Propose | Stage::Label | Stage::Rename);
        let chat = names && config.backend == Backend::Llm;
        let vectors = config.embedder == "api" && (names || self.stage == Stage::Embed);
        if vectors && self.stage == Stage::Embed {
            let model = config.embedding.model.clone().unwrap_or_default();
            self.parameters.push(("--embedding-model", model));
            if let Some(dimensions) = config.embedding.dimensions {
                self.further.push(("embedding.dimensions", dimensions.to_string()));
            }
        }
        if chat {
            let model = config.llm.model.clone().unwrap_or_default();
            let temperature = config.llm.temperature.to_string();
            self.parameters.extend([
                ("--backend", "llm".to_owned()),
                ("--model", model),
                ("--temperature", temperature),
            ]);
            if let (Stage::Label, Some(n)) = (self.stage, config.label.labels_per_call) {
                self.parameters.push(("--labels-per-call", n.to_string()));
            }
            if self.stage == Stage::Label {
                // The order in which candidates are shown.
                self.further.push(("seed", config.seed.to_string()));
            }
            let prompts = folder.prompts();
            let prompts = prompts.is_dir().then_some(prompts);
            let prompt = match self.stage {
                Stage::Propose => cladus_propose::prompt(prompts.as_deref())?,
                Stage::Label => cladus_label::prompt(prompts.as_deref())?,
                _ => cladus_rename::prompt(prompts.as_deref())?,
            };
            self.further.push(("prompt", prompt.digest()));
            if let Some(most) = config.llm.max_answer_tokens {
                self.further.push(("llm.max_answer_tokens", most.to_string()));
            }
            if let Some(prompts) = prompts {
                self.settings.push(("--prompts", prompts.into()));
            }
        }
        if chat || vectors {
            let answers = config.llm.answers.clone().unwrap_or_else(|| folder.answers());
            self.settings.push(("--params", folder.config().into()));
            self.settings.push(("--answers", answers.into()));
        }
        Ok(())
    }

    /// The command line, program first.
    pub fn command_line(&self) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec![format!("cladus-{}", self.stage.name()).into()];
        for (flag, path) in &self.inputs {
            line.extend([OsString::from(flag), path.into()]);
        }
        line.extend(["--out".into(), self.out.clone().into()]);
        for (flag, value) in &self.parameters {
            line.extend([OsString::from(flag), value.into()]);
        }
        for (flag, value) in &self.settings {
            line.extend([OsString::from(flag), value.clone()]);
        }
        line
    }

    /// The command line as a shell reads it.
    pub fn shell(&self) -> String {
        if let Some(swapped) = &self.swapped {
            return swapped.shell();
        }
        let quoted: Vec<String> = self.command_line().iter().map(quote).collect();
        quoted.join(" ")
    }

    /// What the result depends on; `content` tells the digest of an input's rows.
    ///
    /// # Errors
    /// Whatever `content` says.
    pub fn parts(&self, mut content: impl FnMut(&Path) -> Result<String>) -> Result<Parts> {
        let mut parts = Parts::new();
        match &self.swapped {
            Some(swapped) => parts.extend(swapped.parts()?),
            None => drop(parts.insert("version".to_owned(), self.stage.version().to_string())),
        }
        for (name, value) in self.parameters.iter().chain(&self.further) {
            parts.insert((*name).to_owned(), value.clone());
        }
        for (flag, path) in &self.inputs {
            parts.insert((*flag).to_owned(), content(path)?);
        }
        Ok(parts)
    }

    /// Runs the stage in this process, with the sessions that all stages share.
    ///
    /// # Errors
    /// Whatever the stage says.
    pub fn execute(&self, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
        if let Some(swapped) = &self.swapped {
            return swapped.execute(progress);
        }
        match self.stage {
            Stage::Embed => cladus_embed::run(&self.parse()?, sessions, progress),
            Stage::Group => cladus_group::run(&self.parse()?, progress),
            Stage::Propose => cladus_propose::run(&self.parse()?, sessions, progress),
            Stage::Label => cladus_label::run(&self.parse()?, sessions, progress),
            Stage::Rename => cladus_rename::run(&self.parse()?, sessions, progress),
        }
    }

    fn parse<T: Args + FromArgMatches>(&self) -> Result<T> {
        T::augment_args(Command::new(self.stage.name()))
            .try_get_matches_from(self.command_line())
            .and_then(|matches| T::from_arg_matches(&matches))
            .map_err(|e| {
                let text = e.to_string();
                let first = text.lines().next().unwrap_or_default();
                Error::config(first.trim_start_matches("error: ").to_owned())
            })
    }
}

/// A word as a shell reads it.
pub(crate) fn quote(word: &OsString) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_can_be_pasted_into_a_shell() {
        let invocation = Invocation {
            stage: Stage::Group,
            inputs: vec![("--embeddings", "it's here/e.parquet".into())],
            parameters: vec![("--seed", "7".to_owned())],
            settings: vec![("--answers", "a b.sqlite".into())],
            further: vec![("prompt", "0123".to_owned())],
            out: "g.parquet".into(),
            swapped: None,
        };
        let expected = r"cladus-group --embeddings 'it'\''s here/e.parquet' --out g.parquet --seed 7 --answers 'a b.sqlite'";
        assert_eq!(invocation.shell(), expected);
    }
}
