//! What is said of models: `[llm]` and `[embedding]` of `cladus.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[llm]` of `cladus.toml`. Only `model`, `temperature` and `extra_body` change an answer; the rest
/// controls the endpoint, the pace and the budget. Keys are never stored here: they come from the environment
/// or a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Name of the model at its endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Base URL of the endpoint, including `/v1`; if not set, `OPENAI_BASE_URL` or OpenAI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// HTTP headers sent with every call. A value may refer to environment variables (`"${NAME}"`);
    /// secrets must.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Query parameters added to every URL.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Fields added to the body of every request; they replace built-in fields of the same name.
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub extra_body: toml::Table,
    /// Environment variable that contains the key.
    pub api_key_env: String,
    /// File that contains the key, instead of the environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<std::path::PathBuf>,
    /// Sampling temperature. Models that reject one are asked without it.
    pub temperature: f64,
    /// Maximum length of an answer in tokens; if not set, estimated for each call. Reasoning models need
    /// room for their thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_answer_tokens: Option<u32>,
    /// Share of a stage's rows that may be stand-ins, 0 to 1. Above it the run exits with code 5, and the
    /// next run asks for them again.
    pub stand_ins: f64,
    /// Maximum number of calls in flight.
    pub concurrency: usize,
    /// Maximum number of calls per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Maximum number of tokens per minute, prompts and answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u32>,
    /// Timeout for connecting, in seconds.
    pub connect_timeout: f64,
    /// Timeout from sending to the first byte of the answer, in seconds; once the endpoint's latency is
    /// known, ten times its slowest answer, but at least 30.
    pub first_byte_timeout: f64,
    /// Timeout from sending to the last byte, in seconds.
    pub timeout: f64,
    /// How long a call is retried (429, 5xx, no connection) before it is given up, in seconds.
    pub patience: f64,
    /// Maximum interval between two polls of a batch, in seconds; the first ones come sooner.
    pub batch_poll: f64,
    /// Maximum number of requests in a batch. Providers accept 50,000, for some accounts fewer.
    pub batch_requests: usize,
    /// Maximum number of calls of the run, including all restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u64>,
    /// Maximum number of tokens of the run (prompts and answers), including all restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Maximum cost of the run in US dollars, including all restarts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    /// Price table that overrides the built-in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<std::path::PathBuf>,
    /// Store of answers, if it is not the run folder's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<std::path::PathBuf>,
}

/// `[embedding]` of `cladus.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingConfig {
    /// Name of the embedding model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Base URL of its endpoint; if not set, that of the language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Number of dimensions, for models that can shorten their vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// Fields added to the body of every request (such as `input_type`).
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
