//! What is said of models: `[llm]` and `[embedding]` of `cladus.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[llm]` of `cladus.toml`. Only `model`, `temperature` and `extra_body` change an answer; the rest
/// says where to ask, how fast, and what may be spent. Keys are never here: they come from the environment or
/// a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// The model's name, as the endpoint knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where it is asked, with the `/v1`; without it `OPENAI_BASE_URL`, or OpenAI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Headers that go along with every call. A value may name variables of the environment:
    /// `"${NAME}"`; what is secret must.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What stands behind the question mark of every address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Fields that go along in the body of every question, in the place of ours where they have the
    /// same name.
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub extra_body: toml::Table,
    /// The environment variable that holds the key.
    pub api_key_env: String,
    /// A file that holds the key, in place of the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<std::path::PathBuf>,
    /// Sampling temperature. Models that refuse one are asked without.
    pub temperature: f64,
    /// Longest answer in tokens; without it each call's own estimate. Models that think before they
    /// answer need room for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_answer_tokens: Option<u32>,
    /// Share of a stage's rows that may be stand-ins, 0 to 1. Above it the run ends with exit code 5,
    /// and the next run asks for them again.
    pub stand_ins: f64,
    /// Most calls in flight at once.
    pub concurrency: usize,
    /// Most calls a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Most tokens a minute, prompts and answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u32>,
    /// Seconds until a connection stands.
    pub connect_timeout: f64,
    /// Seconds from sending to the first byte of the answer, at most; once it is known how long
    /// answers take, ten times the slowest of them, and at least 30.
    pub first_byte_timeout: f64,
    /// Seconds from sending to the last byte.
    pub timeout: f64,
    /// Seconds a call may be put off (429, 5xx, no connection) before it is given up.
    pub patience: f64,
    /// Seconds between two looks at a batch, at most: the first ones come sooner.
    pub batch_poll: f64,
    /// Most questions in one batch. Providers take 50,000, and some accounts fewer.
    pub batch_requests: usize,
    /// Most calls the run may ever make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u64>,
    /// Most tokens the run may ever use, prompts and answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Most dollars the run may ever cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    /// A price table that comes before the built-in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<std::path::PathBuf>,
    /// The store of answers, where it is not the run folder's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<std::path::PathBuf>,
}

/// `[embedding]` of `cladus.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingConfig {
    /// The embedding model's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where it is asked; without it where the language model is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Shortened vectors, where the model can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// Fields that go along in the body of every call (`input_type`).
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub extra_body: toml::Table,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            model: None,
            base_url: None,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            extra_body: toml::Table::new(),
            api_key_env: "OPENAI_API_KEY".to_owned(),
            api_key_file: None,
            temperature: 0.0,
            max_answer_tokens: None,
            stand_ins: crate::outcome::STAND_INS,
            concurrency: 50,
            requests_per_minute: None,
            tokens_per_minute: None,
            connect_timeout: 10.0,
            first_byte_timeout: 300.0,
            timeout: 600.0,
            patience: 600.0,
            batch_poll: 30.0,
            batch_requests: 50_000,
            max_calls: None,
            max_tokens: None,
            max_cost: None,
            prices: None,
            answers: None,
        }
    }
}
