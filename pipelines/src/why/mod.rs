//! Why a cluster is where it is, and which are in doubt: what the stages of an iteration left of it.

pub mod asked;

use std::collections::HashMap;

use cladus_core::artifact::{self, Candidate, Embeddings, Label, Match};
use cladus_core::{Result, schema};
use cladus_vectors::{Vectors, dot, mean_direction};
use serde::Serialize;

use crate::folder::RunFolder;
use crate::why::asked::{ItemQuestion, questions};
use cladus_core::tree::Tree;

/// How a cluster got its label.
#[derive(Debug, Clone, Serialize)]
pub struct Placing {
    /// The iteration that placed it: the last that labelled it.
    pub iteration: usize,
    /// Its group, how many clusters that has, and how far it lies from the middle (cosine distance).
    pub group: Option<GroupPlace>,
    /// The candidates of the group or of the level, the nearest first.
    pub candidates: Vec<OfferedName>,
    /// Were only candidates of the cluster's group there to choose from?
    pub of_its_group: bool,
    /// The candidate it got.
    pub label: String,
    /// What a model said.
    pub answer: Option<String>,
    /// How that became the label.
    #[serde(rename = "match")]
    pub matched: &'static str,
    /// Of the answer to the candidate's name, or of both by embedding.
    pub similarity: f32,
    /// The next nearest candidate by embedding.
    pub runner_up: Option<String>,
    /// By how much the label is nearer than that one (cosine).
    pub margin: Option<f32>,
    /// The share of the level whose margin is larger: near 1, it was among the closest calls.
    pub closer_than: Option<f64>,
    /// What was wrong with an answer, and what was done.
    pub remark: Option<String>,
    /// The questions in which a model was asked about it, where they were looked up.
    pub questions: Vec<ItemQuestion>,
}

/// A cluster's group.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GroupPlace {
    /// Its number.
    pub id: u32,
    /// Clusters in it.
    pub clusters: usize,
    /// From the cluster to its middle.
    pub distance: f32,
}

/// A name that was there to choose.
#[derive(Debug, Clone, Serialize)]
pub struct OfferedName {
    /// The candidate's name.
    pub name: String,
    /// What belongs in it, where somebody said.
    pub scope: Option<String>,
    /// To the middle of the clusters it was drawn from; `None` where it was drawn from none.
    pub cosine: Option<f32>,
}

/// A label that could well have been another.
#[derive(Debug, Clone, Serialize)]
pub struct Doubt {
    /// The cluster's node.
    pub node: usize,
    /// The candidate it got.
    pub label: String,
    /// The next nearest.
    pub runner_up: String,
    /// By how much the label is nearer; negative where the other is.
    pub margin: f32,
    /// Did a model's answer not settle it?
    pub unsettled: bool,
}

/// What one iteration left of its labels.
struct Left {
    labels: Vec<Label>,
    candidates: Vec<Candidate>,
}

impl Left {
    fn of(folder: &RunFolder, iteration: usize) -> Result<Option<Self>> {
        let labels = folder.artifact(iteration, schema::LABELS.artifact);
        let candidates = folder.artifact(iteration, schema::CANDIDATES.artifact);
        if !labels.is_file() || !candidates.is_file() {
            return Ok(None);
        }
        let labels = artifact::read_labels(&labels)?.rows;
        Ok(Some(Self { labels, candidates: artifact::read_candidates(&candidates)?.rows }))
    }

    fn name(&self, candidate: u32) -> String {
        let found = self.candidates.get(candidate as usize);
        found.map_or_else(String::new, |candidate| candidate.name.clone())
    }
}

/// How the cluster `id` was placed; `None` where no iteration labelled it: it is the only one there is,
/// or a level that came with the input.
///
/// # Errors
/// When an artifact is there and cannot be read.
pub fn placing(folder: &RunFolder, iterations: usize, id: &str) -> Result<Option<Placing>> {
    for iteration in (1..=iterations).rev() {
        let Some(left) = Left::of(folder, iteration)? else { continue };
        if let Some(label) = left.labels.iter().find(|label| label.cluster_id == id) {
            return told(folder, iteration, &left, label).map(Some);
        }
    }
    Ok(None)
}

/// [`placing`], with the questions in which a model was asked about it.
///
/// # Errors
/// When an artifact, the settings or the store of answers is there and cannot be read.
pub fn explained(folder: &RunFolder, iterations: usize, id: &str) -> Result<Option<Placing>> {
    let mut why = placing(folder, iterations, id)?;
    if let Some(why) = why.as_mut().filter(|why| why.answer.is_some()) {
        why.questions = questions(folder, why.iteration, id)?;
    }
    Ok(why)
}

fn told(folder: &RunFolder, iteration: usize, left: &Left, label: &Label) -> Result<Placing> {
    let groups = folder.artifact(iteration, schema::GROUPS.artifact);
    let groups = if groups.is_file() { artifact::read_groups(&groups)?.rows } else { Vec::new() };
    let own = groups.iter().find(|row| row.cluster_id == label.cluster_id);
    let group = own.map(|own| GroupPlace {
        id: own.group_id,
        clusters: groups.iter().filter(|row| row.group_id == own.group_id).count(),
        distance: own.distance,
    });
    let embeddings = folder.artifact(iteration, schema::EMBEDDINGS.artifact);
    let embeddings = match embeddings.is_file() {
        true => Some(artifact::read_embeddings(&embeddings)?.rows),
        false => None,
    };
    // A model is offered the nearest of the level, whoever proposed them.
    let of_its_group = label.answer.is_none();
    let candidates = offers(left, label, group.filter(|_| of_its_group), embeddings.as_ref());
    let margins: Vec<f32> = left.labels.iter().filter_map(|label| label.margin).collect();
    let closer_than = label.margin.map(|own| {
        margins.iter().filter(|margin| **margin > own).count() as f64 / margins.len() as f64
    });
    Ok(Placing {
        iteration,
        group,
        candidates,
        of_its_group,
        label: left.name(label.candidate_id),
        answer: label.answer.clone(),
        matched: label.matched.as_str(),
        similarity: label.similarity,
        runner_up: label.runner_up.map(|candidate| left.name(candidate)),
        margin: label.margin,
        closer_than,
        remark: label.remark.clone(),
        questions: Vec::new(),
    })
}

/// What was there to choose, each name once, the nearest first.
fn offers(
    left: &Left,
    label: &Label,
    group: Option<GroupPlace>,
    embeddings: Option<&Embeddings>,
) -> Vec<OfferedName> {
    let mut row_of: HashMap<&str, usize> = HashMap::new();
    if let Some(embeddings) = embeddings {
        row_of.extend(embeddings.cluster_ids.iter().map(String::as_str).zip(0..));
    }
    let cosine = |candidate: &Candidate| {
        let embeddings = embeddings?;
        let vectors = Vectors::over(&embeddings.vectors, embeddings.dim);
        let own = *row_of.get(label.cluster_id.as_str())?;
        let exemplars = candidate.exemplars.as_deref()?;
        let rows = exemplars.iter().filter_map(|id| row_of.get(id.as_str()).copied());
        Some(dot(vectors.row(own), &mean_direction(vectors, rows)?))
    };
    let mut found: Vec<OfferedName> = Vec::new();
    for candidate in &left.candidates {
        let elsewhere = candidate.group_id.zip(group).is_some_and(|(of, own)| of != own.id);
        if elsewhere || found.iter().any(|offer| offer.name == candidate.name) {
            continue;
        }
        let (name, scope) = (candidate.name.clone(), candidate.scope.clone());
        found.push(OfferedName { name, scope, cosine: cosine(candidate) });
    }
    found.sort_by(|a, b| {
        let near = |offer: &OfferedName| offer.cosine.unwrap_or(-2.0);
        near(b).total_cmp(&near(a))
    });
    found
}

/// The labels of all iterations that are in doubt, the closest calls first: those that a model's answer did
/// not settle, then those with the smallest margins.
///
/// # Errors
/// When an artifact is there and cannot be read.
pub fn doubts(folder: &RunFolder, iterations: usize, tree: &Tree) -> Result<Vec<Doubt>> {
    let node_of: HashMap<&str, usize> = tree.ids().into_iter().zip(0..).collect();
    let mut found: HashMap<usize, Doubt> = HashMap::new();
    for iteration in 1..=iterations {
        let Some(left) = Left::of(folder, iteration)? else { continue };
        for label in &left.labels {
            let Some(&node) = node_of.get(label.cluster_id.as_str()) else { continue };
            // The last label is the one that counts.
            found.remove(&node);
            if let (Some(margin), Some(runner_up)) = (label.margin, label.runner_up) {
                let unsettled = label.answer.is_some() && label.matched == Match::Nearest;
                let (label, runner_up) = (left.name(label.candidate_id), left.name(runner_up));
                found.insert(node, Doubt { node, label, runner_up, margin, unsettled });
            }
        }
    }
    let mut found: Vec<Doubt> = found.into_values().collect();
    found.sort_by(|a, b| {
        b.unsettled.cmp(&a.unsettled).then(a.margin.total_cmp(&b.margin)).then(a.node.cmp(&b.node))
    });
    Ok(found)
}
