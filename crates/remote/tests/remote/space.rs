//! A folder to play in, the programs to play with, and a place that stands for an object store.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// The checkout.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The folder with the binaries of the other workspace, built once per test run.
pub(crate) fn binaries() -> &'static Path {
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

/// The example input.
pub(crate) fn helpdesk() -> String {
    repository().join("examples/helpdesk/clusters.jsonl").to_str().unwrap().to_owned()
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
        for never in ["panicked", "RUST_BACKTRACE", ".rs:", "Generic", "<Error>"] {
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

/// A temporary folder, and what programs in it see of the world.
pub(crate) struct Space {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// The program that is tested.
const REMOTE: &str = env!("CARGO_BIN_EXE_cladus-remote");

impl Space {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Programs find a store at `endpoint`.
    pub(crate) fn with_store_at(endpoint: &str) -> Self {
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
        ];
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        Self { variables: variables.into(), ..Self::new() }
    }

    /// The example input as a file in this folder: the checkout's own path may have blanks.
    pub(crate) fn input(&self) -> &'static str {
        std::fs::copy(helpdesk(), self.path("in.jsonl")).unwrap();
        "in.jsonl"
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a local folder, which behaves as an object store does.
    pub(crate) fn address(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// A program in this folder; it finds the stages, the driver and what is tested.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let own = Path::new(REMOTE).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.path("bin"), own.to_owned(), binaries().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("TMPDIR", self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn cladus<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        self.command(binaries().join("cladus")).args(words).output().unwrap().into()
    }

    /// `cladus remote` with these words, a blank between two.
    pub(crate) fn remote(&self, words: &str) -> Ran {
        self.command(REMOTE).args(words.split(' ')).output().unwrap().into()
    }

    pub(crate) fn start(&self, words: &str) -> Child {
        let mut command = self.command(REMOTE);
        command
            .args(words.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The pipeline over an object store.
    pub(crate) fn objects(&self, run: &str, settings: &str, shares: u32) -> Ran {
        self.objects_by(run, settings, shares, &[])
    }

    /// The same with further variables.
    pub(crate) fn objects_by(
        &self,
        run: &str,
        settings: &str,
        shares: u32,
        more: &[(&str, &str)],
    ) -> Ran {
        let mut command = self.command(repository().join("pipelines/objects.sh"));
        command
            .arg(run)
            .arg(helpdesk())
            .env("SETTINGS", settings)
            .env("SHARES", shares.to_string());
        command.envs(more.iter().copied()).output().unwrap().into()
    }

    /// All artifacts and manifests of a run at `address`, but those of shares.
    pub(crate) fn artifacts_at(&self, address: &str) -> BTreeMap<String, Vec<u8>> {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap();
        let (scheme, rest) = address.split_once("://").unwrap();
        self.remote(&format!("--work {} -- true {address}", work.path().display())).ok();
        let host = if scheme == "file" { "-/" } else { "" };
        artifacts(
            &work
                .path()
                .join("files")
                .join(scheme)
                .join(format!("{host}{}", rest.trim_start_matches('/'))),
        )
    }

    /// What is left behind in the folder of programs that have ended.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(".tmp") || name.starts_with("tmp.")).collect()
    }
}

/// All artifacts and manifests in a folder and below it, but those of shares.
pub(crate) fn artifacts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if (name.ends_with(".parquet") || name.ends_with(".manifest.json"))
                && !name.contains(".shard-")
            {
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The stores of answers at `folder` and below it.
pub(crate) fn stores(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        paths.flat_map(|path| if path.is_dir() { stores(&path) } else { vec![path] }).collect();
    found.sort();
    found
}
