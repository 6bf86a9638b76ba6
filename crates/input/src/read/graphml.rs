//! GraphML: nodes are clusters, and edges lead from parents to children.

use std::collections::HashMap;
use std::path::Path;

use cladus_core::{Error, Result};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

use crate::read::json;
use crate::read::nested::PARENT;
use crate::values::table::InputTable;

/// What is read of a graph.
#[derive(Default)]
struct Graph {
    /// What the keys of data are called.
    called: HashMap<String, String>,
    nodes: Vec<Map<String, Value>>,
    edges: Vec<(String, String)>,
    /// The key whose text is being read, and its text so far, with entities.
    data: Option<(String, String)>,
    /// Is what is open an edge?
    in_edge: bool,
}

/// The table of a graph; nothing where the text is none.
///
/// # Errors
/// When it is one and damaged, or no forest.
pub(crate) fn read(path: &Path, text: &str) -> Result<Option<InputTable>> {
    let start: String = text.trim_start().chars().take(400).collect();
    if !start.starts_with('<') || !start.contains("<graphml") {
        return Ok(None);
    }
    let broken =
        |e: &dyn std::fmt::Display| Error::damaged(path, format!("cannot be read as GraphML: {e}"));
    let mut reader = Reader::from_str(text);
    let mut graph = Graph::default();
    loop {
        match reader.read_event().map_err(|e| broken(&e))? {
            Event::Start(tag) => graph.open(&tag),
            Event::Empty(tag) => {
                graph.open(&tag);
                graph.close(tag.local_name().as_ref());
            }
            Event::Text(text) => graph.text(&text),
            Event::GeneralRef(name) => graph.text(&format!("&{};", &*name)),
            Event::CData(text) => graph.text(&text.replace('&', "&amp;")),
            Event::End(tag) => graph.close(tag.local_name().as_ref()),
            Event::Eof => break,
            _ => {}
        }
    }
    if graph.nodes.is_empty() {
        return Err(Error::damaged(path, "is GraphML without a node"));
    }
    let rows = graph.rows().map_err(|problem| Error::damaged(path, problem))?;
    let mut table = json::of_value(path, rows)?;
    "GraphML".clone_into(&mut table.format);
    Ok(Some(table))
}

impl Graph {
    fn open(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "key" => {
                if let (Some(id), Some(name)) = (of(tag, "id"), of(tag, "attr.name")) {
                    self.called.insert(id, name);
                }
            }
            "node" => {
                let id = of(tag, "id").unwrap_or_default();
                self.nodes.push(Map::from_iter([("id".to_owned(), json!(id))]));
                self.in_edge = false;
            }
            "edge" => {
                self.edges.extend(of(tag, "source").zip(of(tag, "target")));
                self.in_edge = true;
            }
            "data" => self.data = of(tag, "key").map(|key| (key, String::new())),
            _ => {}
        }
    }

    fn text(&mut self, piece: &str) {
        if let Some((_, text)) = &mut self.data {
            *text += piece;
        }
    }

    fn close(&mut self, tag: &str) {
        match tag {
            "data" => {
                let Some((key, text)) = self.data.take() else { return };
                let name = self.called.get(&key).cloned().unwrap_or(key);
                if let Some(node) = self.nodes.last_mut().filter(|_| !self.in_edge)
                    && name != "id"
                {
                    node.insert(name, json!(crate::values::entities::decoded(text.trim())));
                }
            }
            "edge" => self.in_edge = false,
            _ => {}
        }
    }

    /// A record a node, with the id of its parent.
    fn rows(mut self) -> Result<Value, String> {
        let mut parent: HashMap<String, String> = HashMap::with_capacity(self.edges.len());
        for (from, to) in self.edges {
            if let Some(other) = parent.insert(to.clone(), from.clone())
                && other != from
            {
                return Err(format!(
                    "is GraphML of no hierarchy: edges lead to {to:?} from {other:?} and from {from:?}"
                ));
            }
        }
        for node in &mut self.nodes {
            let above = node.get("id").and_then(Value::as_str).and_then(|id| parent.get(id));
            let above = above.map_or(Value::Null, |above| json!(above));
            node.insert(PARENT.to_owned(), above);
            // A place on a map says nothing of a cluster.
            node.shift_remove("x");
            node.shift_remove("y");
        }
        Ok(self.nodes.into_iter().map(Value::Object).collect())
    }
}

/// An attribute of a tag.
fn of(tag: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let mut attributes = tag.html_attributes();
    attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.as_ref() == wanted);
    found.map(|attribute| crate::values::entities::decoded(&attribute.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<?xml version=\"1.0\"?>\n<graphml xmlns=\"x\"><key id=\"k\" for=\"node\" attr.name=\"name\"/><graph edgedefault=\"directed\">";

    fn of(body: &str) -> Result<Option<InputTable>> {
        super::read(Path::new("g.graphml"), &format!("{HEAD}{body}</graph></graphml>"))
    }

    #[test]
    fn nodes_are_rows_under_what_their_edges_come_from() {
        let body = "<node id=\"a\"><data key=\"k\">Food &amp; <![CDATA[dr<nk]]></data></node>\
                    <node id=\"b\"><data key=\"k\">Tea</data></node>\
                    <edge source=\"a\" target=\"b\"><data key=\"k\">no name</data></edge>";
        let table = of(body).unwrap().unwrap();
        let cell = |row: usize, name: &str| {
            crate::values::table::as_text(&table.rows[row].cells[table.column(name).unwrap()])
        };
        assert_eq!((table.rows.len(), cell(0, "name").as_str()), (2, "Food & dr<nk"));
        assert_eq!((cell(1, "name"), cell(1, PARENT)), ("Tea".to_owned(), "a".to_owned()));
    }

    #[test]
    fn what_is_no_forest_or_no_graph_is_told() {
        let twice = "<node id=\"a\"/><node id=\"b\"/><node id=\"c\"/>\
                     <edge source=\"a\" target=\"c\"/><edge source=\"b\" target=\"c\"/>";
        assert!(of(twice).unwrap_err().to_string().contains("no hierarchy"));
        assert!(of("").unwrap_err().to_string().contains("without a node"));
        assert!(of("<node id=\"a\">").is_err());
        assert!(super::read(Path::new("f"), "<opml/>").unwrap().is_none());
    }
}
