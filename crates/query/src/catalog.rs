//! Which tables there are, and what their columns mean.

use std::path::Path;

use cladus_core::schema::{self, Schema};

/// A table that can be asked.
#[derive(Debug, Clone)]
pub struct QueryTable {
    /// As SQL names it.
    pub name: &'static str,
    /// What a row is.
    pub summary: &'static str,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// Where its rows come from.
    pub source: RowSource,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type, in the words of `cladus schema`.
    pub ty: String,
    /// What it holds.
    pub meaning: &'static str,
}

/// Where the rows of a table come from.
#[derive(Debug, Clone, Copy)]
pub enum RowSource {
    /// One artifact; without the file there is no row.
    File(&'static Schema),
    /// An artifact of every iteration.
    Iterations(&'static Schema),
    /// The store of answers.
    Store(StoredTable),
    /// Computed.
    View(TableView),
}

/// Tables of the store of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredTable {
    /// Every attempt.
    Calls,
    /// What came back.
    Answers,
    /// What it came to.
    Cost,
}

/// Tables that are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableView {
    /// Clusters without a parent.
    Roots,
    /// Base clusters.
    Leaves,
    /// Base clusters with the names above them.
    Paths,
    /// Members of base clusters.
    Items,
    /// Placements that could well have been others.
    Doubtful,
    /// What is not as the iterations, or an older hierarchy, had it.
    Changes,
}

const ITERATION: (&str, &str, &str) = ("iteration", "uint32", "from 1");

/// Whole artifacts that are not in `cladus schema` under this name.
const ASIDE: [(&str, &Schema, &str); 3] = [
    ("noise", &schema::CLUSTERS, "what the input calls noise, set aside, a row a cluster"),
    (
        "given",
        &schema::HIERARCHY,
        "the levels that came with the input, where they were kept (--keep-levels)",
    ),
    (
        "onto",
        &schema::HIERARCHY,
        "the older hierarchy that the clusters were placed into (--onto), by the ids they have here",
    ),
];

const PLACED: &[(&str, &str, &str)] =
    &[("id", "utf8", "of hierarchy.id"), ("name", "utf8", "its name"), ("size", "uint64", "items")];

const ROOTS: &[(&str, &str, &str)] = &[
    ("id", "utf8", "of hierarchy.id"),
    ("name", "utf8", "its name"),
    ("description", "utf8", "may be empty"),
    ("size", "uint64", "items below it"),
    ("share", "float64", "of all items, 0 to 1"),
    ("clusters", "uint32", "base clusters below it"),
    ("children", "uint32", "clusters right below it"),
    ("depth", "uint32", "levels below it"),
];

const LEAVES: &[(&str, &str, &str)] = &[
    ("id", "utf8", "of hierarchy.id"),
    ("name", "utf8", "its name"),
    ("description", "utf8", "may be empty"),
    ("size", "uint64", "items"),
    ("share", "float64", "of all items, 0 to 1"),
    ("depth", "uint32", "levels above it"),
    ("parent_id", "utf8", "the cluster right above it; null for a root"),
    ("parent", "utf8", "its name"),
    ("root_id", "utf8", "the root above it, or itself"),
    ("root", "utf8", "its name"),
];

const ITEMS: &[(&str, &str, &str)] = &[
    ("item", "utf8", "the item's id, of hierarchy.members"),
    ("cluster_id", "utf8", "the base cluster that it is in"),
    ("cluster", "utf8", "its name"),
    ("root_id", "utf8", "the root above that"),
    ("root", "utf8", "its name"),
];

const DOUBTFUL: &[(&str, &str, &str)] = &[
    ("iteration", "uint32", "that placed it"),
    ("id", "utf8", "the cluster that was placed"),
    ("name", "utf8", "its name"),
    ("size", "uint64", "items below it"),
    ("parent_id", "utf8", "what it came under"),
    ("parent", "utf8", "its name"),
    ("candidate", "utf8", "the candidate it was given"),
    ("runner_up", "utf8", "the next nearest candidate; null when nothing else was offered"),
    ("margin", "float32", "by how much (cosine) the candidate is nearer than the runner-up"),
    ("match", "utf8", "of labels.match"),
    ("answer", "utf8", "what a model said; null where none was asked"),
    (
        "reason",
        "utf8",
        "remark (of an answer that was of no use), no answer (that settled it), or low margin (the lowest tenth)",
    ),
    ("remark", "utf8", "of labels.remark"),
];

const CHANGES: &[(&str, &str, &str)] = &[
    ("since", "utf8", "iterations: what they made, before corrections; onto: the older hierarchy"),
    ("change", "utf8", "renamed, described (description or slug), moved, new or gone"),
    ("id", "utf8", "the cluster"),
    ("name", "utf8", "its name; of what is gone, the name it had"),
    ("level", "uint8", "of hierarchy.level"),
    ("size", "uint64", "items below it"),
    (
        "before",
        "utf8",
        "the name, description or parent's name it had; null for roots and what is new",
    ),
    ("after", "utf8", "the one it has; null for roots and what is gone"),
];

const CALLS: &[(&str, &str, &str)] = &[
    ("id", "int64", "one attempt; greater = later"),
    ("iteration", "int64", "from 1; null = not known"),
    ("stage", "utf8", "the stage that asked"),
    ("kind", "utf8", "chat or embedding"),
    ("model", "utf8", "as the endpoint knows it"),
    ("form", "utf8", "how the form of the answer was asked for"),
    ("key", "utf8", "hash of the question: the same question has the same key"),
    (
        "outcome",
        "utf8",
        "pending, submitted, received, answer, set aside, not a reply, refused, unknown, never sent, not run, rejected, denied",
    ),
    ("status", "int64", "HTTP status"),
    ("error", "utf8", "what went wrong"),
    ("started_ms", "int64", "begun, milliseconds since 1970"),
    ("received_ms", "int64", "body complete, milliseconds since 1970"),
    ("ended_ms", "int64", "outcome known, milliseconds since 1970"),
    ("max_tokens", "int64", "longest answer asked for, tokens"),
    ("prompt_tokens", "int64", "as the provider counted, cached ones included"),
    ("cached_tokens", "int64", "prompt tokens that the provider had cached"),
    ("completion_tokens", "int64", "tokens of the answer, hidden reasoning included"),
    ("nanodollars", "int64", "cost in billionths of a dollar; null = not known"),
    ("batch", "int64", "the batch it was in; null = asked on its own"),
];

const ANSWERS: &[(&str, &str, &str)] = &[
    ("call", "int64", "of calls.id"),
    ("iteration", "int64", "from 1; null = not known"),
    ("stage", "utf8", "the stage that asked"),
    ("model", "utf8", "as the endpoint knows it"),
    ("key", "utf8", "of calls.key"),
    ("instructions", "utf8", "the system message"),
    ("question", "utf8", "the user's message"),
    ("answer", "utf8", "what the model said; null where the reply has no content"),
    ("body", "utf8", "the whole reply as it came"),
];

const COST: &[(&str, &str, &str)] = &[
    ("iteration", "int64", "from 1; 0 = not known"),
    ("stage", "utf8", "the stage that asked"),
    ("model", "utf8", "as the endpoint knows it"),
    ("calls", "int64", "attempts that left this machine"),
    ("answers", "int64", "of them, answered"),
    ("failed", "int64", "of them, refused or failed: not paid"),
    ("maybe_paid", "int64", "of them, sent and never answered"),
    ("never_sent", "int64", "attempts that never left this machine"),
    ("prompt_tokens", "int64", "as the provider counted"),
    ("cached_tokens", "int64", "of them, cached by the provider"),
    ("completion_tokens", "int64", "tokens of answers"),
    ("nanodollars", "int64", "what the answers cost, billionths of a dollar"),
    ("maybe_nanodollars", "int64", "the most that unanswered calls can cost"),
    ("unpriced", "int64", "calls whose price is not known"),
    ("submitted", "int64", "calls under way in batches"),
    ("dollars", "float64", "what the answers cost"),
];

/// Every table, artifacts first.
pub fn all() -> Vec<QueryTable> {
    let mut tables: Vec<QueryTable> = schema::ALL.iter().copied().map(artifact).collect();
    for (name, schema, summary) in ASIDE {
        let columns = of_schema(schema);
        tables.push(QueryTable { name, summary, columns, source: RowSource::File(schema) });
    }
    let stored = |name, summary, columns, stored| QueryTable {
        name,
        summary,
        columns: documented(columns),
        source: RowSource::Store(stored),
    };
    tables.push(stored(
        "calls",
        "every attempt to ask a model, a row a call",
        CALLS,
        StoredTable::Calls,
    ));
    tables.push(stored(
        "answers",
        "what models said, a row an answer",
        ANSWERS,
        StoredTable::Answers,
    ));
    tables.push(stored(
        "cost",
        "what asking models came to, a row an iteration, stage and model",
        COST,
        StoredTable::Cost,
    ));
    let view = |name, summary, columns, view| QueryTable {
        name,
        summary,
        columns: documented(columns),
        source: RowSource::View(view),
    };
    tables.extend([
        view("roots", "clusters without a parent, the largest first", ROOTS, TableView::Roots),
        view("leaves", "base clusters, depth first", LEAVES, TableView::Leaves),
        QueryTable { columns: paths(), ..view("paths", PATHS, PLACED, TableView::Paths) },
        view("items", "members of base clusters, a row an item", ITEMS, TableView::Items),
        view(
            "doubtful",
            "placements that could well have been others, the closest calls first",
            DOUBTFUL,
            TableView::Doubtful,
        ),
        view(
            "changes",
            "what is not as the iterations made it (corrections), or as it was in the older hierarchy",
            CHANGES,
            TableView::Changes,
        ),
    ]);
    tables
}

const PATHS: &str = "base clusters with the names above them, depth first";

fn paths() -> Vec<TableColumn> {
    let more = [
        ("path", "utf8", "all names from the root to the cluster itself, joined by ' > '"),
        ("level_1", "utf8", "the root's name"),
        (
            "level_2",
            "utf8",
            "the name below it, and so on, down to the deepest; null beyond the cluster itself",
        ),
    ];
    documented(PLACED).into_iter().chain(documented(&more)).collect()
}

fn documented(columns: &[(&'static str, &'static str, &'static str)]) -> Vec<TableColumn> {
    let column = |&(name, ty, meaning): &(&'static str, &'static str, &'static str)| TableColumn {
        name,
        ty: ty.to_owned(),
        meaning,
    };
    columns.iter().map(column).collect()
}

fn of_schema(schema: &Schema) -> Vec<TableColumn> {
    let column = |column: &schema::Column| TableColumn {
        name: column.name,
        // Vectors of two iterations may differ in length.
        ty: match column.ty {
            schema::Type::Vector => "list<float32>".to_owned(),
            ty => ty.to_string(),
        },
        meaning: column.meaning,
    };
    schema.columns.iter().map(column).collect()
}

fn artifact(schema: &'static Schema) -> QueryTable {
    let whole = matches!(schema.artifact, "clusters" | "hierarchy" | "closure" | "map");
    let mut columns = of_schema(schema);
    if !whole {
        columns.splice(0..0, documented(&[ITERATION]));
    }
    QueryTable {
        name: schema.artifact,
        summary: match schema.artifact {
            "clusters" => {
                "the input of the run, a row a cluster (later iterations start from parents)"
            }
            _ => schema.summary,
        },
        columns,
        source: if whole { RowSource::File(schema) } else { RowSource::Iterations(schema) },
    }
}

/// The file of a whole artifact.
pub fn file_of(table: &str, run: &Path) -> std::path::PathBuf {
    run.join(format!("{table}.parquet"))
}

/// The table called `name`, however it is spelt.
pub fn find(name: &str) -> Option<QueryTable> {
    all().into_iter().find(|table| table.name.eq_ignore_ascii_case(name))
}
