//! The rows of every artifact.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A row of `clusters` or `parents`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Unique.
    pub id: String,
    /// Cleaned, never empty.
    pub name: String,
    /// Cleaned; may be empty.
    pub description: String,
    /// Three words, snake_case.
    pub slug: String,
    /// The iteration that made it, 0 = base.
    pub level: u8,
    /// Level 0: ids of items; above: ids of child clusters.
    pub members: Vec<String>,
    /// Items below it.
    pub size: u64,
}

/// A row of `parents`: a cluster of the next level, and how its naming went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// As the next iteration reads it.
    pub cluster: Cluster,
    /// What was wrong with a model's answer, and what was done instead.
    pub remark: Option<String>,
}

impl From<Cluster> for Parent {
    fn from(cluster: Cluster) -> Self {
        Self { cluster, remark: None }
    }
}

/// `embeddings`: one vector a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// The clusters, in the order of the rows.
    pub cluster_ids: Vec<String>,
    /// Row-major, `cluster_ids.len()` × `dim`, each row L2-normalised.
    pub vectors: Vec<f32>,
    /// Length of a vector.
    pub dim: usize,
    /// What made the vectors, as the file says; `None` when it does not.
    pub embedder: Option<String>,
    /// From where that embedder sees a text, where it was fitted to find out: `dim` numbers.
    pub centre: Option<Vec<f32>>,
    /// What was done besides, in words.
    pub made: Option<String>,
}

impl Embeddings {
    /// The vector in row `row`.
    pub fn vector(&self, row: usize) -> &[f32] {
        &self.vectors[row * self.dim..(row + 1) * self.dim]
    }
}

/// A row of `groups`.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// Of `clusters.id`.
    pub cluster_id: String,
    /// Dense from 0.
    pub group_id: u32,
    /// Cosine distance to the group's centroid.
    pub distance: f32,
}

/// A row of `candidates`. Its `candidate_id` is its place in the artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `None`: offered to every group.
    pub group_id: Option<u32>,
    /// Cleaned, never empty.
    pub name: String,
    /// What belongs in it, in half a sentence.
    pub scope: Option<String>,
    /// The names as the groups had proposed them, where several became this one, or it another.
    pub proposed_as: Option<Vec<String>>,
    /// Ids of the clusters it was drawn from.
    pub exemplars: Option<Vec<String>>,
    /// What was wrong with a model's answer, and what was done instead.
    pub remark: Option<String>,
}

impl Candidate {
    /// Its name, and what belongs in it.
    pub fn text(&self) -> String {
        match &self.scope {
            Some(scope) => format!("{}: {scope}", self.name),
            None => self.name.clone(),
        }
    }
}

/// How a label was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The answer is the candidate's number or name.
    Exact,
    /// The same but for case, white space, punctuation or quotes.
    Normalised,
    /// The closest spelling, at 90 % or more.
    Fuzzy,
    /// The nearest by embedding: no model was asked, or it gave no valid answer.
    Nearest,
    /// Nothing else was offered.
    Only,
}

impl Match {
    /// As the artifact spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Normalised => "normalised",
            Self::Fuzzy => "fuzzy",
            Self::Nearest => "nearest",
            Self::Only => "only",
        }
    }

    /// From the artifact's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Exact, Self::Normalised, Self::Fuzzy, Self::Nearest, Self::Only]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// A row of `labels`.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Of `clusters.id`.
    pub cluster_id: String,
    /// Of `candidates.candidate_id`.
    pub candidate_id: u32,
    /// What the model said.
    pub answer: Option<String>,
    /// How the answer became the label.
    pub matched: Match,
    /// 0 to 1.
    pub similarity: f32,
    /// The next nearest candidate by embedding.
    pub runner_up: Option<u32>,
    /// By how much (cosine) the candidate is nearer than the runner-up.
    pub margin: Option<f32>,
    /// What was wrong with a model's answer, and what was done instead.
    pub remark: Option<String>,
    /// What it took to ask about this cluster alone; empty where it was asked about with others.
    pub asked: CallCost,
}

/// What the calls about one row came to; `None` where the row is not one call, or the provider did
/// not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCost {
    /// Tokens of the prompts.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answers.
    pub completion_tokens: Option<u64>,
    /// How many calls it took.
    pub attempts: Option<u32>,
}

/// A row of `hierarchy`: a cluster and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The cluster.
    pub cluster: Cluster,
    /// `None` for roots.
    pub parent_id: Option<String>,
}

/// A row of `closure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosureRow {
    /// Of `hierarchy.id`.
    pub ancestor: String,
    /// Of `hierarchy.id`.
    pub descendant: String,
    /// Levels between the two.
    pub depth: u8,
}

/// A row of `map`: where a cluster lies in two dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct MapPoint {
    /// Of `hierarchy.id`.
    pub id: String,
    /// −1 to 1.
    pub x: f32,
    /// −1 to 1.
    pub y: f32,
}

/// Rows together with the file they came from, so that a fault found later can still be placed.
#[derive(Debug, Clone)]
pub struct Artifact<T> {
    /// The file.
    pub path: PathBuf,
    /// Its rows, in the order of the file.
    pub rows: T,
}

impl<T> Artifact<T> {
    /// Rows of the file at `path`.
    pub fn new(path: &Path, rows: T) -> Self {
        Self { path: path.to_owned(), rows }
    }
}

impl Artifact<Vec<Cluster>> {
    /// Row of every id.
    pub fn index(&self) -> HashMap<&str, usize> {
        self.rows.iter().enumerate().map(|(row, cluster)| (cluster.id.as_str(), row)).collect()
    }

    /// For every cluster the row of `other` that speaks of it; `ids` are `other`'s cluster ids.
    ///
    /// # Errors
    /// When `other` speaks of an unknown cluster, or leaves one out.
    pub fn join(&self, other: &Path, column: &str, ids: &[&str]) -> Result<Vec<usize>> {
        let index = self.index();
        let mut row_of = vec![usize::MAX; self.rows.len()];
        for (row, id) in ids.iter().enumerate() {
            let Some(&cluster) = index.get(id) else {
                let problem = format!("cluster {id:?} is not in {}", self.path.display());
                return Err(Error::value(other, row, column, problem));
            };
            row_of[cluster] = row;
        }
        if let Some(left_out) = row_of.iter().position(|&row| row == usize::MAX) {
            let id = &self.rows[left_out].id;
            return Err(Error::damaged(
                other,
                format!("has no row for cluster {id:?} of {}", self.path.display()),
            ));
        }
        Ok(row_of)
    }
}

impl Artifact<Embeddings> {
    /// The vectors in the order of `clusters`, row-major: they are taken, not copied, where they are
    /// in that order already (a million of them are a gigabyte).
    ///
    /// # Errors
    /// When a cluster has no vector, or a vector no cluster.
    pub fn aligned(&mut self, clusters: &Artifact<Vec<Cluster>>) -> Result<Vec<f32>> {
        let ids: Vec<&str> = self.rows.cluster_ids.iter().map(String::as_str).collect();
        let row_of = clusters.join(&self.path, "cluster_id", &ids)?;
        if row_of.iter().enumerate().all(|(place, &row)| place == row) {
            return Ok(std::mem::take(&mut self.rows.vectors));
        }
        Ok(row_of.iter().flat_map(|&row| self.rows.vector(row)).copied().collect())
    }
}

impl Artifact<Vec<Grouping>> {
    /// The group of every cluster, in the order of `clusters`.
    ///
    /// # Errors
    /// When a cluster has no group, or a row no cluster.
    pub fn aligned(&self, clusters: &Artifact<Vec<Cluster>>) -> Result<Vec<u32>> {
        let ids: Vec<&str> = self.rows.iter().map(|row| row.cluster_id.as_str()).collect();
        let row_of = clusters.join(&self.path, "cluster_id", &ids)?;
        Ok(row_of.iter().map(|&row| self.rows[row].group_id).collect())
    }
}

impl Artifact<Vec<Label>> {
    /// The candidate of every cluster, in the order of `clusters`.
    ///
    /// # Errors
    /// When a cluster has no label, a row no cluster, or a label no candidate.
    pub fn aligned(
        &self,
        clusters: &Artifact<Vec<Cluster>>,
        candidates: &Artifact<Vec<Candidate>>,
    ) -> Result<Vec<u32>> {
        for (row, label) in self.rows.iter().enumerate() {
            if label.candidate_id as usize >= candidates.rows.len() {
                let problem = format!(
                    "candidate {} is not in {}",
                    label.candidate_id,
                    candidates.path.display()
                );
                return Err(Error::value(&self.path, row, "candidate_id", problem));
            }
        }
        let ids: Vec<&str> = self.rows.iter().map(|row| row.cluster_id.as_str()).collect();
        let row_of = clusters.join(&self.path, "cluster_id", &ids)?;
        Ok(row_of.iter().map(|&row| self.rows[row].candidate_id).collect())
    }
}
