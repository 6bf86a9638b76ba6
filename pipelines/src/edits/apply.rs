//! Each verb on a hierarchy. An edit applies as a whole or not at all, and what comes of it is a
//! hierarchy like any other: one chain of parents for every base cluster, levels that rise along it, no
//! two siblings of the same name.

use std::collections::HashMap;

use cladus_core::Result;
use cladus_words::slug_of;

use super::draft::{Draft, key};
use super::file::Edits;
use super::find::{Kind, find};
use super::outcome::Outcome;
use super::verb::{Merge, Reference, Verb, Wording};
use crate::tree::Tree;

/// `tree` with `edits`, one after the other, and what became of each.
///
/// # Errors
/// When what is left is no tree: never the user's fault.
pub fn apply(tree: Tree, edits: &Edits) -> Result<(Tree, Vec<Outcome>)> {
    if edits.is_empty() {
        return Ok((tree, Vec::new()));
    }
    let mut draft = Draft::of(tree);
    let outcomes = apply_to(&mut draft, edits);
    Ok((draft.finish()?, outcomes))
}

/// Applies `edits` to `draft`, one after the other; what became of each.
pub fn apply_to(draft: &mut Draft, edits: &Edits) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(edits.list.len());
    for edit in &edits.list {
        outcomes.push(match one(draft, &edit.verb) {
            Ok(emptied) => Outcome {
                line: edit.line,
                edit: edit.verb.to_string(),
                problem: None,
                notes: emptied.into_iter().map(|node| vanished(draft, node)).collect(),
                touched: draft.take_touched(),
            },
            Err(problem) => Outcome::problem(edit, problem),
        });
    }
    outcomes
}

fn vanished(draft: &Draft, node: usize) -> String {
    let cluster = draft.cluster(node);
    format!("{:?} ({}) has no children left and is gone", cluster.name, cluster.id)
}

/// Applies one edit, which says why where it cannot be. Parents that are emptied by it.
fn one(draft: &mut Draft, verb: &Verb) -> Result<Vec<usize>, String> {
    match verb {
        Verb::Rename(rename) => {
            let node = find(draft, &rename.parent, Kind::Parent)?;
            let wording = rename.wording();
            may_be_called(draft, node, &wording, &[])?;
            word(draft, node, &wording);
            Ok(Vec::new())
        }
        Verb::Merge(merge) => merged(draft, merge),
        Verb::Move(moved) => put(draft, &moved.cluster, &moved.to),
        Verb::Pin(pin) => put(draft, &pin.cluster, &pin.under),
    }
}

/// Would no sibling of `node` but `merging` have the same name?
fn may_be_called(
    draft: &Draft,
    node: usize,
    wording: &Wording,
    merging: &[usize],
) -> Result<(), String> {
    let Some(name) = &wording.name else { return Ok(()) };
    match draft.namesake(node, name, draft.parent(node)).filter(|other| !merging.contains(other)) {
        Some(other) => {
            let id = &draft.cluster(other).id;
            Err(format!("a sibling is called {name:?} already ({id}): merge the two, or rename it"))
        }
        None => Ok(()),
    }
}

fn word(draft: &mut Draft, node: usize, wording: &Wording) {
    let Wording { name, description, slug } = wording;
    if let Some(description) = description {
        draft.describe(node, description);
    }
    if let Some(name) = name.as_ref().filter(|name| **name != draft.cluster(node).name) {
        draft.rename(node, name);
        if slug.is_none() {
            let slug = slug_of(&[name, &draft.cluster(node).description]);
            draft.set_slug(node, &slug);
        }
    }
    if let Some(slug) = slug {
        draft.set_slug(node, slug);
    }
}

fn merged(draft: &mut Draft, merge: &Merge) -> Result<Vec<usize>, String> {
    let mut nodes: Vec<usize> = Vec::with_capacity(merge.parents.len());
    for parent in &merge.parents {
        let node = find(draft, parent, Kind::Parent)?;
        // Where a rebuild has made one of two, there is nothing left to do.
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let Some((&first, others)) = nodes.split_first() else { return Ok(Vec::new()) };
    let level = draft.cluster(first).level;
    if let Some(&other) = others.iter().find(|&&other| draft.cluster(other).level != level) {
        let (first, other) = (draft.cluster(first), draft.cluster(other));
        return Err(format!(
            "{:?} is at level {level} and {:?} at level {}: only parents at the same level can be merged",
            first.name, other.name, other.level
        ));
    }
    let wording = merge.wording();
    may_be_called(draft, first, &wording, others)?;
    let mut named: HashMap<String, usize> = HashMap::new();
    for &child in nodes.iter().flat_map(|&node| draft.children(node)) {
        // Names of base clusters are the user's own.
        if let Some(other) = named.insert(key(&draft.cluster(child).name), child)
            && !(draft.is_base(child) && draft.is_base(other))
        {
            return Err(two_of_a_name(draft, child, other));
        }
    }
    let mut emptied = Vec::new();
    for &other in others {
        emptied.extend(draft.merge(other, first));
    }
    word(draft, first, &wording);
    Ok(emptied)
}

fn two_of_a_name(draft: &Draft, node: usize, other: usize) -> String {
    let (one, other) = (draft.cluster(node), draft.cluster(other));
    format!(
        "{} and {} would be siblings and are both called {:?}: merge them or rename one first",
        one.id, other.id, one.name
    )
}

fn put(draft: &mut Draft, cluster: &Reference, to: &Reference) -> Result<Vec<usize>, String> {
    let node = find(draft, cluster, Kind::Any)?;
    let to = find(draft, to, Kind::Parent)?;
    if draft.parent(node) == Some(to) {
        return Ok(Vec::new());
    }
    let (moved, above) = (draft.cluster(node), draft.cluster(to));
    if node == to || draft.ancestors(to).any(|ancestor| ancestor == node) {
        let (name, to) = (&above.name, &moved.name);
        return Err(format!("{name:?} is itself below {to:?}: a cluster cannot go under itself"));
    }
    // A cluster that moved up alone stands at every level from its own to where it was given a parent.
    let highest = draft.parent(node).map_or(u8::MAX, |parent| draft.cluster(parent).level);
    if !(moved.level < above.level && above.level <= highest.max(moved.level.saturating_add(1))) {
        return Err(format!(
            "{:?} is at level {} and {:?} at level {}: a cluster goes under a parent one level above it",
            moved.name, moved.level, above.name, above.level
        ));
    }
    if let Some(namesake) = draft.namesake(node, &moved.name, Some(to)) {
        return Err(two_of_a_name(draft, node, namesake));
    }
    Ok(draft.put(node, to))
}

#[cfg(test)]
mod tests;
