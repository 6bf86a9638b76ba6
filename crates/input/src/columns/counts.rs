//! Sizes that no column is called for: numbers of products, of patients, of whatever is in the clusters.

use std::collections::HashSet;
use std::sync::LazyLock;

use cladus_core::config::InputConfig;

use crate::columns::mapping::Mapping;
use crate::columns::profile::ColumnProfile;
use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, as_text};
use crate::values::vocabulary::{counts_rows, level_of_path, words};

/// What is counted, in several languages.
static COUNTED: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("counted.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
});
/// Whole numbers that are no sizes.
const OTHERS: [&str; 66] = [
    "length",
    "words",
    "chars",
    "characters",
    "tokens",
    "terms",
    "keywords",
    "sources",
    "clusters",
    "group",
    "id",
    "year",
    "jahr",
    "annee",
    "ano",
    "anno",
    "jaar",
    "month",
    "day",
    "week",
    "rank",
    "rang",
    "position",
    "order",
    "sort",
    "page",
    "score",
    "rating",
    "priority",
    "level",
    "x",
    "y",
    "z",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "zip",
    "plz",
    "phone",
    "code",
    "index",
    "price",
    "color",
    "colour",
    "cluster",
    "class",
    "km",
    "kg",
    "eur",
    "usd",
    "euro",
    "dollar",
    "cost",
    "revenue",
    "minutes",
    "hours",
    "days",
    "seconds",
    "age",
    "duration",
    "time",
    "ms",
    "distance",
    "amount",
    "salary",
];

/// Takes the only numbers beside names for sizes; where there are several, says that they are not used.
pub(crate) fn take(
    table: &InputTable,
    config: &InputConfig,
    mapping: &mut Mapping,
    told: &mut ReadingNotes,
) {
    let sized = [ColumnRole::Size, ColumnRole::Members].iter().any(|r| mapping.get(*r).is_some());
    let named = mapping.get(ColumnRole::Name).or(mapping.path.last().copied());
    let unique = named.is_some_and(|column| ColumnProfile::of(table, column).is_unique());
    if sized || !unique || config.size_column.is_some() || table.rows.len() < 2 {
        return;
    }
    let columns = 0..table.columns.len().min(200);
    let found: Vec<usize> =
        columns.filter(|&column| !mapping.uses(column) && could_count(table, column)).collect();
    let is_counted = |column: &usize| COUNTED.contains(words(&table.columns[*column]).as_str());
    let counted = found.iter().find(|column| is_counted(column));
    let only = found.first().filter(|_| found.len() == 1);
    if let Some(column) = counted.or(only).filter(|_| !table.nameless) {
        mapping.set(ColumnRole::Size, *column);
    } else if let Some(first) = found.first() {
        let name = printable(&table.columns[*first]);
        told.warnings.push(format!(
            "every cluster counts as one item: {name} holds whole numbers and is not used (--size-column {} takes them as sizes)",
            quoted(&name)
        ));
    }
}

/// Could the column hold numbers of items?
fn could_count(table: &InputTable, column: usize) -> bool {
    let name = words(&table.columns[column]);
    let last = name.rsplit(' ').next().unwrap_or_default();
    if OTHERS.contains(&last) || counts_rows(&name) || level_of_path(&name).is_some() {
        return false;
    }
    let profile = ColumnProfile::of(table, column);
    let numbers: Vec<u64> =
        table.values(column).filter_map(|value| as_text(value).trim().parse().ok()).collect();
    let all = numbers.len() == profile.filled && profile.filled * 10 >= table.rows.len() * 9;
    let years = numbers.iter().all(|number| (1900..2100).contains(number));
    let counts = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
    all && profile.distinct > 1 && !years && !counts && profile.could_be_sizes()
}

/// As a shell takes it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
