//! What well-known tools write, recognised by its columns.

use std::path::Path;

use cladus_core::{Error, Result};
use serde_json::Value;

use crate::columns::known::{ColumnNames, KnownShape};
use crate::columns::tools;
use crate::columns::unclear::other_file;
use crate::values::cells;
use crate::values::column_role::ColumnRole;
use crate::values::readable::is_placeholder;
use crate::values::table::{InputTable, as_text, is_blank};

/// The maker of a table.
///
/// # Errors
/// When the table holds no clusters, and it is known where they are.
pub(crate) fn recognise(path: &Path, table: &InputTable) -> Result<Option<KnownShape>> {
    let names = ColumnNames::new(table);
    if let Some(called) = table.shape {
        let mut shape = KnownShape::new(called);
        shape.rows_are_items =
            ["TopicGPT documents", "Argilla's records", "Label Studio's tasks"].contains(&called);
        return Ok(Some(shape));
    }
    if let Some(problem) = no_clusters(&names) {
        return Err(elsewhere(path, problem));
    }
    if let Some(shape) = graph_rag(path, &names)? {
        return Ok(Some(shape));
    }
    Ok(bertopic(&names).or_else(|| tools::others(&names)))
}

/// BERTopic's tables of topics and of documents.
fn bertopic(names: &ColumnNames<'_>) -> Option<KnownShape> {
    let topic = names.of("topic")?;
    let machine = names.of("name").filter(|&name| {
        let mut values = names.table.values(name).filter_map(Value::as_str);
        names.any(&["representation", "custom name"])
            || values.any(|name| crate::values::readable::without_number(name).is_some())
    });
    let documents = names.all(&["document", "topic"])
        && names.any(&["representation", "top n words", "probability", "custom name"]);
    let topics = names.all(&["topic", "count"]) && machine.is_some();
    if !documents && !topics {
        return None;
    }
    let mut shape =
        KnownShape::new(if documents { "BERTopic documents" } else { "BERTopic topics" });
    shape.rows_are_items = documents;
    shape.roles.push((ColumnRole::Id, topic));
    if documents {
        shape.roles.extend(names.roles(&[(ColumnRole::Item, "document")]));
        shape.without.push(ColumnRole::Size);
    } else {
        shape.roles.extend(names.roles(&[(ColumnRole::Size, "count")]));
    }
    shape.without.extend([ColumnRole::Parent, ColumnRole::Level, ColumnRole::Members]);
    let representation = names.of("representation");
    let labels = names.of("custom name").or_else(|| written_by_a_model(names));
    match (labels, representation) {
        (Some(labels), words) => {
            shape.roles.push((ColumnRole::Name, labels));
            shape.roles.extend(
                words.filter(|words| *words != labels).map(|words| (ColumnRole::Keywords, words)),
            );
        }
        // Names are the representation's first words behind a number.
        (None, Some(words)) => {
            shape.roles.push((ColumnRole::Keywords, words));
            shape.without.push(ColumnRole::Name);
        }
        (None, None) => shape.roles.extend(machine.map(|name| (ColumnRole::Name, name))),
    }
    let said = ["name", "top n words", "representative document", "probability"];
    shape.said_already = said.into_iter().filter_map(|name| names.of(name)).collect();
    Some(shape)
}

/// An aspect of BERTopic's in which a model wrote one label a topic.
fn written_by_a_model(names: &ColumnNames<'_>) -> Option<usize> {
    let table = names.table;
    let known = [
        "topic",
        "count",
        "name",
        "representation",
        "representative docs",
        "document",
        "probability",
        "top n words",
        "representative document",
    ];
    (0..table.columns.len()).filter(|&column| !known.contains(&names.words[column].as_str())).find(
        |&column| {
            let mut labels = table.values(column).take(200).map(cells::keywords).peekable();
            labels.peek().is_some()
                && labels.all(|words| {
                    words.is_some_and(|words| {
                        words.len() == 1 && words[0].chars().any(char::is_alphabetic)
                    })
                })
        },
    )
}

/// Microsoft's GraphRAG: communities have no names, their reports do.
fn graph_rag(path: &Path, names: &ColumnNames<'_>) -> Result<Option<KnownShape>> {
    let reports = names.all(&["community", "title", "summary"])
        && names.any(&["full content", "findings", "rank"]);
    let communities = names.all(&["community", "level"])
        && names.any(&["entity ids", "relationship ids", "text unit ids"])
        || names.all(&["title", "level"])
            && names.any(&["entity ids", "raw community", "text unit ids"]);
    if reports {
        let mut shape = KnownShape::new("GraphRAG community reports");
        let roles = [
            (ColumnRole::Id, "community"),
            (ColumnRole::Name, "title"),
            (ColumnRole::Description, "summary"),
            (ColumnRole::Parent, "parent"),
            (ColumnRole::Level, "level"),
            (ColumnRole::Size, "size"),
        ];
        shape.roles = names.roles(&roles);
        shape.without = vec![ColumnRole::Keywords, ColumnRole::Members];
        shape.leaves_are_lowest = Some(false);
        return Ok(Some(shape));
    }
    if !communities {
        return Ok(None);
    }
    let title = names.of("title");
    let named = title.is_some_and(|title| {
        names.table.values(title).any(|title| !is_placeholder(&as_text(title)))
    });
    if named {
        let mut shape = KnownShape::new("GraphRAG communities");
        shape.roles = names.roles(&[
            (ColumnRole::Id, "community"),
            (ColumnRole::Name, "title"),
            (ColumnRole::Parent, "parent"),
            (ColumnRole::Level, "level"),
            (ColumnRole::Members, "entity ids"),
            (ColumnRole::Size, "size"),
        ]);
        return Ok(Some(shape));
    }
    let problem = "holds GraphRAG's communities, which have numbers and no names; their names are the titles of community_reports.parquet, which `graphrag index` writes beside it";
    Err(other_file(path, problem, beside(path, "community_reports")))
}

/// A file of that kind in the same folder, under the name that it has there.
fn beside(path: &Path, wanted: &str) -> std::path::PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    let listed =
        std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let mut names: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.contains(wanted))
        .collect();
    names.sort_unstable();
    let ending =
        path.extension().map_or_else(|| "parquet".to_owned(), |e| e.to_string_lossy().into_owned());
    folder.join(names.into_iter().next().unwrap_or_else(|| format!("{wanted}.{ending}")))
}

/// Files that lie beside those with the clusters.
fn no_clusters(names: &ColumnNames<'_>) -> Option<(&'static str, &'static str)> {
    if names.of("chat id").is_some()
        && names.any(&["summary", "messages", "request"])
        && !names.any(&["name", "chat ids"])
    {
        let problem = "holds Kura's conversations or their summaries, not clusters; those are in clusters.jsonl, which Kura writes beside it";
        return Some((problem, "clusters"));
    }
    None
}

fn elsewhere(path: &Path, (problem, file): (&str, &str)) -> Error {
    other_file(path, problem, beside(path, file))
}

/// LlooM scores every document for every concept: only matches are members.
pub(crate) fn keep_matches(table: &mut InputTable, shape: &KnownShape) {
    if shape.called != "LlooM scores" {
        return;
    }
    let Some(score) = table.column("score") else { return };
    let before = table.rows.len();
    table.rows.retain(|row| {
        is_blank(&row.cells[score])
            || as_text(&row.cells[score]).parse::<f64>().is_ok_and(|score| score >= 0.75)
    });
    if table.rows.len() < before {
        table
            .notes
            .push(format!("{} of {before} scores are matches (0.75 or more)", table.rows.len()));
    }
}
