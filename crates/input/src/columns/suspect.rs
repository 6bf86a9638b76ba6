//! Tables that look like something else than a list of clusters. What decides is said, and the command that
//! takes them all the same: a column of names that is asked for is no guess.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Error, Result};
use serde_json::Value;

use crate::columns::mapping::Mapping;
use crate::columns::profile::ColumnProfile;
use crate::columns::roles;
use crate::columns::unclear::{printable, question};
use crate::values::column_role::ColumnRole;
use crate::values::prose;
use crate::values::table::{InputTable, as_text};
use crate::values::vocabulary::words;
use cladus_core::numbers::thousands;

/// More columns than this are no table of clusters, be there an embedding in it.
const WIDEST: usize = 4_200;
/// So many of them are looked at where that is asked for.
const FIRST: usize = 100;
/// So long a text on average, in letters, is no name.
const TEXT: usize = 60;

/// Columns of trackers of issues, by what they tell; a table of tickets has most of these.
const TICKETS: [&[&str]; 7] = [
    &["status", "state", "resolution", "status name"],
    &["assignee", "assignees", "assigned to", "assignee name", "zugewiesene person", "bearbeiter"],
    &["reporter", "requester", "submitter", "creator", "author", "reporter name", "autor"],
    &["created", "created at", "created date", "creation date", "opened", "opened at", "erstellt"],
    &["updated", "updated at", "closed at", "resolved", "due date", "last viewed", "aktualisiert"],
    &["priority", "severity", "prioritat"],
    &[
        "issue key",
        "issue id",
        "issue type",
        "ticket id",
        "ticket number",
        "key",
        "number",
        "ticket key",
    ],
];
/// Columns that say in which cluster a ticket or a document is.
const OF_CLUSTERS: [&str; 12] = [
    "topic",
    "cluster",
    "theme",
    "category",
    "subcategory",
    "intent",
    "concept",
    "segment",
    "community",
    "thema",
    "kategorie",
    "tag",
];

/// Refuses what is hardly a list of clusters.
///
/// # Errors
/// With what it looks like, what tells so, and the column that would hold the names.
pub(crate) fn refuse(
    path: &Path,
    table: &InputTable,
    mapping: &Mapping,
    config: &InputConfig,
) -> Result<()> {
    if config.name_column.is_some() {
        return Ok(());
    }
    let problem = answer(table)
        .or_else(|| tickets(table, mapping))
        .or_else(|| documents(table, mapping))
        .or_else(|| prose::is(table));
    match problem {
        None => Ok(()),
        Some(problem) => Err(asked(path, table, mapping, &problem)),
    }
}

fn asked(path: &Path, table: &InputTable, mapping: &Mapping, problem: &str) -> Error {
    let text = |column: &usize| ColumnProfile::of(table, *column).is_text();
    // Many columns are not all looked into.
    let columns = table.columns.len().min(WIDEST);
    let titles = ["title", "summary", "subject", "message", "detail", "error message", "name"];
    let titled = titles.iter().find_map(|title| {
        (0..columns).find(|&column| words(&table.columns[column]) == *title && text(&column))
    });
    let column = titled
        .or_else(|| mapping.get(ColumnRole::Name))
        .or_else(|| (0..columns).find(text))
        .unwrap_or_default();
    let name = table.columns.get(column).cloned().unwrap_or_default();
    let problem = format!(
        "{problem} With a column of names that is asked for it is taken as it is. The columns, with a value each:"
    );
    question(path, table, &problem, vec!["--name-column".to_owned(), name])
}

/// An error that a service answered with, in the place of what was asked for.
fn answer(table: &InputTable) -> Option<String> {
    if table.format != "JSON" || table.rows.len() > 3 {
        return None;
    }
    let called: Vec<String> = table.columns.iter().map(|name| words(name)).collect();
    let has = |name: &str| called.iter().any(|column| column == name);
    let of_errors = table.notes.iter().any(|note| note.starts_with("from errors"));
    let error = of_errors
        || called.iter().any(|name| name == "error" || name.starts_with("error "))
        || (has("message") || has("detail") || has("title"))
            && [
                "status",
                "code",
                "status code",
                "documentation url",
                "statuscode",
                "request id",
                "type",
            ]
            .iter()
            .any(|name| has(name));
    let lists = table
        .rows
        .iter()
        .any(|row| row.cells.iter().any(|cell| cell.as_array().is_some_and(|l| l.len() > 3)));
    let sized =
        called.iter().any(|name| ["count", "size", "members", "name"].contains(&name.as_str()));
    if !error || lists || sized {
        return None;
    }
    let said = ["message", "error message", "detail", "error"];
    let text = said.iter().find_map(|name| {
        let column = called.iter().position(|column| column == name)?;
        table.values(column).next().map(as_text)
    });
    let text = text.map_or_else(String::new, |text| format!(" ({})", printable(&text)));
    Some(format!(
        "is the error that a service answered with{text}, not a list of clusters: fetch it again."
    ))
}

/// Refuses a table of more columns than anybody has; of one that is asked for all the same, the columns that were
/// asked for and the first ones are kept.
///
/// # Errors
/// With the number of columns.
pub(crate) fn narrow(path: &Path, table: &mut InputTable, config: &InputConfig) -> Result<()> {
    if table.columns.len() <= WIDEST {
        return Ok(());
    }
    if config.name_column.is_none() {
        let columns = thousands(table.columns.len() as u64);
        let problem = format!("has {columns} columns, and a list of clusters has a few.");
        return Err(asked(path, table, &Mapping::default(), &problem));
    }
    let said = [
        &config.id_column,
        &config.name_column,
        &config.description_column,
        &config.slug_column,
        &config.members_column,
        &config.size_column,
        &config.parent_column,
        &config.level_column,
    ];
    let wanted: Vec<usize> =
        said.into_iter().flatten().filter_map(|name| roles::asked_for(table, name)).collect();
    let kept: Vec<bool> =
        (0..table.columns.len()).map(|column| column < FIRST || wanted.contains(&column)).collect();
    for row in &mut table.rows {
        let mut place = 0..;
        row.cells.retain(|_| place.next().is_some_and(|place| kept[place]));
    }
    let columns = std::mem::take(&mut table.columns).into_iter().zip(kept);
    for (name, kept) in columns {
        if kept { table.columns.push(name) } else { table.unread.push(name) }
    }
    Ok(())
}

/// A tracker's issues, one a row.
fn tickets(table: &InputTable, mapping: &Mapping) -> Option<String> {
    let called: Vec<String> = table.columns.iter().map(|name| words(name)).collect();
    let found: Vec<&String> = TICKETS
        .iter()
        .filter_map(|kinds| {
            let column = called.iter().position(|name| kinds.contains(&name.as_str()))?;
            Some(&table.columns[column])
        })
        .collect();
    let who = called
        .iter()
        .any(|name| TICKETS[1].contains(&name.as_str()) || TICKETS[2].contains(&name.as_str()));
    let when = called.iter().any(|name| TICKETS[3].contains(&name.as_str()));
    let state = called.iter().any(|name| TICKETS[0].contains(&name.as_str()));
    if found.len() < 4 || !(who && when && state) || names_clusters(table, mapping) {
        return None;
    }
    let columns: Vec<String> = found.iter().take(4).map(|name| printable(name)).collect();
    Some(format!(
        "looks like a list of tickets, one a row ({} rows with {}), and no column says in which cluster each is.",
        thousands(table.rows.len() as u64),
        columns.join(", ")
    ))
}

/// Is the column of names called like one of clusters, or is there a size?
fn names_clusters(table: &InputTable, mapping: &Mapping) -> bool {
    let name = mapping.get(ColumnRole::Name).map(|column| words(&table.columns[column]));
    let of_clusters =
        name.is_some_and(|name| name.split(' ').any(|word| OF_CLUSTERS.contains(&word)));
    of_clusters
        || !mapping.path.is_empty()
        || mapping.get(ColumnRole::Size).is_some()
        || mapping.get(ColumnRole::Members).is_some()
}

/// Documents, one a row, none with a topic.
fn documents(table: &InputTable, mapping: &Mapping) -> Option<String> {
    let item = mapping.get(ColumnRole::Item).filter(|_| table.rows.len() > 2)?;
    let texts: Vec<String> =
        table.values(item).filter_map(Value::as_str).map(str::to_owned).collect();
    let letters: usize = texts.iter().map(|text| text.chars().count()).sum();
    let long = !texts.is_empty() && letters > texts.len() * TEXT;
    let name = mapping.get(ColumnRole::Name)?;
    let titled = ["title", "subject", "headline"].contains(&words(&table.columns[name]).as_str());
    let dated = table.columns.iter().any(|column| {
        let words = words(column);
        ["date", "created", "created at", "published", "timestamp", "author", "authors", "url"]
            .contains(&words.as_str())
    });
    let unique = ColumnProfile::of(table, name).is_unique();
    if !long || !unique || names_clusters(table, mapping) || !(mapping.guessed || titled && dated) {
        return None;
    }
    Some(format!(
        "looks like documents, one a row ({} has whole texts), and no column says in which cluster each is.",
        printable(&table.columns[item])
    ))
}
