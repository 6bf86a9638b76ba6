//! Trees as nested children: every node a row with its parent.

use std::path::Path;

use cladus_core::{Error, Place, Result};
use serde_json::{Map, Value};

use crate::values::column_role::ColumnRole;
use crate::values::table::InputTable;
use crate::values::vocabulary::{fit, words};

/// What lists of child clusters are called.
const CHILDREN: [&str; 7] = [
    "children",
    "subtopics",
    "subclusters",
    "sub topics",
    "sub clusters",
    "subcategories",
    "kinder",
];

/// What they are called too, in clusters that have a name.
const ALSO_CHILDREN: [&str; 10] = [
    "topics",
    "clusters",
    "themes",
    "subthemes",
    "sub themes",
    "codes",
    "intents",
    "categories",
    "concepts",
    "issues",
];

/// A node to be looked into: its place, its fields, the id above it, and whether it is a frame only.
type OpenNode = (Place, Map<String, Value>, Option<String>, bool);

/// The column that a nested child's parent is in.
pub(crate) const PARENT: &str = "parent_id";

/// The list of clusters in a cluster that has a name: `{"category": …, "topics": […]}`.
fn named_children(fields: &Map<String, Value>) -> Option<String> {
    let is_item =
        fields.keys().any(|key| fit(ColumnRole::Item, key).is_some_and(|place| place < 1_000));
    if is_item || name_of(fields).is_none() {
        return None;
    }
    let is_name = |value: &Value| match value {
        Value::Object(fields) => name_of(fields).is_some(),
        Value::String(name) => !name.trim().is_empty(),
        _ => false,
    };
    let nested = |(key, value): &(&String, &Value)| {
        let called = words(key);
        (CHILDREN.contains(&called.as_str()) || ALSO_CHILDREN.contains(&called.as_str()))
            && value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_name))
    };
    fields.iter().find(nested).map(|(key, _)| key.clone())
}

fn children_key(fields: &Map<String, Value>) -> Option<String> {
    let of_objects = |value: &Value| {
        value
            .as_array()
            .is_some_and(|list| list.iter().all(|child| child.is_object() || child.is_string()))
    };
    let nested = |(key, value): &(&String, &Value)| {
        CHILDREN.contains(&words(key).as_str())
            && of_objects(value)
            && value
                .as_array()
                .is_some_and(|list| list.is_empty() || list.iter().any(Value::is_object))
    };
    fields.iter().find(nested).map(|(key, _)| key.clone())
}

/// Is it a cluster with child clusters in it?
pub(crate) fn is_tree(fields: &Map<String, Value>) -> bool {
    let with_children =
        children_key(fields).and_then(|key| fields.get(&key)?.as_array().map(Vec::len));
    with_children.is_some_and(|children| children > 0)
}

/// Every node by itself, those above before those below, each with its parent's id; as they are, where
/// none has children in it.
pub(crate) fn flattened(
    path: &Path,
    objects: Vec<(Place, Map<String, Value>)>,
    table: &mut InputTable,
) -> Result<Vec<(Place, Map<String, Value>)>> {
    let strict = objects.iter().any(|(_, fields)| is_tree(fields));
    let named = objects.len() > 1
        && objects.iter().filter(|(_, fields)| named_children(fields).is_some()).count() * 2
            > objects.len();
    if !strict && !named {
        return Ok(objects);
    }
    let mut rows = Vec::new();
    // A node without a name above several is a frame around them.
    let framed = objects.len() == 1
        && objects.iter().all(|(_, fields)| name_of(fields).is_none() || is_title(fields));
    let mut open: Vec<OpenNode> =
        objects.into_iter().rev().map(|(place, fields)| (place, fields, None, framed)).collect();
    let mut ids = Ids::default();
    while let Some((place, mut fields, parent, frame)) = open.pop() {
        let key = children_key(&fields).or_else(|| named_children(&fields).filter(|_| named));
        let children = key.and_then(|key| fields.remove(&key));
        let id = ids.of(&mut fields);
        let Some(Value::Array(children)) = children else {
            push(&mut rows, place, fields, parent);
            continue;
        };
        let above = if frame { None } else { Some(id) };
        for child in children.into_iter().rev() {
            let fields = match child {
                Value::Object(fields) => fields,
                Value::String(name) => Map::from_iter([("name".to_owned(), Value::String(name))]),
                _ => {
                    return Err(Error::damaged(
                        path,
                        format!("{place}: a child is neither an object nor a text"),
                    ));
                }
            };
            open.push((place, fields, above.clone(), false));
        }
        if !frame {
            push(&mut rows, place, fields, parent);
        }
    }
    table.notes.push("children in their parents".to_owned());
    if ids.again > 0 {
        let again = ids.again;
        table.warnings.push(format!("{again} ids stand for several clusters, which got others"));
    }
    Ok(rows)
}

/// The ids of nodes: their own, else made ones.
#[derive(Default)]
struct Ids {
    seen: std::collections::HashSet<String>,
    made: usize,
    /// How many stood for another node already.
    again: usize,
}

impl Ids {
    fn of(&mut self, fields: &mut Map<String, Value>) -> String {
        let column = id_column(fields);
        let own = column.as_ref().and_then(|column| fields.get(column)).filter(|id| !id.is_null());
        if let Some(own) = own.map(crate::values::table::as_text) {
            if self.seen.insert(own.clone()) {
                return own;
            }
            self.again += 1;
        }
        self.made += 1;
        let id = format!("node-{}", self.made);
        fields.insert(column.unwrap_or_else(|| "id".to_owned()), Value::from(id.clone()));
        id
    }
}

fn push(
    rows: &mut Vec<(Place, Map<String, Value>)>,
    place: Place,
    mut fields: Map<String, Value>,
    parent: Option<String>,
) {
    fields.insert(PARENT.to_owned(), parent.map_or(Value::Null, Value::from));
    rows.push((place, fields));
}

/// Is it a name around clusters that have ids, and itself has none? d3 wants one node at the top.
fn is_title(fields: &Map<String, Value>) -> bool {
    let children = children_key(fields).and_then(|key| fields.get(&key)?.as_array());
    let has_id = |child: &Value| child.as_object().is_some_and(|child| id_column(child).is_some());
    id_column(fields).is_none()
        && fields.len() == 2
        && children.is_some_and(|children| children.iter().all(has_id))
}

fn id_column(fields: &Map<String, Value>) -> Option<String> {
    let plain = |value: &Value| value.is_string() || value.is_i64() || value.is_u64();
    ["id", "uid", "uuid", "cluster_id", "topic_id", "key"]
        .into_iter()
        .find(|key| fields.get(*key).is_some_and(plain))
        .map(str::to_owned)
}

fn name_of(fields: &Map<String, Value>) -> Option<&str> {
    let named =
        |(key, value): (&String, &Value)| fit(ColumnRole::Name, key).is_some() && value.is_string();
    fields.iter().find(|(key, value)| named((key, value))).and_then(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_a_row_with_its_parent() {
        let text = r#"{"name":"root","children":[{"name":"a","children":[{"name":"a1","size":3}]},{"name":"b","size":4}]}"#;
        let table = crate::read::json::read(Path::new("f"), text, false).unwrap();
        let at = |name: &str| table.column(name).unwrap();
        let cell = |row: usize, name: &str| {
            crate::values::table::as_text(&table.rows[row].cells[at(name)])
        };
        let names: Vec<String> = (0..table.rows.len()).map(|row| cell(row, "name")).collect();
        assert_eq!(names, ["root", "a", "a1", "b"]);
        assert_eq!(cell(2, PARENT), cell(1, "id"));
        assert_eq!(cell(0, PARENT), "");
    }

    #[test]
    fn a_title_above_clusters_with_ids_is_no_cluster() {
        let text = r#"{"name":"my-run","children":[{"id":"p","name":"a","children":[{"id":"q","name":"a1","value":3}]},{"id":"r","name":"b","value":4}]}"#;
        let table = crate::read::json::read(Path::new("f"), text, false).unwrap();
        assert_eq!(table.rows.len(), 3);
        let parent = table.column(PARENT).unwrap();
        let parents: Vec<String> = table
            .rows
            .iter()
            .map(|row| crate::values::table::as_text(&row.cells[parent]))
            .collect();
        assert_eq!(parents, ["", "p", ""]);
    }
}
