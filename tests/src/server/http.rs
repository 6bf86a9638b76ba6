//! HTTP/1.1 as far as clients of an API speak it: keep-alive, bodies with a length.
//!
//! By hand, because half of the faults are things that an HTTP library exists to prevent.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LONGEST_HEAD: usize = 64 << 10;
const LONGEST_BODY: usize = 256 << 20;

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without what stands behind a question mark.
    pub(super) path: String,
    /// What stands there.
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The client wants no other answer on this connection.
    pub(super) last: bool,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a response is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    /// A byte at a time.
    Drip(Duration),
    /// Half the body, then the end.
    Cut,
    /// Never ends.
    Endless,
    /// Not at all; the connection stays.
    Never,
    /// Not at all; the connection is reset.
    Reset,
}

/// What a client gets.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

impl Response {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
            manner: Manner::Whole,
        }
    }

    pub(super) fn html(status: u16) -> Self {
        let body = format!("<html><body><h1>{status} {}</h1></body></html>", reason(status));
        let body = body.into_bytes();
        let (content_type, headers) = ("text/html", Vec::new());
        Self { status, content_type, headers, body, manner: Manner::Whole }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Keep,
    Close,
    Reset,
}

/// The next request, or `None` where the client has gone or speaks something else. `buffer` holds
/// what was read beyond it.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Request>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > LONGEST_HEAD || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or("").split(' ');
    let (Some(method), Some(target), Some(version)) = (first.next(), first.next(), first.next())
    else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, headers, body: Vec::new(), last: false };
    request.last = version == "HTTP/1.0"
        || request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let length = request.header("content-length").map_or(Ok(0), str::parse);
    let Ok(length @ 0..=LONGEST_BODY) = length else { return Ok(None) };
    if request.header("transfer-encoding").is_some() {
        return Ok(None);
    }
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    request.body = buffer.drain(..length).collect();
    Ok(Some(request))
}

/// Ends when the client goes away. What it sends meanwhile is kept.
pub(super) async fn gone(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) {
    while buffer.len() <= LONGEST_HEAD {
        if !matches!(stream.read_buf(buffer).await, Ok(1..)) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Writes `response`. `begun` is called before the first byte, `ending` before the last one: what
/// they record is known before the client can react.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    response: &Response,
    last: bool,
    begun: impl FnOnce(),
    ending: impl FnOnce(),
) -> io::Result<Then> {
    match response.manner {
        Manner::Never => return std::future::pending().await,
        Manner::Reset => return Ok(Then::Reset),
        _ => begun(),
    }
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {}\r\n",
        response.status,
        reason(response.status),
        response.content_type
    );
    for (name, value) in &response.headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    if response.manner == Manner::Endless {
        bytes.push_str("transfer-encoding: chunked\r\n\r\n");
        return endless(stream, bytes, &response.body).await;
    }
    if last {
        bytes.push_str("connection: close\r\n");
    }
    let length = response.body.len();
    bytes.push_str(&format!("content-length: {length}\r\n\r\n"));
    let mut bytes = bytes.into_bytes();
    if let Manner::Drip(pause) = response.manner {
        stream.write_all(&bytes).await?;
        bytes.clear();
        for byte in &response.body[..length.saturating_sub(1)] {
            stream.write_all(&[*byte]).await?;
            tokio::time::sleep(pause).await;
        }
        bytes.extend(response.body.last());
    } else if response.manner == Manner::Cut {
        bytes.extend_from_slice(&response.body[..length / 2]);
        stream.write_all(&bytes).await?;
        return Ok(Then::Close);
    } else {
        bytes.extend_from_slice(&response.body);
    }
    let but_one = bytes.len().saturating_sub(1);
    stream.write_all(&bytes[..but_one]).await?;
    ending();
    stream.write_all(&bytes[but_one..]).await?;
    Ok(if last { Then::Close } else { Then::Keep })
}

/// A body that starts like an answer and goes on until the client has enough.
async fn endless(
    stream: &mut (impl AsyncWrite + Unpin),
    head: String,
    body: &[u8],
) -> io::Result<Then> {
    stream.write_all(head.as_bytes()).await?;
    let start = &body[..body.len() / 2];
    stream.write_all(format!("{:x}\r\n", start.len()).as_bytes()).await?;
    stream.write_all(start).await?;
    let mut chunk = b"\r\n10000\r\n".to_vec();
    chunk.resize(chunk.len() + 0x10000, b'x');
    loop {
        stream.write_all(&chunk).await?;
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        529 => "Overloaded",
        _ => "Unknown",
    }
}
