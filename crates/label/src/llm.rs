//! Labels by a model: clusters that are offered much the same in one call, and a second look at those
//! that are in doubt.

use cladus_asking::Talk;
use cladus_core::Result;
use cladus_core::artifact::{CallCost, Label};
use cladus_core::config::LastLook;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_llm::{Asker, Prompt};

use crate::call::{LabelVerdict, Verdicts, put};
use crate::extractive::LabelTask;
use crate::job::{DraftLabel, LabelJob, LabelOptions, LabelStanding, names};
use crate::look;
use crate::near::NearOffers;
use crate::questions::LabelQuestion;

/// What the model was asked, and what it said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ModelLabels {
    /// In the clusters' order.
    pub(crate) labels: Vec<Label>,
    pub(crate) asked: Asked,
    /// Clusters that fitted nothing they were offered at first.
    pub(crate) nothing_fits: usize,
    /// Those of them that fitted nothing in the end, and have the nearest.
    pub(crate) forced: usize,
    /// Labels that a second look changed.
    pub(crate) changed: usize,
}

/// Asks `questions`, and looks again at what is in doubt. Where a model names none of the candidates, also
/// when it is told so, the nearest by embedding is taken.
///
/// Nothing is made where calls are only planned.
///
/// # Errors
/// When no more calls are to be made.
pub(crate) async fn label(
    task: &LabelTask<'_>,
    level: &LabelJob<'_>,
    questions: &[LabelQuestion<'_>],
    how: LabelOptions,
    asker: &Asker<'_>,
    prompt: &Prompt,
    progress: &dyn Progress,
) -> Result<ModelLabels> {
    let talk = Talk { asker, prompt };
    let Some(verdicts) = ask(talk, level, questions, progress).await? else { return Ok(planned()) };
    let mut drafts = Vec::with_capacity(level.clusters.len());
    let names = names(level.candidates);
    for (question, verdicts) in questions.iter().zip(verdicts) {
        let near = NearOffers { task, level, shown: &question.shown };
        let all = question.shown.len() == names;
        drafts.extend(drafted(near, question, verdicts, all));
    }
    drafts.sort_unstable_by_key(|draft| draft.row);
    let nothing_fits = |drafts: &[DraftLabel]| drafts.iter().filter(|d| d.fits_nothing()).count();
    let mut made = ModelLabels { nothing_fits: nothing_fits(&drafts), ..ModelLabels::default() };
    if how.look == LastLook::Once {
        let doubts = look::doubts(task, level, &drafts);
        let questions = look::questions(task, level, &drafts, &doubts, how);
        let Some(verdicts) = ask(talk, level, &questions, progress).await? else {
            return Ok(planned());
        };
        for (question, verdicts) in questions.iter().zip(verdicts) {
            let near = NearOffers { task, level, shown: &question.shown };
            let second = drafted(near, question, verdicts, true);
            made.changed += look::take(near, &mut drafts, second, &doubts);
        }
    }
    made.forced = nothing_fits(&drafts);
    for draft in &drafts {
        if let LabelStanding::Unanswered { passing } = draft.standing {
            made.asked.fell_back += 1;
            made.asked.stand_ins += 1;
            made.asked.passing += usize::from(passing);
        }
    }
    made.labels = drafts.into_iter().map(|draft| draft.label).collect();
    Ok(made)
}

impl ModelLabels {
    /// What there is to say about it, in a line that has begun.
    pub(crate) fn note(&self) -> String {
        let Self { nothing_fits, forced, changed, .. } = self;
        let mut note = String::new();
        if *nothing_fits > 0 {
            note += &format!(
                ", {nothing_fits} without a fitting candidate at first, {forced} in the end"
            );
        }
        if *changed > 0 {
            note += &format!(", {changed} changed on a second look");
        }
        note
    }
}

fn planned() -> ModelLabels {
    ModelLabels { asked: Asked { planned: true, ..Asked::default() }, ..ModelLabels::default() }
}

/// What each of `questions` came to; `None` where there was nothing to choose. Nothing at all where calls
/// were only planned.
async fn ask(
    talk: Talk<'_>,
    level: &LabelJob<'_>,
    questions: &[LabelQuestion<'_>],
    progress: &dyn Progress,
) -> Result<Option<Vec<Option<Verdicts>>>> {
    let work = questions.iter().map(|question| async move {
        let verdicts = match question.shown.len() {
            1 => None,
            _ => Some(put(talk, level, question).await?),
        };
        progress.advance(question.rows.len() as u64);
        Ok(verdicts)
    });
    let verdicts = talk.in_order(work).await?;
    let planned = verdicts.iter().flatten().any(|verdicts| verdicts.planned);
    Ok((!planned).then_some(verdicts))
}

/// The labels that a question came to; `all`: it showed all names that there are.
fn drafted(
    near: NearOffers<'_>,
    question: &LabelQuestion<'_>,
    verdicts: Option<Verdicts>,
    all: bool,
) -> Vec<DraftLabel> {
    let draft = |row: usize, label: Label, standing: LabelStanding| {
        let nearer = near.nearer(row, label.candidate_id);
        DraftLabel { row, label, standing, nearer }
    };
    let Some(Verdicts { verdicts, cost, .. }) = verdicts else {
        let only = |&row: &usize| draft(row, near.only(row), LabelStanding::Only);
        return question.rows.iter().map(only).collect();
    };
    let cost = if question.rows.len() == 1 { cost } else { CallCost::default() };
    let rows = question.rows.iter().zip(verdicts);
    rows.map(|(&row, verdict)| {
        let LabelVerdict { passing, none, .. } = verdict;
        let standing = match verdict.matched {
            Some(_) => LabelStanding::Chosen,
            None if none => LabelStanding::NothingFits { all },
            None => LabelStanding::Unanswered { passing },
        };
        draft(row, Label { asked: cost, ..near.label(row, verdict) }, standing)
    })
    .collect()
}

#[cfg(test)]
mod tests;
