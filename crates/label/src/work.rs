//! From candidates to labels: the stage's work, without its files.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use cladus_asking::stage::MadeRows;
use cladus_cli::ShardArgs;
use cladus_core::artifact::{Artifact, CallCost, Candidate, Cluster, Label};
use cladus_core::older::Seated;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{Asker, Prompt};
use cladus_vectors::Vectors;

use crate::extractive::{LabelBasis, LabelChoice, LabelTask, label};
use crate::job::{LabelJob, LabelOptions};
use crate::llm;
use crate::offered::OfferedCandidate;
use crate::offers::NothingOffered;
use crate::onto::{only, pinned};
use crate::questions::questions;
use crate::scope::Scope;

/// A margin (cosine) below this is reported as a close call.
const CLOSE: f32 = 0.02;

/// What labels are made of.
pub(crate) struct LabelInputs<'a> {
    pub(crate) clusters: &'a [Cluster],
    pub(crate) candidates: &'a Artifact<Vec<Candidate>>,
    /// The number of each cluster's group.
    pub(crate) groups: Vec<u32>,
    /// The candidates by rows of the clusters.
    pub(crate) offered: Vec<OfferedCandidate>,
    /// Row-major, one L2-normalised vector a candidate, in the clusters' space.
    pub(crate) names: Vec<f32>,
    pub(crate) scope: Scope,
    pub(crate) space: Space<'a>,
    /// Where clusters were in an older hierarchy, if there is one.
    pub(crate) seated: Option<Seated>,
    pub(crate) shards: ShardArgs,
    pub(crate) options: LabelOptions,
    /// Whom to ask, and how; `None`: nobody.
    pub(crate) model: Option<(Asker<'a>, Prompt)>,
}

impl LabelInputs<'_> {
    /// The labels of all clusters, or of those in this shard.
    ///
    /// # Errors
    /// When a cluster would be offered nothing, or no more calls are to be made.
    pub(crate) fn label(&self, progress: &dyn Progress) -> Result<MadeRows<Label>> {
        let vectors = match self.offered.iter().all(|candidate| !candidate.exemplars.is_empty()) {
            true => self.space.smoothed(),
            // A name alone is found among texts as they are.
            false => Cow::Borrowed(&self.space.vectors[..]),
        };
        let task = LabelTask {
            clusters: Vectors::over(&vectors, self.space.dim),
            groups: &self.groups,
            candidates: &self.offered,
            names: Vectors::over(&self.names, self.space.dim),
            scope: self.scope,
        };
        let pinned = match &self.seated {
            Some(seated) => pinned(seated, &self.offered),
            None => vec![None; self.clusters.len()],
        };
        match &self.model {
            Some((asker, prompt)) => self.asked(&task, &pinned, asker, prompt, progress),
            None => self.nearest(&task, &pinned, progress),
        }
    }

    fn nearest(
        &self,
        task: &LabelTask<'_>,
        pinned: &[Option<u32>],
        progress: &dyn Progress,
    ) -> Result<MadeRows<Label>> {
        let mine = mine(self.clusters, &self.groups, self.shards);
        let count = mine.iter().filter(|mine| **mine).count() as u64;
        progress.begin(count);
        let mut choices = label(task).map_err(|e| self.nothing(&e))?;
        for (choice, pinned) in choices.iter_mut().zip(pinned) {
            if let Some(candidate) = pinned {
                *choice = only(*candidate);
            }
        }
        progress.advance(count);
        // A candidate that nobody is nearest to gets a cluster from anywhere: all are labelled.
        let all = self.clusters.iter().zip(choices).zip(mine);
        let rows: Vec<Label> = all
            .filter(|(_, mine)| *mine)
            .map(|((cluster, choice), _)| row(&cluster.id, choice))
            .collect();
        Ok(MadeRows { note: note(&rows), rows, asked: Asked::default() })
    }

    fn asked(
        &self,
        task: &LabelTask<'_>,
        pinned: &[Option<u32>],
        asker: &Asker<'_>,
        prompt: &Prompt,
        progress: &dyn Progress,
    ) -> Result<MadeRows<Label>> {
        let basis = LabelBasis::of(task).map_err(|e| self.nothing(&e))?;
        let open: Vec<bool> = pinned.iter().map(Option::is_none).collect();
        let (clusters, candidates) = (self.clusters, &self.candidates.rows);
        let job = LabelJob { clusters, candidates, basis, open: &open };
        let id = |row: &usize| clusters[*row].id.as_str();
        let mut questions = questions(task, &job, self.options);
        questions.retain(|question| self.shards.takes(question.rows.iter().map(id)));
        progress.begin(questions.iter().map(|question| question.rows.len() as u64).sum());
        let made = llm::label(task, &job, &questions, self.options, asker, prompt, progress);
        let mut made = asker.block_on(made)?;
        asker.conclude()?;
        let pinned = pinned.iter().enumerate().filter(|(at, _)| self.shards.takes([id(at)]));
        let pinned = pinned.filter_map(|(at, pinned)| Some(row(id(&at), only((*pinned)?))));
        made.labels.extend(pinned);
        Ok(MadeRows {
            note: note(&made.labels) + &made.note(),
            rows: made.labels,
            asked: made.asked,
        })
    }

    fn nothing(&self, problem: &NothingOffered) -> Error {
        Error::damaged(&self.candidates.path, problem.to_string())
    }
}

/// A few words about labels.
pub(crate) fn note(rows: &[Label]) -> String {
    let close = rows.iter().filter(|row| row.margin.is_some_and(|margin| margin < CLOSE)).count();
    format!("{} clusters, {close} of them close calls", rows.len())
}

/// Which clusters are in this shard: those of a group are in one.
fn mine(clusters: &[Cluster], groups: &[u32], shards: ShardArgs) -> Vec<bool> {
    let mut ids: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (cluster, group) in clusters.iter().zip(groups) {
        ids.entry(*group).or_default().push(&cluster.id);
    }
    let mine: BTreeMap<u32, bool> =
        ids.into_iter().map(|(group, ids)| (group, shards.takes(ids))).collect();
    groups.iter().map(|group| mine.get(group).is_some_and(|mine| *mine)).collect()
}

pub(crate) fn row(id: &str, choice: LabelChoice) -> Label {
    Label {
        cluster_id: id.to_owned(),
        candidate_id: choice.candidate,
        answer: None,
        matched: choice.matched,
        similarity: choice.similarity,
        runner_up: choice.runner_up.map(|runner_up| runner_up.candidate),
        margin: choice.runner_up.map(|runner_up| runner_up.margin),
        remark: None,
        asked: CallCost::default(),
    }
}

/// The candidates with their exemplars as rows of the clusters.
pub(crate) fn drawn_from(
    candidates: &Artifact<Vec<Candidate>>,
    clusters: &Artifact<Vec<Cluster>>,
) -> Result<Vec<OfferedCandidate>> {
    let index = clusters.index();
    let mut first: HashMap<&str, u32> = HashMap::new();
    let rows = candidates.rows.iter().enumerate();
    rows.map(|(row, candidate)| {
        let exemplar = |id: &String| {
            let found = index.get(id.as_str()).and_then(|row| u32::try_from(*row).ok());
            found.ok_or_else(|| {
                let problem = format!("cluster {id:?} is not in {}", clusters.path.display());
                Error::value(&candidates.path, row, "exemplars", problem)
            })
        };
        let exemplars = candidate.exemplars.iter().flatten().map(exemplar);
        let exemplars = exemplars.collect::<Result<_>>()?;
        let before = first.get(candidate.name.as_str()).copied();
        first.entry(&candidate.name).or_insert(row as u32);
        Ok(OfferedCandidate { group: candidate.group_id, exemplars, same_as: before })
    })
    .collect()
}

/// Where the candidates' names lie.
///
/// # Errors
/// When texts cannot be embedded.
pub(crate) fn vectors_of(
    candidates: &[Candidate],
    offered: &[OfferedCandidate],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<f32>> {
    if space.takes_names() || offered.iter().any(|candidate| candidate.exemplars.is_empty()) {
        let texts: Vec<String> = candidates.iter().map(Candidate::text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        return space.names(&texts, progress);
    }
    // Somebody's own vectors: a candidate is where the clusters are that it was drawn from.
    Ok(exemplar_means(offered, space))
}

/// The mean direction of each candidate's exemplars, row-major.
fn exemplar_means(offered: &[OfferedCandidate], space: &Space<'_>) -> Vec<f32> {
    let mut means = vec![0.0; offered.len() * space.dim];
    for (mean, candidate) in means.chunks_exact_mut(space.dim.max(1)).zip(offered) {
        for &row in &candidate.exemplars {
            let start = row as usize * space.dim;
            let vector = &space.vectors[start..start + space.dim];
            mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        let norm = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm > 0.0 {
            mean.iter_mut().for_each(|value| *value /= norm);
        }
    }
    means
}
