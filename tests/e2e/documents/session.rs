//! One document's blocks, done one after the other in one folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use cladus_core::config::Config;
use cladus_tests::server::{Behaviour, TestServer};

use crate::space::{Ran, Space, helpdesk, repository};

use super::blocks::{Block, Document};
use super::{console, writes};

/// What the documents take for granted: a run of the example.
const RUN: &str = "my-run";
/// Where programs are that do nothing.
const PROGRAMS: &str = "programs";

/// What all sessions share.
pub(super) struct Ground {
    /// Where the example was run.
    example: Space,
    /// A Python with polars and DuckDB, where there is one.
    python: Option<PathBuf>,
}

impl Ground {
    pub(super) fn new(python: Option<PathBuf>) -> Self {
        let example = Space::new();
        fs::copy(helpdesk(), example.path("clusters.jsonl")).unwrap();
        example.cladus(&format!("run clusters.jsonl --out {RUN} --quiet")).ok();
        Self { example, python }
    }
}

/// A folder with what the documents take for granted: the example as `clusters.jsonl` with its truth, the
/// checkout's folders, a model that answers, a browser that opens nothing.
pub(super) struct Session<'a> {
    space: Space,
    server: TestServer,
    ground: &'a Ground,
}

impl<'a> Session<'a> {
    fn new(ground: &'a Ground) -> Self {
        let space = Space::new();
        fs::copy(helpdesk(), space.path("clusters.jsonl")).unwrap();
        let taxonomy = repository().join("examples/helpdesk/taxonomy.jsonl");
        fs::copy(taxonomy, space.path("truth.jsonl")).unwrap();
        for folder in ["crates", "examples", "pipelines"] {
            symlink(repository().join(folder), space.path(folder)).unwrap();
        }
        fs::create_dir(space.path(PROGRAMS)).unwrap();
        // The others answer where they are not built: what they do is compared by their own tests.
        for program in ["xdg-open", "cladus-query"] {
            symlink("/bin/true", space.path(PROGRAMS).join(program)).unwrap();
        }
        Self { space, server: TestServer::start(Behaviour::default()), ground }
    }

    /// Does what the document at `path` says; tells what went otherwise.
    pub(super) fn of(path: &Path, ground: &'a Ground) -> Vec<String> {
        let document = Document::read(path);
        if document.blocks.iter().all(|block| block.language == "text") {
            return Vec::new();
        }
        let session = Self::new(ground);
        let (mut problems, mut anew) = (Vec::new(), Vec::new());
        for block in document.blocks.iter().filter(|block| block.needs().is_none()) {
            match session.block(block) {
                Ok(None) => {}
                Ok(Some(body)) => anew.push((block.range.clone(), body)),
                Err(problem) => problems.push(format!("{}: {problem}", block.place)),
            }
        }
        let mut text = document.text;
        for (range, body) in anew.into_iter().rev() {
            text.replace_range(range, &body);
        }
        if writes() {
            fs::write(document.path, text).unwrap();
        }
        problems
    }

    /// What the block should be, where it is not; or what fails.
    fn block(&self, block: &Block) -> Result<Option<String>, String> {
        match block.language.as_str() {
            "console" => return self.console(&block.body),
            "sh" => self.shell(&block.body).map(drop)?,
            "sql" => self.sql(&block.body)?,
            "python" => self.script(&block.body).map(drop)?,
            "toml" => self.toml(&block.body)?,
            "json" => {
                for line in block.body.lines() {
                    let parsed = serde_json::from_str::<serde_json::Value>(line);
                    parsed.map_err(|e| format!("{line}: {e}"))?;
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn console(&self, body: &str) -> Result<Option<String>, String> {
        let mut steps = console::steps(body);
        let mut differ = Vec::new();
        for step in &mut steps {
            let ran = self.shell(&step.command)?;
            let printed = step.printed.trim_end();
            // What is said while working stands on the other channel.
            let fits = [&ran.stdout, &ran.stderr]
                .into_iter()
                .any(|found| printed.is_empty() || console::fits(printed, found.trim_end()));
            if fits {
                continue;
            }
            let found = console::trimmed(&ran.stdout);
            match console::anew(printed, &found).filter(|_| writes()) {
                // A line between two commands stays.
                Some(now) => step.printed = now + &step.printed[printed.len()..],
                None => differ.push(format!("$ {}\nprints\n{found}", step.command)),
            }
        }
        if differ.is_empty() {
            let now = console::block(body, &steps);
            Ok((now != body).then_some(now))
        } else {
            Err(differ.join("\n"))
        }
    }

    /// Runs these lines as a shell would, in a checkout where cladus is built and a key is there.
    fn shell(&self, lines: &str) -> Result<Ran, String> {
        let made = lines.contains("run ") && lines.contains(".jsonl");
        if !made {
            self.have_a_run();
        }
        let lines = lines
            .replace("cargo run --release -- ", "cladus ")
            .replace("http://localhost:11434/v1", &self.server.base_url());
        let mut command = self.command("sh");
        command.args(["-e", "-c", &lines]);
        let ran = Ran::from(command.output().map_err(|e| e.to_string())?);
        if ran.code == 0 {
            Ok(ran)
        } else {
            Err(format!("{lines}\nends with exit code {}:\n{}{}", ran.code, ran.stdout, ran.stderr))
        }
    }

    fn command(&self, program: &str) -> Command {
        let cladus = PathBuf::from(self.space.command("cladus").get_program());
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.space.path(PROGRAMS), cladus.parent().unwrap().to_owned()];
        let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&before)));
        let mut command = Command::new(program);
        command
            .current_dir(self.space.path(""))
            .env("PATH", path.unwrap())
            .env("OPENAI_BASE_URL", self.server.base_url())
            .env("OPENAI_API_KEY", "sk-of-the-documents")
            .env("CLADUS_BINARY", cladus)
            .env("PYTHONPATH", repository().join("python"))
            .env_remove("CLADUS_LOG")
            .env_remove("COLUMNS");
        command
    }

    fn have_a_run(&self) {
        let run = self.space.path(RUN);
        if !run.exists() {
            let made = self.ground.example.path(RUN);
            let copied = Command::new("cp").arg("-a").arg(made).arg(run).status();
            assert!(copied.unwrap().success());
        }
    }

    fn sql(&self, query: &str) -> Result<(), String> {
        let script = format!("import duckdb\nprint(len(duckdb.sql(r'''{query}''').fetchall()))\n");
        let Some(ran) = self.script(&script)? else { return Ok(()) };
        if ran.stdout.trim() == "0" { Err(format!("no rows:\n{query}")) } else { Ok(()) }
    }

    /// What a script of Python comes to, where there is a Python.
    fn script(&self, script: &str) -> Result<Option<Ran>, String> {
        let Some(python) = &self.ground.python else { return Ok(None) };
        self.have_a_run();
        let file = self.space.write("script.py", script);
        let mut command = self.command(python.to_str().unwrap());
        let ran = Ran::from(command.arg(file).output().map_err(|e| e.to_string())?);
        match (ran.code, ran.stdout.is_empty()) {
            (0, false) => Ok(Some(ran)),
            (0, true) => Err(format!("prints nothing:\n{script}")),
            (code, _) => Err(format!("{script}\nends with exit code {code}:\n{}", ran.stderr)),
        }
    }

    /// Settings, corrections, or programs in the place of stages: whoever reads the file says.
    fn toml(&self, text: &str) -> Result<(), String> {
        self.have_a_run();
        if text.lines().any(|line| line.starts_with("[stage.")) {
            self.space.write("pipeline-of-the-page.toml", text);
            self.shell("cladus run clusters.jsonl --out piped --dry-run --pipeline pipeline-of-the-page.toml")?;
        } else if text.contains("[[") {
            self.space.write(&format!("{RUN}/edits.toml"), text);
            let said = self.shell(&format!("cladus edit {RUN} --list"))?.stdout;
            let edits = text.matches("\n[[").count() + usize::from(text.starts_with("[["));
            if !said.contains(&format!("{edits} apply")) {
                return Err(format!("not all of them apply:\n{said}"));
            }
            self.shell(&format!("cladus run --out {RUN} --quiet"))?;
        } else {
            // What is commented out is a setting, too.
            let all: String = text
                .lines()
                .map(|line| {
                    line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line)
                })
                .map(|line| format!("{line}\n"))
                .collect();
            Config::load(&self.space.write("settings-of-the-page.toml", all))
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}
