//! Servers: one that answers as a model would, and one that keeps objects.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use skipped_tests::there;

use crate::space::{binaries, repository};

/// A process that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An endpoint.
pub(crate) struct Model {
    _process: Served,
    address: String,
}

impl Model {
    /// One that takes so long for an answer.
    pub(crate) fn start(latency_ms: u32) -> Self {
        let mut command = Command::new(binaries().join("cladus-test-server"));
        command.args(["--latency-ms", &latency_ms.to_string()]).stdout(Stdio::piped());
        let mut process = Served(command.spawn().unwrap());
        let mut said = String::new();
        BufReader::new(process.0.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let at = said.find("127.0.0.1:").unwrap();
        let address =
            said[at..].split(|c: char| !(c.is_ascii_digit() || ".:".contains(c))).next().unwrap();
        Self { _process: process, address: address.to_owned() }
    }

    /// What `cladus` is told to ask it.
    pub(crate) fn flags(&self) -> String {
        format!("--model test-chat --embedder lexical --base-url http://{}/v1", self.address)
    }

    /// What it has seen, by name.
    pub(crate) fn seen(&self, what: &str) -> u64 {
        let body = get(&self.address, "/stats");
        let stats: Value = serde_json::from_str(&body).unwrap();
        stats[what].as_u64().unwrap()
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A server that keeps objects as S3 does, with the bucket `bucket`.
pub(crate) struct Objects {
    _process: Served,
    pub(crate) endpoint: String,
}

impl Objects {
    /// By moto, where there is a Python that has it.
    pub(crate) fn start() -> Option<Self> {
        let asked = std::env::var_os("CLADUS_TEST_S3_PYTHON").map(PathBuf::from);
        let python = asked.unwrap_or_else(|| "python3".into());
        let python =
            if python.components().count() > 1 { repository().join(python) } else { python };
        let check = Command::new(&python).args(["-c", "import moto.server, flask"]).output();
        let found = check.is_ok_and(|output| output.status.success());
        if !there(found, "a Python with moto[server] (CLADUS_TEST_S3_PYTHON)") {
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = Served(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the server for objects does not come up"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "PUT /bucket HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        Some(Self { _process: process, endpoint: format!("http://{address}") })
    }
}
