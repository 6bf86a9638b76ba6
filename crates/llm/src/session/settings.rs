//! From flags and `cladus.toml` to what a session is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cladus_core::config::{Backend, Config, PromptStyle};
use cladus_core::fingerprint::Fingerprint;
use cladus_core::{Error, Result, text};
use cladus_embedder::EmbedderRequest;

use crate::account::budget::SpendingLimits;
use crate::client::secret::Secret;
use crate::client::wire::{Along, Timeouts, is_loopback};
use crate::prompt::Prompt;

/// Where OpenAI answers.
const OPENAI: &str = "https://api.openai.com/v1";
/// The variable that other tools read for the address of an endpoint, too.
const BASE_URL_ENV: &str = "OPENAI_BASE_URL";

/// What the embedder is called that asks an endpoint.
pub(crate) const EMBEDDER: &str = "api";

/// Longest subject, in characters: it is sent with every call.
const SUBJECT_CHARS: usize = 300;

/// Flags about language models, the same for `cladus run` and the stages. None of them is a key:
/// keys come from the environment or a file, so that no process list shows them.
#[derive(Debug, Clone, Default, PartialEq, clap::Args)]
pub struct LlmArgs {
    /// Who proposes, labels and renames: extractive (no model) or llm [default: llm where a model
    /// or an endpoint is given, else extractive].
    #[arg(long, value_name = "BACKEND")]
    pub backend: Option<Backend>,
    /// Name of the language model at its endpoint.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Base URL of the endpoint, including /v1 [default: OPENAI_BASE_URL, or OpenAI].
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// What the items are, in your own words; sent to the model ("arXiv subject categories").
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub subject: Option<String>,
    /// What the prompts call items, and how names are written [default: general].
    #[arg(long, value_name = "STYLE", value_parser = crate::style::parser())]
    pub prompt_style: Option<PromptStyle>,
    /// Sampling temperature [default: 0].
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Name of the embedding model; requires --embedder api.
    #[arg(long, value_name = "MODEL")]
    pub embedding_model: Option<String>,
    /// File that contains the API key [default: the variable OPENAI_API_KEY].
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// Store of answers; several runs can share one [default: answers.sqlite in the run folder].
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Maximum number of calls in flight [default: 50].
    #[arg(long, value_name = "N")]
    pub concurrency: Option<usize>,
    /// Maximum number of calls per minute [default: no limit but the endpoint's].
    #[arg(long, value_name = "N")]
    pub requests_per_minute: Option<u32>,
    /// Maximum number of tokens per minute.
    #[arg(long, value_name = "N")]
    pub tokens_per_minute: Option<u32>,
    /// Maximum number of calls of the run, including all restarts.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u64>,
    /// Maximum number of tokens of the run, including all restarts.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Maximum cost of the run in US dollars, including all restarts.
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<f64>,
    /// Price table that overrides the built-in one.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Exit with code 5 if a model's answers were unusable for any row.
    #[arg(long)]
    pub strict: bool,
}

impl LlmArgs {
    /// The settings of the file `params`, under what was said here.
    ///
    /// # Errors
    /// When the file cannot be read, or a value makes no sense.
    pub fn over(&self, params: Option<&Path>) -> Result<Config> {
        let mut config = Config::load_or_default(params)?;
        self.apply(&mut config)?;
        Ok(config)
    }

    /// Puts what was said here over `config`.
    ///
    /// # Errors
    /// When a value makes no sense.
    pub fn apply(&self, config: &mut Config) -> Result<()> {
        // Taken apart by name, so that no flag is forgotten.
        let Self {
            backend,
            model,
            base_url,
            subject,
            prompt_style,
            temperature,
            embedding_model,
            api_key_file,
            answers,
            strict: _,
            concurrency,
            requests_per_minute,
            tokens_per_minute,
            max_calls,
            max_tokens,
            max_cost,
            prices,
        } = self;
        let llm = &mut config.llm;
        fn over<T: Clone>(target: &mut Option<T>, said: &Option<T>) {
            if said.is_some() {
                target.clone_from(said);
            }
        }
        over(&mut llm.model, model);
        over(&mut llm.base_url, base_url);
        over(&mut llm.api_key_file, api_key_file);
        over(&mut llm.requests_per_minute, requests_per_minute);
        over(&mut llm.tokens_per_minute, tokens_per_minute);
        over(&mut llm.max_calls, max_calls);
        over(&mut llm.max_tokens, max_tokens);
        over(&mut llm.max_cost, max_cost);
        over(&mut llm.prices, prices);
        if let Some(answers) = answers {
            // It is remembered, and the next run may start from another folder.
            let absolute = std::path::absolute(answers);
            llm.answers = Some(absolute.map_err(|e| Error::io("find", answers, e))?);
        }
        over(&mut config.embedding.model, embedding_model);
        if let Some(subject) = subject {
            config.subject.clone_from(subject);
        }
        config.subject = text::clean(&config.subject).into_owned();
        config.prompt_style = prompt_style.unwrap_or(config.prompt_style);
        if let Some(temperature) = temperature {
            llm.temperature = *temperature;
        }
        if let Some(concurrency) = concurrency {
            llm.concurrency = *concurrency;
        }
        if let Some(backend) = backend {
            config.backend = *backend;
        } else if model.is_some() || base_url.is_some() {
            config.backend = Backend::Llm;
        }
        check(config)
    }
}

/// `fingerprint` with what a stage that names `clusters` depends on: the vectors it compares with, and
/// who names; where that is a model, which one, asked how. Not where it is asked, how fast, or with
/// which key.
///
/// # Errors
/// When `prompt` cannot be loaded, or the clusters or an embedder's files cannot be read.
pub fn depending(
    fingerprint: Fingerprint,
    config: &Config,
    clusters: &Path,
    embeddings: Option<&Path>,
    prompt: impl FnOnce() -> Result<Prompt>,
) -> Result<Fingerprint> {
    let fingerprint = match embeddings {
        Some(embeddings) => fingerprint.input("embeddings", embeddings),
        None => depending_on_embedder(fingerprint, config, clusters)?,
    };
    if config.backend != Backend::Llm {
        return Ok(fingerprint.value("backend", "extractive"));
    }
    let (llm, prompt) = (&config.llm, prompt()?);
    let subject = Some(&config.subject).filter(|subject| !subject.is_empty());
    let style = Some(config.prompt_style).filter(|style| !style.is_default());
    Ok(fingerprint
        // What a user's own prompt does not read changes nothing.
        .optional("subject", subject.filter(|_| prompt.reads("subject")))
        .optional(
            "prompt_style",
            style.filter(|_| prompt.reads("style")).map(PromptStyle::name).as_ref(),
        )
        .value("backend", "llm")
        .value("model", llm.model.as_deref().unwrap_or_default())
        .value("temperature", &llm.temperature)
        .optional("extra_body", said(&llm.extra_body).as_ref())
        .optional("max_answer_tokens", llm.max_answer_tokens.as_ref())
        .text("prompt", prompt.source()))
}

/// `fingerprint` with what the vectors of `clusters` depend on that are made by `config`'s embedder:
/// not how it was asked for, but which one that means here.
///
/// # Errors
/// When the embedder is not known, or the clusters or its files cannot be read.
pub fn depending_on_embedder(
    fingerprint: Fingerprint,
    config: &Config,
    clusters: &Path,
) -> Result<Fingerprint> {
    if config.embedder == EMBEDDER {
        let model = config.embedding.model.as_deref().unwrap_or_default();
        return Ok(fingerprint
            .value("embedder", EMBEDDER)
            .value("embedding_model", model)
            .optional("embedding_dimensions", config.embedding.dimensions.as_ref())
            .optional("embedding_extra_body", said(&config.embedding.extra_body).as_ref()));
    }
    let asked = EmbedderRequest::parse(&config.embedder)?;
    if !clusters.is_file() {
        // They will be made, and then they tell; or their absence is told when they are read.
        return Ok(fingerprint.value("embedder", &config.embedder));
    }
    let kind = asked.choose_for(clusters)?.kind;
    let fingerprint = fingerprint.value("embedder", &kind.version()?);
    Ok(if kind.is_seeded() { fingerprint.value("seed", &config.seed) } else { fingerprint })
}

/// What goes along in bodies, as a fingerprint has it; nothing where nothing does.
fn said(extra: &toml::Table) -> Option<String> {
    (!extra.is_empty()).then(|| serde_json::Value::Object(json(extra)).to_string())
}

/// What goes along in bodies. TOML has dates, which are sent as they are written.
pub(crate) fn json(extra: &toml::Table) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(extra) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

fn check(config: &Config) -> Result<()> {
    let llm = &config.llm;
    for (name, value) in &llm.headers {
        header(name, value).map(drop)?;
    }
    let wrong = |what: &str, value: f64, expected: &str| {
        Err(Error::config(format!("{what} is {value}, expected {expected}")))
    };
    if !(0.0..=2.0).contains(&llm.temperature) {
        return wrong("temperature", llm.temperature, "0 to 2");
    }
    if !(0.0..=1.0).contains(&llm.stand_ins) {
        return wrong("stand_ins", llm.stand_ins, "a share of the rows, 0 to 1");
    }
    if llm.concurrency == 0 {
        return wrong("concurrency", 0.0, "at least 1");
    }
    if !(1..=50_000).contains(&llm.batch_requests) {
        return wrong("batch_requests", llm.batch_requests as f64, "1 to 50000");
    }
    if let Some(cost) = llm.max_cost.filter(|cost| !(0.0..1e9).contains(cost)) {
        return wrong("max_cost", cost, "dollars from 0");
    }
    let seconds = [
        ("connect_timeout", llm.connect_timeout),
        ("first_byte_timeout", llm.first_byte_timeout),
        ("timeout", llm.timeout),
        ("patience", llm.patience),
        ("batch_poll", llm.batch_poll),
    ];
    for (what, value) in seconds {
        if !(0.001..1e6).contains(&value) {
            return wrong(what, value, "seconds, more than 0");
        }
    }
    let subject = config.subject.chars().count();
    if subject > SUBJECT_CHARS {
        return wrong("the length of subject", subject as f64, "at most 300 characters");
    }
    if config.backend == Backend::Llm && llm.model.is_none() {
        return Err(Error::config_hint(
            "no model is named",
            "name it with --model, as its endpoint knows it (`curl BASE_URL/models` lists them)",
        ));
    }
    if config.embedder == EMBEDDER && config.embedding.model.is_none() {
        return Err(Error::config_hint(
            "no embedding model is named",
            "name it with --embedding-model, or leave --embedder out",
        ));
    }
    Ok(())
}

/// What the run may spend.
pub(crate) fn limits(config: &Config) -> SpendingLimits {
    let llm = &config.llm;
    SpendingLimits {
        calls: llm.max_calls,
        tokens: llm.max_tokens,
        nanodollars: llm.max_cost.map(|dollars| (dollars * 1e9) as u64),
    }
}

/// The store of a stage run by hand: in the run folder, where `out` lies in one.
pub(crate) fn default_answers(out: &Path) -> PathBuf {
    let folder = run_folder(out).or_else(|| out.parent()).unwrap_or(Path::new(""));
    folder.join("answers.sqlite")
}

/// The run folder that `out` lies in: `RUN/iteration-K/….parquet`.
pub(crate) fn run_folder(out: &Path) -> Option<&Path> {
    place(out).map(|(folder, _)| folder)
}

/// The iteration that `out` belongs to, as its folder tells.
pub(crate) fn iteration(out: &Path) -> Option<u32> {
    place(out).map(|(_, iteration)| iteration)
}

/// Run folder and iteration. A stage that takes another's place writes to a folder inside the
/// iteration's, and what it asks is the run's all the same.
fn place(out: &Path) -> Option<(&Path, u32)> {
    out.ancestors().skip(1).take(2).find_map(|folder| {
        let iteration = folder.file_name()?.to_str()?.strip_prefix("iteration-")?.parse().ok()?;
        Some((folder.parent()?, iteration))
    })
}

/// The address, as `config` or the environment gives it, without a slash at its end.
pub(crate) fn base_url(configured: Option<&str>) -> Result<String> {
    let from_env = std::env::var(BASE_URL_ENV).ok().filter(|url| !url.trim().is_empty());
    let url = configured.map(str::to_owned).or(from_env).unwrap_or_else(|| OPENAI.to_owned());
    let url = url.trim().trim_end_matches('/');
    let parsed = reqwest::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(parsed) = parsed else {
        return Err(Error::config_hint(
            format!("{url:?} is no address of an endpoint"),
            "an address looks like http://localhost:11434/v1",
        ));
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(Error::config_hint(
            "the address of the endpoint holds a user name or a password",
            "keys come from the environment (OPENAI_API_KEY) or from --api-key-file",
        ));
    }
    Ok(url.to_owned())
}

/// Is there a key, so that a model could be asked if one were named?
pub fn key_is_set(config: &Config) -> bool {
    config.llm.api_key_file.is_some()
        || std::env::var_os(&config.llm.api_key_env).is_some_and(|key| !key.is_empty())
}

/// Looks for the keys that `config` needs, before anything else is done.
///
/// # Errors
/// When one is missing, or its file cannot be read.
pub fn check_key(config: &Config) -> Result<()> {
    if config.backend == Backend::Llm {
        key(config, &base_url(config.llm.base_url.as_deref())?)?;
    }
    Ok(())
}

/// The key for `base_url`, and a warning where there is something to warn of. A server on this
/// machine needs none.
pub(crate) fn key(config: &Config, base_url: &str) -> Result<(Option<Secret>, Option<String>)> {
    let llm = &config.llm;
    let (key, mut warning) = match &llm.api_key_file {
        Some(path) => {
            let (key, warning) = Secret::from_file(path)?;
            (Some(key), warning)
        }
        None => (Secret::from_env(&llm.api_key_env)?, None),
    };
    if key.is_none() && base_url == OPENAI {
        return Err(Error::Endpoint {
            fault: cladus_core::EndpointFault::Denied,
            problem: format!("there is no API key: the variable {} is not set", llm.api_key_env),
            hint: "set it, or name a file with --api-key-file; --base-url asks another endpoint, and without --model no model is needed".to_owned(),
        });
    }
    if key.is_some() && base_url.starts_with("http://") && !is_loopback(base_url) {
        warning = Some(format!("the API key travels to {base_url} unencrypted"));
    }
    Ok((key, warning))
}

/// What goes along with every call to `base_url`, and a warning where there is something to warn of.
pub(crate) fn along(config: &Config, base_url: &str) -> Result<(Along, Option<String>)> {
    let given = &config.llm.headers;
    let headers = given.iter().map(|(name, value)| header(name, value));
    let headers: Vec<(String, Secret)> = headers.collect::<Result<_>>()?;
    let from_environment = headers.iter().zip(given.values());
    let hidden = from_environment.filter(|(_, value)| value.contains("${"));
    let hidden = hidden.map(|((_, secret), _)| secret.clone()).collect();
    let (key, warning) = match key(config, base_url) {
        // The key may be in a header of its own.
        Err(_) if !headers.is_empty() => (None, None),
        found => found?,
    };
    let query = &config.llm.query;
    let query = query.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok((Along { key, headers, hidden, query }, warning))
}

/// A header with the variables in its value filled in. One that is secret by its name has nothing but
/// variables: settings are written into run folders.
fn header(name: &str, value: &str) -> Result<(String, Secret)> {
    let secret = ["key", "auth", "token", "secret", "cookie"];
    let secret = secret.iter().any(|word| name.to_lowercase().contains(word));
    if secret && !value.contains("${") {
        return Err(Error::config_hint(
            format!("the header {name} holds a secret, and settings are not kept secret"),
            format!("name a variable of the environment: \"{name}\" = \"${{MY_KEY}}\""),
        ));
    }
    let (mut filled, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            return Err(Error::config(format!("the header {name} has a ${{ without its }}")));
        };
        let found = std::env::var(variable).map_err(|_| {
            Error::config_hint(
                format!("the header {name} wants the variable {variable}, which is not set"),
                "set it in the environment",
            )
        })?;
        filled = filled + before + found.trim();
        rest = after;
    }
    Ok((name.to_owned(), Secret::of(filled + rest)))
}

pub(crate) fn timeouts(config: &Config) -> Timeouts {
    let llm = &config.llm;
    Timeouts {
        connect: Duration::from_secs_f64(llm.connect_timeout),
        first_byte: Duration::from_secs_f64(llm.first_byte_timeout.min(llm.timeout)),
        whole: Duration::from_secs_f64(llm.timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_enough_to_ask_one() {
        let mut config = Config::default();
        LlmArgs::default().apply(&mut config).unwrap();
        assert_eq!(config.backend, Backend::Extractive);
        let args = LlmArgs { model: Some("m".to_owned()), ..LlmArgs::default() };
        args.apply(&mut config).unwrap();
        assert_eq!(config.backend, Backend::Llm);
        let args = LlmArgs { backend: Some(Backend::Extractive), ..args };
        args.apply(&mut config).unwrap();
        assert_eq!(config.backend, Backend::Extractive);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let error = |args: LlmArgs| args.apply(&mut Config::default()).unwrap_err().to_string();
        let base = LlmArgs { model: Some("m".to_owned()), ..LlmArgs::default() };
        assert!(error(LlmArgs { temperature: Some(9.0), ..base.clone() }).contains("temperature"));
        assert!(error(LlmArgs { concurrency: Some(0), ..base.clone() }).contains("concurrency"));
        assert!(error(LlmArgs { max_cost: Some(f64::NAN), ..base }).contains("max_cost"));
        let url = Some("http://x/v1".to_owned());
        assert_eq!(error(LlmArgs { base_url: url, ..LlmArgs::default() }), "no model is named");
    }

    #[test]
    fn a_run_is_known_by_where_its_artifacts_are_written() {
        let place = |out: &'static str| (run_folder(Path::new(out)), iteration(Path::new(out)));
        let run = Path::new("a/run");
        for out in ["a/run/iteration-2/labels.parquet", "a/run/iteration-2/.label-7/labels.parquet"]
        {
            assert_eq!(place(out), (Some(run), Some(2)), "{out}");
        }
        for out in ["labels.parquet", "a/b/labels.parquet", "iteration-1/b/c/labels.parquet"] {
            assert_eq!(place(out), (None, None), "{out}");
        }
    }

    #[test]
    fn headers_take_secrets_from_the_environment_alone() {
        let (name, value) = header("X-Title", "cladus").unwrap();
        assert_eq!((name.as_str(), value.expose()), ("X-Title", "cladus"));
        let path = header("api-key", "${PATH}").unwrap().1;
        assert_eq!(path.expose(), std::env::var("PATH").unwrap());
        let refused = header("api-key", "0123").unwrap_err();
        assert!(refused.hint().unwrap().contains("${MY_KEY}"), "{refused}");
        assert!(!refused.to_string().contains("0123"));
        assert!(header("x-a", "${CLADUS_NO_SUCH_VARIABLE}").is_err());
    }

    #[test]
    fn an_address_is_checked() {
        assert_eq!(base_url(Some("http://h:1/v1/")).unwrap(), "http://h:1/v1");
        assert!(base_url(Some("localhost:11434/v1")).is_err());
        assert!(base_url(Some("https://user:pw@h/v1")).is_err());
    }

    #[test]
    fn a_stage_by_hand_finds_its_run() {
        let out = Path::new("my-run/iteration-3/labels.parquet");
        assert_eq!(default_answers(out), Path::new("my-run/answers.sqlite"));
        assert_eq!(iteration(out), Some(3));
        assert_eq!(default_answers(Path::new("x/l.parquet")), Path::new("x/answers.sqlite"));
    }
}
