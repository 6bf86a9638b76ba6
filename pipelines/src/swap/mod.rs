//! Other programs in the place of stages.
//!
//! * `file`: the pipeline file says which (`[stage.group] command = […]`). `word`: placeholders.
//! * `value`: what placeholders stand for, and which of them a result depends on.
//! * `scratch`: what a command gets to see, apart from the run's artifacts. `child`: running it.
//! * `accept`: what it wrote is checked like ours, and written again by our own writer.
//!
//! A command never touches an artifact: it reads copies and writes beside them, in a hidden folder of
//! the iteration's. When it fails that folder is left, so that its command line can be run again by
//! hand.

mod accept;
mod child;
mod file;
mod scratch;
mod value;
mod word;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cladus_core::artifact::Written;
use cladus_core::config::Config;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::schema::Schema;
use cladus_core::{Error, ProgramFault, Result};

use crate::folder::RunFolder;
use crate::stages::levels::Level;
use crate::stages::stage::{Stage, quote};
use accept::InputArtifacts;
use file::CommandLine;
pub use file::Pipeline;
use scratch::ScratchFolder;
use value::PlaceholderValues;
use word::{CommandWord, Piece, Placeholder};

/// Raised by hand when what a command wrote becomes other rows.
const VERSION: u32 = 1;

/// Which pipeline file a run goes by.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PipelineArgs {
    /// Pipeline file that replaces stages with other programs.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Ignore any pipeline file: use the built-in stages.
    #[arg(long, conflicts_with = "pipeline")]
    pub no_pipeline: bool,
}

impl PipelineArgs {
    /// Puts what was said here over `config`, and looks whether the file that is left makes sense.
    ///
    /// # Errors
    /// As [`Pipeline::load`].
    pub fn apply(&self, config: &mut Config) -> Result<()> {
        if self.no_pipeline {
            config.pipeline = None;
        }
        let Some(path) = self.pipeline.as_ref().or(config.pipeline.as_ref()) else {
            return Ok(());
        };
        // It is remembered, and the next run may start from another folder.
        let absolute = std::path::absolute(path).map_err(|e| Error::io("find", path, e))?;
        if absolute.to_str().is_none() {
            let problem = format!("{}: the path is not UTF-8", absolute.display());
            return Err(Error::config_hint(problem, "move or rename the file"));
        }
        Pipeline::load(&absolute)?;
        config.pipeline = Some(absolute);
        Ok(())
    }
}

/// A stage of one iteration whose place a command takes.
#[derive(Debug, Clone)]
pub struct Swapped {
    stage: Stage,
    command: CommandLine,
    /// Where it runs.
    folder: PathBuf,
    values: PlaceholderValues,
    ground: InputArtifacts,
    scratch: ScratchFolder,
    /// The artifact.
    out: PathBuf,
}

impl Swapped {
    /// The command that takes the place of `stage`, where `config` names a pipeline file with one.
    ///
    /// # Errors
    /// When the pipeline file, or a file that the command names, cannot be read; when a placeholder
    /// has no value in this run.
    pub fn of(
        stage: Stage,
        level: &Level,
        run: &RunFolder,
        config: &Config,
    ) -> Result<Option<Self>> {
        let Some(path) = &config.pipeline else { return Ok(None) };
        let Pipeline { folder, mut commands } = Pipeline::load(path)?;
        let Some(command) = commands.remove(&stage) else { return Ok(None) };
        // A command runs elsewhere: what it is told is absolute.
        let root = std::path::absolute(run.root()).map_err(|e| Error::io("find", run.root(), e))?;
        let told = RunFolder::new(&root);
        let out = |run: &RunFolder| run.artifact(level.iteration, stage.output().artifact);
        let swapped = Self {
            stage,
            folder,
            scratch: ScratchFolder::beside(&out(&told), stage),
            values: PlaceholderValues::new(stage, *level, told, config.clone()),
            ground: InputArtifacts::new(stage, *level, run.clone(), config)?,
            out: out(run),
            command,
        };
        for placeholder in swapped.placeholders() {
            if let Placeholder::Value(name) = placeholder {
                swapped.values.value_of(name)?;
            }
        }
        Ok(Some(swapped))
    }

    /// The artifacts that the result depends on: those that the command gets to see, and those that
    /// it is checked against.
    pub fn inputs(&self) -> Vec<(&'static str, PathBuf)> {
        let seen = |schema: &Schema| {
            let mut all = self.placeholders();
            all.any(|place| matches!(place, Placeholder::Input(other, _) if other == schema))
        };
        let needed =
            |schema: &&'static Schema| self.ground.needs().contains(schema) || seen(schema);
        let inputs = word::inputs(self.stage).filter(needed);
        inputs.map(|schema| (flag(schema), self.ground.path(schema))).collect()
    }

    /// What the result depends on: the command as it is written, the bytes of the files it names, the
    /// values of the placeholders it uses, and the rows of `inputs`.
    ///
    /// # Errors
    /// When a file that the command names cannot be read.
    pub fn fingerprint(&self, inputs: &[(&'static str, PathBuf)]) -> Result<Fingerprint> {
        let written: Vec<&str> = self.command.words.iter().map(|word| &*word.written).collect();
        let mut written = serde_json::json!(written).to_string();
        if self.command.to_stdout {
            written += &format!(" > {{out.{}}}", self.command.form.ending());
        }
        let mut fingerprint = Fingerprint::new(self.stage.name(), VERSION)
            .value("version", &format!("{VERSION} of commands"))
            .value("command", &written);
        for (name, path) in self.files() {
            fingerprint = value::with_file(fingerprint, &format!("file {name}"), &path)?;
        }
        for placeholder in self.placeholders() {
            if let Placeholder::Value(name) = placeholder {
                fingerprint = self.values.with(fingerprint, name)?;
            }
        }
        let inputs = inputs.iter();
        Ok(inputs
            .fold(fingerprint, |all, (flag, path)| all.input(flag.trim_start_matches('-'), path)))
    }

    /// The files that the command names: words, or what stands behind an equals sign, that are paths
    /// of existing files. The program itself is one only where it lies next to the pipeline file.
    fn files(&self) -> Vec<(&str, PathBuf)> {
        let mut files = Vec::new();
        for (place, word) in self.command.words.iter().enumerate() {
            let Some(text) = word.text().filter(|text| !text.is_empty()) else { continue };
            let names = std::iter::once(text).chain(text.split_once('=').map(|(_, name)| name));
            let name = names.into_iter().find(|name| {
                let ours = place > 0 || name.contains('/') && Path::new(name).is_relative();
                ours && !name.is_empty() && self.folder.join(name).is_file()
            });
            files.extend(name.map(|name| (name, self.folder.join(name))));
        }
        files
    }

    fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.command.words.iter().flat_map(CommandWord::placeholders)
    }

    /// The command line as a shell reads it.
    pub fn shell(&self) -> String {
        let words: Vec<String> = match self.expanded() {
            Ok(words) => words.iter().map(quote).collect(),
            Err(_) => return self.written(),
        };
        let to = self.scratch.file(self.stage.output(), self.command.form);
        let to = if self.command.to_stdout {
            format!(" > {}", quote(&to.into_os_string()))
        } else {
            String::new()
        };
        format!("cd {} && {}{to}", quote(&self.folder.clone().into_os_string()), words.join(" "))
    }

    /// The command in a few words, for messages.
    pub fn written(&self) -> String {
        /// Longer ones are cut.
        const MOST: usize = 60;
        let words: Vec<&str> = self.command.words.iter().map(|word| &*word.written).collect();
        cladus_core::text::clean_to(&words.join(" "), MOST).into_owned()
    }

    fn expanded(&self) -> Result<Vec<OsString>> {
        self.command.words.iter().map(|word| self.expand(word)).collect()
    }

    fn expand(&self, word: &CommandWord) -> Result<OsString> {
        let mut expanded = OsString::new();
        for piece in &word.pieces {
            match piece {
                Piece::Text(text) => expanded.push(text),
                Piece::Place(Placeholder::Input(schema, form)) => {
                    expanded.push(self.scratch.file(schema, *form));
                }
                Piece::Place(Placeholder::Out(form)) => {
                    expanded.push(self.scratch.file(self.stage.output(), *form));
                }
                Piece::Place(Placeholder::Value(name)) => {
                    expanded.push(self.values.value_of(name)?);
                }
            }
        }
        Ok(expanded)
    }

    /// Runs the command, checks what it wrote, and publishes that.
    ///
    /// # Errors
    /// [`Error::Program`] when the command cannot be run, fails, or writes what cannot be used; the
    /// artifact is then what it was.
    pub fn execute(&self, progress: &dyn Progress) -> Result<Ran> {
        self.scratch.make()?;
        for placeholder in self.placeholders() {
            if let Placeholder::Input(schema, form) = placeholder {
                self.scratch.hand_over(&self.ground.path(schema), schema, form)?;
            }
        }
        let wrote = self.scratch.file(self.stage.output(), self.command.form);
        let to_stdout = self.command.to_stdout.then_some(wrote.as_path());
        let fail = |fault, problem, said, hint| Error::Program {
            fault,
            stage: self.stage.name(),
            program: self.written(),
            problem,
            said,
            hint,
        };
        let said = child::run(&self.expanded()?, &self.folder, to_stdout, progress)
            .map_err(|failed| fail(failed.fault, failed.problem, failed.said, failed.hint))?;
        let kept = || {
            let folder = self.scratch.folder.display();
            format!("no artifact was changed; inputs and output of the command are in {folder}")
        };
        if !wrote.is_file() {
            let problem = format!("succeeded but wrote no {}", wrote.display());
            return Err(fail(ProgramFault::Unusable, problem, said, kept()));
        }
        let accepted = self.ground.accept(&wrote, self.command.form, &self.out);
        let (Written { digest, rows }, fell_back) = accepted.map_err(|error| match error {
            // Of the disk, or of ours: nothing that the command could do about it.
            Error::Io { action: "write" | "create the folder", .. } | Error::Bug(_) => error,
            error => {
                let problem = format!("wrote an unusable result: {error}");
                let hint = match error.hint() {
                    Some(hint) => format!("{hint}; {}", kept()),
                    None => kept(),
                };
                fail(ProgramFault::Unusable, problem, said, hint)
            }
        })?;
        self.scratch.remove()?;
        let note = format!("{rows} rows from `{}`", self.written());
        let asked = Asked { fell_back, ..Asked::default() };
        Ok(Ran { written: Some(Written { digest, rows }), note, asked })
    }
}

/// The flag that stages of ours know an artifact by.
fn flag(schema: &Schema) -> &'static str {
    match schema.artifact {
        "clusters" => "--clusters",
        "embeddings" => "--embeddings",
        "groups" => "--groups",
        "candidates" => "--candidates",
        "labels" => "--labels",
        other => other,
    }
}
