//! Each verb on a hierarchy. An edit applies as a whole or not at all, and what comes of it is a
//! hierarchy like any other: one chain of parents for every base cluster, levels that rise along it, no
//! two siblings of the same name.

use std::collections::HashMap;

use cladus_core::Result;
use cladus_core::artifact::Cluster;
use cladus_core::id::parent_id;
use cladus_core::text::{MAX_DESCRIPTION_CHARS, clean_to};
use cladus_words::{sentences, slug_of};

use super::draft::{EditableTree, key};
use super::file::Edits;
use super::find::{NodeKind, find};
use super::outcome::EditOutcome;
use super::verb::{Create, Merge, Reference, Verb, Wording};
use cladus_core::tree::Tree;

/// `tree` with `edits`, one after the other, and what became of each.
///
/// # Errors
/// When what is left is no tree: never the user's fault.
pub fn apply(tree: Tree, edits: &Edits) -> Result<(Tree, Vec<EditOutcome>)> {
    if edits.is_empty() {
        return Ok((tree, Vec::new()));
    }
    let mut draft = EditableTree::of(tree);
    let outcomes = apply_to(&mut draft, edits);
    Ok((draft.finish()?, outcomes))
}

/// Applies `edits` to `draft`, one after the other; what became of each.
pub fn apply_to(draft: &mut EditableTree, edits: &Edits) -> Vec<EditOutcome> {
    let mut outcomes = Vec::with_capacity(edits.list.len());
    for edit in &edits.list {
        outcomes.push(match one(draft, &edit.verb) {
            Ok(emptied) => EditOutcome {
                line: edit.line,
                edit: edit.verb.to_string(),
                problem: None,
                notes: emptied.into_iter().map(|node| vanished(draft, node)).collect(),
                touched: draft.take_touched(),
            },
            Err(problem) => EditOutcome::problem(edit, problem),
        });
    }
    outcomes
}

fn vanished(draft: &EditableTree, node: usize) -> String {
    let cluster = draft.cluster(node);
    format!("{:?} ({}) has no children left and is removed", cluster.name, cluster.id)
}

/// Applies one edit, which says why where it cannot be. Parents that are emptied by it.
fn one(draft: &mut EditableTree, verb: &Verb) -> Result<Vec<usize>, String> {
    match verb {
        Verb::Rename(rename) => {
            let node = parent_or_base(draft, &rename.parent)?;
            let wording = rename.wording();
            may_be_called(draft, node, &wording, &[])?;
            word(draft, node, &wording);
            Ok(Vec::new())
        }
        Verb::Merge(merge) => merged(draft, merge),
        Verb::Move(moved) => put(draft, &moved.cluster, &moved.to),
        Verb::Pin(pin) => put(draft, &pin.cluster, &pin.under),
        Verb::Create(create) => created(draft, create),
    }
}

/// What is renamed: a parent, where one is called so, or else a base cluster.
fn parent_or_base(draft: &EditableTree, reference: &Reference) -> Result<usize, String> {
    find(draft, reference, NodeKind::Parent)
        .or_else(|problem| find(draft, reference, NodeKind::Any).map_err(|_| problem))
}

/// Would no sibling of `node` but `merging` have the same name?
fn may_be_called(
    draft: &EditableTree,
    node: usize,
    wording: &Wording,
    merging: &[usize],
) -> Result<(), String> {
    let Some(name) = &wording.name else { return Ok(()) };
    match draft.namesake(node, name, draft.parent(node)).filter(|other| !merging.contains(other)) {
        Some(other) => {
            let id = &draft.cluster(other).id;
            Err(format!("a sibling is already called {name:?} ({id}): merge the two, or rename it"))
        }
        None => Ok(()),
    }
}

fn word(draft: &mut EditableTree, node: usize, wording: &Wording) {
    let Wording { name, description, slug } = wording;
    if let Some(description) = description {
        draft.describe(node, description);
    }
    if let Some(name) = name.as_ref().filter(|name| **name != draft.cluster(node).name) {
        if description.is_none() && !draft.is_base(node) {
            let Cluster { name: old, description: text, .. } = draft.cluster(node);
            let follows = with_name(text, old, name);
            if follows != *text {
                draft.describe(node, &follows);
            }
        }
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

/// `text` with `new` wherever it says `old`, as words of their own.
fn with_name(text: &str, old: &str, new: &str) -> String {
    let apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    let mut follows = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(old).filter(|_| !old.is_empty()) {
        let end = at + old.len();
        if apart(text[..at].chars().next_back()) && apart(text[end..].chars().next()) {
            follows += &text[done..at];
            follows += new;
            done = end;
        }
    }
    follows + &text[done..]
}

fn merged(draft: &mut EditableTree, merge: &Merge) -> Result<Vec<usize>, String> {
    let mut nodes: Vec<usize> = Vec::with_capacity(merge.parents.len());
    for parent in &merge.parents {
        let node = find(draft, parent, NodeKind::Parent)?;
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
    let told = match wording.description {
        Some(_) => None,
        None => both_told(draft, &nodes),
    };
    let mut emptied = Vec::new();
    for &other in others {
        emptied.extend(draft.merge(other, first));
    }
    if let Some(told) = told {
        draft.describe(first, &told);
    }
    word(draft, first, &wording);
    Ok(emptied)
}

/// What several that become one are about: the first sentence of the first, and that of the largest
/// other.
fn both_told(draft: &EditableTree, nodes: &[usize]) -> Option<String> {
    let (&first, others) = nodes.split_first()?;
    let told = |node: usize| {
        let sentences = sentences(&draft.cluster(node).description);
        sentences.first().copied().unwrap_or_default()
    };
    let size = |node: &usize| draft.cluster(*node).size;
    let largest =
        others.iter().copied().filter(|&other| !told(other).is_empty()).max_by_key(size)?;
    let (one, other) = (told(first), told(largest));
    (one != other).then(|| format!("{one} {other}").trim().to_owned())
}

fn created(draft: &mut EditableTree, create: &Create) -> Result<Vec<usize>, String> {
    let mut nodes: Vec<usize> = Vec::with_capacity(create.clusters.len());
    for cluster in &create.clusters {
        let node = find(draft, cluster, NodeKind::Any)?;
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    let Some(&first) = nodes.first() else { return Err("no clusters are given".to_owned()) };
    let (under, level) = place_of_new(draft, first, create.under.as_ref())?;
    let wording = create.wording();
    let name = wording.name.as_deref().unwrap_or_default();
    may_be_created(draft, &nodes, name, under, level)?;
    let ids = nodes.iter().map(|&node| draft.cluster(node).id.as_str());
    let id = parent_id(ids.chain(["created", name]));
    if draft.with_id(&id).is_some() {
        return Err(format!("{name:?} was already created from these clusters"));
    }
    let names: Vec<&str> = nodes.iter().map(|&node| draft.cluster(node).name.as_str()).collect();
    let description = wording.description.unwrap_or_else(|| format!("{}.", names.join("; ")));
    let slug = wording.slug.unwrap_or_else(|| slug_of(&[name, &description]));
    let new = draft.add(
        Cluster {
            id,
            name: name.to_owned(),
            description: clean_to(&description, MAX_DESCRIPTION_CHARS).into_owned(),
            slug,
            level,
            members: Vec::new(),
            size: 0,
        },
        under,
    );
    Ok(nodes.into_iter().flat_map(|node| draft.put(node, new)).collect())
}

/// The parent and the level of a new parent of `first`: under the parent that was named, else beside the one
/// that `first` is under.
fn place_of_new(
    draft: &EditableTree,
    first: usize,
    under: Option<&Reference>,
) -> Result<(Option<usize>, u8), String> {
    if let Some(under) = under {
        let under = find(draft, under, NodeKind::Parent)?;
        return Ok((Some(under), draft.cluster(under).level.saturating_sub(1)));
    }
    Ok(match draft.parent(first) {
        Some(parent) => (draft.parent(parent), draft.cluster(parent).level),
        None => (None, draft.cluster(first).level.saturating_add(1)),
    })
}

/// Can `nodes` be the children of a new parent called `name` at `level`, which is itself under `under`?
fn may_be_created(
    draft: &EditableTree,
    nodes: &[usize],
    name: &str,
    under: Option<usize>,
    level: u8,
) -> Result<(), String> {
    for &node in nodes {
        may_go(draft, node, name, level)?;
        if under.is_some_and(|under| under == node || draft.ancestors(under).any(|a| a == node)) {
            let moved = &draft.cluster(node).name;
            return Err(format!("{name:?} would be below {moved:?}, which is to go under it"));
        }
    }
    for (at, &node) in nodes.iter().enumerate() {
        let same =
            |other: &&usize| key(&draft.cluster(**other).name) == key(&draft.cluster(node).name);
        if let Some(&other) = nodes[..at].iter().find(same)
            && !(draft.is_base(node) && draft.is_base(other))
        {
            return Err(two_of_a_name(draft, node, other));
        }
    }
    match draft.sibling_called(name, under) {
        Some(other) => {
            let id = &draft.cluster(other).id;
            Err(format!("a sibling is already called {name:?} ({id}): merge the two"))
        }
        None => Ok(()),
    }
}

fn two_of_a_name(draft: &EditableTree, node: usize, other: usize) -> String {
    let (one, other) = (draft.cluster(node), draft.cluster(other));
    format!(
        "{} and {} would be siblings and are both called {:?}: merge them or rename one first",
        one.id, other.id, one.name
    )
}

fn put(
    draft: &mut EditableTree,
    cluster: &Reference,
    to: &Reference,
) -> Result<Vec<usize>, String> {
    let node = find(draft, cluster, NodeKind::Any)?;
    let to = find(draft, to, NodeKind::Parent)?;
    if draft.parent(node) == Some(to) {
        return Ok(Vec::new());
    }
    let (moved, above) = (draft.cluster(node), draft.cluster(to));
    if node == to || draft.ancestors(to).any(|ancestor| ancestor == node) {
        let (name, to) = (&above.name, &moved.name);
        return Err(format!(
            "{name:?} is itself below {to:?}: a cluster cannot be put under itself"
        ));
    }
    may_go(draft, node, &above.name, above.level)?;
    if let Some(namesake) = draft.namesake(node, &moved.name, Some(to)) {
        return Err(two_of_a_name(draft, node, namesake));
    }
    Ok(draft.put(node, to))
}

/// Is a parent called `name` at `level` one level above `node`?
fn may_go(draft: &EditableTree, node: usize, name: &str, level: u8) -> Result<(), String> {
    let moved = draft.cluster(node);
    // A cluster that moved up alone stands at every level from its own to where it was given a parent.
    let highest = draft.parent(node).map_or(u8::MAX, |parent| draft.cluster(parent).level);
    if moved.level < level && level <= highest.max(moved.level.saturating_add(1)) {
        return Ok(());
    }
    Err(format!(
        "{:?} is at level {} and {name:?} at level {level}: a cluster can only be put under a parent one level above it",
        moved.name, moved.level
    ))
}

#[cfg(test)]
mod tests;
