//! The pipeline file: which stages other programs take the place of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cladus_core::{Error, Result, suggest};
use serde::Deserialize;
use toml::Spanned;

use super::word::{CommandWord, OutputForm, Placeholder};
use crate::stages::stage::Stage;

/// A pipeline file, read and checked.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Where it lies, which is where its commands run.
    pub(super) folder: PathBuf,
    pub(super) commands: BTreeMap<Stage, CommandLine>,
}

/// A command as the file has it.
#[derive(Debug, Clone)]
pub(super) struct CommandLine {
    /// Program first.
    pub(super) words: Vec<CommandWord>,
    /// Is its standard output what it writes?
    pub(super) to_stdout: bool,
    /// How it writes its artifact.
    pub(super) form: OutputForm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default)]
    stage: Stages,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stages {
    embed: Option<Spanned<StageEntry>>,
    group: Option<Spanned<StageEntry>>,
    propose: Option<Spanned<StageEntry>>,
    label: Option<Spanned<StageEntry>>,
    rename: Option<Spanned<StageEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageEntry {
    #[serde(default)]
    builtin: bool,
    command: Option<Spanned<Vec<Spanned<String>>>>,
    stdout: Option<Spanned<String>>,
}

impl Pipeline {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or has a stage, key or placeholder that is not known.
    pub fn load(path: &Path) -> Result<Self> {
        // What the command line names and is not there is a mistake in it, not a damaged input.
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config_hint(
                format!("cannot read the pipeline file {}: {e}", path.display()),
                "a run remembers its pipeline file; --no-pipeline ignores it",
            )
        })?;
        let at = |place: usize, problem: &str| {
            let line = text[..place.min(text.len())].matches('\n').count() + 1;
            Error::config_hint(
                format!("{}: line {line}: {problem}", path.display()),
                "see `pipelines/default.toml` for every stage and placeholder",
            )
        };
        let contents: Contents = toml::from_str(&text).map_err(|e| {
            let (problem, meant) = suggest::unknown_key(e.message());
            let meant = meant.map(|meant| format!("; {meant}")).unwrap_or_default();
            at(e.span().map_or(0, |span| span.start), &format!("{problem}{meant}"))
        })?;
        let Stages { embed, group, propose, label, rename } = contents.stage;
        let entries = [
            (Stage::Embed, embed),
            (Stage::Group, group),
            (Stage::Propose, propose),
            (Stage::Label, label),
            (Stage::Rename, rename),
        ];
        let mut commands = BTreeMap::new();
        for (stage, entry) in entries {
            let Some(entry) = entry else { continue };
            let start = entry.span().start;
            let command = command(stage, entry.into_inner(), start);
            if let Some(command) = command.map_err(|(place, problem)| {
                at(place, &format!("stage {}: {problem}", stage.name()))
            })? {
                commands.insert(stage, command);
            }
        }
        let absolute = std::path::absolute(path).map_err(|e| Error::io("find", path, e))?;
        let folder = absolute.parent().map_or_else(|| absolute.clone(), Path::to_owned);
        Ok(Self { folder, commands })
    }
}

/// The command of one entry, `None` where the stage is ours; an error with its place in the file.
fn command(
    stage: Stage,
    entry: StageEntry,
    start: usize,
) -> Result<Option<CommandLine>, (usize, String)> {
    let StageEntry { builtin, command, stdout } = entry;
    let Some(command) = command else {
        return match stdout {
            Some(stdout) => Err((stdout.span().start, "stdout without a command".to_owned())),
            None if builtin => Ok(None),
            None => Err((start, "neither a command nor builtin = true".to_owned())),
        };
    };
    let start = command.span().start;
    if builtin {
        return Err((start, "both a command and builtin = true".to_owned()));
    }
    let words = words(stage, command.into_inner(), start)?;
    let mut forms: Vec<OutputForm> = Vec::new();
    let outs = |word: &CommandWord| -> Vec<OutputForm> {
        let form = |placeholder| match placeholder {
            Placeholder::Out(form) => Some(form),
            _ => None,
        };
        word.placeholders().filter_map(form).collect()
    };
    words.iter().for_each(|word| forms.extend(outs(word)));
    if let Some(stdout) = &stdout {
        let place = stdout.span().start;
        let word =
            CommandWord::parse(stdout.get_ref(), stage).map_err(|problem| (place, problem))?;
        let form = outs(&word);
        if form.len() != 1 || word.pieces.len() != 1 || !forms.is_empty() {
            let problem =
                "stdout must be \"{out}\" or \"{out.jsonl}\", and the command must contain neither";
            return Err((place, problem.to_owned()));
        }
        forms = form;
    }
    forms.sort_unstable();
    forms.dedup();
    match forms.as_slice() {
        [form] => Ok(Some(CommandLine { words, to_stdout: stdout.is_some(), form: *form })),
        [] => Err((
            start,
            "no output is given: use {out}, {out.jsonl}, or stdout = \"{out.jsonl}\"".to_owned(),
        )),
        _ => Err((
            start,
            "the command contains both {out} and {out.jsonl}: use one of them".to_owned(),
        )),
    }
}

/// The words of a command, the first of which is a program.
fn words(
    stage: Stage,
    written: Vec<Spanned<String>>,
    start: usize,
) -> Result<Vec<CommandWord>, (usize, String)> {
    let mut words = Vec::new();
    for word in written {
        let place = word.span().start;
        let parsed =
            CommandWord::parse(word.get_ref(), stage).map_err(|problem| (place, problem))?;
        if parsed.written.contains('\0') {
            return Err((place, "a word contains a null character".to_owned()));
        }
        words.push(parsed);
    }
    let problem = match words.first().map(CommandWord::text) {
        None | Some(Some("")) => "the command is empty",
        Some(None) => "its first word is the program to run, not a placeholder",
        Some(Some(_)) => return Ok(words),
    };
    Err((start, problem.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Pipeline> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipeline.toml");
        std::fs::write(&path, text).unwrap();
        Pipeline::load(&path)
    }

    #[test]
    fn a_stage_is_ours_unless_a_command_takes_its_place() {
        let text = "# mine\n[stage.embed]\nbuiltin = true\n\n[stage.group]\ncommand = [\"a\", \"{out}\"]\n";
        let pipeline = load(text).unwrap();
        assert_eq!(pipeline.commands.keys().collect::<Vec<_>>(), [&Stage::Group]);
        assert!(load("").unwrap().commands.is_empty());
        let text = "[stage.propose]\ncommand = [\"jq\", \".\", \"{clusters.jsonl}\"]\nstdout = \"{out.jsonl}\"\n";
        let pipeline = load(text).unwrap();
        let command = &pipeline.commands[&Stage::Propose];
        assert!(command.to_stdout && command.form == OutputForm::Lines);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        for (text, parts) in [
            ("\n[stage.grup]\n", ["line 2", "grup"]),
            ("[stages.group]\n", ["line 1", "stages"]),
            ("[stage.group]\ncomand = []\n", ["line 2", "comand"]),
            ("[stage.group]\ncommand = \"a {out}\"\n", ["line 2", "sequence"]),
            ("[stage.group]\ncommand = []\n", ["line 2", "empty"]),
            ("[stage.group]\ncommand = [\"\"]\n", ["line 2", "empty"]),
            ("[stage.group]\n", ["line 1", "builtin"]),
            ("[stage.group]\nbuiltin = true\ncommand = [\"a\", \"{out}\"]\n", ["line 3", "both"]),
            ("[stage.group]\ncommand = [\"a\"]\n", ["line 2", "{out.jsonl}"]),
            ("[stage.group]\ncommand = [\"{out}\"]\n", ["line 2", "program"]),
            ("[stage.group]\ncommand = [\n\"a\",\n\"{outt}\"]\n", ["line 4", "{outt}"]),
            ("[stage.group]\ncommand = [\"a\", \"{labels}\", \"{out}\"]\n", ["line 2", "{labels}"]),
            (
                "[stage.group]\ncommand = [\"a\", \"{out}\", \"{out.jsonl}\"]\n",
                ["line 2", "use one"],
            ),
            (
                "[stage.group]\ncommand = [\"a\", \"{out}\"]\nstdout = \"{out}\"\n",
                ["line 3", "neither"],
            ),
            ("[stage.group]\ncommand = [\"a\"]\nstdout = \"x\"\n", ["line 3", "stdout"]),
            ("[stage.group]\nstdout = \"{out}\"\n", ["line 2", "without a command"]),
            ("[stage.group\n", ["line 1", "pipeline.toml"]),
        ] {
            let error = load(text).unwrap_err();
            assert_eq!(error.exit_code(), cladus_core::exit::USAGE, "{text}");
            for part in parts {
                assert!(error.to_string().contains(part), "{text}\n{error}");
            }
        }
    }
}
