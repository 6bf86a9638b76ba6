//! What a sentence-transformers folder says of its model.

use std::fs;
use std::io;
use std::path::Path;

use cladus_core::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::transformer::encoder::Pooling;

/// The parts of `config.json` that decide the arithmetic.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ModelConfig {
    #[serde(default)]
    pub(crate) model_type: String,
    pub(crate) hidden_size: usize,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    #[serde(default)]
    pub(crate) hidden_act: String,
    #[serde(default = "default_epsilon")]
    pub(crate) layer_norm_eps: f32,
    pub(crate) max_position_embeddings: usize,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

fn default_epsilon() -> f32 {
    1e-12
}

impl ModelConfig {
    /// Reads and checks `config.json`'s text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let config: Self = serde_json::from_slice(text)
            .map_err(|error| format!("not a BERT model's configuration: {error}"))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.model_type != "bert" {
            return Err(format!(
                "the model is of type {:?}; only \"bert\" is supported",
                self.model_type
            ));
        }
        if self.hidden_act != "gelu" {
            return Err(format!(
                "its activation is {:?}; only \"gelu\" is supported",
                self.hidden_act
            ));
        }
        if let Some(kind) = self.position_embedding_type.as_deref().filter(|k| *k != "absolute") {
            return Err(format!("its positions are {kind:?}; only \"absolute\" is supported"));
        }
        // Sums of products must have room in 32 bits, and vectors of four bytes no rest.
        for (name, size) in
            [("hidden_size", self.hidden_size), ("intermediate_size", self.intermediate_size)]
        {
            if !size.is_multiple_of(4) || !(4..=32_768).contains(&size) {
                return Err(format!("{name} is {size}; it must be a multiple of 4, up to 32768"));
            }
        }
        let heads = self.num_attention_heads;
        if heads == 0 || !self.hidden_size.is_multiple_of(heads) {
            return Err(format!("hidden_size {} has no {heads} equal heads", self.hidden_size));
        }
        if self.max_position_embeddings < 2 {
            return Err("max_position_embeddings leaves no room for a text".to_owned());
        }
        if !self.layer_norm_eps.is_finite() || self.layer_norm_eps <= 0.0 {
            return Err("layer_norm_eps is not a positive number".to_owned());
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct PoolingFile {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
}

#[derive(Deserialize)]
struct LengthLimits {
    max_seq_length: Option<usize>,
}

/// How tokens become one vector: what `modules.json` and the pooling's own file say, the mean where
/// there is neither.
pub(crate) fn pooling(folder: &Path) -> Result<Pooling> {
    let path = folder.join("modules.json");
    let modules: Vec<Module> = optional(&path)?.unwrap_or_default();
    let mut pooling = "1_Pooling".to_owned();
    for module in modules {
        match module.kind.rsplit('.').next().unwrap_or_default() {
            "Transformer" if module.path.is_empty() => {}
            "Pooling" => pooling = module.path,
            // Vectors are brought to unit length anyway.
            "Normalize" => {}
            kind => {
                let place = if module.path.is_empty() { "." } else { &module.path };
                return Err(Error::damaged(
                    &path,
                    format!(
                        "the module {kind} in {place} is not supported; Transformer (in the folder itself), Pooling and Normalize are"
                    ),
                ));
            }
        }
    }
    let path = folder.join(pooling).join("config.json");
    let Some(found) = optional::<PoolingFile>(&path)? else { return Ok(Pooling::Mean) };
    let other = found.pooling_mode_max_tokens
        || found.pooling_mode_mean_sqrt_len_tokens
        || found.pooling_mode_weightedmean_tokens
        || found.pooling_mode_lasttoken;
    match (found.pooling_mode_mean_tokens, found.pooling_mode_cls_token, other) {
        (true, false, false) => Ok(Pooling::Mean),
        (false, true, false) => Ok(Pooling::First),
        _ => Err(Error::damaged(
            &path,
            "only pooling by the mean of the tokens, or by the first token alone, is supported",
        )),
    }
}

/// The most tokens a text is read to: what the folder says, as far as the model has positions.
pub(crate) fn limit(folder: &Path, positions: usize) -> Result<usize> {
    let path = folder.join("sentence_bert_config.json");
    let limits: Option<LengthLimits> = optional(&path)?;
    let limit = limits.and_then(|limits| limits.max_seq_length).unwrap_or(positions);
    if limit < 2 {
        return Err(Error::damaged(&path, "max_seq_length leaves no room for a text"));
    }
    Ok(limit.min(positions))
}

/// A file that must be there.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::io("read", path, error))
}

fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::damaged(path, format!("cannot be read: {error}"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}
