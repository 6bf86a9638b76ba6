//! A hierarchy as one page: tree, map, sizes and doubt, in one file that needs no network.
//!
//! [`render`] writes the page, the same bytes for the same [`Page`]. With the script that `web/` builds
//! it is an application over packed columns; without it, nested `<details>` with bars
//! that any browser shows. Nothing that comes from data is ever markup: the columns are base64, and text
//! is escaped.

mod columns;
mod escape;
mod html;
mod order;
mod pack;
mod plain;
mod zoom;

pub use html::{PageStyle, has_script, render};
pub use order::TreeProblem;

use cladus_core::artifact::Match;

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The run's name.
    pub title: String,
    /// Every cluster, in any order; parents and others are named by their place here.
    pub nodes: Vec<PageNode>,
    /// Items of the input that are in no cluster.
    pub noise: u64,
    /// The corrections that the run has already, as they are written in `edits.toml`.
    pub edits: String,
    /// How many iterations asked a model, or none did.
    pub asked_model: bool,
    /// What else is known of every cluster, to colour by.
    pub columns: Vec<InputColumn>,
    /// What the page should tell about the map: how it was made, or how to make one.
    pub map_note: String,
    /// What changed since another hierarchy, where two are compared.
    pub changes: Option<Changes>,
    /// What a model was asked about clusters.
    pub questions: LabelQuestions,
}

/// What a model was asked about clusters when they were placed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelQuestions {
    /// The names that were offered, each once.
    pub names: Vec<String>,
    /// The questions.
    pub asked: Vec<AskedQuestion>,
    /// For every node, in their order: each question about it, and what was answered.
    pub of: Vec<Vec<(usize, String)>>,
    /// Are there questions that are not in here, because there are too many?
    pub left_out: bool,
}

/// A question about some clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedQuestion {
    /// Who was asked.
    pub model: String,
    /// How many clusters it was about.
    pub items: usize,
    /// Which names were offered, in the order in which they were shown.
    pub offered: Vec<usize>,
}

/// A cluster and its place.
#[derive(Debug, Clone, Default)]
pub struct PageNode {
    /// Unique.
    pub id: String,
    /// Its parent; `None` for roots.
    pub parent: Option<usize>,
    /// A few words.
    pub name: String,
    /// A sentence or two; may be empty.
    pub description: String,
    /// The iteration that made it, 0 = base.
    pub level: u8,
    /// Items below it.
    pub size: u64,
    /// Of a base cluster: the ids of its items.
    pub members: Vec<String>,
    /// Its place on the map.
    pub at: Option<(f32, f32)>,
    /// How it came under its parent, where that is known.
    pub placed: Option<Placed>,
    /// Did people correct it?
    pub corrected: bool,
}

/// How a cluster came under its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// How the answer became the label.
    pub matched: Match,
    /// What a model said; nothing where none was asked.
    pub answer: Option<String>,
    /// By how much (cosine) it is nearer to what it was given than to the runner-up.
    pub margin: Option<f32>,
    /// The next nearest candidate.
    pub runner_up: Option<UnchosenCandidate>,
    /// The candidate that it was given.
    pub candidate: String,
    /// What was to belong in that.
    pub scope: Option<String>,
    /// What was wrong with a model's answer, and what was done instead.
    pub remark: Option<String>,
}

/// A candidate that a cluster was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnchosenCandidate {
    /// Its name.
    pub name: String,
    /// What became of it: the parent that most of those who were given it are under.
    pub became: Option<usize>,
}

/// A column of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct InputColumn {
    /// What it is called.
    pub name: String,
    /// A value for every node, in their order; parents have none.
    pub values: Vec<Option<String>>,
}

/// What changed since another hierarchy.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What the other hierarchy is called.
    pub since: String,
    /// For every node, in their order, what became of it.
    pub of: Vec<NodeChange>,
    /// What is no longer there: its name, and where it was or what it is in now.
    pub gone: Vec<Gone>,
    /// What changed, in a few lines.
    pub summary: Vec<String>,
}

/// What became of a node since another hierarchy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeChange {
    /// The kind.
    pub kind: ChangeKind,
    /// More about it, in words: from where it came, what it was called.
    pub says: String,
}

/// Kinds of changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChangeKind {
    /// As it was.
    #[default]
    Same,
    /// Not there before.
    New,
    /// Under another parent.
    Moved,
    /// Called otherwise.
    Renamed,
    /// Made of several.
    Merged,
    /// A part of what was one.
    Split,
}

/// A node that is no longer there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// Its name.
    pub name: String,
    /// Items below it.
    pub size: u64,
    /// Where it was, or what it is in now.
    pub says: String,
}
