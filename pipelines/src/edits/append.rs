//! An edit as a command writes it: at the end of the file, everything before it as it was.

use cladus_core::{Error, Result, atomic};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::draft::EditableTree;
use super::file::{Edit, Edits};
use super::verb::{Move, Of, Pin, Reference, Verb, Wording};

/// At most so many base clusters stand for a parent.
const EXAMPLES: usize = 6;

/// How a cluster is written down so that it is found again after a rebuild: a base cluster by its id, a
/// parent by its name, its level and a few base clusters, of which no child of it holds more than half.
/// What is to go there (`except`) is no sign of it.
pub fn reference(draft: &EditableTree, node: usize, except: Option<usize>) -> Reference {
    let cluster = draft.cluster(node);
    if draft.is_base(node) {
        return Reference::Said(cluster.id.clone());
    }
    let all = draft.children(node);
    let mut children: Vec<usize> =
        all.iter().copied().filter(|child| Some(*child) != except).collect();
    if children.is_empty() {
        children = all.to_vec();
    }
    let of_each = match children.len() {
        2 => children.iter().map(|&child| leaves(draft, child, 2).len()).min().unwrap_or(1),
        _ => 1,
    };
    let chosen = children.len().min(EXAMPLES);
    // Spread over all of them: those that go together may all go elsewhere.
    let of = (0..chosen).map(|place| children[place * children.len() / chosen]);
    let mut of: Vec<String> = of
        .flat_map(|child| leaves(draft, child, of_each))
        .map(|leaf| draft.cluster(leaf).id.clone())
        .collect();
    of.sort_unstable();
    Reference::Of(Of { name: Some(cluster.name.clone()), of, level: Some(cluster.level) })
}

/// The first `most` base clusters of `node`.
fn leaves(draft: &EditableTree, node: usize, most: usize) -> Vec<usize> {
    let (mut found, mut open) = (Vec::new(), vec![node]);
    while let Some(node) = open.pop().filter(|_| found.len() < most) {
        if draft.is_base(node) {
            found.push(node);
        }
        open.extend(draft.children(node).iter().rev());
    }
    found
}

/// Writes `edits` with `verb` after them to their file.
///
/// # Errors
/// When the file cannot be read or written, or no edit can follow what it holds.
pub fn append(edits: &Edits, verb: &Verb) -> Result<Edits> {
    let path = edits.path();
    let mut text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::io("read", path, e)),
    };
    if !text.is_empty() {
        text += if text.ends_with('\n') { "\n" } else { "\n\n" };
    }
    text += &block(verb);
    let written = Edits::parse(path, &text).map_err(|error| {
        let problem = format!("no edit can be added to {}: {error}", path.display());
        Error::config_hint(problem, "write every edit as its own block: [[rename]], …")
    })?;
    if written.list.last().is_none_or(|last| last.verb != *verb) {
        return Err(Error::Bug(format!("{verb} is read back as another edit")));
    }
    atomic::publish_bytes(path, text.as_bytes())?;
    Ok(written)
}

/// Takes the last edit out of the file; everything else in it stays as it is. That edit, where there
/// was one.
///
/// # Errors
/// When the file cannot be read or written.
pub fn take_last(edits: &Edits) -> Result<Option<(Edit, Edits)>> {
    let path = edits.path();
    let Some(last) = edits.list.last() else { return Ok(None) };
    let mut text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    // It ends with the file, but for remarks behind it.
    let mut end = last.start;
    let mut at = last.start;
    for line in text[last.start..].split_inclusive('\n') {
        at += line.len();
        if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            end = at;
        }
    }
    text.replace_range(last.start..end, "");
    let kept = text.trim_end_matches('\n').len();
    text.truncate(kept);
    if !text.is_empty() {
        text.push('\n');
    }
    let left = Edits::parse(path, &text)?;
    if left.list.len() + 1 != edits.list.len() {
        let problem =
            format!("{}: line {}: the last edit is part of a list", path.display(), last.line);
        return Err(Error::config_hint(problem, "remove it from the file by hand"));
    }
    atomic::publish_bytes(path, text.as_bytes())?;
    Ok(Some((last.clone(), left)))
}

/// The edit as TOML.
fn block(verb: &Verb) -> String {
    let mut table = Table::new();
    let mut put = |key: &str, value: Value| drop(table.insert(key, Item::Value(value)));
    let name = match verb {
        Verb::Rename(rename) => {
            put("parent", value(&rename.parent));
            worded(&rename.wording(), put);
            "rename"
        }
        Verb::Merge(merge) => {
            put("parents", lines(&merge.parents).into());
            worded(&merge.wording(), put);
            "merge"
        }
        Verb::Move(Move { cluster, to }) => {
            put("cluster", value(cluster));
            put("to", value(to));
            "move"
        }
        Verb::Pin(Pin { cluster, under }) => {
            put("cluster", value(cluster));
            put("under", value(under));
            "pin"
        }
        Verb::Create(create) => {
            worded(&create.wording(), &mut put);
            put("clusters", lines(&create.clusters).into());
            create.under.iter().for_each(|under| put("under", value(under)));
            "create"
        }
    };
    let mut document = DocumentMut::new();
    document.insert(name, Item::ArrayOfTables(ArrayOfTables::from_iter([table])));
    document.to_string()
}

/// References, a line each: they are long.
fn lines(references: &[Reference]) -> Array {
    let mut lines: Array = references.iter().map(value).collect();
    lines.iter_mut().for_each(|line| line.decor_mut().set_prefix("\n    "));
    lines.set_trailing("\n");
    lines.set_trailing_comma(true);
    lines
}

fn worded(wording: &Wording, mut put: impl FnMut(&str, Value)) {
    let Wording { name, description, slug } = wording;
    let all = [("name", name), ("description", description), ("slug", slug)];
    for (key, value) in all {
        value.iter().for_each(|value| put(key, value.as_str().into()));
    }
}

fn value(reference: &Reference) -> Value {
    match reference {
        Reference::Said(said) => said.as_str().into(),
        Reference::Of(Of { name, of, level }) => {
            let mut table = InlineTable::new();
            name.iter().for_each(|name| drop(table.insert("name", name.as_str().into())));
            level.iter().for_each(|level| drop(table.insert("level", i64::from(*level).into())));
            if !of.is_empty() {
                table.insert("of", Value::Array(of.iter().map(String::as_str).collect()));
            }
            table.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::edits::verb::{Create, Merge, Rename};

    fn of(name: &str, of: &[&str]) -> Reference {
        let of = of.iter().map(|id| (*id).to_owned()).collect();
        Reference::Of(Of { name: Some(name.to_owned()), of, level: None })
    }

    #[test]
    fn what_is_there_stays_and_what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edits.toml");
        let mut edits = Edits::load(&path).unwrap();
        assert!(edits.is_empty());
        let name = |name: &str| Wording { name: Some(name.to_owned()), ..Wording::default() };
        let verbs = [
            Verb::Rename(Rename::new(of("A \"b\" \\ c", &["x", "y"]), name("D'e"))),
            Verb::Merge(Merge::new(vec![of("A", &["x"]), of("B", &["z"])], Wording::default())),
            Verb::Rename(Rename::new(Reference::Said("p-1".to_owned()), name("F"))),
            Verb::Pin(Pin { cluster: Reference::Said("x".to_owned()), under: of("A", &["y"]) }),
            Verb::Create(Create::new(
                vec![Reference::Said("x".to_owned()), of("A", &["y"])],
                Some(of("B", &["z"])),
                "G".to_owned(),
                Some("Of x.".to_owned()),
                None,
            )),
        ];
        let mut before = String::new();
        for (n, verb) in verbs.iter().enumerate() {
            edits = append(&edits, verb).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with(&before), "{text}");
            before = format!("{text}# a remark, without a line end");
            std::fs::write(&path, &before).unwrap();
            let read: Vec<Verb> =
                Edits::load(&path).unwrap().list.into_iter().map(|edit| edit.verb).collect();
            assert_eq!(read, verbs[..=n]);
        }
    }

    #[test]
    fn the_last_edit_is_taken_out_and_remarks_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edits.toml");
        let text = "# first\n[[pin]]\ncluster = 'a'\nunder = 'b'\n\n[[merge]] # why\nparents = [\n  'a',\n  'b',\n] # so\n# last\n";
        std::fs::write(&path, text).unwrap();
        let (taken, left) = take_last(&Edits::load(&path).unwrap()).unwrap().unwrap();
        assert_eq!((taken.line, left.list.len()), (6, 1));
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(kept, "# first\n[[pin]]\ncluster = 'a'\nunder = 'b'\n\n# last\n");
        let (_, left) = take_last(&left).unwrap().unwrap();
        assert!(take_last(&left).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# first\n\n# last\n");
    }

    #[test]
    fn a_file_that_takes_no_more_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edits.toml");
        let text = "pin = [{ cluster = 'a', under = 'b' }]\n";
        std::fs::write(&path, text).unwrap();
        let edits = Edits::parse(Path::new(&path), text).unwrap();
        let error = append(&edits, &edits.list[0].verb.clone()).unwrap_err();
        assert!(error.hint().unwrap().contains("[[rename]]"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
