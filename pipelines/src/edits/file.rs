//! The file: edits in the order they are written, each with its line.

use std::path::{Path, PathBuf};

use cladus_core::{Error, Result};
use serde::Deserialize;
use toml::Spanned;

use super::verb::{Create, Merge, Move, Pin, Rename, Verb};

/// All edits of a file, in its order.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    path: PathBuf,
    /// The edits.
    pub list: Vec<Edit>,
}

/// One edit.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The line it begins at in the file, from 1.
    pub line: usize,
    /// And the byte.
    pub start: usize,
    /// What it says.
    pub verb: Verb,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditsFile {
    #[serde(default)]
    rename: Vec<Spanned<Rename>>,
    #[serde(default)]
    merge: Vec<Spanned<Merge>>,
    #[serde(default, rename = "move")]
    moved: Vec<Spanned<Move>>,
    #[serde(default)]
    pin: Vec<Spanned<Pin>>,
    #[serde(default)]
    create: Vec<Spanned<Create>>,
}

impl Edits {
    /// Reads the file at `path`; none is one without edits.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, or says what no edit says.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self { path: path.to_owned(), list: Vec::new() })
            }
            Err(e) => Err(Error::io("read", path, e)),
        }
    }

    /// The edits in `text`, which is that of the file at `path`.
    ///
    /// # Errors
    /// When it is not TOML, or says what no edit says.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let line_at = |start: usize| text[..start].matches('\n').count() + 1;
        let wrong = |line: usize, problem: &str| {
            Error::config(format!("{}: line {line}: {problem}", path.display()))
        };
        let file: EditsFile = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| line_at(span.start));
            wrong(line, e.message())
        })?;
        let mut list: Vec<(usize, Verb)> = Vec::new();
        // Each kind is in the order of the file; all of them are once they are sorted by their places.
        list.extend(placed(file.rename, Verb::Rename));
        list.extend(placed(file.merge, Verb::Merge));
        list.extend(placed(file.moved, Verb::Move));
        list.extend(placed(file.pin, Verb::Pin));
        list.extend(placed(file.create, Verb::Create));
        list.sort_by_key(|(start, _)| *start);
        let edit = |(start, mut verb): (usize, Verb)| {
            let line = line_at(start);
            verb.settle().map_err(|problem| wrong(line, &problem))?;
            Ok(Edit { line, start, verb })
        };
        Ok(Self { path: path.to_owned(), list: list.into_iter().map(edit).collect::<Result<_>>()? })
    }

    /// The file, as messages call it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Is there nothing to correct?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What they mean, a line each: the same for two files that mean the same, however they are
    /// written.
    ///
    /// # Errors
    /// Never in practice: every edit has a JSON form.
    pub fn meaning(&self) -> Result<String> {
        let line = |edit: &Edit| {
            let json = serde_json::to_string(&edit.verb).map_err(|e| Error::Bug(e.to_string()))?;
            Ok(json + "\n")
        };
        self.list.iter().map(line).collect()
    }
}

fn placed<T>(
    list: Vec<Spanned<T>>,
    verb: impl Fn(T) -> Verb,
) -> impl Iterator<Item = (usize, Verb)> {
    list.into_iter().map(move |edit| (edit.span().start, verb(edit.into_inner())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Edits> {
        Edits::parse(Path::new("edits.toml"), text)
    }

    const ALL: &str = r#"# what we agreed on
[[rename]]
parent = "Pneumonia and infections"
name = "Infections"

[[move]]
cluster = "hd-017"
to = { of = ["b", "a", "b"], level = 1 }

[[rename]]
parent = { name = "Gists", of = ["c"] }
description = "Snippets."

[[merge]]
parents = ["Gists", "Gist comments"]
[[pin]]
cluster = "hd-020"
under = "Billing"

[[create]]
name = "Card payments"
clusters = ["hd-001", "hd-002"]
under = "Billing"
"#;

    #[test]
    fn edits_are_in_the_order_of_the_file_each_with_its_line() {
        let found = parse(ALL).unwrap();
        let said: Vec<String> =
            found.list.iter().map(|edit| format!("{} {}", edit.line, edit.verb)).collect();
        assert_eq!(
            said,
            [
                r#"2 rename "Pneumonia and infections" to "Infections""#,
                r#"6 move "hd-017" to the parent of a, b"#,
                r#"10 rename "Gists": new description"#,
                r#"14 merge "Gists" and "Gist comments""#,
                r#"16 pin "hd-020" under "Billing""#,
                r#"20 create "Card payments" of "hd-001" and "hd-002" under "Billing""#,
            ]
        );
    }

    #[test]
    fn only_what_it_means_counts() {
        let meaning = |text: &str| parse(text).unwrap().meaning().unwrap();
        let said = "[[rename]]\nparent = 'A'\nname = ' B  C '\n";
        let same = "# x\n\n[[rename]]\nname = \"B C\" # y\nparent = \"A\"\n";
        assert_eq!(meaning(said), meaning(same));
        assert_ne!(meaning(said), meaning("[[rename]]\nparent = 'a'\nname = 'B'\n"));
        assert_eq!(meaning("# nothing\n"), "");
        let of = |ids: &str| meaning(&format!("[[move]]\ncluster = 'x'\nto = {{ of = [{ids}] }}"));
        assert_eq!(of("'a', 'b'"), of("'b', 'a', 'a'"));
    }

    #[test]
    fn what_is_no_edit_is_an_error_with_its_line_and_what_there_is() {
        for (text, parts) in [
            ("[[renam]]\nparent = 'a'\n", &["line 1", "renam", "rename", "merge", "pin"][..]),
            ("\n[[rename]]\nparent = 'a'\nnam = 'b'\n", &["line 4", "nam", "description"]),
            ("\n[[rename]]\nparent = 'a'\n", &["line 2", "no new name"]),
            ("[[rename]]\nname = 'a'\n", &["line 1", "parent"]),
            ("[[rename]]\nparent = 3\nname = 'b'\n", &["line 2", "integer", "an id, a name"]),
            ("[[rename]]\nparent = 'a'\nname = 3\n", &["line 3", "string"]),
            ("[[rename]]\nparent = 'a'\nname = ' '\n", &["line 1", "name is empty"]),
            ("[[rename]]\nparent = 'a'\nslug = 'A b'\n", &["line 1", "snake_case"]),
            ("[[move]]\ncluster = 'a'\nto = ''\n", &["line 1", "empty"]),
            ("[[move]]\ncluster = 'a'\nto = { of = [] }\n", &["line 1", "base clusters"]),
            ("[[move]]\ncluster = 'a'\nto = { off = [] }\n", &["line 3", "off", "level"]),
            ("[[merge]]\nparents = ['a']\n", &["line 1", "2 or more"]),
            ("[[create]]\nname = 'a'\nclusters = []\n", &["line 1", "no children"]),
            ("[[create]]\nname = ''\nclusters = ['a']\n", &["line 1", "name is empty"]),
            ("[[merge]\n", &["line 1"]),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.exit_code(), cladus_core::exit::USAGE);
            let message = error.to_string();
            for part in parts.iter().chain(&["edits.toml"]) {
                assert!(message.contains(part), "no {part:?} in {message:?} for {text:?}");
            }
        }
    }
}
