//! A folder to play in, and the binaries to play with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The checkout.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The folder with the binaries of the other workspace, built once per test run.
fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = repository().join(target.unwrap_or_else(|| "target".into()));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.current_dir(repository()).args(["build", "--workspace", "--bins", "--quiet"]);
        let output = build.env("CARGO_TARGET_DIR", &target).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        target.join("debug")
    })
}

/// The driver.
pub(crate) fn cladus() -> PathBuf {
    binaries().join("cladus")
}

/// A temporary folder.
pub(crate) struct Space {
    folder: tempfile::TempDir,
}

/// What a process said and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.exits(0).stdout
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard error holds every one of `parts`, and nothing that a user should not see.
    #[track_caller]
    pub(crate) fn complains(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in:\n{}", self.stderr);
        }
        for never in ["panicked", "RUST_BACKTRACE", "PolarsError", ".rs:"] {
            assert!(!self.stderr.contains(never), "{never:?} in:\n{}", self.stderr);
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary that is tested.
pub(crate) const QUERY: &str = env!("CARGO_BIN_EXE_cladus-query");

impl Space {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the example, run.
    pub(crate) fn with_example() -> Self {
        let space = Self::new();
        space.example("r", &[]);
        space
    }

    /// Runs the example into `out`.
    pub(crate) fn example(&self, out: &str, more: &[&str]) {
        let example = repository().join("examples/helpdesk/clusters.jsonl");
        let words = ["run", example.to_str().unwrap(), "--out", out, "--quiet"];
        self.cladus(words.iter().chain(more)).ok();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program in this folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
        command
    }

    pub(crate) fn cladus<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        self.command(cladus()).args(words).output().unwrap().into()
    }

    pub(crate) fn query<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        self.command(QUERY).args(words).output().unwrap().into()
    }

    /// The rows that answer `sql`.
    #[track_caller]
    pub(crate) fn rows(&self, run: &str, sql: &str) -> Vec<Value> {
        lines(&self.query([run, sql, "--format", "jsonl"]).ok())
    }

    /// The only value that answers `sql`.
    #[track_caller]
    pub(crate) fn value(&self, run: &str, sql: &str) -> Value {
        let rows = self.rows(run, sql);
        let mut values = rows.first().and_then(Value::as_object).unwrap().values();
        values.next().unwrap().clone()
    }
}

/// JSON lines, read.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A server in a model's place; ends with this value.
pub(crate) struct Server {
    child: std::process::Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        use std::io::{BufRead, BufReader};
        let mut command = Command::new(binaries().join("cladus-test-server"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whether it is gone already is nobody's concern.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
