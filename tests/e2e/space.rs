//! A folder to play in, and the binaries to play with.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use cladus_core::artifact::{self, Cluster, Node};
use skipped_tests::there;

/// The checkout.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder with the binaries, built once per test run with the tests' own profile: nobody tests
/// yesterday's.
fn binaries() -> &'static Path {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().unwrap().parent().unwrap().to_owned();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // With the tests, which are there: without them, libraries would have other features, and half
        // of everything would be built once more.
        build.current_dir(repository());
        build.args(["build", "--workspace", "--bins", "--tests", "--quiet"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let output = build.output().map_err(|e| e.to_string())?;
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(folder).ok_or_else(said)
    });
    match built {
        Ok(folder) => folder,
        Err(said) => panic!("the binaries do not build:\n{said}"),
    }
}

/// The python with polars and DuckDB, if there is one; whoever has none is told.
#[track_caller]
pub fn python() -> Option<PathBuf> {
    python_with("polars, duckdb")
}

/// The python with these modules, if there is one; whoever has none is told.
#[track_caller]
pub fn python_with(modules: &str) -> Option<PathBuf> {
    let asked = std::env::var_os("CLADUS_TEST_PYTHON").map(PathBuf::from);
    let python = asked.clone().unwrap_or_else(|| "python3".into());
    // A path is meant from the checkout, wherever cargo starts the tests.
    let python = if python.components().count() > 1 { repository().join(python) } else { python };
    let check = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    let found = check.is_ok_and(|output| output.status.success());
    assert!(found || asked.is_none(), "CLADUS_TEST_PYTHON has not all of {modules}");
    there(found, &format!("a Python with {modules} (CLADUS_TEST_PYTHON)")).then_some(python)
}

/// A temporary folder.
pub struct Space {
    folder: tempfile::TempDir,
}

/// What a process said and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The error holds every one of `parts`, and nothing that a user should not see.
    #[track_caller]
    pub fn complains(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in:\n{}", self.stderr);
        }
        for never in ["panicked", "RUST_BACKTRACE", "unwrap", ".rs:"] {
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

impl Space {
    pub fn new() -> Self {
        // Nobody's clock runs while the binaries are built.
        binaries();
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A command of this workspace, in this folder.
    pub fn command(&self, binary: &str) -> Command {
        let mut command = Command::new(binaries().join(binary));
        command
            .current_dir(self.folder.path())
            .env_remove("CLADUS_LOG")
            .env_remove("RUST_BACKTRACE");
        command
    }

    #[must_use = "assert the exit code"]
    pub fn run<S: AsRef<OsStr>>(&self, binary: &str, args: impl IntoIterator<Item = S>) -> Ran {
        self.command(binary).args(args).output().unwrap().into()
    }

    /// `cladus` with words between spaces.
    #[must_use = "assert the exit code"]
    pub fn cladus(&self, line: &str) -> Ran {
        self.run("cladus", line.split_whitespace())
    }

    #[must_use = "assert the exit code"]
    pub fn cladus_with_input(&self, line: &str, input: &[u8]) -> Ran {
        let mut command = self.command("cladus");
        command.args(line.split_whitespace());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Runs a Python script in this folder.
    #[must_use = "assert the exit code"]
    pub fn python(&self, python: &Path, script: &str) -> Ran {
        let script = self.write("script.py", script);
        let mut command = Command::new(python);
        command.arg(script).current_dir(self.folder.path()).output().unwrap().into()
    }

    /// A copy of the example input in this folder.
    pub fn example(&self) -> &'static str {
        const NAME: &str = "helpdesk.jsonl";
        fs::copy(helpdesk(), self.path(NAME)).unwrap();
        NAME
    }

    pub fn hierarchy(&self, run: &str) -> Vec<Node> {
        artifact::read_hierarchy(&self.path(run).join("hierarchy.parquet")).unwrap().rows
    }

    pub fn clusters(&self, file: &str) -> Vec<Cluster> {
        artifact::read_clusters(&self.path(file)).unwrap().rows
    }

    /// Every artifact below `run` with its bytes.
    pub fn artifacts(&self, run: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.path(run);
        let mut found = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "parquet") {
                    found.insert(
                        path.strip_prefix(&root).unwrap().to_owned(),
                        fs::read(&path).unwrap(),
                    );
                }
            }
        }
        found
    }
}

/// The example input, wherever the checkout is: its path may hold blanks, so it is an argument, and no
/// part of a line that is split.
pub fn helpdesk() -> String {
    repository().join("examples/helpdesk/clusters.jsonl").to_str().unwrap().to_owned()
}

/// JSON lines of clusters with these names.
pub fn named(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let line = |name: &str| format!("{}\n", serde_json::json!({ "name": name }));
    names.into_iter().map(|name| line(name.as_ref())).collect()
}

/// `n` clusters about a few subjects, different from each other.
pub fn assorted(n: usize) -> String {
    let verbs = ["Reset", "Explain", "Fix", "Export", "Compare", "Translate"];
    let things = ["passwords", "invoices", "builds", "recipes", "contracts", "photos", "sensors"];
    let places = ["for teams", "on phones", "in the cloud", "at school", "for tax"];
    let line = |i: usize| {
        let (verb, thing, place) = (
            verbs[i % verbs.len()],
            things[(i / 3) % things.len()],
            places[(i / 7) % places.len()],
        );
        let cluster = serde_json::json!({
            "id": format!("c{i:05}"),
            "name": format!("{verb} {thing} {place} {i}"),
            "description": format!("People asked to {} {thing} {place}. Case {i} was solved.", verb.to_lowercase()),
            "members": (0..=(i % 5)).map(|m| format!("m{i}-{m}")).collect::<Vec<_>>(),
        });
        format!("{cluster}\n")
    };
    (0..n).map(line).collect()
}
