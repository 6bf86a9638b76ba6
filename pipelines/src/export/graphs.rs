//! Nodes and edges.

use std::fmt::Write as _;

use cladus_cli::{percent, thousands};
use cladus_core::{Error, Result};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::ExportSource;

/// Attributes of nodes: name, type.
const KEYS: [(&str, &str); 6] = [
    ("name", "string"),
    ("description", "string"),
    ("level", "int"),
    ("size", "long"),
    ("x", "float"),
    ("y", "float"),
];

/// GraphML: every node with what is known of it, an edge from each parent to each child.
pub(super) fn graphml(exported: &ExportSource) -> Result<String> {
    written(exported).map_err(|e| Error::Bug(e.to_string()))
}

fn written(exported: &ExportSource) -> std::io::Result<String> {
    let tree = &exported.tree;
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml
        .create_element("graphml")
        .with_attribute(("xmlns", "http://graphml.graphdrawing.org/xmlns"));
    root.write_inner_content(|xml| {
        for (name, ty) in KEYS {
            xml.create_element("key")
                .with_attributes([
                    ("id", name),
                    ("for", "node"),
                    ("attr.name", name),
                    ("attr.type", ty),
                ])
                .write_empty()?;
        }
        let graph = xml
            .create_element("graph")
            .with_attributes([("id", exported.name.as_str()), ("edgedefault", "directed")]);
        graph.write_inner_content(|xml| {
            for (at, node) in tree.nodes().iter().enumerate() {
                let cluster = &node.cluster;
                let place = exported.places.as_ref().map(|places| places[at]);
                let values = [
                    Some(cluster.name.clone()),
                    Some(cluster.description.clone()),
                    Some(cluster.level.to_string()),
                    Some(cluster.size.to_string()),
                    place.map(|[x, _]| x.to_string()),
                    place.map(|[_, y]| y.to_string()),
                ];
                let element =
                    xml.create_element("node").with_attribute(("id", cluster.id.as_str()));
                element.write_inner_content(|xml| {
                    for ((name, _), value) in KEYS.iter().zip(values) {
                        if let Some(value) = value {
                            xml.create_element("data")
                                .with_attribute(("key", *name))
                                .write_text_content(BytesText::new(&value))?;
                        }
                    }
                    Ok(())
                })?;
            }
            for node in tree.nodes() {
                if let Some(parent) = &node.parent_id {
                    let ends = [("source", parent.as_str()), ("target", node.cluster.id.as_str())];
                    xml.create_element("edge").with_attributes(ends).write_empty()?;
                }
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let text = String::from_utf8(xml.into_inner()).map_err(std::io::Error::other)?;
    Ok(text + "\n")
}

/// A node's second line: how many items, and which share of all.
fn items(exported: &ExportSource, node: usize) -> String {
    let size = exported.tree.cluster(node).size;
    format!("{} ({})", thousands(size), percent(size, exported.tree.size()))
}

/// Graphviz, from left to right.
pub(super) fn dot(exported: &ExportSource) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = format!("digraph {} {{\n", quoted(&exported.name));
    text += "  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n";
    let tree = &exported.tree;
    for (node, level) in exported.shown() {
        let cluster = tree.cluster(node);
        let label = format!("{}\u{1}{}", cluster.name, items(exported, node));
        let label = quoted(&label).replace('\u{1}', "\\n");
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {} [label={label}];", quoted(&cluster.id));
        if level > 1
            && let Some(parent) = &tree.nodes()[node].parent_id
        {
            let _ = writeln!(text, "  {} -> {};", quoted(parent), quoted(&cluster.id));
        }
    }
    text + "}\n"
}

/// Mermaid's flow chart, from left to right.
pub(super) fn mermaid(exported: &ExportSource) -> String {
    let mut text = String::from("flowchart LR\n");
    let tree = &exported.tree;
    let parents = tree.ids().into_iter().zip(0..).collect::<std::collections::HashMap<_, usize>>();
    for (node, level) in exported.shown() {
        let name = escaped(&tree.cluster(node).name);
        // Writing to a string does not fail.
        let _ = writeln!(text, "  n{node}[\"{name}<br/>{}\"]", items(exported, node));
        let parent = tree.nodes()[node].parent_id.as_deref();
        if let (Some(parent), true) = (parent.and_then(|id| parents.get(id)), level > 1) {
            let _ = writeln!(text, "  n{parent} --- n{node}");
        }
    }
    text
}

/// What Mermaid would read as its own, by the number of the character.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | ';' | '`' | '\\' => {
                // Writing to a string does not fail.
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
