//! One stage of one iteration, as the command line that would do the same by hand.
//!
//! The driver builds command lines, shows them, and hands them to the stages in-process: what is
//! printed is what is done.

use std::ffi::OsString;
use std::path::PathBuf;

use cladus_core::config::{Backend, Config, LastLook};
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::manifest;
use cladus_core::outcome::Ran;
use cladus_core::progress::Progress;
use cladus_core::room;
use cladus_core::schema::{self, Schema};
use cladus_core::{Error, Result};
use cladus_embedder::{EmbedderKind, EmbedderRequest, FEW_TEXTS_OF_A_MODEL};
use cladus_llm::{Sessions, window};
use clap::{Args, Command, FromArgMatches};

use crate::folder::RunFolder;
use crate::stages::levels::Level;
use crate::stages::stage::{Stage, quote};
use crate::swap::Swapped;

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
    /// The artifact to write.
    pub out: PathBuf,
    /// The command that takes the stage's place, where one does.
    pub swapped: Option<Swapped>,
}

/// Is the embedder a model that nobody finds who is not told where it lies?
fn in_a_folder(embedder: &str) -> bool {
    matches!(EmbedderRequest::parse(embedder), Ok(EmbedderRequest::This(EmbedderKind::Folder(_))))
}

impl Invocation {
    /// The stage with all it is told; the only place that knows which flags depend on what.
    ///
    /// # Errors
    /// When the pipeline file cannot be read.
    pub fn of(stage: Stage, level: &Level, folder: &RunFolder, config: &Config) -> Result<Self> {
        let swapped = Swapped::of(stage, level, folder, config)?;
        let artifact = |schema: &Schema| folder.artifact(level.iteration, schema.artifact);
        let clusters = ("--clusters", folder.clusters_of(level.iteration));
        let embeddings = ("--embeddings", artifact(&schema::EMBEDDINGS));
        let groups = ("--groups", artifact(&schema::GROUPS));
        let candidates = ("--candidates", artifact(&schema::CANDIDATES));
        let labels = ("--labels", artifact(&schema::LABELS));
        let inputs = match stage {
            Stage::Embed => vec![clusters],
            // What fits into a question is told by the texts.
            Stage::Group if fits_questions(config) => vec![embeddings, clusters],
            Stage::Group => vec![embeddings],
            Stage::Propose => vec![clusters, groups, embeddings],
            Stage::Label => vec![clusters, groups, candidates, embeddings],
            Stage::Rename => vec![clusters, labels, candidates, embeddings],
        };
        let mut parameters = parameters(stage, level, config);
        let out = artifact(stage.output());
        if stage == Stage::Rename && config.keep_names && is_written(level, folder, config)? {
            parameters.push(("--names", "candidates".to_owned()));
        }
        if let Some(swapped) = swapped {
            // Its parameters are in its command.
            let (inputs, parameters, swapped) = (swapped.inputs(), Vec::new(), Some(swapped));
            return Ok(Self { stage, inputs, parameters, settings: Vec::new(), out, swapped });
        }
        let mut settings = Vec::new();
        if stage == Stage::Embed && level.iteration > 1 {
            // Parents are made from it, so it is there wherever they are.
            let below = folder.artifact(level.iteration - 1, schema::EMBEDDINGS.artifact);
            settings.push(("--children", below.into()));
        }
        if let (Some(_), Some(of)) = (&config.onto, level.onto)
            && matches!(stage, Stage::Propose | Stage::Label | Stage::Rename)
        {
            settings.push(("--onto", folder.onto().into()));
            settings.push(("--onto-level", of.to_string().into()));
        }
        let mut invocation = Self { stage, inputs, parameters, settings, out, swapped: None };
        invocation.ask_models(folder, config);
        Ok(invocation)
    }

    /// What the stage is told about models, where it asks one.
    fn ask_models(&mut self, folder: &RunFolder, config: &Config) {
        let names = matches!(self.stage, Stage::Propose | Stage::Label | Stage::Rename);
        let chat = names && config.backend == Backend::Llm;
        let vectors = config.embeds_by_endpoint() && (names || self.stage == Stage::Embed);
        if vectors && self.stage == Stage::Embed {
            let model = config.embedding.model.clone().unwrap_or_default();
            self.parameters.push(("--embedding-model", model));
        }
        if chat {
            let model = config.llm.model.clone().unwrap_or_default();
            let temperature = config.llm.temperature.to_string();
            self.parameters.extend([
                ("--backend", "llm".to_owned()),
                ("--model", model),
                ("--temperature", temperature),
            ]);
            // The folder's settings say the same, so a default need not be said: a line without an
            // empty value can be split at its spaces.
            if !config.subject.is_empty() {
                self.parameters.push(("--subject", config.subject.clone()));
            }
            if !config.prompt_style.is_default() {
                self.parameters.push(("--prompt-style", config.prompt_style.name().to_owned()));
            }
            if self.stage == Stage::Label {
                if let Some(n) = config.label.labels_per_call {
                    self.parameters.push(("--labels-per-call", n.to_string()));
                }
                if config.label.look == LastLook::None {
                    self.parameters.push(("--look", "none".to_owned()));
                }
            }
            let prompts = Some(folder.prompts()).filter(|prompts| prompts.is_dir());
            if let Some(prompts) = prompts {
                self.settings.push(("--prompts", prompts.into()));
            }
        }
        if chat || vectors || (names && in_a_folder(&config.embedder)) {
            self.settings.push(("--params", folder.config().into()));
        }
        if chat || vectors {
            self.settings.push(("--answers", folder.answers_of(config).into()));
        }
    }

    /// Does the stage ask a model?
    pub fn asks(&self) -> bool {
        self.settings.iter().any(|(flag, _)| *flag == "--answers")
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

    /// All flags that name neither an input nor the output, as a shell reads them.
    pub fn flags(&self) -> String {
        let parameters = self.parameters.iter().map(|(flag, value)| (flag, value.into()));
        let settings = self.settings.iter().map(|(flag, value)| (flag, value.clone()));
        let flags: Vec<String> = parameters
            .chain(settings)
            .map(|(flag, value): (_, OsString)| format!("{flag} {}", quote(&value)))
            .collect();
        flags.join(" ")
    }

    /// What the result depends on, as the stage itself says.
    ///
    /// # Errors
    /// When settings or a prompt cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        if let Some(swapped) = &self.swapped {
            return swapped.fingerprint(&self.inputs);
        }
        match self.stage {
            Stage::Embed => self.parse::<cladus_embed::EmbedArgs>()?.fingerprint(),
            Stage::Group => self.parse::<cladus_group::GroupArgs>()?.fingerprint(),
            Stage::Propose => self.parse::<cladus_propose::ProposeArgs>()?.fingerprint(),
            Stage::Label => self.parse::<cladus_label::LabelArgs>()?.fingerprint(),
            Stage::Rename => self.parse::<cladus_rename::RenameArgs>()?.fingerprint(),
        }
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

/// What the stage is told beside files and models.
fn parameters(stage: Stage, level: &Level, config: &Config) -> Vec<(&'static str, String)> {
    let seed = ("--seed", config.seed.to_string());
    let parents = ("--parents", level.target.to_string());
    let optional = |flag, value: Option<usize>| value.map(|value| (flag, value.to_string()));
    match stage {
        Stage::Embed => {
            let embedder = match (config.embedder.as_str(), config.backend) {
                ("auto", Backend::Llm) if level.iteration > 1 => "auto:0".to_owned(),
                ("auto", Backend::Llm) => format!("auto:{FEW_TEXTS_OF_A_MODEL}"),
                (embedder, _) => embedder.to_owned(),
            };
            // An endpoint's vectors are what they are.
            let own = !config.embeds_by_endpoint();
            [("--embedder", embedder)].into_iter().chain(own.then_some(seed)).collect()
        }
        Stage::Group => {
            let size = match fits_questions(config) {
                true => ("--question-tokens", question_tokens(config).to_string()),
                false => {
                    let average = config.group_size(level.size, level.target);
                    ("--clusters-per-group", average.to_string())
                }
            };
            let most = optional("--max-group-size", config.group.max_group_size);
            [size, seed].into_iter().chain(most).collect()
        }
        Stage::Propose => vec![parents],
        Stage::Label => vec![("--scope", config.scope().to_owned())],
        Stage::Rename => {
            let least = optional("--min-children", config.min_children);
            let most = optional("--max-children", config.max_children);
            [parents].into_iter().chain(least).chain(most).collect()
        }
    }
}

/// Is a group as many clusters as one question holds?
fn fits_questions(config: &Config) -> bool {
    config.backend == Backend::Llm && config.clusters_per_group.is_none()
}

/// Are the candidates of this level somebody's own, or those of another program?
fn is_written(level: &Level, folder: &RunFolder, config: &Config) -> Result<bool> {
    if Swapped::of(Stage::Propose, level, folder, config)?.is_some() {
        return Ok(true);
    }
    let candidates = folder.artifact(level.iteration, schema::CANDIDATES.artifact);
    if !candidates.is_file() {
        return Ok(false);
    }
    // One that cannot be read is told where its stage is.
    Ok(manifest::holds_our_rows(&candidates).is_ok_and(|ours| !ours))
}

/// How many tokens of clusters one question holds: what somebody said, or a third of what the model reads
/// where that is known to be little.
fn question_tokens(config: &Config) -> usize {
    let model = config.llm.model.as_deref().unwrap_or_default();
    let third = window(model).and_then(|window| usize::try_from(window / 3).ok());
    let fits = third.map_or(room::QUESTION_TOKENS, |third| third.min(room::QUESTION_TOKENS));
    config.group.question_tokens.unwrap_or(fits)
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
            out: "g.parquet".into(),
            swapped: None,
        };
        let expected = r"cladus-group --embeddings 'it'\''s here/e.parquet' --out g.parquet --seed 7 --answers 'a b.sqlite'";
        assert_eq!(invocation.shell(), expected);
        assert_eq!(invocation.flags(), "--seed 7 --answers 'a b.sqlite'");
    }
}
