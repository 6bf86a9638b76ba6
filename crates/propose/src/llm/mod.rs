//! Candidates from a model: one call a group, and one look at what all groups have proposed.

mod answer;
mod question;
mod reconcile;
mod windows;

use std::collections::HashSet;

use cladus_asking::{Talk, remark};
use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::text::candidate_name;
use cladus_embedder::Space;
use cladus_llm::{Asker, Prompt};

use crate::extractive;
use crate::group::CandidateGroup;
use crate::spelling::one_spelling;
use question::{ProposeQuestion, Proposed, reason};
use reconcile::reconcile;
use windows::{across, windows};

/// Clusters outside a group that are shown with it.
const NEIGHBOURS: usize = 4;

/// How many candidates all groups together are asked for where the level wants `target`: many of them
/// mean the same as those of other groups. Somebody who reads the answers without an error builds trees
/// that score .88 (mean of five sets) where a quarter more is asked for, .91 with four fifths, and no more
/// with one and a half times as many.
pub(crate) fn asked_for(target: usize) -> usize {
    target + target * 4 / 5
}

/// Says how many proposals became how many candidates, where they were brought together.
pub(crate) fn merged(candidates: &[Candidate]) -> String {
    let names: HashSet<&str> = candidates.iter().map(|c| c.name.as_str()).collect();
    let proposed: HashSet<&str> = candidates
        .iter()
        .flat_map(|c| match &c.proposed_as {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => vec![c.name.as_str()],
        })
        .collect();
    let changed = candidates.iter().any(|c| c.proposed_as.is_some());
    if changed {
        format!(", {} names from {} proposals", names.len(), proposed.len())
    } else {
        String::new()
    }
}

/// What a model is asked by.
#[derive(Debug)]
pub(crate) struct Prompts {
    /// About a group.
    pub(crate) propose: Prompt,
    /// About the proposals of all groups.
    pub(crate) reconcile: Prompt,
}

/// How the level is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProposeTask<'a> {
    pub(crate) clusters: &'a [Cluster],
    pub(crate) groups: &'a [CandidateGroup],
    /// How many candidates the level wants.
    pub(crate) target: usize,
    /// May there be more? Not where they are to be the roots.
    pub(crate) open: bool,
    /// Are these all groups of the level? The proposals of a share are not compared with others'.
    pub(crate) whole: bool,
}

/// Asks for the candidates of every group, and brings those of different groups together. Where a model
/// gives none, the extractive ones stand in.
///
/// Candidates are in the order of the groups, and in a group as the model named them. Nothing is
/// made where calls are only planned.
///
/// # Errors
/// When no more calls are to be made, or texts cannot be embedded.
pub(crate) fn propose(
    task: ProposeTask<'_>,
    space: &mut Space<'_>,
    asker: &Asker<'_>,
    prompts: &Prompts,
    progress: &dyn Progress,
) -> Result<(Vec<Candidate>, Asked)> {
    let planned = || Ok((Vec::new(), Asked { planned: true, ..Asked::default() }));
    let talk = Talk { asker, prompt: &prompts.propose };
    let proposed = asker.block_on(ask(talk, task, space, progress))?;
    if proposed.iter().any(|proposed| matches!(proposed, Proposed::Planned)) {
        return planned();
    }
    let mut asked = Asked::default();
    let mut candidates = rows(task, proposed, space, progress, &mut asked)?;
    one_spelling(&mut candidates);
    if task.whole && task.groups.len() > 1 {
        let talk = Talk { asker, prompt: &prompts.reconcile };
        let first = windows(&candidates, space, progress)?;
        let several = first.len() > 1;
        let Some(mut found) = asker.block_on(reconcile(talk, &candidates, &first, task.target))?
        else {
            return planned();
        };
        one_spelling(&mut found.candidates);
        if several {
            // What means the same may have stood on two sides of a cut.
            let second = across(&found.candidates, space, progress)?;
            let again = reconcile(talk, &found.candidates, &second, usize::MAX);
            let Some(again) = asker.block_on(again)? else { return planned() };
            found.passing += again.passing;
            found.candidates = again.candidates;
            one_spelling(&mut found.candidates);
        }
        asked.passing += found.passing;
        candidates = found.candidates;
    }
    asked.fell_back = candidates.iter().filter(|candidate| candidate.remark.is_some()).count();
    asked.passing = asked.passing.min(asked.fell_back);
    Ok((candidates, asked))
}

async fn ask(
    talk: Talk<'_>,
    task: ProposeTask<'_>,
    space: &Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Proposed>> {
    let ProposeTask { clusters, groups, open, .. } = task;
    let (vectors, dim) = (space.vectors.as_slice(), space.dim);
    let work = groups.iter().map(|group| async move {
        let proposed = match group.members[..] {
            [] => Proposed::Names(Vec::new()),
            [only] => Proposed::Own(only),
            _ => {
                let neighbours = group.neighbours(vectors, dim, NEIGHBOURS);
                ProposeQuestion::new(clusters, group, &neighbours, open).ask(talk).await?
            }
        };
        // The others are done when something stands in for them.
        if !matches!(proposed, Proposed::Nothing(..)) {
            progress.advance(1);
        }
        Ok(proposed)
    });
    talk.in_order(work).await
}

/// The rows of what came of every group, with stand-ins where nothing did.
fn rows(
    task: ProposeTask<'_>,
    proposed: Vec<Proposed>,
    space: &mut Space<'_>,
    progress: &dyn Progress,
    asked: &mut Asked,
) -> Result<Vec<Candidate>> {
    let ProposeTask { clusters, groups, .. } = task;
    let failed = groups.iter().zip(&proposed);
    let failed = failed.filter(|(_, proposed)| matches!(proposed, Proposed::Nothing(..)));
    let failed: Vec<CandidateGroup> = failed.map(|(group, _)| group.clone()).collect();
    let stand_ins = match failed[..] {
        [] => Vec::new(),
        _ => extractive::propose(clusters, &failed, space, progress)?,
    };
    let mut stand_ins = stand_ins.into_iter().peekable();
    let mut candidates = Vec::new();
    for (group, proposed) in groups.iter().zip(proposed) {
        match proposed {
            Proposed::Names(names) => {
                let row = |row: Candidate| Candidate { group_id: Some(group.id), ..row };
                candidates.extend(names.into_iter().map(row));
            }
            Proposed::Own(row) => {
                let name = candidate_name(&clusters[row].name);
                candidates.push(Candidate {
                    group_id: Some(group.id),
                    name: name.unwrap_or_else(|| format!("Group {}", group.id)),
                    exemplars: Some(vec![clusters[row].id.clone()]),
                    ..Candidate::default()
                });
            }
            Proposed::Nothing(flaw) => {
                let remark = remark(&reason(flaw.as_ref()), "named by the clusters' own words");
                let passing = flaw.is_some_and(|flaw| flaw.is_passing());
                while let Some(row) = stand_ins.next_if(|row| row.group_id == Some(group.id)) {
                    asked.stand_ins += 1;
                    asked.passing += usize::from(passing);
                    candidates.push(Candidate { remark: Some(remark.clone()), ..row });
                }
            }
            Proposed::Planned => {}
        }
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests;
