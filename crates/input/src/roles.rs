//! What the columns of a table are: by what they are called, and by what is in them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Result};
use serde_json::Value;

use crate::cells::{self, Sizes};
use crate::shapes::Shape;
use crate::table::{Table, as_text};
use crate::unclear::unclear;
use crate::vocabulary::{self, Role, fit};

/// How many rows are looked at to tell what a column holds.
const SAMPLE: usize = 1_000;
/// Longer texts, on average, are no names.
const LONGEST_NAME: usize = 120;

/// Which column plays which role.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mapping {
    columns: BTreeMap<Role, usize>,
    /// One column for every level of a hierarchy, from the top.
    pub(crate) path: Vec<usize>,
    /// Was the name taken for want of anything better?
    pub(crate) guessed: bool,
}

impl Mapping {
    pub(crate) fn get(&self, role: Role) -> Option<usize> {
        self.columns.get(&role).copied()
    }

    pub(crate) fn set(&mut self, role: Role, column: usize) {
        self.columns.insert(role, column);
    }

    pub(crate) fn remove(&mut self, role: Role) {
        self.columns.remove(&role);
    }

    pub(crate) fn uses(&self, column: usize) -> bool {
        self.columns.values().any(|used| *used == column) || self.path.contains(&column)
    }
}

/// What a column holds.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) filled: usize,
    numbers: usize,
    whole: usize,
    lists: usize,
    /// Lists of one text.
    alone: usize,
    pub(crate) distinct: usize,
    letters: usize,
    words: usize,
    /// Values that could be a number of items.
    sizes: usize,
}

impl Profile {
    pub(crate) fn of(table: &Table, column: usize) -> Self {
        let mut profile = Self::default();
        let mut seen = HashSet::new();
        for value in table.values(column).take(SAMPLE) {
            profile.filled += 1;
            let text = as_text(value);
            match value {
                Value::Number(_) => profile.numbers += 1,
                Value::Array(list) => {
                    profile.lists += 1;
                    let alone = matches!(list.as_slice(), [Value::String(text)] if text.contains(char::is_alphabetic));
                    profile.alone += usize::from(alone);
                }
                Value::String(text) if cells::is_number(text) => profile.numbers += 1,
                Value::String(text) if cells::written_list(text).is_some() => profile.lists += 1,
                Value::String(_) | Value::Object(_) => profile.words += 1,
                _ => {}
            }
            let could = !value.is_array() && Sizes::default().read(value).is_ok();
            profile.sizes += usize::from(could);
            profile.whole += usize::from(text.trim().parse::<i64>().is_ok());
            profile.letters += text.chars().count();
            seen.insert(text);
        }
        profile.distinct = seen.len();
        profile
    }

    fn most(&self, part: usize) -> bool {
        self.filled > 0 && part * 10 >= self.filled * 9
    }

    fn half(&self, part: usize) -> bool {
        self.filled > 0 && part * 2 >= self.filled
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.most(self.whole)
    }

    pub(crate) fn is_text(&self) -> bool {
        self.most(self.words)
    }

    pub(crate) fn is_list(&self) -> bool {
        self.half(self.lists)
    }

    /// Lists of a single text are that text.
    fn is_text_alone(&self) -> bool {
        self.filled > 0 && self.alone == self.filled
    }

    /// Is every value another one?
    pub(crate) fn is_unique(&self) -> bool {
        self.filled > 0 && self.distinct == self.filled
    }

    pub(crate) fn is_short(&self) -> bool {
        self.letters <= self.filled * LONGEST_NAME
    }

    /// Could a column of that role hold such values?
    fn suits(&self, role: Role, place: usize, name: &str) -> bool {
        if self.filled == 0 {
            // A column with nothing in it is what it is called.
            return place < 1_000
                && !matches!(role, Role::Name | Role::Item | Role::Keywords | Role::Size);
        }
        match role {
            Role::Id => {
                let noun = [
                    "topic",
                    "topics",
                    "cluster",
                    "clusters",
                    "label",
                    "labels",
                    "group",
                    "gruppe",
                    "community",
                    "index",
                ];
                let is_noun = vocabulary::readings(name)
                    .iter()
                    .any(|reading| noun.contains(&reading.as_str()));
                !self.is_list() && if is_noun { self.is_whole() } else { self.is_short() }
            }
            // Codes of a few letters are ids.
            Role::Name if name.eq_ignore_ascii_case("code") => {
                self.half(self.words) && self.letters > self.filled * 8
            }
            Role::Name => self.half(self.words) && !self.is_list() || self.is_text_alone(),
            Role::Description => !self.most(self.numbers),
            Role::Keywords => !self.most(self.numbers),
            Role::Slug => self.is_text(),
            Role::Members => self.is_list() || !self.most(self.numbers) && place < 1_000,
            // What is called a size and is none is told; of what is only called alike, sizes are taken.
            Role::Size if place < 5 => self.half(self.numbers) || self.most(self.sizes),
            // A single cell that is none does not make all others worthless.
            Role::Size => self.half(self.sizes) && self.sizes + self.filled / 10 >= self.filled,
            Role::Parent => !self.is_list(),
            Role::Level => self.is_whole(),
            Role::Item => !self.is_list(),
        }
    }
}

/// Tells the columns' roles.
pub(crate) fn choose(
    path: &Path,
    table: &Table,
    shape: Option<&Shape>,
    config: &InputConfig,
) -> Result<Mapping> {
    let profiles: Vec<Profile> = (0..table.columns.len()).map(|c| Profile::of(table, c)).collect();
    let mut mapping = Mapping::default();
    let mut open: Vec<Role> = Vec::new();
    for role in Role::ALL {
        match asked(role, config) {
            None => open.push(role),
            Some("none") => {}
            Some(name) => mapping.set(role, named(path, table, name)?),
        }
    }
    if let Some(shape) = shape {
        for (role, column) in &shape.roles {
            if let Some(place) = open.iter().position(|open| open == role) {
                open.remove(place);
                if !mapping.columns.values().any(|used| used == column) {
                    mapping.set(*role, *column);
                }
            }
        }
        open.retain(|role| !shape.without.contains(role));
    }
    by_name(table, &profiles, &open, &mut mapping);
    mapping.path = path_columns(table, &profiles, &mapping);
    if asked(Role::Name, config).is_none() && shape.is_none() {
        of_the_cluster(table, &profiles, &mut mapping);
        below_another(table, &mut mapping);
    }
    if table.nameless {
        by_content(&profiles, &open, &mut mapping);
    }
    if mapping.get(Role::Name).is_none() && open.contains(&Role::Name) {
        name_by_content(&profiles, &mut mapping);
    }
    if mapping.get(Role::Name).is_none()
        && mapping.get(Role::Keywords).is_none()
        && mapping.path.is_empty()
    {
        return Err(unclear(path, table, &mapping, &profiles));
    }
    Ok(mapping)
}

fn asked(role: Role, config: &InputConfig) -> Option<&str> {
    match role {
        Role::Id => config.id_column.as_deref(),
        Role::Name => config.name_column.as_deref(),
        Role::Description => config.description_column.as_deref(),
        Role::Slug => config.slug_column.as_deref(),
        Role::Members => config.members_column.as_deref(),
        Role::Size => config.size_column.as_deref(),
        Role::Parent => config.parent_column.as_deref(),
        Role::Level => config.level_column.as_deref(),
        Role::Keywords | Role::Item => None,
    }
}

/// The column that somebody asked for.
fn named(path: &Path, table: &Table, name: &str) -> Result<usize> {
    let by_number =
        || name.parse::<usize>().ok()?.checked_sub(1).filter(|c| *c < table.columns.len());
    table.column(name).or_else(by_number).ok_or_else(|| {
        let found = &table.columns;
        let list = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        Error::damaged(path, format!("column {name} is missing (the file has: {list})"))
    })
}

/// Every role takes the column that is called most like it and holds what it could; the roles whose
/// names leave the least doubt come first.
fn by_name(table: &Table, profiles: &[Profile], open: &[Role], mapping: &mut Mapping) {
    let order = [
        Role::Parent,
        Role::Slug,
        Role::Members,
        Role::Size,
        Role::Name,
        Role::Description,
        Role::Keywords,
        Role::Id,
        Role::Level,
        Role::Item,
    ];
    for role in order.into_iter().filter(|role| open.contains(role)) {
        let candidates = table.columns.iter().enumerate().filter_map(|(column, name)| {
            let place = fit(role, name)?;
            let profile = &profiles[column];
            let free = !mapping.uses(column) && vocabulary::level_of_path(name).is_none();
            // An id that is every row's own beats one that is called better.
            let repeats = role == Role::Id && profile.distinct < profile.filled;
            (free && profile.suits(role, place, name)).then_some((
                repeats && place >= 4,
                place,
                column,
            ))
        });
        if let Some((_, _, column)) = candidates.min() {
            mapping.set(role, column);
        }
    }
}

/// Where a cluster has several rows, its name is the same in all of them; a title that differs is the
/// item's.
fn of_the_cluster(table: &Table, profiles: &[Profile], mapping: &mut Mapping) {
    let (Some(id), Some(name)) = (mapping.get(Role::Id), mapping.get(Role::Name)) else { return };
    let repeats = profiles[id].distinct * 3 <= profiles[id].filled * 2;
    let follows = |column: usize| {
        let mut of: std::collections::HashMap<String, String> = std::collections::HashMap::new();
        table.rows.iter().take(SAMPLE).all(|row| {
            let value = as_text(&row.cells[column]);
            *of.entry(as_text(&row.cells[id])).or_insert_with(|| value.clone()) == value
        })
    };
    if !repeats || follows(name) {
        return;
    }
    let other = (0..table.columns.len()).find(|&column| {
        let fits = fit(Role::Name, &table.columns[column]).is_some();
        fits && !mapping.uses(column) && profiles[column].is_text() && follows(column)
    });
    if let Some(other) = other {
        mapping.set(Role::Name, other);
    }
}

/// `subcategory` stands below `category`.
fn below_another(table: &Table, mapping: &mut Mapping) {
    let Some(name) = mapping.get(Role::Name).filter(|_| mapping.get(Role::Parent).is_none()) else {
        return;
    };
    let called = vocabulary::words(&table.columns[name]);
    let upper = ["sub ", "sub", "unter", "sous "].iter().find_map(|mark| called.strip_prefix(mark));
    let Some(upper) = upper else { return };
    let column = table.columns.iter().position(|column| vocabulary::words(column) == upper);
    if let Some(column) = column.filter(|&column| !mapping.uses(column)) {
        mapping.set(Role::Parent, column);
    }
}

/// `l1`, `l2`, `l3`: the one with the fewest values is the top.
fn path_columns(table: &Table, profiles: &[Profile], mapping: &Mapping) -> Vec<usize> {
    let mut found: Vec<(u32, usize)> = table
        .columns
        .iter()
        .enumerate()
        .filter(|(column, _)| !mapping.uses(*column))
        .filter(|(column, _)| profiles[*column].half(profiles[*column].words))
        .filter_map(|(column, name)| Some((vocabulary::level_of_path(name)?, column)))
        .collect();
    found.sort_unstable();
    if found.len() < 2 && (mapping.get(Role::Name).is_none() || found.is_empty()) {
        return Vec::new();
    }
    let first = found.first().map(|(_, column)| profiles[*column].distinct);
    let last = found.last().map(|(_, column)| profiles[*column].distinct);
    if first > last {
        found.reverse();
    }
    found.into_iter().map(|(_, column)| column).collect()
}

/// Without names, a column is what it holds: numbers before the name that are each row's own are ids,
/// others sizes.
fn by_content(profiles: &[Profile], open: &[Role], mapping: &mut Mapping) {
    let free = |mapping: &Mapping, column: usize| !mapping.uses(column);
    let mut texts: Vec<usize> = (0..profiles.len())
        .filter(|&c| {
            free(mapping, c) && profiles[c].half(profiles[c].words) && !profiles[c].is_list()
        })
        .collect();
    let code = |c: usize| profiles[c].is_unique() && profiles[c].letters <= profiles[c].filled * 12;
    if texts.len() > 1 && code(texts[0]) && open.contains(&Role::Id) {
        // Short codes before the names.
        let next = texts[1];
        if profiles[next].letters > profiles[texts[0]].letters * 3 / 2 {
            mapping.set(Role::Id, texts.remove(0));
        }
    }
    if mapping.get(Role::Name).is_none()
        && open.contains(&Role::Name)
        && let Some(&name) = texts.first()
    {
        mapping.set(Role::Name, name);
        texts.remove(0);
    }
    if let Some(&description) = texts.first().filter(|_| open.contains(&Role::Description)) {
        mapping.set(Role::Description, description);
    }
    let name = mapping.get(Role::Name).unwrap_or(usize::MAX);
    for (column, profile) in profiles.iter().enumerate() {
        if mapping.uses(column) || profile.filled == 0 {
            continue;
        }
        let role = match () {
            () if profile.is_list() => Role::Members,
            () if profile.is_whole() && profile.is_unique() && column < name && column == 0 => {
                Role::Id
            }
            () if profile.most(profile.numbers) => Role::Size,
            () => continue,
        };
        if open.contains(&role) && mapping.get(role).is_none() {
            mapping.set(role, column);
        }
    }
}

/// A column of short texts that nothing else claims, if there is one alone; else one of keywords.
fn name_by_content(profiles: &[Profile], mapping: &mut Mapping) {
    let plausible = |column: &usize| {
        let profile = &profiles[*column];
        !mapping.uses(*column)
            && profile.is_text()
            && profile.is_short()
            && profile.distinct * 10 >= profile.filled * 9
    };
    let free: Vec<usize> = (0..profiles.len()).filter(plausible).collect();
    if mapping.path.is_empty()
        && mapping.get(Role::Keywords).is_none()
        && let [only] = free.as_slice()
    {
        mapping.set(Role::Name, *only);
        mapping.guessed = true;
        return;
    }
    let description = mapping.get(Role::Description).filter(|&column| {
        profiles[column].is_short()
            && mapping.get(Role::Keywords).is_none()
            && free.is_empty()
            && !profiles[column].is_list()
    });
    if let Some(column) = description {
        mapping.remove(Role::Description);
        mapping.set(Role::Name, column);
        mapping.guessed = true;
    }
}

/// How the sizes of the mapping's column are written.
pub(crate) fn sizes(table: &Table, mapping: &Mapping) -> Sizes {
    mapping.get(Role::Size).map_or_else(Sizes::default, |column| Sizes::of(table.values(column)))
}
