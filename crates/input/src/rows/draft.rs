//! Rows as drafts of clusters: every role's cell read for what it holds.

use std::collections::BTreeSet;
use std::path::Path;

use cladus_core::{Error, Place, Result, text};
use serde_json::Value;

use crate::columns::mapping::Mapping;
use crate::columns::roles;
use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::values::cells::{self, SizeNotation};
use crate::values::column_role::ColumnRole;
use crate::values::readable;
use crate::values::table::{InputTable, TableRow, as_text, is_blank};

/// One cluster as the file has it.
#[derive(Debug, Clone)]
pub(crate) struct ClusterDraft {
    pub(crate) place: Place,
    pub(crate) id: Option<String>,
    /// The number in front of a machine's name.
    pub(crate) numbered: Option<i64>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) slug: Option<String>,
    pub(crate) members: Option<Vec<String>>,
    pub(crate) size: Option<u64>,
    pub(crate) parent: Option<String>,
    pub(crate) level: Option<i64>,
    pub(crate) path: Vec<String>,
    /// The item that the row is, where rows are items.
    pub(crate) item: Option<String>,
    /// The node above it, once that is known.
    pub(crate) above: Option<usize>,
}

impl Default for ClusterDraft {
    fn default() -> Self {
        Self {
            place: Place::Row(0),
            id: None,
            numbered: None,
            name: String::new(),
            description: String::new(),
            slug: None,
            members: None,
            size: None,
            parent: None,
            level: None,
            path: Vec::new(),
            item: None,
            above: None,
        }
    }
}

impl ClusterDraft {
    /// The given size, else the number of members, else 1.
    pub(crate) fn size(&self) -> u64 {
        let members = self.members.as_ref().map_or(0, Vec::len);
        self.size.unwrap_or(members.max(1) as u64)
    }

    /// Name and description as they go into artifacts.
    pub(crate) fn cleaned(&self) -> (String, String) {
        let (name, _) = clean(&self.name, text::MAX_NAME_CHARS);
        let (description, _) = clean(&self.description, text::MAX_DESCRIPTION_CHARS);
        (if name.is_empty() { "noise".to_owned() } else { name }, description)
    }
}

/// The text without what cannot be shown, and whether it had to be cut.
pub(crate) fn clean(text: &str, max_chars: usize) -> (String, bool) {
    let cleaned = text::clean_to(text, max_chars).into_owned();
    let was_cut = cleaned.ends_with('…') && !text.trim_end().ends_with('…');
    (cleaned, was_cut)
}

/// Every row as a draft.
///
/// # Errors
/// When a cell does not hold what its role asks for; the place and the column are named.
pub(crate) fn read(
    path: &Path,
    table: &InputTable,
    mapping: &mut Mapping,
    told: &mut ReadingNotes,
) -> Result<Vec<ClusterDraft>> {
    let sizes = roles::sizes(table, mapping);
    let mut drafts = Vec::with_capacity(table.rows.len());
    let mut cut = 0;
    for row in &table.rows {
        drafts.push(draft(path, table, mapping, row, sizes, &mut cut)?);
    }
    if cut > 0 {
        told.warnings.push(format!(
            "{} cut by whoever printed them (\"...\"): write the file with whole lists",
            if cut == 1 {
                "1 list of members was".to_owned()
            } else {
                format!("{cut} lists of members were")
            }
        ));
    }
    if mapping.get(ColumnRole::Name).is_some()
        && readable::are_numbered(
            drafts.iter().map(|draft| draft.name.as_str()).collect::<BTreeSet<_>>().into_iter(),
        )
    {
        for draft in &mut drafts {
            draft.numbered =
                draft.name.split('_').next().and_then(|number| number.trim().parse().ok());
            if let Some(name) = readable::without_number(&draft.name) {
                draft.name = name;
            }
        }
        told.notes.push("names without their numbers and dashes".to_owned());
    }
    let by_keywords = mapping
        .get(ColumnRole::Keywords)
        .is_some_and(|column| mapping.get(ColumnRole::Name) == Some(column));
    if by_keywords {
        mapping.remove(ColumnRole::Keywords);
    }
    Ok(drafts)
}

fn draft(
    path: &Path,
    table: &InputTable,
    mapping: &Mapping,
    row: &TableRow,
    sizes: SizeNotation,
    cut: &mut usize,
) -> Result<ClusterDraft> {
    let cell = |role: ColumnRole| {
        mapping.get(role).map(|column| &row.cells[column]).filter(|value| !is_blank(value))
    };
    let at = |role: ColumnRole, problem: String| {
        let column = mapping.get(role).map_or(role.said(), |column| table.columns[column].as_str());
        Error::at(path, row.place, &printable(column), problem)
    };
    let mut draft = ClusterDraft { place: row.place, ..ClusterDraft::default() };
    draft.id = cell(ColumnRole::Id)
        .map(|value| scalar(value).map_err(|p| at(ColumnRole::Id, p)))
        .transpose()?;
    let words = cell(ColumnRole::Keywords)
        .map(|value| cells::keywords(value).unwrap_or_else(|| vec![as_text(value)]));
    draft.path = mapping
        .path
        .iter()
        .map(|&column| &row.cells[column])
        .filter(|v| !is_blank(v))
        .map(|v| as_text(v).trim().to_owned())
        .collect();
    let called = match cell(ColumnRole::Name) {
        Some(value @ (Value::Object(_) | Value::Bool(_))) => {
            return Err(at(ColumnRole::Name, format!("is {}, expected a text", kind(value))));
        }
        called => called,
    };
    let in_path = mapping.get(ColumnRole::Name).is_none();
    let (name, all_words) = name(called, words.as_deref(), draft.path.last().filter(|_| in_path));
    draft.name = name;
    let described = cell(ColumnRole::Description).map(|value| match cells::keywords(value) {
        Some(words) => words.join(", "),
        None => as_text(value),
    });
    let about = || words.or(all_words).map(|words| words.join(", "));
    draft.description = described
        .or_else(about)
        .filter(|text| text.trim() != draft.name.trim())
        .unwrap_or_default();
    draft.slug = cell(ColumnRole::Slug).map(as_text);
    if let Some(value) = cell(ColumnRole::Members) {
        let list = cells::members(value).map_err(|problem| at(ColumnRole::Members, problem))?;
        *cut += usize::from(list.cut);
        draft.members = Some(list.items);
    }
    if let Some(value) = cell(ColumnRole::Size) {
        draft.size = sizes.read(value).map_err(|problem| at(ColumnRole::Size, problem))?;
    }
    draft.parent = cell(ColumnRole::Parent).map(as_text);
    draft.level = cell(ColumnRole::Level).and_then(|value| as_text(value).trim().parse().ok());
    draft.item = cell(ColumnRole::Item).map(as_text);
    Ok(draft)
}

/// The name in its own cell, else the last part of the path, else made of keywords; and all keywords that it is
/// made of.
fn name(
    called: Option<&Value>,
    words: Option<&[String]>,
    last: Option<&String>,
) -> (String, Option<Vec<String>>) {
    if let Some(value) = called {
        // `(none)` is in brackets, and no list.
        let in_brackets = value
            .as_str()
            .is_some_and(|text| text.trim().starts_with('(') && !text.contains([',', '\'', '"']));
        return match cells::keywords(value).filter(|words| !words.is_empty() && !in_brackets) {
            Some(words) => (readable::name_of(&words), Some(words)),
            None => (as_text(value), None),
        };
    }
    match (words, last) {
        (_, Some(last)) => (last.clone(), None),
        (Some(words), None) => (readable::name_of(&split_words(words)), Some(words.to_vec())),
        (None, None) => (String::new(), None),
    }
}

/// One text of several words is as many.
fn split_words(words: &[String]) -> Vec<String> {
    match words {
        [one] => {
            let by =
                [", ", " - ", " | ", "; ", "/", ",", ";"].into_iter().find(|by| one.contains(by));
            let pieces: Vec<&str> =
                by.map_or_else(|| vec![one.as_str()], |by| one.split(by).collect());
            pieces
                .into_iter()
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect()
        }
        words => words.to_vec(),
    }
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::Array(_) | Value::Object(_) => {
            Err(format!("is {}, expected a text or a number", kind(value)))
        }
        value => Ok(as_text(value)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        Value::Bool(_) => "true or false",
        _ => "something else",
    }
}
