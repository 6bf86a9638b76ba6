//! Labels by a model: a group's clusters in one call.

use cladus_asking::{Talk, remark};
use cladus_core::Result;
use cladus_core::artifact::{self, CallCost, Cluster, Label, Match};
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_llm::{Asker, Prompt};
use cladus_vectors::dot;

use crate::call::{Verdict, Verdicts, put};
use crate::extractive::{Ground, Task};
use crate::questions::{Question, questions};
use cladus_vectors::Vectors;

/// The rows that a model is asked about.
pub(crate) struct Level<'a> {
    /// What is labelled.
    pub(crate) clusters: &'a [Cluster],
    /// With what.
    pub(crate) candidates: &'a [artifact::Candidate],
    /// Who is offered what, and where it lies.
    pub(crate) ground: Ground,
    /// Which of the clusters are asked about; those of a group together, or not at all.
    pub(crate) mine: &'a [bool],
}

/// How they are asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    /// Decides the order in which candidates are shown.
    pub(crate) seed: u64,
    /// Clusters in one call; without it, a whole group.
    pub(crate) labels_per_call: Option<usize>,
}

/// Asks for the label of every cluster that is to be asked about, in the clusters' order. Where a model names none of the
/// candidates, also when it is told so, the nearest by embedding is taken.
///
/// Nothing is made where calls are only planned.
///
/// # Errors
/// When no more calls are to be made.
pub(crate) async fn label(
    task: &Task<'_>,
    level: &Level<'_>,
    how: How,
    asker: &Asker<'_>,
    prompt: &Prompt,
    progress: &dyn Progress,
) -> Result<(Vec<Label>, Asked)> {
    let talk = Talk { asker, prompt };
    let questions = questions(level, task.groups, how);
    let work = questions.iter().map(|question| async move {
        let verdicts = match question.shown.len() {
            // Nothing to choose, nothing to ask.
            1 => None,
            _ => Some(put(talk, level, question).await?),
        };
        progress.advance(question.rows.len() as u64);
        Ok(verdicts)
    });
    let verdicts = talk.in_order(work).await?;

    let planned = verdicts.iter().flatten().any(|verdicts| verdicts.planned);
    let mut asked = Asked { planned, ..Asked::default() };
    if planned {
        return Ok((Vec::new(), asked));
    }
    let mut rows: Vec<(usize, Label)> = Vec::with_capacity(level.clusters.len());
    for (question, verdicts) in questions.iter().zip(verdicts) {
        let near = Near { task, level, question };
        match verdicts {
            None => rows.extend(question.rows.iter().map(|&row| (row, near.only(row)))),
            Some(Verdicts { verdicts, cost, .. }) => {
                let cost = if question.rows.len() == 1 { cost } else { CallCost::default() };
                for (&row, verdict) in question.rows.iter().zip(verdicts) {
                    asked.fell_back += usize::from(verdict.matched.is_none());
                    asked.passing += usize::from(verdict.matched.is_none() && verdict.passing);
                    rows.push((row, Label { asked: cost, ..near.label(row, verdict) }));
                }
            }
        }
    }
    rows.sort_unstable_by_key(|(row, _)| *row);
    Ok((rows.into_iter().map(|(_, label)| label).collect(), asked))
}

/// What a question offers, by embedding.
struct Near<'a> {
    task: &'a Task<'a>,
    level: &'a Level<'a>,
    question: &'a Question<'a>,
}

impl Near<'_> {
    fn cosine(&self, row: usize, candidate: u32) -> f32 {
        let references = Vectors::over(&self.level.ground.references, self.task.names.dim());
        dot(self.task.clusters.row(row), references.row(candidate as usize))
    }

    fn candidate(&self, row: usize, place: usize) -> u32 {
        let group = self.task.groups[row];
        self.question.shown[place].candidate(group, self.level.candidates)
    }

    /// Of the names shown but the one at `but`, the nearest: its candidate and the cosine. Of
    /// equally near ones the one with the lowest number, whatever the order shown.
    fn nearest(&self, row: usize, but: Option<usize>) -> Option<(usize, u32, f32)> {
        (0..self.question.shown.len())
            .filter(|place| Some(*place) != but)
            .map(|place| {
                let candidate = self.candidate(row, place);
                (place, candidate, self.cosine(row, candidate))
            })
            .max_by(|a, b| a.2.total_cmp(&b.2).then(b.1.cmp(&a.1)))
    }

    fn label(&self, row: usize, verdict: Verdict) -> Label {
        let found = verdict.matched.map(|matched| (matched.candidate, matched));
        let place = match found {
            Some((place, _)) => place,
            None => self.nearest(row, None).map_or(0, |(place, ..)| place),
        };
        let candidate_id = self.candidate(row, place);
        let cosine = self.cosine(row, candidate_id);
        let other = self.nearest(row, Some(place));
        let (matched, similarity, remark) = match found {
            Some((_, matched)) => (matched.matched, matched.similarity, None),
            None => {
                let remark = remark(&verdict.wrong, "the nearest by embedding was taken");
                (Match::Nearest, cosine.clamp(0.0, 1.0), Some(remark))
            }
        };
        Label {
            cluster_id: self.level.clusters[row].id.clone(),
            candidate_id,
            answer: verdict.answer,
            matched,
            similarity,
            runner_up: other.map(|(_, candidate, _)| candidate),
            margin: other.map(|(.., other)| cosine - other),
            remark,
            asked: CallCost::default(),
        }
    }

    fn only(&self, row: usize) -> Label {
        let label = self.label(row, Verdict::default());
        Label { matched: Match::Only, remark: None, ..label }
    }
}

#[cfg(test)]
mod tests;
