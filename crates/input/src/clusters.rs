//! From rows to base clusters.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cladus_core::artifact::Cluster;
use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result, id, text};
use serde_json::Value;

use crate::cells::{self, Sizes};
use crate::levels::{self, Kept, Parted};
use crate::roles::{self, Mapping};
use crate::shapes::{self, Shape};
use crate::table::{Row, Table, as_text, is_blank};
use crate::unclear::printable;
use crate::understood::{Understood, thousands};
use crate::vocabulary::Role;
use crate::{Input, Noise, documents, noise, readable};

/// One cluster as the file has it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
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

/// A base cluster, where it stands, and the node above it.
struct Made {
    place: Place,
    cluster: Cluster,
    above: Option<usize>,
}

impl Default for Draft {
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

impl Draft {
    /// The given size, else the number of members, else 1.
    pub(crate) fn size(&self) -> u64 {
        let members = self.members.as_ref().map_or(0, Vec::len);
        self.size.unwrap_or(members.max(1) as u64)
    }
}

/// What is found out on the way.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    warnings: Vec<String>,
}

/// Base clusters of a table.
pub(crate) fn of_table(path: &Path, mut table: Table, config: &InputConfig) -> Result<Input> {
    if table.rows.is_empty() {
        return Err(Error::damaged(path, "holds no clusters"));
    }
    let shape = shapes::recognise(path, &table)?;
    if let Some(shape) = &shape {
        shapes::keep_matches(&mut table, shape);
    }
    let mut mapping = roles::choose(path, &table, shape.as_ref(), config)?;
    let mut told =
        Told { notes: table.notes.clone(), warnings: std::mem::take(&mut table.warnings) };
    if mapping.guessed
        && let Some(name) = mapping.get(Role::Name)
    {
        told.notes.push(format!(
            "{} is taken for the name (--name-column)",
            printable(&table.columns[name])
        ));
    }
    let mut drafts = read(path, &table, &mut mapping, &mut told)?;
    let known_items = shape.as_ref().is_some_and(|shape| shape.rows_are_items);
    let (has_item, has_size) =
        (mapping.get(Role::Item).is_some(), mapping.get(Role::Size).is_some());
    if known_items
        || documents::are_items(&drafts, has_item, has_size || mapping.get(Role::Members).is_some())
    {
        let rows = drafts.len();
        drafts = documents::grouped(drafts);
        told.notes.push(format!(
            "each of {} rows is an item, grouped by cluster",
            thousands(rows as u64)
        ));
    } else {
        mapping.remove(Role::Item);
    }
    let lowest = shape.as_ref().and_then(|shape| shape.leaves_are_lowest);
    let parted = levels::part(path, drafts, lowest)?;
    finish(path, &table, shape.as_ref(), &mapping, parted, told, config)
}

fn read(path: &Path, table: &Table, mapping: &mut Mapping, told: &mut Told) -> Result<Vec<Draft>> {
    let sizes = roles::sizes(table, mapping);
    let mut drafts = Vec::with_capacity(table.rows.len());
    let mut cut = 0;
    for row in &table.rows {
        drafts.push(draft(path, table, mapping, row, sizes, &mut cut)?);
    }
    if cut > 0 {
        told.warnings.push(format!(
            "{cut} lists of members were cut by whoever printed them (\"...\"): write the file with whole lists"
        ));
    }
    if mapping.get(Role::Name).is_some()
        && readable::are_numbered(drafts.iter().map(|draft| draft.name.as_str()))
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
    let by_keywords =
        mapping.get(Role::Keywords).is_some_and(|column| mapping.get(Role::Name) == Some(column));
    if by_keywords {
        mapping.remove(Role::Keywords);
    }
    Ok(drafts)
}

fn draft(
    path: &Path,
    table: &Table,
    mapping: &Mapping,
    row: &Row,
    sizes: Sizes,
    cut: &mut usize,
) -> Result<Draft> {
    let cell = |role: Role| {
        mapping.get(role).map(|column| &row.cells[column]).filter(|value| !is_blank(value))
    };
    let at = |role: Role, problem: String| {
        let column = mapping.get(role).map_or(role.said(), |column| table.columns[column].as_str());
        Error::at(path, row.place, &printable(column), problem)
    };
    let mut draft = Draft { place: row.place, ..Draft::default() };
    draft.id =
        cell(Role::Id).map(|value| scalar(value).map_err(|p| at(Role::Id, p))).transpose()?;
    let words = cell(Role::Keywords)
        .map(|value| cells::keywords(value).unwrap_or_else(|| vec![as_text(value)]));
    draft.path = mapping
        .path
        .iter()
        .map(|&column| &row.cells[column])
        .filter(|v| !is_blank(v))
        .map(|v| as_text(v).trim().to_owned())
        .collect();
    let mut all_words = None;
    draft.name = match cell(Role::Name) {
        Some(value @ (Value::Object(_) | Value::Bool(_))) => {
            return Err(at(Role::Name, format!("is {}, expected a text", kind(value))));
        }
        Some(value) => match cells::keywords(value).filter(|words| !words.is_empty()) {
            Some(words) => {
                let name = readable::name_of(&words);
                all_words = Some(words);
                name
            }
            None => as_text(value),
        },
        None => match (&words, mapping.get(Role::Name), draft.path.last()) {
            (_, None, Some(last)) => last.clone(),
            (Some(words), _, _) => {
                all_words = Some(words.clone());
                readable::name_of(&split_words(words))
            }
            _ => String::new(),
        },
    };
    let described = cell(Role::Description).map(|value| match cells::keywords(value) {
        Some(words) => words.join(", "),
        None => as_text(value),
    });
    let about = || words.or(all_words).map(|words| words.join(", "));
    draft.description = described
        .or_else(about)
        .filter(|text| text.trim() != draft.name.trim())
        .unwrap_or_default();
    draft.slug = cell(Role::Slug).map(as_text);
    if let Some(value) = cell(Role::Members) {
        let list = cells::members(value).map_err(|problem| at(Role::Members, problem))?;
        *cut += usize::from(list.cut);
        draft.members = Some(list.items);
    }
    if let Some(value) = cell(Role::Size) {
        draft.size = sizes.read(value).map_err(|problem| at(Role::Size, problem))?;
    }
    draft.parent = cell(Role::Parent).map(as_text);
    draft.level = cell(Role::Level).and_then(|value| as_text(value).trim().parse().ok());
    draft.item = cell(Role::Item).map(as_text);
    Ok(draft)
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

/// Noise aside, then cleaned, checked, and told.
fn finish(
    path: &Path,
    table: &Table,
    shape: Option<&Shape>,
    mapping: &Mapping,
    parted: Parted,
    mut told: Told,
    config: &InputConfig,
) -> Result<Input> {
    let Parted { leaves, above, parent, unlinked } = parted;
    let largest = leaves.iter().map(Draft::size).max().unwrap_or(0);
    let (mut kept, mut set_aside, mut noisy) = (Vec::new(), Vec::new(), Vec::new());
    for (mut draft, parent) in leaves.into_iter().zip(parent) {
        draft.above = parent;
        let is_noise = noise::is_noise(&draft, largest);
        if is_noise {
            noisy.push((draft.name.clone(), draft.id.clone(), draft.size()));
        }
        if is_noise && !config.keep_noise { set_aside.push(draft) } else { kept.push(draft) }
    }
    if kept.is_empty() {
        return Err(Error::damaged(path, "holds nothing but noise (--keep-noise takes it in)"));
    }
    let name_column =
        mapping.get(Role::Name).map_or("name", |column| table.columns[column].as_str()).to_owned();
    let id_column =
        mapping.get(Role::Id).map_or("id", |column| table.columns[column].as_str()).to_owned();
    let made = made(path, kept, (&name_column, &id_column), &mut told)?;
    let noise_made = made_leniently(set_aside);
    let clusters: Vec<Cluster> = made.iter().map(|made| made.cluster.clone()).collect();
    let parent: Vec<Option<usize>> = made.iter().map(|made| made.above).collect();
    told_of_clusters(&clusters, &mut told);
    let items = clusters.iter().map(|cluster| cluster.size).sum();
    let leaves = clusters.len() as u64;
    let wanted = config.keep_levels && !above.is_empty();
    let given =
        if wanted { levels::kept(path, &clusters, &parent, &above)? } else { Kept::default() };
    told_of_levels(&above, unlinked, &given, config, leaves, &mut told);
    let clusters = if given.nodes.is_empty() { clusters } else { given.tops };
    let understood = Understood {
        file: path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
        kind: shape.map_or_else(|| table.format.clone(), |shape| shape.called.to_owned()),
        format: table.format.clone(),
        clusters: leaves,
        items,
        columns: columns(table, mapping),
        notes: told.notes,
        noise: noise_of(&noisy, config.keep_noise, shape),
        not_used: not_used(table, mapping, shape),
    };
    Ok(Input {
        clusters,
        noise: noise_made,
        given: given.nodes,
        understood,
        warnings: told.warnings,
    })
}

fn noise_of(
    noisy: &[(String, Option<String>, u64)],
    kept: bool,
    shape: Option<&Shape>,
) -> Option<Noise> {
    let (name, id, _) = noisy.first()?;
    let topic = shape.is_some_and(|shape| shape.called.contains("opic"));
    let called = match id.as_deref() {
        Some("-1") => {
            if topic {
                "topic -1".to_owned()
            } else {
                "cluster -1".to_owned()
            }
        }
        _ => printable(name),
    };
    let called =
        if noisy.len() > 1 { format!("{called} and {} more", noisy.len() - 1) } else { called };
    let items = noisy.iter().map(|(_, _, items)| items).sum();
    Some(Noise { called, clusters: noisy.len() as u64, items, kept })
}

fn columns(table: &Table, mapping: &Mapping) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    if table.nameless && table.columns.len() == 1 {
        return columns;
    }
    if mapping.get(Role::Name).is_none() {
        match mapping.get(Role::Keywords) {
            Some(column) => columns.push(("name".to_owned(), printable(&table.columns[column]))),
            None => columns.extend(
                mapping
                    .path
                    .last()
                    .map(|&column| ("name".to_owned(), printable(&table.columns[column]))),
            ),
        }
    }
    let order = [
        Role::Name,
        Role::Description,
        Role::Keywords,
        Role::Size,
        Role::Members,
        Role::Item,
        Role::Id,
        Role::Slug,
        Role::Parent,
        Role::Level,
    ];
    for role in order {
        let Some(column) = mapping.get(role) else { continue };
        let said = match role {
            Role::Keywords
                if mapping.get(Role::Name).is_none()
                    || mapping.get(Role::Description).is_some() =>
            {
                continue;
            }
            Role::Keywords => "description",
            role => role.said(),
        };
        columns.push((said.to_owned(), called(table, column)));
    }
    columns
}

fn called(table: &Table, column: usize) -> String {
    let name = printable(&table.columns[column]);
    if table.nameless { format!("column {name}") } else { name }
}

fn not_used(table: &Table, mapping: &Mapping, shape: Option<&Shape>) -> Vec<String> {
    let keywords_open =
        mapping.get(Role::Description).is_some() && mapping.get(Role::Name).is_some();
    let unused = (0..table.columns.len()).filter(|&column| {
        let said = shape.is_some_and(|shape| shape.said_already.contains(&column));
        let idle = keywords_open && mapping.get(Role::Keywords) == Some(column);
        (!mapping.uses(column) || idle) && !said && !(table.columns[column].is_empty())
    });
    let names = unused.map(|column| called(table, column));
    names.chain(table.unread.iter().map(|name| printable(name))).collect()
}

/// Cleans and checks; sorted by id.
fn made(
    path: &Path,
    drafts: Vec<Draft>,
    (name_column, id_column): (&str, &str),
    told: &mut Told,
) -> Result<Vec<Made>> {
    let mut clusters: Vec<Made> = Vec::with_capacity(drafts.len());
    let mut cut = 0;
    for draft in drafts {
        let (name, name_cut) = clean(&draft.name, text::MAX_NAME_CHARS);
        let (description, description_cut) = clean(&draft.description, text::MAX_DESCRIPTION_CHARS);
        cut += usize::from(name_cut) + usize::from(description_cut);
        if name.is_empty() {
            return Err(Error::at(path, draft.place, &printable(name_column), "is empty"));
        }
        let (place, above) = (draft.place, draft.above);
        clusters.push(Made { place, above, cluster: cluster(draft, name, description) });
    }
    if cut > 0 {
        told.warnings.push(format!(
            "{cut} texts were cut: names to {} characters, descriptions to {}",
            text::MAX_NAME_CHARS,
            text::MAX_DESCRIPTION_CHARS
        ));
    }
    let mut clusters = unique_ids(path, id_column, clusters)?;
    // By id, so that the order of the input changes nothing.
    clusters.sort_by(|a, b| a.cluster.id.cmp(&b.cluster.id));
    Ok(clusters)
}

/// What is set aside is kept as it is, whatever is wrong with it.
fn made_leniently(drafts: Vec<Draft>) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = drafts
        .into_iter()
        .map(|draft| {
            let (name, description) = cleaned(&draft);
            cluster(draft, name, description)
        })
        .collect();
    clusters.sort_by(|a, b| a.id.cmp(&b.id));
    clusters.dedup_by(|a, b| a.id == b.id);
    clusters
}

/// Name and description as they go into artifacts.
pub(crate) fn cleaned(draft: &Draft) -> (String, String) {
    let (name, _) = clean(&draft.name, text::MAX_NAME_CHARS);
    let (description, _) = clean(&draft.description, text::MAX_DESCRIPTION_CHARS);
    (if name.is_empty() { "noise".to_owned() } else { name }, description)
}

fn cluster(draft: Draft, name: String, description: String) -> Cluster {
    let size = draft.size();
    let members: Vec<String> = draft
        .members
        .unwrap_or_default()
        .iter()
        .map(|member| text::clean_id(member).into_owned())
        .collect();
    let slug = match draft.slug.as_deref().map(text::clean) {
        Some(slug) if !slug.is_empty() => slug.into_owned(),
        _ => cladus_words::slug(&name),
    };
    let id = draft.id.as_deref().map(text::clean_id).filter(|id| !id.is_empty());
    let id =
        id.map_or_else(|| id::base_id(&name, &description, &members), std::borrow::Cow::into_owned);
    Cluster { id, name, description, slug, level: 0, members, size }
}

fn clean(text: &str, max_chars: usize) -> (String, bool) {
    let cleaned = text::clean_to(text, max_chars).into_owned();
    let was_cut = cleaned.ends_with('…') && !text.trim_end().ends_with('…');
    (cleaned, was_cut)
}

/// Given ids must be unique; derived ones are made so.
fn unique_ids(path: &Path, column: &str, clusters: Vec<Made>) -> Result<Vec<Made>> {
    let mut seen: HashMap<String, (Place, u32)> = HashMap::with_capacity(clusters.len());
    let mut unique = Vec::with_capacity(clusters.len());
    for Made { place, mut cluster, above } in clusters {
        let derived =
            cluster.id == id::base_id(&cluster.name, &cluster.description, &cluster.members);
        match seen.get_mut(&cluster.id) {
            None => drop(seen.insert(cluster.id.clone(), (place, 1))),
            Some((_, times)) if derived => {
                // Two rows that say the same are two clusters all the same.
                *times += 1;
                cluster.id = format!("{}-{times}", cluster.id);
            }
            Some((before, _)) => {
                let problem = format!(
                    "{:?} stands in {before} already (--id-column none derives ids from the rows)",
                    cluster.id
                );
                return Err(Error::at(path, place, &printable(column), problem));
            }
        }
        unique.push(Made { place, cluster, above });
    }
    Ok(unique)
}

fn told_of_levels(
    above: &[levels::Above],
    unlinked: usize,
    given: &Kept,
    config: &InputConfig,
    leaves: u64,
    told: &mut Told,
) {
    let others = above.len() + unlinked;
    if others == 0 {
        return;
    }
    let leaves = thousands(leaves);
    if !given.nodes.is_empty() {
        let tops = thousands(given.tops.len() as u64);
        let of_one = match given.of_one {
            0 => String::new(),
            n => format!(", {n} parents of a single child are that child"),
        };
        told.notes.push(format!(
            "is a hierarchy already: its {leaves} leaves are kept under their parents, and the run goes on from the top ({tops}){of_one}"
        ));
        return;
    }
    if config.keep_levels {
        told.warnings.push(
            "--keep-levels keeps nothing: the file does not say which cluster is below which"
                .to_owned(),
        );
    }
    let hint = if config.keep_levels || unlinked > 0 { "" } else { " (--keep-levels keeps them)" };
    told.notes.push(format!(
        "is a hierarchy already: its {leaves} leaves are the base clusters, {} above them are left out{hint}",
        thousands(others as u64)
    ));
}

/// What a person would look at twice.
fn told_of_clusters(clusters: &[Cluster], told: &mut Told) {
    let mut items: HashSet<&str> = HashSet::new();
    let all = clusters.iter().map(|cluster| cluster.members.len()).sum::<usize>();
    items.extend(clusters.iter().flat_map(|cluster| cluster.members.iter().map(String::as_str)));
    if items.len() < all {
        told.warnings.push(format!(
            "{} memberships of {} items: some items are in several clusters, or twice in one, and count as often",
            thousands(all as u64),
            thousands(items.len() as u64)
        ));
    }
    let placeholders: Vec<&str> = clusters
        .iter()
        .map(|cluster| cluster.name.as_str())
        .filter(|name| readable::is_placeholder(name))
        .collect();
    if let Some(first) = placeholders.first() {
        told.warnings.push(format!(
            "{} of {} names are numbers that say nothing ({first}): a tree can only be as good as the names",
            thousands(placeholders.len() as u64),
            thousands(clusters.len() as u64)
        ));
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    for cluster in clusters {
        *times.entry(cluster.name.as_str()).or_default() += 1;
    }
    let mut repeated: Vec<(&str, usize)> =
        times.into_iter().filter(|(_, times)| *times > 1).collect();
    repeated.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    if let Some((first, most)) = repeated.first() {
        told.warnings.push(format!(
            "{} names stand for several clusters ({first}: {most} times)",
            thousands(repeated.len() as u64)
        ));
    }
}

#[cfg(test)]
#[path = "clusters_tests.rs"]
mod tests;
