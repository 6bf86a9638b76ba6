//! One attempt on the wire: bytes out, bytes in, nothing retried and nothing interpreted.
//!
//! `async-openai` builds the requests; its own execution (which retries by itself, waits as long as
//! a server says, and loses status and headers) is replaced by [`OneAttempt`], which keeps what came
//! back as it came.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config as Endpoint;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use bytes::BytesMut;
use cladus_core::{Error, Result};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::client::secret::Secret;

/// Longest body that is read, in bytes: far more than any answer, far less than a machine's memory.
const MAX_BODY: usize = 64 << 20;

/// What became of one attempt.
#[derive(Debug)]
pub(crate) enum Sent {
    /// A whole reply.
    Received(Received),
    /// The server never saw the request.
    Not(String, Cause),
    /// The request went out, and no whole reply came back: it may have been billed.
    Unknown(String, Cause),
}

/// Why there is no whole reply, where that makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing came within the time there was.
    Timeout,
    /// The server's certificate is not trusted.
    Certificate,
    /// TLS was spoken to a server that does not speak it.
    NoTls,
    /// A proxy on the way refused.
    Proxy,
    /// The connection was taken and closed at once, without a byte: no model has answered by then.
    Closed,
    /// Anything else: the connection broke, or there was none.
    Broken,
}

/// A whole reply, as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) whole: Duration,
}

/// Which of an endpoint's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Chat,
    Embeddings,
}

/// What goes along with every request.
#[derive(Debug, Default)]
pub(crate) struct Along {
    pub(crate) key: Option<Secret>,
    pub(crate) headers: Vec<(String, Secret)>,
    /// What of the headers is secret.
    pub(crate) hidden: Vec<Secret>,
    pub(crate) query: Vec<(String, String)>,
}

impl Along {
    /// `body` without anything that is secret, which some servers repeat in their errors.
    pub(crate) fn redacted(&self, body: &[u8]) -> Vec<u8> {
        let secrets = self.key.iter().chain(&self.hidden);
        secrets.fold(body.to_vec(), |body, secret| secret.redact_bytes(&body).into_owned())
    }
}

fn sensitive(value: &str, what: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::config(format!("{what} holds characters that no header can carry")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A connection to one endpoint.
#[derive(Debug)]
pub(crate) struct Wire {
    http: reqwest::Client,
    address: Address,
    pub(crate) timeouts: Timeouts,
}

/// Where requests go, and the header that opens the door.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    base_url: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    /// The interface asks for one; it is never read, the header is all there is.
    no_key: SecretString,
}

impl Endpoint for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
    fn api_base(&self) -> &str {
        &self.base_url
    }
    fn api_key(&self) -> &SecretString {
        &self.no_key
    }
}

impl Wire {
    /// To the endpoint at `base_url` (no slash at its end), with what it wants to be told beside
    /// questions.
    pub(crate) fn new(base_url: &str, along: &Along, timeouts: Timeouts) -> Result<Self> {
        // Whoever came first (another session of this process) installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some(key) = &along.key {
            let bearer = format!("Bearer {}", key.expose());
            headers.insert(AUTHORIZATION, sensitive(&bearer, "the API key")?);
        }
        for (name, value) in &along.headers {
            let known = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::config(format!("{name:?} is no name of a header")))?;
            let value = sensitive(value.expose(), &format!("the header {name}"))?;
            // An endpoint that has its own header for the key does not want it twice.
            if matches!(known.as_str(), "api-key" | "x-api-key") {
                headers.remove(AUTHORIZATION);
            }
            headers.insert(known, value);
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            // A redirect would carry the key to wherever it points.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("cladus/", env!("CARGO_PKG_VERSION")))
            .pool_idle_timeout(Duration::from_secs(60))
            .tcp_nodelay(true);
        if is_loopback(base_url) {
            http = http.no_proxy();
        }
        if base_url.starts_with("http://") {
            // Reading the system's certificates takes longer than a local server's answer.
            http = http.tls_certs_only([]);
        }
        let http = http
            .build()
            .map_err(|e| Error::config(format!("cannot set up connections: {}", innermost(&e))))?;
        // What stands behind a question mark belongs behind the path.
        let (base_url, asked) = base_url.split_once('?').unwrap_or((base_url, ""));
        let asked = asked.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        });
        let address = Address {
            base_url: base_url.trim_end_matches('/').to_owned(),
            query: asked.chain(along.query.iter().cloned()).collect(),
            headers,
            no_key: SecretString::from(String::new()),
        };
        Ok(Self { http, address, timeouts })
    }

    /// Sends `body` once; the first byte of the reply must be there within `first_byte`.
    pub(crate) async fn send(&self, service: Service, body: &Value, first_byte: Duration) -> Sent {
        let (client, slot) = self.once(first_byte, MAX_BODY);
        // What comes back here has lost what matters; the slot has kept it.
        let result: std::result::Result<IgnoredAny, OpenAIError> = match service {
            Service::Chat => client.chat().create_byot(body).await,
            Service::Embeddings => client.embeddings().create_byot(body).await,
        };
        slot.take(result.err())
    }

    /// A client whose requests are sent once, and where what comes back, of at most `longest` bytes,
    /// is found.
    pub(crate) fn once(&self, first_byte: Duration, longest: usize) -> (Client<Address>, Slot) {
        let slot = Slot::default();
        let attempt = OneAttempt {
            http: self.http.clone(),
            timeouts: Timeouts { first_byte, ..self.timeouts },
            longest,
            slot: slot.clone(),
        };
        let client =
            Client::build(self.http.clone(), self.address.clone()).with_http_service(attempt);
        (client, slot)
    }
}

/// Where what came back is found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Sent>>>);

impl Slot {
    /// What came back; where nothing was even sent, `error` says why.
    pub(crate) fn take(&self, error: Option<OpenAIError>) -> Sent {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        sent.unwrap_or_else(|| {
            let why = error.map_or_else(|| "no reason given".to_owned(), |e| e.to_string());
            Sent::Not(why, Cause::Broken)
        })
    }
}

/// Sends a request once and puts what came back, as it came, into the slot.
#[derive(Clone)]
struct OneAttempt {
    http: reqwest::Client,
    timeouts: Timeouts,
    longest: usize,
    slot: Slot,
}

impl tower::Service<HttpRequestFactory> for OneAttempt {
    type Response = reqwest::Response;
    type Error = Never;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self::Response, Never>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Never>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let Self { http, timeouts, longest, slot } = self.clone();
        Box::pin(async move {
            let sent = match factory.build().await {
                Ok(request) => execute(&http, request, timeouts, longest).await,
                Err(error) => Sent::Not(error.to_string(), Cause::Broken),
            };
            *slot.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sent);
            // A stand-in that the layers above are content with.
            Ok(reqwest::Response::from(http::Response::new("null")))
        })
    }
}

/// An error that does not happen, in a form that becomes an [`OpenAIError`].
#[derive(Debug)]
pub(crate) enum Never {}

impl From<Never> for OpenAIError {
    fn from(never: Never) -> Self {
        match never {}
    }
}

/// Whoever closes a connection within this time has not asked a model.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn execute(
    http: &reqwest::Client,
    request: reqwest::Request,
    timeouts: Timeouts,
    longest: usize,
) -> Sent {
    let sent = tokio::time::Instant::now();
    let whole = sent + timeouts.whole;
    let url = request.url().clone();
    let response = match tokio::time::timeout(timeouts.first_byte, http.execute(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) if error.is_connect() || error.is_builder() => {
            let through = proxy(&url).map(|proxy| format!(" (through the proxy {proxy})"));
            let why = innermost(&error) + &through.unwrap_or_default();
            return Sent::Not(why, cause(&error));
        }
        Ok(Err(error)) => {
            let at_once = sent.elapsed() < AT_ONCE;
            let cause = if at_once { Cause::Closed } else { Cause::Broken };
            return Sent::Unknown(innermost(&error), cause);
        }
        Err(_) => {
            let seconds = timeouts.first_byte.as_secs_f64();
            let why = format!("nothing came back within {seconds:.1} s");
            return Sent::Unknown(why, Cause::Timeout);
        }
    };
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    match tokio::time::timeout_at(whole, read(response, longest)).await {
        Ok(Ok(body)) => Sent::Received(Received { status, headers, body }),
        Ok(Err(reason)) => Sent::Unknown(reason, Cause::Broken),
        Err(_) => {
            let seconds = timeouts.whole.as_secs_f64();
            Sent::Unknown(format!("the reply did not end within {seconds} s"), Cause::Timeout)
        }
    }
}

async fn read(
    mut response: reqwest::Response,
    longest: usize,
) -> std::result::Result<Vec<u8>, String> {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= longest => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(format!("the reply is longer than {} MiB", longest >> 20)),
            Ok(None) => return Ok(body.into()),
            Err(error) => return Err(format!("the reply broke off: {}", innermost(&error))),
        }
    }
}

/// Why no connection came to be, by the words of all layers: their types are not ours to see.
fn cause(error: &(dyn std::error::Error + 'static)) -> Cause {
    let mut words = String::new();
    let mut layer = Some(error);
    while let Some(error) = layer {
        words += &error.to_string().to_lowercase();
        words.push('\n');
        layer = error.source();
    }
    let says = |all: &[&str]| all.iter().any(|word| words.contains(word));
    if says(&["proxy", "tunnel"]) {
        Cause::Proxy
    } else if says(&["invalidcontenttype", "corrupt message", "wrong version number"]) {
        Cause::NoTls
    } else if says(&["certificate", "unknownissuer", "unknown issuer"]) {
        Cause::Certificate
    } else {
        Cause::Broken
    }
}

/// The proxy that the environment names for this address, without what it is opened with.
fn proxy(url: &reqwest::Url) -> Option<String> {
    if is_loopback(url.as_str()) {
        return None;
    }
    let own = if url.scheme() == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let names =
        [own.to_owned(), own.to_lowercase(), "ALL_PROXY".to_owned(), "all_proxy".to_owned()];
    let named = names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))?;
    let proxy = reqwest::Url::parse(&named).ok()?;
    Some(format!("{}:{}", proxy.host_str()?, proxy.port_or_known_default()?))
}

/// The first cause: what the layers above it say is "error sending request".
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Is this address on this machine?
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}
