//! The server, seen by a client that knows nothing but sockets.

mod failing;
mod seeing;
mod supporting;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::TestServer;

/// An answer.
#[derive(Debug, PartialEq)]
struct Got {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the model said.
    fn content(&self) -> String {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    }

    fn answer(&self) -> Value {
        serde_json::from_str(&self.content()).unwrap()
    }

    fn error(&self, key: &str) -> Value {
        self.json()["error"][key].clone()
    }
}

/// A connection that is used again and again.
struct Client {
    stream: TcpStream,
    headers: String,
}

impl Client {
    fn new(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream, headers: String::new() }
    }

    fn send(&mut self, method: &str, path: &str, body: &str) {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}", self.headers);
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        self.stream.write_all((head + &length + body).as_bytes()).unwrap();
    }

    fn receive(&mut self) -> io::Result<Got> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()));
        let headers = lines.filter_map(header).collect();
        let mut got = Got { status, headers, body: Vec::new() };
        got.body = vec![0; got.header("content-length").map_or(0, |n| n.parse().unwrap())];
        self.stream.read_exact(&mut got.body)?;
        Ok(got)
    }

    fn try_post(&mut self, path: &str, body: &Value) -> io::Result<Got> {
        self.send("POST", path, &body.to_string());
        self.receive()
    }

    fn post(&mut self, body: &Value) -> Got {
        let embeds = body.get("input").is_some();
        let path = if embeds { "/v1/embeddings" } else { "/v1/chat/completions" };
        self.try_post(path, body).unwrap()
    }
}

/// Asks once, on a connection of its own.
fn post(server: &TestServer, body: &Value) -> Got {
    Client::new(server).post(body)
}

fn closed(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn label_schema() -> Value {
    let part = json!({"$ref": "#/$defs/label"});
    let mut schema = closed(&json!({"1": part, "2": part}));
    schema["$defs"] =
        json!({"label": {"type": "string", "enum": ["Baking bread", "Lost passwords"]}});
    schema
}

fn messages(user: &str) -> Value {
    json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": user}])
}

const ITEMS: &str = "<items>\n<item id=\"1\">Reset passwords</item>\n<item id=\"2\">Bake rye bread</item>\n</items>";

/// The n-th of many different questions about labels.
fn label(n: usize) -> Value {
    let format = json!({"type": "json_schema", "json_schema": {"name": "labels", "strict": true, "schema": label_schema()}});
    json!({"model": "m", "messages": messages(&format!("{ITEMS} {n}")), "response_format": format})
}

fn propose(at_most: usize) -> Value {
    let names = json!({"type": "array", "items": {"type": "string"}, "maxItems": at_most});
    let format = json!({"type": "json_schema", "json_schema": {"name": "names", "strict": true, "schema": closed(&json!({"names": names}))}});
    json!({"model": "m", "messages": messages(ITEMS), "response_format": format})
}

fn rename() -> Value {
    let text = json!({"type": "string"});
    let parent = closed(&json!({"description": text, "name": text, "slug": text}));
    let part = json!({"$ref": "#/$defs/parent"});
    let mut schema = closed(&json!({"1": part, "2": part}));
    schema["$defs"] = json!({ "parent": parent });
    let format = json!({"type": "json_schema", "json_schema": {"name": "parents", "strict": true, "schema": schema}});
    let user = format!("<parent id=\"1\">{ITEMS}</parent><parent id=\"2\">{ITEMS}</parent>");
    json!({"model": "m", "messages": messages(&user), "response_format": format})
}

fn embed(texts: &[&str]) -> Value {
    json!({"model": "e", "input": texts})
}

fn labels() -> Value {
    json!({"1": "Lost passwords", "2": "Baking bread"})
}
