//! The page, served on loopback by a process that takes corrections: it writes them into the run, puts
//! the hierarchy together again, and shows it.
//!
//! Whoever may talk to it has the token of the address. Requests that came by another name of this machine
//! (DNS rebinding) or from another page (`Origin`) are refused, and nothing but the page can be read.

mod correct;

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use cladus_cli::Display;
use cladus_core::{Error, Result, interrupt};
use cladus_page::{PageStyle, render};
use serde::Deserialize;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::edits::Edits;
use crate::folder::RunFolder;
use crate::picture;
use crate::tree::hierarchy::Hierarchy;
use crate::why::explained;
use cladus_core::tree::Tree;

/// A request holds at most so many bytes.
const MOST: usize = 4_000_000;
/// How often it is asked whether to stop.
const TURN: Duration = Duration::from_millis(40);

/// A page that is served.
pub(crate) struct Served<'a> {
    folder: &'a RunFolder,
    columns: &'a [String],
    display: &'a Display,
    server: Server,
    address: SocketAddr,
    token: String,
}

/// What a page sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corrections {
    /// `edits.toml` as it is to be.
    edits: String,
    /// As it was when the page was made.
    before: String,
}

/// What is answered: a status, a type, a text.
struct HttpReply(u16, &'static str, String);

impl<'a> Served<'a> {
    /// Begins to listen, on a port that the system chooses.
    ///
    /// # Errors
    /// When nothing can be listened on.
    pub(crate) fn begin(
        folder: &'a RunFolder,
        columns: &'a [String],
        port: u16,
        display: &'a Display,
    ) -> Result<Self> {
        let cannot = |e: &dyn std::fmt::Display| {
            Error::config(format!("cannot listen on 127.0.0.1, port {port}: {e}"))
        };
        let server = Server::http(("127.0.0.1", port)).map_err(|e| cannot(&e))?;
        let Some(address) = server.server_addr().to_ip() else {
            return Err(cannot(&"it is no address"));
        };
        let mut token = [0; 16];
        getrandom::fill(&mut token)
            .map_err(|e| Error::config(format!("no random numbers: {e}")))?;
        let token = token.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { folder, columns, display, server, address, token })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token)
    }

    /// Answers until somebody asks to stop.
    ///
    /// # Errors
    /// When it can listen no longer.
    pub(crate) fn serve(&self) -> Result<()> {
        while !interrupt::requested() {
            let next = self.server.recv_timeout(TURN);
            match next.map_err(|e| Error::config(format!("cannot listen any longer: {e}")))? {
                Some(mut request) => {
                    let answer = self.answer(&mut request);
                    // Who has gone needs no answer.
                    let _ = request.respond(response(answer));
                }
                None => continue,
            }
        }
        Ok(())
    }

    fn answer(&self, request: &mut Request) -> HttpReply {
        if let Some(refused) = self.refusal(request) {
            return refused;
        }
        let path = request.url().split('?').next().unwrap_or_default().to_owned();
        let done = match (request.method(), path.as_str()) {
            (Method::Get, "/") => self.page(),
            (Method::Get, "/why") => self.why(request.url()),
            (Method::Post, "/edits") => corrections(request).and_then(|new| {
                correct::replace(self.folder, &new.before, &new.edits, self.display)?;
                Ok(text(200, "done"))
            }),
            (Method::Post, "/undo") => {
                correct::undo(self.folder, self.display).map(|undone| text(200, &undone))
            }
            _ => return text(404, "not here"),
        };
        done.unwrap_or_else(|error| {
            let hint = error.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
            text(409, &format!("{error}{hint}"))
        })
    }

    /// Why a request is not looked at.
    fn refusal(&self, request: &Request) -> Option<HttpReply> {
        let header = |name: &'static str| {
            let named = |header: &&Header| header.field.equiv(name);
            request.headers().iter().find(named).map(|header| header.value.as_str().to_owned())
        };
        let hosts = [self.address.to_string(), format!("localhost:{}", self.address.port())];
        if !header("Host").is_some_and(|host| hosts.contains(&host)) {
            return Some(text(403, "asked for by another name"));
        }
        let query = request.url().split_once('?').map_or("", |(_, query)| query);
        let token = query.split('&').find_map(|part| part.strip_prefix("token="));
        if !token.is_some_and(|token| same(token, &self.token)) {
            return Some(text(403, "the address lacks its token"));
        }
        let origins = hosts.map(|host| format!("http://{host}"));
        let own = header("Origin").is_some_and(|origin| origins.contains(&origin));
        match request.method() {
            Method::Get => None,
            Method::Post if own => None,
            Method::Post => Some(text(403, "asked for by another page")),
            _ => Some(text(405, "only GET and POST")),
        }
    }

    /// What a model was asked about the cluster whose id stands in the address.
    fn why(&self, url: &str) -> Result<HttpReply> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let id = query.split('&').find_map(|part| part.strip_prefix("id=")).and_then(decoded);
        let Some(id) = id else { return Ok(text(404, "which cluster?")) };
        let tree = Tree::read(&self.folder.hierarchy())?;
        let iterations = Hierarchy::made(self.folder, &tree, &Edits::default()).iterations();
        let why = explained(self.folder, iterations, &id)?;
        let questions = why.map(|why| why.questions).unwrap_or_default();
        let json = serde_json::to_string(&questions).map_err(|e| Error::Bug(e.to_string()))?;
        Ok(HttpReply(200, "application/json; charset=utf-8", json))
    }

    fn page(&self) -> Result<HttpReply> {
        let look = PageStyle { plain: false, served: true };
        let mut page = picture::page(self.folder)?;
        picture::columns::put(&mut page, self.folder, self.columns)?;
        let html = render(&page, look).map_err(|problem| Error::config(problem.to_string()))?;
        Ok(HttpReply(200, "text/html; charset=utf-8", html))
    }
}

fn corrections(request: &mut Request) -> Result<Corrections> {
    let mut body = String::new();
    let most = MOST as u64 + 1;
    let read = request.as_reader().take(most).read_to_string(&mut body);
    read.map_err(|e| Error::config(format!("the corrections cannot be read: {e}")))?;
    if body.len() > MOST {
        return Err(Error::config(format!("the corrections have more than {MOST} bytes")));
    }
    serde_json::from_str(&body).map_err(|e| Error::config(format!("no corrections: {e}")))
}

fn text(status: u16, says: &str) -> HttpReply {
    HttpReply(status, "text/plain; charset=utf-8", says.to_owned())
}

fn response(HttpReply(status, kind, body): HttpReply) -> Response<std::io::Cursor<Vec<u8>>> {
    let headers = [
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ];
    let mut response = Response::from_data(body.into_bytes()).with_status_code(status);
    for (name, value) in headers {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

/// A part of an address as it was before it was put there (`encodeURIComponent`).
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(16 * digit()? + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Are two texts the same? That takes as long wherever they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_addresses_as_browsers_write_them() {
        assert_eq!(decoded("hd-047").as_deref(), Some("hd-047"));
        assert_eq!(decoded("a%20b%2F%C3%A9").as_deref(), Some("a b/é"));
        assert_eq!((decoded("%"), decoded("%f"), decoded("%ff")), (None, None, None));
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same("abc", "abc") && same("", ""));
        assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }
}
