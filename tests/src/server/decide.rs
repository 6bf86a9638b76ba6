//! What a request gets.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::batches;
use super::behaviour::{Behaviour, RateHeaders};
use super::chat::{self, error};
use super::embed;
use super::faults::{Fault, Kind};
use super::http::{Manner, Request, Response};
use super::ledger::{Inner, Left};
use super::quirks;
use super::real;
use super::text::hash;

/// A response, and what there is to know about it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) response: Response,
    /// Before the response is begun.
    pub(super) pause: Duration,
    pub(super) fault: Option<Fault>,
    pub(super) attempt: u64,
    pub(super) logical: u64,
    /// Of the prompt and of the answer.
    pub(super) tokens: (u64, u64),
    /// Until when the client is told to stay away.
    pub(super) come_back: Option<Instant>,
    /// Whoever gets this has no reason to ask the same again.
    pub(super) usable: bool,
}

impl Plan {
    pub(super) fn refuse(kind: Kind, response: Response) -> Self {
        Self {
            kind,
            response,
            pause: Duration::ZERO,
            fault: None,
            attempt: 0,
            logical: 0,
            tokens: (0, 0),
            come_back: None,
            usable: false,
        }
    }
}

const REQUEST: &str = "invalid_request_error";

/// Decides; called once for every request.
pub(super) fn decide(inner: &mut Inner, request: &Request, body: &Value, now: Instant) -> Plan {
    let behaviour = std::sync::Arc::clone(&inner.behaviour);
    let known = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/v1/models") => Some(Kind::Models),
        ("POST", "/v1/chat/completions") => Some(Kind::Chat),
        ("POST", "/v1/embeddings") => Some(Kind::Embed),
        _ => None,
    };
    let known = known.or_else(|| batches::is_meant(&request.path).then_some(Kind::Batches));
    let Some(endpoint) = known else {
        let message = format!("Unknown request URL: {} {}.", request.method, request.path);
        return Plan::refuse(Kind::Unknown, error(404, &message, REQUEST, None, None));
    };
    let authorization = request.header("authorization").unwrap_or("");
    if behaviour.api_key.as_ref().is_some_and(|key| authorization != format!("Bearer {key}")) {
        return Plan::refuse(endpoint, wrong_key(authorization));
    }
    if endpoint == Kind::Models {
        let model = |id| json!({"id": id, "object": "model", "created": 0, "owned_by": "cladus"});
        let models = json!({"object": "list", "data": [model("test-chat"), model("test-embed")]});
        return Plan::refuse(Kind::Models, Response::json(200, &models));
    }
    if endpoint == Kind::Batches {
        return batches::answer(inner, request, now);
    }
    if !body.is_object() {
        let message = "We could not parse the JSON body of your request.";
        return Plan::refuse(endpoint, error(400, message, REQUEST, None, None));
    }
    let asked = if endpoint == Kind::Embed {
        embed::understand(body, &behaviour).map(Asked::Embeddings)
    } else {
        chat::understand(body).map(|asked| Asked::Completion(Box::new(asked)))
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(response) => return Plan::refuse(endpoint, response),
    };
    let kind = asked.kind();
    if behaviour.max_in_flight.is_some_and(|most| inner.in_flight > most) {
        let message = "Too many concurrent requests.";
        return Plan::refuse(
            kind,
            error(429, message, "requests", Some("rate_limit_exceeded"), None),
        );
    }
    if let Some(response) = quirks::refusal(&behaviour.quirks, kind, request, body) {
        return Plan::refuse(kind, response);
    }
    let left = inner.admit(now);
    let mut plan = if left.is_some_and(|left| !left.admitted) {
        let mut plan = Plan::refuse(kind, rate_limited());
        let next = left.map_or(Duration::ZERO, |left| left.next);
        come_back(&mut plan, next, now);
        plan
    } else {
        asked.answer(inner, request, body, now)
    };
    let remaining = match (&behaviour.rate_headers, left) {
        (RateHeaders::Counted, Some(Left { limit, remaining, full, .. })) => {
            plan.response = plan.response.with("x-ratelimit-limit-requests", limit.to_string());
            Some((remaining, go_duration(full)))
        }
        (RateHeaders::Fixed { remaining, reset }, _) => Some((*remaining, reset.clone())),
        _ => None,
    };
    if let Some((remaining, reset)) = remaining {
        plan.response = plan
            .response
            .with("x-ratelimit-remaining-requests", remaining.to_string())
            .with("x-ratelimit-reset-requests", reset);
    }
    plan
}

enum Asked {
    Completion(Box<chat::Asked>),
    Embeddings(embed::Texts),
}

impl Asked {
    fn kind(&self) -> Kind {
        match self {
            Self::Completion(asked) => asked.kind,
            Self::Embeddings(_) => Kind::Embed,
        }
    }

    /// What is asked, whatever the form it is asked in; and what rates pick by.
    fn keys(&self) -> (u64, u64) {
        let (model, key) = match self {
            Self::Completion(asked) => (&asked.model, asked.messages),
            Self::Embeddings(asked) => {
                (&asked.model, hash(&asked.texts.iter().map(String::as_bytes).collect::<Vec<_>>()))
            }
        };
        // The kind stands for the schema's name, which some forms have no place for.
        let kind = [self.kind() as u8];
        (hash(&[model.as_bytes(), &kind, &key.to_le_bytes()]), key)
    }

    fn answer(&self, inner: &mut Inner, request: &Request, body: &Value, now: Instant) -> Plan {
        let behaviour = std::sync::Arc::clone(&inner.behaviour);
        let kind = self.kind();
        let unsupported = behaviour.unsupported.iter();
        let unsupported =
            unsupported.filter(|name| body.get(name).is_some_and(|value| !value.is_null()));
        if let Some(name) = unsupported.into_iter().next() {
            let hint = match name.as_str() {
                "max_tokens" => " Use 'max_completion_tokens' instead.",
                _ => "",
            };
            let message =
                format!("Unsupported parameter: '{name}' is not supported with this model.{hint}");
            let code = Some("unsupported_parameter");
            return Plan::refuse(kind, error(400, &message, REQUEST, code, Some(name)));
        }
        let mut max_tokens = None;
        if let Self::Completion(asked) = self {
            if let Some(response) = asked.refusal(behaviour.support) {
                return Plan::refuse(kind, response);
            }
            max_tokens = asked.max_tokens;
        }
        let (logical, key) = self.keys();
        let (attempt, first) = inner.attempt((logical, key), kind, max_tokens);
        let enough =
            first.zip(max_tokens).is_some_and(|(first, now)| now >= first.saturating_mul(4));
        let spared = |fault| fault == Fault::Truncated && enough;
        let fault = behaviour.faults.strike(&attempt, behaviour.seed, spared);
        let (mut answer, tokens) = match self {
            Self::Embeddings(texts) => {
                let (answer, tokens) = texts.answer(fault);
                (answer, (tokens, 0))
            }
            Self::Completion(asked) => {
                let (system, length) = asked.system;
                let known = length >= 1024 && !inner.systems.insert(system);
                let cached = if known { length / 128 * 128 } else { 0 };
                let (answer, tokens) = asked.answer(body, fault, &behaviour, cached);
                (answer, (asked.prompt_tokens, tokens))
            }
        };
        if let Some(object) = answer.as_object_mut() {
            match fault {
                Some(Fault::NoId) => {
                    object.remove("id");
                }
                Some(Fault::NoUsage) => {
                    object.remove("usage");
                }
                Some(Fault::BadUsage) => {
                    object["usage"] = json!({"prompt_tokens": -1, "completion_tokens": 1e18, "total_tokens": null});
                }
                Some(Fault::OtherModel) => object["model"] = json!("another"),
                _ => {}
            }
        }
        let response = Response::json(200, &answer);
        let usable = fault.is_none_or(Fault::leaves_the_answer_usable);
        let mut plan = Plan { tokens, usable, ..Plan::refuse(kind, response) };
        (plan.fault, plan.attempt, plan.logical) = (fault, attempt.attempt, logical);
        if let Some(fault) = fault {
            strike(&mut plan, fault, request, &behaviour, now);
        }
        if plan.response.status == 200 {
            plan.pause = behaviour.latency;
        } else {
            plan.pause = behaviour.refusing;
            plan.come_back = plan.come_back.map(|at| at + behaviour.refusing);
        }
        plan
    }
}

/// What a fault makes of the response; faults in the answer itself are in there already.
fn strike(plan: &mut Plan, fault: Fault, request: &Request, behaviour: &Behaviour, now: Instant) {
    if let Fault::Real(name) = fault {
        if let Some(response) = real::reply(name) {
            plan.response = response;
            plan.tokens = (0, 0);
        }
        return;
    }
    let message = "The server was told to fail here.";
    let failed = |status, kind, code| error(status, message, kind, code, None);
    let manner = match fault {
        Fault::Hang => Some(Manner::Never),
        Fault::Reset => Some(Manner::Reset),
        Fault::Slow => Some(Manner::Drip(behaviour.drip)),
        Fault::Cut => Some(Manner::Cut),
        Fault::HugeBody => Some(Manner::Endless),
        _ => None,
    };
    if let Some(manner) = manner {
        plan.response.manner = manner;
        return;
    }
    let response = match fault {
        Fault::RateLimited | Fault::RateLimitedSilently | Fault::RateLimitedUntil => rate_limited(),
        Fault::Quota => error(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            Some("insufficient_quota"),
            None,
        ),
        Fault::Status(401) => wrong_key(request.header("authorization").unwrap_or("")),
        Fault::Status(403) => failed(403, "permission_error", Some("permission_denied")),
        Fault::Status(529) => failed(529, "overloaded_error", None),
        Fault::Status(status @ 500..) => failed(status, "server_error", None),
        Fault::Status(status) => failed(status, REQUEST, None),
        Fault::BadGateway => Response::html(502),
        Fault::Html => Response::html(200),
        Fault::NoModel => error(
            404,
            "The model does not exist or you do not have access to it.",
            REQUEST,
            Some("model_not_found"),
            Some("model"),
        ),
        Fault::TooLong => error(
            400,
            "This model's maximum context length is 4096 tokens. Please reduce the length of the messages.",
            REQUEST,
            Some("context_length_exceeded"),
            Some("messages"),
        ),
        Fault::ErrorInside => Response::json(
            200,
            &json!({"error": {"message": message, "type": "server_error", "code": 502}}),
        ),
        _ => return,
    };
    plan.response = response;
    plan.tokens = (0, 0);
    match fault {
        Fault::RateLimited => come_back(plan, behaviour.retry_after, now),
        Fault::RateLimitedUntil => {
            // Dates have whole seconds: the next one that is not too early.
            let wanted = SystemTime::now() + behaviour.retry_after;
            let since = wanted.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let until = Duration::from_secs(since.as_secs() + 1);
            let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + until);
            plan.response.headers.push(("retry-after", date));
            plan.come_back = Some(now + behaviour.retry_after + (until - since));
        }
        _ => {}
    }
}

/// Tells the client to come back after `pause`.
fn come_back(plan: &mut Plan, pause: Duration, now: Instant) {
    let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
    plan.response.headers.push(("retry-after", seconds.to_string()));
    if pause.subsec_nanos() > 0 {
        let milliseconds = pause.as_micros().div_ceil(1000);
        plan.response.headers.push(("retry-after-ms", milliseconds.to_string()));
    }
    plan.come_back = Some(now + pause);
}

fn rate_limited() -> Response {
    let message = "Rate limit reached for requests. Please try again later.";
    error(429, message, "requests", Some("rate_limit_exceeded"), None)
}

/// As careless as some servers are: it repeats the key.
fn wrong_key(authorization: &str) -> Response {
    let message = format!("Incorrect API key provided: authorization was '{authorization}'.");
    error(401, &message, REQUEST, Some("invalid_api_key"), None)
}

/// As Go writes durations, and OpenAI its headers: `20ms`, `1.5s`, `6m0s`.
fn go_duration(duration: Duration) -> String {
    let (seconds, milliseconds) = (duration.as_secs(), duration.subsec_millis());
    let rest = match (seconds, milliseconds) {
        (0, ms) => return format!("{ms}ms"),
        (s, 0) => format!("{}s", s % 60),
        (s, ms) => format!("{}.{ms:03}s", s % 60),
    };
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => rest,
        (0, minutes) => format!("{minutes}m{rest}"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_go_writes_them() {
        let written = |ms| go_duration(Duration::from_millis(ms));
        assert_eq!(
            [20, 1500, 360_000, 3_723_000].map(written),
            ["20ms", "1.500s", "6m0s", "1h2m3s"]
        );
    }
}
