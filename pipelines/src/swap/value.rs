//! What placeholders stand for that are no artifacts.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use cladus_core::config::{Backend, Config, LlmConfig};
use cladus_core::fingerprint::Fingerprint;
use cladus_core::{Error, Result, schema};
use serde_json::Value;

use crate::folder::RunFolder;
use crate::stages::levels::Level;
use crate::stages::stage::Stage;

/// A run's values for one stage of one iteration.
#[derive(Debug, Clone)]
pub(super) struct PlaceholderValues {
    stage: Stage,
    level: Level,
    run: RunFolder,
    config: Config,
}

impl PlaceholderValues {
    pub(super) fn new(stage: Stage, level: Level, run: RunFolder, config: Config) -> Self {
        Self { stage, level, run, config }
    }

    /// What `{name}` is replaced by.
    ///
    /// # Errors
    /// When it has no value in this run.
    pub(super) fn value_of(&self, name: &'static str) -> Result<OsString> {
        let Self { level, run, config, .. } = self;
        let text = match name {
            "iteration" => level.iteration.to_string(),
            "parents" => level.target.to_string(),
            "clusters_per_group" => config.group_size(level.size, level.target).to_string(),
            "max_clusters" => config.max_clusters.to_string(),
            "seed" => config.seed.to_string(),
            "embedder" => config.embedder.clone(),
            "embedding_model" => self.given(name, config.embedding.model.as_ref())?,
            "backend" => match config.backend {
                Backend::Extractive => "extractive".to_owned(),
                Backend::Llm => "llm".to_owned(),
            },
            "model" => self.given(name, config.llm.model.as_ref())?,
            "temperature" => config.llm.temperature.to_string(),
            "scope" => config.scope().to_owned(),
            "children" => match self.children()? {
                Some(path) => return Ok(path.into_os_string()),
                None => String::new(),
            },
            "params" => return Ok(run.config().into_os_string()),
            "prompts" => return Ok(run.prompts().into_os_string()),
            "answers" => {
                let answers = config.llm.answers.clone().unwrap_or_else(|| run.answers());
                let absolute = std::path::absolute(&answers);
                let absolute = absolute.map_err(|e| Error::io("find", &answers, e))?;
                return Ok(absolute.into_os_string());
            }
            other => return Err(Error::Bug(format!("{{{other}}} is unknown"))),
        };
        Ok(text.into())
    }

    /// The embeddings of the level below, if there is one.
    fn children(&self) -> Result<Option<PathBuf>> {
        if self.level.iteration == 1 {
            return Ok(None);
        }
        let below = self.run.artifact(self.level.iteration - 1, schema::EMBEDDINGS.artifact);
        let absolute = std::path::absolute(&below).map_err(|e| Error::io("find", &below, e))?;
        Ok(Some(absolute))
    }

    fn given(&self, name: &str, value: Option<&String>) -> Result<String> {
        value.cloned().ok_or_else(|| {
            Error::config_hint(
                format!("stage {}: {{{name}}} has no value in this run", self.stage.name()),
                "set it on the command line, or remove it from the pipeline file",
            )
        })
    }

    /// `fingerprint` with what a result depends on that was made with `{name}`. Where something lies is
    /// no part; what lies there is.
    ///
    /// # Errors
    /// As [`Self::of`]; also when a file cannot be read.
    pub(super) fn with(&self, fingerprint: Fingerprint, name: &'static str) -> Result<Fingerprint> {
        match name {
            "answers" => Ok(fingerprint),
            "children" => Ok(match self.children()? {
                Some(path) => fingerprint.input("children", &path),
                None => fingerprint.value("{children}", "none"),
            }),
            "params" => self.with_settings(fingerprint),
            "prompts" => {
                let prompt = self.run.prompts().join(format!("{}.md", self.stage.name()));
                match prompt.is_file() {
                    true => with_file(fingerprint, "{prompts}", &prompt),
                    false => Ok(fingerprint.value("{prompts}", "built-in")),
                }
            }
            _ => {
                let value = self.value_of(name)?;
                Ok(fingerprint.value(&format!("{{{name}}}"), &value.to_string_lossy()))
            }
        }
    }

    /// The settings that may change a result, one by one; not those that say where to ask, how fast,
    /// and what may be spent.
    fn with_settings(&self, mut fingerprint: Fingerprint) -> Result<Fingerprint> {
        let mut config = self.config.clone();
        config.pipeline = None;
        config.embedding.base_url = None;
        let LlmConfig { model, temperature, max_answer_tokens, .. } = config.llm;
        config.llm = LlmConfig { model, temperature, max_answer_tokens, ..LlmConfig::default() };
        let value = serde_json::to_value(&config).map_err(|e| Error::Bug(e.to_string()))?;
        let mut settings = Vec::new();
        flatten("{params}", &value, &mut settings);
        for (name, value) in settings {
            fingerprint = fingerprint.value(&name, &value);
        }
        Ok(fingerprint)
    }
}

fn flatten(name: &str, value: &Value, settings: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            flatten(&format!("{name} {key}"), value, settings);
        }),
        Value::String(text) => settings.push((name.to_owned(), text.clone())),
        other => settings.push((name.to_owned(), other.to_string())),
    }
}

/// `fingerprint` with a file: a script whole, so that a change can be shown line by line, and anything
/// larger, or that is no text, by its digest.
///
/// # Errors
/// When it cannot be read.
pub(super) fn with_file(fingerprint: Fingerprint, name: &str, path: &Path) -> Result<Fingerprint> {
    /// The manifest holds it.
    const LONGEST_SCRIPT: u64 = 64 << 10;
    let cannot_read = |e| Error::io("read", path, e);
    let mut file = File::open(path).map_err(cannot_read)?;
    if file.metadata().map_err(cannot_read)?.len() <= LONGEST_SCRIPT {
        let bytes = std::fs::read(path).map_err(cannot_read)?;
        if let Ok(text) = String::from_utf8(bytes) {
            return Ok(fingerprint.text(name, &text));
        }
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut file).map_err(cannot_read)?;
    Ok(fingerprint.value(name, &hasher.finalize().to_hex()[..32]))
}
