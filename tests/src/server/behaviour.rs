//! How the server behaves.

use std::time::Duration;

use super::batches::Batching;
use super::faults::Faults;
use super::quirks::Quirk;
use super::script::Script;

/// What the server takes of `response_format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Support {
    /// `json_schema` is honoured, under OpenAI's rules for strict schemas.
    #[default]
    Strict,
    /// `json_schema` is a 400; `json_object` is honoured, with `schema` in it too.
    SchemaRefused400,
    /// `json_schema` is a 500, as llama-cpp-python has it; `json_object` is honoured, with `schema`
    /// in it too.
    SchemaRefused500,
    /// Only the bare `json_object`, and only where the messages have the word JSON.
    ObjectOnly,
    /// Any `response_format` is a 400.
    PlainOnly,
    /// Everything is taken, nothing is honoured: prose around fenced JSON.
    Ignores,
}

impl Support {
    /// Every mode with its name on the command line.
    pub const ALL: &[(&str, Self)] = &[
        ("strict", Self::Strict),
        ("schema-refused-400", Self::SchemaRefused400),
        ("schema-refused-500", Self::SchemaRefused500),
        ("object-only", Self::ObjectOnly),
        ("plain-only", Self::PlainOnly),
        ("ignores", Self::Ignores),
    ];
}

/// A limit on requests a minute: a bucket that fills evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What flows in within a minute.
    pub per_minute: u32,
    /// How many requests may come at once.
    pub burst: u32,
}

impl Rate {
    /// As many at once as in a minute.
    pub fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, burst: per_minute }
    }
}

/// The headers `x-ratelimit-…`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RateHeaders {
    /// None.
    #[default]
    Off,
    /// From [`Behaviour::rate`].
    Counted,
    /// Always these values.
    Fixed {
        /// `x-ratelimit-remaining-requests`.
        remaining: u32,
        /// `x-ratelimit-reset-requests`, like `6m0s` or `20ms`.
        reset: String,
    },
}

/// How the server behaves. It may be changed while the server runs, for the requests to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// Before every good answer.
    pub latency: Duration,
    /// Before every refusal: what was sent at about the same time has come in before it.
    pub refusing: Duration,
    /// For ties between answers, and for which requests faults pick.
    pub seed: u64,
    /// What it takes of `response_format`.
    pub support: Support,
    /// Parameters that are a 400.
    pub unsupported: Vec<String>,
    /// What else it does not take.
    pub quirks: Vec<Quirk>,
    /// The key that `authorization` must have.
    pub api_key: Option<String>,
    /// More requests than this are a 429 with `retry-after`.
    pub rate: Option<Rate>,
    /// Whether answers say what is left of the rate.
    pub rate_headers: RateHeaders,
    /// More requests at once than this are a 429.
    pub max_in_flight: Option<usize>,
    /// What goes wrong.
    pub faults: Faults,
    /// What is answered in place of the server's own answers.
    pub script: Option<Script>,
    /// What a 429 says; in seconds, and in milliseconds where seconds are too coarse.
    pub retry_after: Duration,
    /// A request that comes sooner than this after a `retry-after` was sent may have been on its way
    /// already, and is not held against the client.
    pub notice: Duration,
    /// Between two bytes of a slow body.
    pub drip: Duration,
    /// How many texts an embedding request may have.
    pub max_inputs: usize,
    /// How batches go.
    pub batches: Batching,
    /// Whether [`TestServer::requests`](super::TestServer::requests) remembers requests; without,
    /// a server can run for days.
    pub remember: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            refusing: Duration::ZERO,
            seed: 0,
            support: Support::Strict,
            unsupported: Vec::new(),
            quirks: Vec::new(),
            api_key: None,
            rate: None,
            rate_headers: RateHeaders::Off,
            max_in_flight: None,
            faults: Faults::default(),
            script: None,
            retry_after: Duration::from_secs(1),
            notice: Duration::from_millis(50),
            drip: Duration::from_millis(100),
            max_inputs: 2048,
            batches: Batching::default(),
            remember: true,
        }
    }
}

impl Behaviour {
    /// Well behaved but for these faults.
    ///
    /// # Panics
    /// When `rules` are no rules: a test says what it means.
    #[expect(clippy::expect_used, reason = "only tests write rules as literals")]
    pub fn faulty(rules: &str) -> Self {
        Self { faults: rules.parse().expect("fault rules"), ..Self::default() }
    }

    /// Well behaved, with this support of `response_format`.
    pub fn supporting(support: Support) -> Self {
        Self { support, ..Self::default() }
    }

    /// Well behaved, but for what it does not take.
    pub fn with_quirks(quirks: impl Into<Vec<Quirk>>) -> Self {
        Self { quirks: quirks.into(), ..Self::default() }
    }
}
