//! What the columns of a table are: by what they are called, and by what is in them.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Result};

use crate::columns::known::KnownShape;
use crate::columns::ladder;
use crate::columns::mapping::Mapping;
use crate::columns::profile::{ColumnProfile, SAMPLE};
use crate::columns::unclear::unclear;
use crate::values::cells::SizeNotation;
use crate::values::column_role::ColumnRole;
use crate::values::readable;
use crate::values::table::{InputTable, as_text};
use crate::values::vocabulary::{self, fit};

/// Tells the columns' roles.
pub(crate) fn choose(
    path: &Path,
    table: &InputTable,
    shape: Option<&KnownShape>,
    config: &InputConfig,
) -> Result<Mapping> {
    let profiles: Vec<ColumnProfile> =
        (0..table.columns.len()).map(|c| ColumnProfile::of(table, c)).collect();
    let mut mapping = Mapping::default();
    let mut open: Vec<ColumnRole> = Vec::new();
    for role in ColumnRole::ALL {
        match asked(role, config) {
            None => open.push(role),
            Some("none") => {}
            Some(name) => mapping.set(role, named(path, table, name)?),
        }
    }
    if let Some(shape) = shape {
        of_the_shape(shape, &mut open, &mut mapping);
    }
    by_name(table, &profiles, &open, &mut mapping);
    mapping.path = path_columns(table, &profiles, &mapping);
    if asked(ColumnRole::Name, config).is_none() && shape.is_none() {
        of_the_id(table, &profiles, &mut mapping);
        of_the_cluster(table, &profiles, &mut mapping);
        below_another(table, &mut mapping);
    }
    if asked(ColumnRole::Name, config).is_none()
        && shape.is_none()
        && let Some(ladder) = ladder::columns(table, &profiles, &mapping)
    {
        mapping.columns.retain(|_, column| !ladder.contains(column));
        mapping.remove(ColumnRole::Parent);
        mapping.path = ladder;
    }
    if asked(ColumnRole::Name, config).is_none() && names_are_placeholders(table, &mapping) {
        mapping.remove(ColumnRole::Name);
    }
    if table.nameless {
        by_content(&profiles, &open, &mut mapping);
    }
    if mapping.get(ColumnRole::Name).is_none()
        && mapping.path.is_empty()
        && open.contains(&ColumnRole::Name)
    {
        name_by_content(&profiles, &mut mapping);
    }
    if mapping.get(ColumnRole::Name).is_none()
        && mapping.get(ColumnRole::Keywords).is_none()
        && mapping.path.is_empty()
    {
        return Err(unclear(path, table, &mapping, &profiles));
    }
    Ok(mapping)
}

/// `Topic 1` says less than the words beside it.
fn names_are_placeholders(table: &InputTable, mapping: &Mapping) -> bool {
    let placeholders =
        |name: usize| table.values(name).all(|value| readable::is_placeholder(&as_text(value)));
    mapping.get(ColumnRole::Keywords).is_some()
        && mapping.get(ColumnRole::Name).is_some_and(placeholders)
}

/// What the maker of a file calls its columns, for roles that nobody has named one for.
fn of_the_shape(shape: &KnownShape, open: &mut Vec<ColumnRole>, mapping: &mut Mapping) {
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

fn asked(role: ColumnRole, config: &InputConfig) -> Option<&str> {
    match role {
        ColumnRole::Id => config.id_column.as_deref(),
        ColumnRole::Name => config.name_column.as_deref(),
        ColumnRole::Description => config.description_column.as_deref(),
        ColumnRole::Slug => config.slug_column.as_deref(),
        ColumnRole::Members => config.members_column.as_deref(),
        ColumnRole::Size => config.size_column.as_deref(),
        ColumnRole::Parent => config.parent_column.as_deref(),
        ColumnRole::Level => config.level_column.as_deref(),
        ColumnRole::Keywords | ColumnRole::Item => None,
    }
}

/// The column of that name, or of that number.
pub(crate) fn asked_for(table: &InputTable, name: &str) -> Option<usize> {
    let by_number =
        || name.parse::<usize>().ok()?.checked_sub(1).filter(|c| *c < table.columns.len());
    table.column(name).or_else(by_number)
}

/// The column that somebody asked for.
fn named(path: &Path, table: &InputTable, name: &str) -> Result<usize> {
    asked_for(table, name).ok_or_else(|| {
        let found = &table.columns;
        let list = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        Error::damaged(path, format!("column {name} is missing (the file has: {list})"))
    })
}

/// Every role takes the column that is called most like it and holds what it could; the roles whose
/// names leave the least doubt come first.
fn by_name(
    table: &InputTable,
    profiles: &[ColumnProfile],
    open: &[ColumnRole],
    mapping: &mut Mapping,
) {
    let order = [
        ColumnRole::Parent,
        ColumnRole::Slug,
        ColumnRole::Members,
        ColumnRole::Size,
        ColumnRole::Name,
        ColumnRole::Description,
        ColumnRole::Keywords,
        ColumnRole::Id,
        ColumnRole::Level,
        ColumnRole::Item,
    ];
    for role in order.into_iter().filter(|role| open.contains(role)) {
        let candidates = table.columns.iter().enumerate().filter_map(|(column, name)| {
            let place = fit(role, name)?;
            let profile = &profiles[column];
            let free = !mapping.uses(column) && vocabulary::level_of_path(name).is_none();
            // An id that is every row's own beats one that is called better.
            let repeats = role == ColumnRole::Id && profile.distinct < profile.filled;
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

/// `category_name` is the name that goes with `category_id`, be there a `group_name` beside it.
fn of_the_id(table: &InputTable, profiles: &[ColumnProfile], mapping: &mut Mapping) {
    let (Some(id), Some(name)) = (mapping.get(ColumnRole::Id), mapping.get(ColumnRole::Name))
    else {
        return;
    };
    let called = vocabulary::words(&table.columns[id]);
    let Some(stem) = called.strip_suffix(" id") else { return };
    let of_id = |column: &usize| {
        let words = vocabulary::words(&table.columns[*column]);
        [" name", " title", " label"].iter().any(|end| words.strip_suffix(end) == Some(stem))
    };
    if !profiles[name].is_unique()
        && let Some(other) = (0..table.columns.len()).find(of_id)
        && profiles[other].is_text()
        && !mapping.uses(other)
    {
        mapping.set(ColumnRole::Name, other);
    }
}

/// Where a cluster has several rows, its name is the same in all of them; a title that differs is the
/// item's.
fn of_the_cluster(table: &InputTable, profiles: &[ColumnProfile], mapping: &mut Mapping) {
    let (Some(id), Some(name)) = (mapping.get(ColumnRole::Id), mapping.get(ColumnRole::Name))
    else {
        return;
    };
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
        let fits = fit(ColumnRole::Name, &table.columns[column]).is_some();
        fits && !mapping.uses(column) && profiles[column].is_text() && follows(column)
    });
    if let Some(other) = other {
        mapping.set(ColumnRole::Name, other);
    }
}

/// `subcategory` stands below `category`.
fn below_another(table: &InputTable, mapping: &mut Mapping) {
    let Some(name) =
        mapping.get(ColumnRole::Name).filter(|_| mapping.get(ColumnRole::Parent).is_none())
    else {
        return;
    };
    let called = vocabulary::words(&table.columns[name]);
    let upper = ["sub ", "sub", "unter", "sous "].iter().find_map(|mark| called.strip_prefix(mark));
    let Some(upper) = upper else { return };
    let column = table.columns.iter().position(|column| vocabulary::words(column) == upper);
    if let Some(column) = column.filter(|&column| !mapping.uses(column)) {
        mapping.set(ColumnRole::Parent, column);
    }
}

/// `l1`, `l2`, `l3`: the one with the fewest values is the top.
fn path_columns(table: &InputTable, profiles: &[ColumnProfile], mapping: &Mapping) -> Vec<usize> {
    let mut found: Vec<(u32, usize)> = table
        .columns
        .iter()
        .enumerate()
        .filter(|(column, _)| !mapping.uses(*column))
        .filter(|(column, _)| profiles[*column].half(profiles[*column].words))
        .filter_map(|(column, name)| Some((vocabulary::level_of_path(name)?, column)))
        .collect();
    found.sort_unstable();
    // What the levels are below, as `cladus export` and others write it.
    let is_root = |column: &usize| {
        vocabulary::words(&table.columns[*column]) == "root"
            && !mapping.uses(*column)
            && profiles[*column].half(profiles[*column].words)
    };
    let root = (0..table.columns.len()).find(is_root);
    if let Some(root) = root
        && mapping.get(ColumnRole::Name).is_some()
        && found.len() < 2
    {
        return [root].into_iter().chain(found.into_iter().map(|(_, column)| column)).collect();
    }
    if found.len() < 2 && (mapping.get(ColumnRole::Name).is_none() || found.is_empty()) {
        return Vec::new();
    }
    let first = found.first().map(|(_, column)| profiles[*column].distinct);
    let last = found.last().map(|(_, column)| profiles[*column].distinct);
    let of_one = found.iter().all(|(_, column)| ladder::is_of_path(&table.columns[*column]));
    if first > last && !of_one {
        found.reverse();
    }
    root.into_iter().chain(found.into_iter().map(|(_, column)| column)).collect()
}

/// Without names, a column is what it holds: numbers before the name that are each row's own are ids,
/// others sizes.
fn by_content(profiles: &[ColumnProfile], open: &[ColumnRole], mapping: &mut Mapping) {
    let free = |mapping: &Mapping, column: usize| !mapping.uses(column);
    let mut texts: Vec<usize> = (0..profiles.len())
        .filter(|&c| {
            free(mapping, c) && profiles[c].half(profiles[c].words) && !profiles[c].is_list()
        })
        .collect();
    let code = |c: usize| {
        let profile = &profiles[c];
        profile.is_unique() && profile.letters <= profile.filled * 12 && profile.half(profile.coded)
    };
    if texts.len() > 1 && code(texts[0]) && open.contains(&ColumnRole::Id) {
        // Short codes before the names.
        let next = texts[1];
        if profiles[next].letters > profiles[texts[0]].letters * 3 / 2 {
            mapping.set(ColumnRole::Id, texts.remove(0));
        }
    }
    if mapping.get(ColumnRole::Name).is_none()
        && open.contains(&ColumnRole::Name)
        && let Some(&name) = texts.first()
    {
        mapping.set(ColumnRole::Name, name);
        texts.remove(0);
    }
    if let Some(&description) = texts.first().filter(|_| open.contains(&ColumnRole::Description)) {
        mapping.set(ColumnRole::Description, description);
    }
    let name = mapping.get(ColumnRole::Name).unwrap_or(usize::MAX);
    let numbers = profiles.iter().filter(|profile| profile.most(profile.numbers)).count();
    for (column, profile) in profiles.iter().enumerate() {
        if mapping.uses(column) || profile.filled == 0 {
            continue;
        }
        let role = match () {
            () if profile.is_list() => ColumnRole::Members,
            // Ids rise; the only numbers that do not, and stand in front, are counts.
            () if profile.is_whole()
                && profile.is_unique()
                && column < name
                && column == 0
                && (numbers > 1 || profile.rises() || !profile.could_be_sizes()) =>
            {
                ColumnRole::Id
            }
            () if profile.most(profile.numbers) && profile.are_half_sizes() => ColumnRole::Size,
            () => continue,
        };
        if open.contains(&role) && mapping.get(role).is_none() {
            mapping.set(role, column);
        }
    }
}

/// A column of short texts that nothing else claims, if there is one alone; else one of keywords.
fn name_by_content(profiles: &[ColumnProfile], mapping: &mut Mapping) {
    // What most rows have nothing in is no name.
    let most = profiles.iter().map(|profile| profile.filled).max().unwrap_or(0);
    let plausible = |column: &usize| {
        let profile = &profiles[*column];
        !mapping.uses(*column)
            && profile.is_text()
            && profile.is_short()
            && profile.distinct * 10 >= profile.filled * 9
            && profile.filled * 2 > most
    };
    let free: Vec<usize> = (0..profiles.len()).filter(plausible).collect();
    if mapping.path.is_empty()
        && mapping.get(ColumnRole::Keywords).is_none()
        && let [only] = free.as_slice()
    {
        mapping.set(ColumnRole::Name, *only);
        mapping.guessed = true;
        return;
    }
    let description = mapping.get(ColumnRole::Description).filter(|&column| {
        profiles[column].is_short()
            && mapping.get(ColumnRole::Keywords).is_none()
            && free.is_empty()
            && !profiles[column].is_list()
    });
    if let Some(column) = description {
        mapping.remove(ColumnRole::Description);
        mapping.set(ColumnRole::Name, column);
        mapping.guessed = true;
    }
}

/// How the sizes of the mapping's column are written.
pub(crate) fn sizes(table: &InputTable, mapping: &Mapping) -> SizeNotation {
    mapping
        .get(ColumnRole::Size)
        .map_or_else(SizeNotation::default, |column| SizeNotation::of(table.values(column)))
}
