//! The file: what people may write, and what it means.

use std::fmt;
use std::path::{Path, PathBuf};

use cladus_core::{Error, Result, text};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;

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
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// What it says.
    pub verb: Verb,
}

/// What an edit does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Another name, description or slug.
    Rename(Rename),
    /// Several parents become one.
    Merge(Merge),
    /// A cluster goes under another parent.
    Move(Move),
    /// A cluster stays under a parent, wherever a rebuild puts it.
    Pin(Pin),
}

/// What a person calls a parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its description; without it, it keeps the one it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its slug; without it, made from a new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
}

/// `[[rename]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// Whose name it is.
    pub parent: Reference,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

/// `[[merge]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Two or more; the first one stays.
    pub parents: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

/// `[[move]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// What is moved: a base cluster or a parent.
    pub cluster: Reference,
    /// The parent it goes to.
    pub to: Reference,
}

/// `[[pin]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What is pinned: a base cluster or a parent.
    pub cluster: Reference,
    /// The parent it stays under.
    pub under: Reference,
}

/// Which cluster is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reference {
    /// An id, a name or a slug.
    Said(String),
    /// A parent by what is below it: ids and names of parents may change with a rebuild, ids of base
    /// clusters do not.
    Of(Of),
}

/// A parent by what is below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// Its name, which decides where `of` does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Ids of base clusters. It is the lowest parent that holds more than half of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// The level it stands at, where that need not be the lowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rename: Vec<Spanned<Rename>>,
    #[serde(default)]
    merge: Vec<Spanned<Merge>>,
    #[serde(default, rename = "move")]
    moved: Vec<Spanned<Move>>,
    #[serde(default)]
    pin: Vec<Spanned<Pin>>,
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
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| line_at(span.start));
            wrong(line, e.message())
        })?;
        let mut list: Vec<(usize, Verb)> = Vec::new();
        // Each kind is in the order of the file; all of them are once they are sorted by their places.
        list.extend(placed(file.rename, Verb::Rename));
        list.extend(placed(file.merge, Verb::Merge));
        list.extend(placed(file.moved, Verb::Move));
        list.extend(placed(file.pin, Verb::Pin));
        list.sort_by_key(|(start, _)| *start);
        let edit = |(start, mut verb): (usize, Verb)| {
            let line = line_at(start);
            verb.settle().map_err(|problem| wrong(line, &problem))?;
            Ok(Edit { line, verb })
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

impl Rename {
    /// To `wording`.
    pub fn new(parent: Reference, wording: Wording) -> Self {
        let Wording { name, description, slug } = wording;
        Self { parent, name, description, slug }
    }

    /// What the parent is called from now on.
    pub fn wording(&self) -> Wording {
        let Self { name, description, slug, .. } = self.clone();
        Wording { name, description, slug }
    }
}

impl Merge {
    /// Into the first of `parents`, which is called `wording` then.
    pub fn new(parents: Vec<Reference>, wording: Wording) -> Self {
        let Wording { name, description, slug } = wording;
        Self { parents, name, description, slug }
    }

    /// What the one that stays is called from now on.
    pub fn wording(&self) -> Wording {
        let Self { name, description, slug, .. } = self.clone();
        Wording { name, description, slug }
    }
}

impl Verb {
    /// Cleans what it says, and says what it lacks.
    ///
    /// # Errors
    /// What it lacks.
    pub fn settle(&mut self) -> Result<(), String> {
        match self {
            Self::Rename(Rename { parent, name, description, slug }) => {
                parent.settle()?;
                settle_wording(name, description, slug)?;
                if name.is_none() && description.is_none() && slug.is_none() {
                    return Err(
                        "[[rename]] says no new name (nor a description or slug)".to_owned()
                    );
                }
            }
            Self::Merge(Merge { parents, name, description, slug }) => {
                parents.iter_mut().try_for_each(Reference::settle)?;
                settle_wording(name, description, slug)?;
                if parents.len() < 2 {
                    let n = parents.len();
                    return Err(format!("[[merge]] names {n} of its parents, expected 2 or more"));
                }
            }
            Self::Move(Move { cluster, to }) => {
                cluster.settle()?;
                to.settle()?;
            }
            Self::Pin(Pin { cluster, under }) => {
                cluster.settle()?;
                under.settle()?;
            }
        }
        Ok(())
    }
}

fn settle_wording(
    name: &mut Option<String>,
    description: &mut Option<String>,
    slug: &mut Option<String>,
) -> Result<(), String> {
    if let Some(name) = name {
        *name = text::clean_to(name, text::MAX_NAME_CHARS).into_owned();
        if name.is_empty() {
            return Err("name is empty".to_owned());
        }
    }
    if let Some(description) = description {
        *description = text::clean_to(description, text::MAX_DESCRIPTION_CHARS).into_owned();
    }
    if let Some(slug) = slug {
        let fits = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase())
        };
        if !slug.split('_').all(fits) {
            return Err(format!("slug {slug:?} is not in snake_case"));
        }
    }
    Ok(())
}

impl Reference {
    fn settle(&mut self) -> Result<(), String> {
        match self {
            // An id may hold two spaces, so this is cleaned only where names are compared.
            Self::Said(said) if said.trim().is_empty() => {
                Err("a reference is empty, expected an id, a name or a slug".to_owned())
            }
            Self::Said(_) => Ok(()),
            Self::Of(Of { name, of, level: _ }) => {
                of.sort_unstable();
                of.dedup();
                match (name, of.is_empty()) {
                    (None, true) => {
                        Err("a reference names no base clusters: { of = [\"id\", …] }".to_owned())
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Reference;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, a name or a slug, or { of = [\"id of a base cluster\", …] }")
            }

            fn visit_str<E: de::Error>(self, said: &str) -> Result<Reference, E> {
                Ok(Reference::Said(said.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reference, A::Error> {
                Of::deserialize(de::value::MapAccessDeserializer::new(map)).map(Reference::Of)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(said) | Self::Of(Of { name: Some(said), .. }) => write!(f, "{said:?}"),
            Self::Of(Of { of, .. }) => {
                let more = if of.len() > 2 { ", …" } else { "" };
                let shown: Vec<&str> = of.iter().take(2).map(String::as_str).collect();
                write!(f, "the parent of {}{more}", shown.join(", "))
            }
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rename(rename) => {
                write!(f, "rename {}", rename.parent)?;
                let Wording { name, description, slug } = rename.wording();
                match (name, description, slug) {
                    (Some(name), ..) => write!(f, " to {name:?}"),
                    (None, Some(_), _) => f.write_str(": another description"),
                    (None, None, _) => f.write_str(": another slug"),
                }
            }
            Self::Merge(merge) => {
                let parents: Vec<String> = merge.parents.iter().map(ToString::to_string).collect();
                write!(f, "merge {}", parents.join(" and "))?;
                merge.wording().name.map_or(Ok(()), |name| write!(f, " as {name:?}"))
            }
            Self::Move(Move { cluster, to }) => write!(f, "move {cluster} to {to}"),
            Self::Pin(Pin { cluster, under }) => write!(f, "pin {cluster} under {under}"),
        }
    }
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
                r#"10 rename "Gists": another description"#,
                r#"14 merge "Gists" and "Gist comments""#,
                r#"16 pin "hd-020" under "Billing""#,
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
