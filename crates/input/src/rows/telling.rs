//! What is said of clusters: how they were understood, and what a person would look at twice.

use std::collections::{HashMap, HashSet};

use cladus_core::artifact::Cluster;
use cladus_core::config::InputConfig;

use crate::Noise;
use crate::columns::known::KnownShape;
use crate::columns::mapping::Mapping;
use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::rows::levels::{Above, Kept};
use crate::values::column_role::ColumnRole;
use crate::values::readable;
use crate::values::table::InputTable;
use cladus_core::numbers::thousands;

pub(crate) fn noise_of(
    noisy: &[(String, Option<String>, u64)],
    kept: bool,
    shape: Option<&KnownShape>,
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
    let items = noisy.iter().fold(0u64, |sum, (_, _, items)| sum.saturating_add(*items));
    Some(Noise { called, clusters: noisy.len() as u64, items, kept })
}

pub(crate) fn columns(table: &InputTable, mapping: &Mapping) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    if table.nameless && table.columns.len() == 1 {
        return columns;
    }
    if mapping.get(ColumnRole::Name).is_none() {
        match mapping.get(ColumnRole::Keywords) {
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
        ColumnRole::Name,
        ColumnRole::Description,
        ColumnRole::Keywords,
        ColumnRole::Size,
        ColumnRole::Members,
        ColumnRole::Item,
        ColumnRole::Id,
        ColumnRole::Slug,
        ColumnRole::Parent,
        ColumnRole::Level,
    ];
    for role in order {
        let Some(column) = mapping.get(role) else { continue };
        let said = match role {
            ColumnRole::Keywords
                if mapping.get(ColumnRole::Name).is_none()
                    || mapping.get(ColumnRole::Description).is_some() =>
            {
                continue;
            }
            ColumnRole::Keywords => "description",
            role => role.said(),
        };
        columns.push((said.to_owned(), called(table, column)));
    }
    columns
}

fn called(table: &InputTable, column: usize) -> String {
    let name = printable(&table.columns[column]);
    if table.nameless { format!("column {name}") } else { name }
}

pub(crate) fn not_used(
    table: &InputTable,
    mapping: &Mapping,
    shape: Option<&KnownShape>,
) -> Vec<String> {
    let keywords_open =
        mapping.get(ColumnRole::Description).is_some() && mapping.get(ColumnRole::Name).is_some();
    let unused = (0..table.columns.len()).filter(|&column| {
        let said = shape.is_some_and(|shape| shape.said_already.contains(&column));
        let idle = keywords_open && mapping.get(ColumnRole::Keywords) == Some(column);
        (!mapping.uses(column) || idle) && !said && !(table.columns[column].is_empty())
    });
    let names = unused.map(|column| called(table, column));
    names.chain(table.unread.iter().map(|name| printable(name))).collect()
}

pub(crate) fn told_of_levels(
    above: &[Above],
    unlinked: usize,
    given: &Kept,
    config: &InputConfig,
    leaves: u64,
    told: &mut ReadingNotes,
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
pub(crate) fn told_of_clusters(clusters: &[Cluster], told: &mut ReadingNotes) {
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
    told_of_sizes(clusters, told);
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
            "{} for several clusters ({first}: {most} times)",
            match repeated.len() {
                1 => "1 name stands".to_owned(),
                several => format!("{} names stand", thousands(several as u64)),
            }
        ));
    }
}

/// Sizes that are not the number of members: one of the two is taken, and which is said.
fn told_of_sizes(clusters: &[Cluster], told: &mut ReadingNotes) {
    let differs = |cluster: &&Cluster| {
        !cluster.members.is_empty() && cluster.size != cluster.members.len() as u64
    };
    let mut others = clusters.iter().filter(differs);
    let Some(first) = others.next() else { return };
    let count = 1 + others.count();
    told.warnings.push(format!(
        "{} another size than {} members ({}: {} and {}): the size is taken (--size-column none takes the members)",
        if count == 1 { "1 cluster has".to_owned() } else { format!("{} clusters have", thousands(count as u64)) },
        if count == 1 { "it has" } else { "they have" },
        printable(&first.name),
        thousands(first.size),
        thousands(first.members.len() as u64)
    ));
}
