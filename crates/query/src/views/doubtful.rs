//! Placements that could well have been others, by the definition of `cladus explore`.

use std::collections::HashMap;

use cladus_core::Result;
use cladus_core::artifact::{self, Candidate, Label};
use cladus_core::sureness::{LabelFacts, Sureness};
use polars::prelude::DataFrame;

use super::changes;
use crate::frames::{column, of_columns};
use crate::run::FinishedRun;

/// A cluster, the iteration that placed it, and how that went.
struct Placement {
    iteration: usize,
    node: usize,
    label: Label,
    candidate: String,
    runner_up: Option<String>,
}

impl Placement {
    fn placed(&self) -> LabelFacts<'_> {
        let Label { matched, margin, remark, .. } = &self.label;
        LabelFacts { matched: *matched, margin: *margin, remark: remark.as_deref() }
    }
}

/// Of every cluster that an iteration placed. One that moved up alone was labelled several times: what
/// counts is the iteration that made its parent.
fn placements(run: &FinishedRun) -> Result<Vec<Placement>> {
    let mut found = Vec::new();
    for iteration in 1..=run.iterations {
        let (labels, candidates) =
            (run.artifact(iteration, "labels"), run.artifact(iteration, "candidates"));
        if !labels.is_file() || !candidates.is_file() {
            continue;
        }
        let candidates = artifact::read_candidates(&candidates)?.rows;
        let name =
            |candidate: u32| candidates.get(candidate as usize).map(|c: &Candidate| c.name.clone());
        let level = iteration + usize::from(run.given_levels);
        for label in artifact::read_labels(&labels)?.rows {
            let Some(node) = run.forest.find(&label.cluster_id) else { continue };
            let Some(parent) = run.forest.parent(node) else { continue };
            if usize::from(run.nodes[parent].cluster.level) != level {
                continue;
            }
            let Some(candidate) = name(label.candidate_id) else { continue };
            let runner_up = label.runner_up.and_then(name);
            found.push(Placement { iteration, node, label, candidate, runner_up });
        }
    }
    Ok(found)
}

/// Those in doubt, with the reason. What people moved is not.
fn in_doubt(run: &FinishedRun) -> Result<Vec<(Placement, &'static str)>> {
    let corrected = changes::moved_by_people(run)?;
    let placements = placements(run)?;
    let asked_model = placements.iter().any(|placement| placement.label.answer.is_some());
    let sureness = Sureness::of(placements.iter().filter_map(|placement| placement.label.margin));
    let doubt = |placement: Placement| {
        let reason = sureness.doubt(placement.placed(), asked_model)?;
        (!corrected[placement.node]).then_some((placement, reason))
    };
    let mut found: Vec<_> = placements.into_iter().filter_map(doubt).collect();
    let order: HashMap<&str, u8> = [("remark", 0), ("no answer", 1), ("low margin", 2)].into();
    found.sort_by(|(a, why_a), (b, why_b)| {
        let margin = |placement: &Placement| placement.label.margin.unwrap_or(f32::INFINITY);
        let by_reason = order.get(why_a).cmp(&order.get(why_b));
        by_reason.then(margin(a).total_cmp(&margin(b))).then(a.node.cmp(&b.node))
    });
    Ok(found)
}

pub(super) fn frame(run: &FinishedRun) -> Result<DataFrame> {
    let forest = &run.forest;
    let found = in_doubt(run)?;
    let each = || found.iter().map(|(placement, _)| placement);
    let parent = |placement: &Placement| forest.parent(placement.node);
    let iterations = each().map(|p| u32::try_from(p.iteration).unwrap_or(u32::MAX));
    let texts = |of: &dyn Fn(&Placement) -> Option<String>| each().map(of).collect::<Vec<_>>();
    of_columns(vec![
        column("iteration", iterations.collect::<Vec<u32>>()),
        column("id", each().map(|p| forest.id(p.node)).collect::<Vec<_>>()),
        column("name", each().map(|p| forest.name(p.node)).collect::<Vec<_>>()),
        column("size", each().map(|p| forest.size(p.node)).collect::<Vec<u64>>()),
        column("parent_id", texts(&|p| parent(p).map(|node| forest.id(node).to_owned()))),
        column("parent", texts(&|p| parent(p).map(|node| forest.name(node).to_owned()))),
        column("candidate", each().map(|p| p.candidate.as_str()).collect::<Vec<_>>()),
        column("runner_up", texts(&|p| p.runner_up.clone())),
        column("margin", each().map(|p| p.label.margin).collect::<Vec<Option<f32>>>()),
        column("match", each().map(|p| p.label.matched.as_str()).collect::<Vec<_>>()),
        column("answer", texts(&|p| p.label.answer.clone())),
        column("reason", found.iter().map(|(_, reason)| *reason).collect::<Vec<_>>()),
        column("remark", texts(&|p| p.label.remark.clone())),
    ])
}
