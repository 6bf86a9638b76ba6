//! A hierarchy as other programs read it.
//!
//! * `rows`: a row an item, a base cluster or a node: CSV and JSON lines.
//! * `nested`: children within their parents, as d3 and its like want it.
//! * `graphs`: nodes and edges: GraphML, DOT, Mermaid.
//! * `kura`, `bertopic`: what these two tools keep.
//! * `report`: for people: Markdown for a pull request or a wiki.

mod bertopic;
mod graphs;
mod kura;
mod nested;
mod report;
mod rows;

use std::collections::HashMap;
use std::path::Path;

use cladus_core::artifact::{self, Cluster};
use cladus_core::{Error, Result};
use cladus_page::PageStyle;

use crate::edits::Edits;
use crate::folder::RunFolder;
use crate::picture;
use crate::tree::hierarchy::Hierarchy;
use crate::why::{Doubt, doubts};
use cladus_core::tree::Tree;

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// CSV, one row per item: its cluster, the parents at every level, the root.
    Members,
    /// CSV, one row per base cluster, one column per level.
    Csv,
    /// JSON lines, one row per cluster of any level.
    Jsonl,
    /// JSON, children within their parents, as d3.hierarchy takes it.
    Json,
    /// A folder of checkpoints as Kura 0.5 writes and shows them.
    Kura,
    /// CSV with the columns of BERTopic's hierarchical_topics: merges of two, from the top.
    Bertopic,
    /// GraphML, for Gephi, yEd, NetworkX.
    Graphml,
    /// Graphviz.
    Dot,
    /// Mermaid, as GitHub and GitLab draw it.
    Mermaid,
    /// Markdown: roots, shares, children, what is in doubt.
    Markdown,
    /// One page with tree, map, sizes and doubt, as `cladus explore` shows it.
    Html,
    /// The same without a script: nested lists with bars.
    PlainHtml,
}

impl ExportFormat {
    /// The one that a file's ending says.
    pub fn from_extension(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()? {
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "graphml" => Self::Graphml,
            "dot" | "gv" => Self::Dot,
            "mmd" | "mermaid" => Self::Mermaid,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" => Self::Html,
            _ => return None,
        })
    }

    /// Is it more than one file?
    pub fn is_folder(self) -> bool {
        self == Self::Kura
    }
}

/// What is written.
#[derive(Debug)]
pub struct ExportSource {
    /// What the run is called.
    name: String,
    tree: Tree,
    /// What was set aside as noise.
    noise: Vec<Cluster>,
    /// Where every node lies, where there is a map of this hierarchy.
    places: Option<Vec<[f32; 2]>>,
    folder: RunFolder,
    /// So many levels of nodes, from the roots; for formats that people look at as a whole.
    depth: usize,
}

impl ExportSource {
    /// What `folder` holds.
    ///
    /// # Errors
    /// When the hierarchy cannot be read.
    pub fn of(folder: &RunFolder, depth: Option<usize>) -> Result<Self> {
        let tree = Tree::read(&folder.hierarchy())?;
        let root = std::path::absolute(folder.root()).unwrap_or_else(|_| folder.root().to_owned());
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let noise = match folder.noise() {
            path if path.is_file() => artifact::read_clusters(&path)?.rows,
            _ => Vec::new(),
        };
        Ok(Self {
            name: name.unwrap_or_default(),
            places: places(folder, &tree)?,
            folder: folder.clone(),
            noise,
            tree,
            depth: depth.unwrap_or(usize::MAX).max(1),
        })
    }

    /// The hierarchy.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The files of `format`, by name; a format of one file has no name for it.
    ///
    /// # Errors
    /// Never in practice: everything is text by now.
    pub fn files(&self, format: ExportFormat) -> Result<Vec<(&'static str, String)>> {
        let one = match format {
            ExportFormat::Kura => return kura::files(self),
            ExportFormat::Members => rows::members(self)?,
            ExportFormat::Csv => rows::base_clusters(self)?,
            ExportFormat::Jsonl => rows::nodes(self)?,
            ExportFormat::Json => nested::d3(self)?,
            ExportFormat::Bertopic => bertopic::merges(self)?,
            ExportFormat::Graphml => graphs::graphml(self)?,
            ExportFormat::Dot => graphs::dot(self),
            ExportFormat::Mermaid => graphs::mermaid(self),
            ExportFormat::Markdown => report::markdown(self)?,
            ExportFormat::Html => self.page(false)?,
            ExportFormat::PlainHtml => self.page(true)?,
        };
        Ok(vec![("", one)])
    }

    fn page(&self, plain: bool) -> Result<String> {
        let page = picture::page(&self.folder)?;
        let look = PageStyle { plain, served: false };
        cladus_page::render(&page, look).map_err(|problem| Error::config(problem.to_string()))
    }

    /// What could well be elsewhere, the closest calls first.
    fn doubts(&self) -> Result<Vec<Doubt>> {
        let made = Hierarchy::made(&self.folder, &self.tree, &Edits::default());
        doubts(&self.folder, made.iterations(), &self.tree)
    }

    /// Every node down to the depth that is wanted with its level from 1, parents first, siblings in order.
    fn shown(&self) -> Vec<(usize, usize)> {
        let mut open: Vec<(usize, usize)> =
            self.tree.roots().iter().rev().map(|&root| (root, 1)).collect();
        let mut shown = Vec::new();
        while let Some((node, level)) = open.pop() {
            shown.push((node, level));
            if level < self.depth {
                open.extend(self.tree.children(node).iter().rev().map(|&child| (child, level + 1)));
            }
        }
        shown
    }
}

/// Where every node lies; `None` where there is no map, or it is that of another hierarchy.
fn places(folder: &RunFolder, tree: &Tree) -> Result<Option<Vec<[f32; 2]>>> {
    if !folder.map().is_file() {
        return Ok(None);
    }
    let map = artifact::read_map(&folder.map())?.rows;
    let place: HashMap<&str, [f32; 2]> =
        map.iter().map(|place| (place.id.as_str(), [place.x, place.y])).collect();
    Ok(tree.ids().into_iter().map(|id| place.get(id).copied()).collect())
}

/// JSON on one line.
fn json_line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

/// Rows of texts as CSV.
fn csv<'a>(
    head: &[String],
    rows: impl Iterator<Item = Vec<std::borrow::Cow<'a, str>>>,
) -> Result<String> {
    let wrong = |e: &dyn std::fmt::Display| Error::Bug(e.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(|e| wrong(&e))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| cell.as_bytes())).map_err(|e| wrong(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| wrong(&e))?;
    String::from_utf8(bytes).map_err(|e| wrong(&e))
}

#[cfg(test)]
mod tests;
