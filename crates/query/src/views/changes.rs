//! What is not as the iterations made it, or as it was in the older hierarchy.

use std::collections::{HashMap, HashSet};

use cladus_core::Result;
use cladus_core::artifact::{self, Cluster, Node};
use polars::prelude::DataFrame;

use crate::frames::{column, of_columns};
use crate::run::FinishedRun;

/// A row of the view.
struct ChangeRow {
    since: &'static str,
    change: &'static str,
    id: String,
    name: String,
    level: u8,
    size: u64,
    before: Option<String>,
    after: Option<String>,
}

/// What the iterations made, before any correction, in the order they made it; where not all of them are
/// there, nobody knows, and it is taken for what there is.
fn unedited(run: &FinishedRun) -> Result<Vec<Node>> {
    if !run.complete {
        return Ok(run.nodes.clone());
    }
    let base = artifact::read_clusters(&run.file("clusters"))?.rows;
    let mut parent_of: HashMap<String, String> = HashMap::new();
    let mut known: HashSet<String> = base.iter().map(|cluster| cluster.id.clone()).collect();
    let mut clusters = base;
    for iteration in 1..=run.iterations {
        for parent in artifact::read_clusters(&run.artifact(iteration, "parents"))?.rows {
            // What is known moved up alone, as it is.
            if known.insert(parent.id.clone()) {
                let child = |child: &String| (child.clone(), parent.id.clone());
                parent_of.extend(parent.members.iter().map(child));
                clusters.push(parent);
            }
        }
    }
    let node = |cluster: Cluster| Node { parent_id: parent_of.get(&cluster.id).cloned(), cluster };
    let mut nodes: Vec<Node> = clusters.into_iter().map(node).collect();
    // Levels that came with the input end in the base clusters: those are there already.
    let below = |node: &Node| node.parent_id.is_some() && !known.contains(&node.cluster.id);
    nodes.extend(run.given()?.into_iter().filter(below));
    Ok(nodes)
}

/// Which nodes are under another parent than the iterations put them under.
///
/// # Errors
/// When an artifact cannot be read.
pub(super) fn moved_by_people(run: &FinishedRun) -> Result<Vec<bool>> {
    let before = unedited(run)?;
    let was: HashMap<&str, Option<&str>> =
        before.iter().map(|node| (node.cluster.id.as_str(), node.parent_id.as_deref())).collect();
    let moved = |node: &Node| {
        was.get(node.cluster.id.as_str()).is_some_and(|parent| *parent != node.parent_id.as_deref())
    };
    Ok(run.nodes.iter().map(moved).collect())
}

fn names(nodes: &[Node]) -> HashMap<&str, &Cluster> {
    nodes.iter().map(|node| (node.cluster.id.as_str(), &node.cluster)).collect()
}

/// From `before` to `after`, in the order of `after`; what is gone comes last, in that of `before`.
fn between(since: &'static str, before: &[Node], after: &[Node]) -> Vec<ChangeRow> {
    let old: HashMap<&str, &Node> =
        before.iter().map(|node| (node.cluster.id.as_str(), node)).collect();
    let (names_before, names_after) = (names(before), names(after));
    let parent = |names: &HashMap<&str, &Cluster>, node: &Node| {
        node.parent_id.as_deref().and_then(|id| names.get(id)).map(|cluster| cluster.name.clone())
    };
    let mut found = Vec::new();
    let mut say = |node: &Node, change, before: Option<String>, after: Option<String>| {
        let Cluster { id, name, level, size, .. } = node.cluster.clone();
        found.push(ChangeRow { since, change, id, name, level, size, before, after });
    };
    for node in after {
        let new = &node.cluster;
        let Some(was) = old.get(new.id.as_str()) else {
            say(node, "new", None, parent(&names_after, node));
            continue;
        };
        let old = &was.cluster;
        if old.name != new.name {
            say(node, "renamed", Some(old.name.clone()), Some(new.name.clone()));
        }
        if old.description != new.description {
            let (before, after) = (old.description.clone(), new.description.clone());
            say(node, "described", Some(before), Some(after));
        } else if old.slug != new.slug {
            say(node, "described", Some(old.slug.clone()), Some(new.slug.clone()));
        }
        if was.parent_id != node.parent_id {
            say(node, "moved", parent(&names_before, was), parent(&names_after, node));
        }
    }
    for node in before.iter().filter(|node| !names_after.contains_key(node.cluster.id.as_str())) {
        say(node, "gone", parent(&names_before, node), None);
    }
    found
}

pub(super) fn frame(run: &FinishedRun) -> Result<DataFrame> {
    let mut found = between("iterations", &unedited(run)?, &run.nodes);
    let onto = run.file("onto");
    if onto.is_file() {
        found.extend(between("onto", &artifact::read_hierarchy(&onto)?.rows, &run.nodes));
    }
    let texts = |of: &dyn Fn(&ChangeRow) -> Option<&str>| {
        column_of(&found, |change| of(change).map(str::to_owned))
    };
    of_columns(vec![
        column("since", column_of(&found, |change| change.since)),
        column("change", column_of(&found, |change| change.change)),
        column("id", column_of(&found, |change| change.id.clone())),
        column("name", column_of(&found, |change| change.name.clone())),
        column("level", column_of(&found, |change| change.level)),
        column("size", column_of(&found, |change| change.size)),
        column("before", texts(&|change| change.before.as_deref())),
        column("after", texts(&|change| change.after.as_deref())),
    ])
}

fn column_of<T>(changes: &[ChangeRow], of: impl Fn(&ChangeRow) -> T) -> Vec<T> {
    changes.iter().map(of).collect()
}
