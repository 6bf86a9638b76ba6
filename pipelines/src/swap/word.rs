//! The words of a command, and the placeholders in them.

use cladus_core::schema::{self, Schema};

use crate::stages::stage::Stage;

/// What stands for a value of the run, beside artifacts. Each is a part of what a command's result
/// depends on, but for those that say where something is.
const VALUES: [&str; 15] = [
    "children",
    "iteration",
    "parents",
    "clusters_per_group",
    "max_clusters",
    "seed",
    "embedder",
    "embedding_model",
    "backend",
    "model",
    "temperature",
    "scope",
    "params",
    "prompts",
    "answers",
];

/// Something that stands between braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// An artifact to read.
    Input(&'static Schema, OutputForm),
    /// The artifact to write.
    Out(OutputForm),
    /// A value of the run.
    Value(&'static str),
}

/// How an artifact is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OutputForm {
    /// As it is.
    Parquet,
    /// As JSON lines.
    Lines,
}

impl OutputForm {
    /// The ending of a file's name.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Lines => "jsonl",
        }
    }
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Itself.
    Text(String),
    /// To be filled in.
    Place(Placeholder),
}

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandWord {
    /// As it stands in the pipeline file.
    pub(super) written: String,
    /// What it is made of.
    pub(super) pieces: Vec<Piece>,
}

impl CommandWord {
    /// Takes a word of a command of `stage` apart.
    pub(super) fn parse(written: &str, stage: Stage) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            let Some(end) = rest.find(['{', '}']).filter(|end| &rest[*end..=*end] == "}") else {
                return Err(format!("{written:?} has a single {brace}: write {brace}{brace}"));
            };
            if brace == "}" {
                return Err(format!("{written:?} has a single }}: write }}}}"));
            }
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Place(placeholder(&rest[..end], stage)?));
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        if !text.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self { written: written.to_owned(), pieces })
    }

    /// The placeholders in it.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(placeholder) => Some(*placeholder),
            Piece::Text(_) => None,
        })
    }

    /// What it says where it holds no placeholder.
    pub(super) fn text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// The artifacts that are there when `stage` starts, in the order they are made.
pub(super) fn inputs(stage: Stage) -> impl Iterator<Item = &'static Schema> {
    let earlier = Stage::ALL.into_iter().take_while(move |other| *other < stage);
    std::iter::once(&schema::CLUSTERS).chain(earlier.map(Stage::output))
}

fn placeholder(name: &str, stage: Stage) -> Result<Placeholder, String> {
    let (base, form) = match name.strip_suffix(".jsonl") {
        Some(base) => (base, OutputForm::Lines),
        None => (name, OutputForm::Parquet),
    };
    if base == "out" {
        return Ok(Placeholder::Out(form));
    }
    if let Some(schema) = inputs(stage).find(|schema| schema.artifact == base) {
        return Ok(Placeholder::Input(schema, form));
    }
    if let Some(value) = VALUES.iter().find(|value| **value == name) {
        return Ok(Placeholder::Value(value));
    }
    let artifacts: Vec<String> =
        inputs(stage).map(|s| format!("{{{0}}}, {{{0}.jsonl}}", s.artifact)).collect();
    let values: Vec<String> = VALUES.iter().map(|value| format!("{{{value}}}")).collect();
    Err(format!(
        "{} has no {{{name}}}; it has {}, {{out}}, {{out.jsonl}}, {}; {{{{ and }}}} stand for braces",
        stage.name(),
        artifacts.join(", "),
        values.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(written: &str) -> Result<Vec<Piece>, String> {
        CommandWord::parse(written, Stage::Group).map(|word| word.pieces)
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn a_word_holds_text_and_placeholders() {
        let seed = Piece::Place(Placeholder::Value("seed"));
        let out = Piece::Place(Placeholder::Out(OutputForm::Lines));
        assert_eq!(
            parse("--seed={seed}x{out.jsonl}").unwrap(),
            [text("--seed="), seed.clone(), text("x"), out]
        );
        assert_eq!(parse("{{seed}}").unwrap(), [text("{seed}")]);
        assert_eq!(parse("{{{seed}}}").unwrap(), [text("{"), seed, text("}")]);
        assert_eq!(parse("").unwrap(), [text("")]);
        assert_eq!(parse("ünï").unwrap(), [text("ünï")]);
    }

    #[test]
    fn what_is_no_placeholder_is_said_with_what_there_is() {
        let error = parse("{embedding}").unwrap_err();
        for part in ["{embedding}", "{embeddings}", "{clusters.jsonl}", "{out}", "{seed}"] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("{labels}"), "made later: {error}");
        for single in ["{", "}", "a{b", "a}b", "{seed", "{ {seed} }", "{seed.jsonl}", "{}"] {
            assert!(parse(single).is_err(), "{single}");
        }
    }
}
