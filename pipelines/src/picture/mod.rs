//! A run as the page shows it: the hierarchy, how every cluster came to its place, and the map.

pub mod asked;
pub mod changes;
pub mod columns;

use std::collections::HashMap;
use std::path::Path;

use cladus_core::artifact::{self, Candidate, Label};
use cladus_core::{Error, Result};
use cladus_page::{Page, PageNode, Placed};

use crate::edits::Edits;
use crate::folder::RunFolder;
use crate::input::foreign;
use crate::tree::hierarchy::Hierarchy;
use cladus_core::tree::Tree;

/// What the page says where there is no map.
const NO_MAP: &str = "This run has no map. `cladus explore RUN` makes one where the run holds the vectors of its base clusters; tree, icicle and the list of doubtful placements work without one.";
/// What it says where there is one.
const MAP: &str = "On the map, similar clusters are close together. The tree is taken into account: a cluster is drawn towards its parents, so islands look clearer than the texts alone would make them.";

/// The run in `folder`.
///
/// # Errors
/// When its hierarchy cannot be read, or other artifacts are damaged.
pub fn page(folder: &RunFolder) -> Result<Page> {
    let tree = Tree::read(&folder.hierarchy())?;
    let edits = Edits::load(&folder.edits())?;
    let moved = moved(folder, &tree, &edits)?;
    let mut page = Page { title: title(folder.root()), ..Page::default() };
    page.edits = match edits.is_empty() {
        true => String::new(),
        false => std::fs::read_to_string(folder.edits())
            .map_err(|e| Error::io("read", &folder.edits(), e))?,
    };
    page.nodes = nodes(&tree);
    let shift = given_levels(folder);
    let iterations = Hierarchy::made(folder, &tree, &edits).iterations();
    for iteration in 1..=iterations {
        let level = iteration + usize::from(shift);
        place(folder, iteration, level, &tree, &mut page)?;
    }
    for (node, moved) in page.nodes.iter_mut().zip(moved) {
        node.corrected = moved;
    }
    page.asked_model =
        page.nodes.iter().any(|node| node.placed.as_ref().is_some_and(|p| p.answer.is_some()));
    asked::put(&mut page, folder, iterations)?;
    page.noise = match folder.noise().is_file() {
        true => artifact::read_clusters(&folder.noise())?.rows.iter().map(|row| row.size).sum(),
        false => 0,
    };
    page.map_note = if map(folder, &tree, &mut page)? { MAP } else { NO_MAP }.to_owned();
    Ok(page)
}

/// That of a run folder, or of a hierarchy in a file.
///
/// # Errors
/// As [`page`] and [`page_of_file`].
pub fn page_at(path: &Path) -> Result<Page> {
    match foreign::at(path)? {
        (Some(folder), _) => page(&folder),
        (None, file) => page_of_file(&file),
    }
}

/// A hierarchy in a file, of whatever tool: nothing is known of it but the tree.
///
/// # Errors
/// When it cannot be read.
pub fn page_of_file(path: &Path) -> Result<Page> {
    let tree = Tree::of_hierarchy(foreign::hierarchy(path)?)?;
    let map_note = "A hierarchy file has no map: maps are made from a run's vectors.".to_owned();
    Ok(Page { title: title(path), nodes: nodes(&tree), map_note, ..Page::default() })
}

/// The last part of a path.
pub(crate) fn title(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    cladus_core::text::clean(&name.to_string_lossy()).into_owned()
}

fn nodes(tree: &Tree) -> Vec<PageNode> {
    let all = tree.nodes().iter().enumerate().map(|(at, node)| {
        let cluster = node.cluster.clone();
        let members = if tree.children(at).is_empty() { cluster.members } else { Vec::new() };
        let path = tree.path(at);
        PageNode {
            parent: path.len().checked_sub(2).and_then(|above| path.get(above)).copied(),
            id: cluster.id,
            name: cluster.name,
            description: cluster.description,
            level: cluster.level,
            size: cluster.size,
            members,
            ..PageNode::default()
        }
    });
    all.collect()
}

/// Which nodes are under another parent than the iterations put them under.
fn moved(folder: &RunFolder, tree: &Tree, edits: &Edits) -> Result<Vec<bool>> {
    if edits.is_empty() {
        return Ok(vec![false; tree.nodes().len()]);
    }
    let before = Hierarchy::made(folder, tree, edits).unedited()?;
    let was: HashMap<&str, Option<&str>> = before
        .nodes()
        .iter()
        .map(|node| (node.cluster.id.as_str(), node.parent_id.as_deref()))
        .collect();
    let moved = |node: &artifact::Node| {
        was.get(node.cluster.id.as_str()).is_some_and(|parent| *parent != node.parent_id.as_deref())
    };
    Ok(tree.nodes().iter().map(moved).collect())
}

/// How many levels the input brought along.
fn given_levels(folder: &RunFolder) -> u8 {
    let given = artifact::read_hierarchy(&folder.given()).map(|given| given.rows);
    given.unwrap_or_default().iter().map(|node| node.cluster.level).max().unwrap_or(0)
}

/// Says of every cluster that `iteration` placed how that went. A cluster that moved up alone was labelled
/// several times: what counts is the iteration that made its parent.
fn place(
    folder: &RunFolder,
    iteration: usize,
    level: usize,
    tree: &Tree,
    page: &mut Page,
) -> Result<()> {
    let (labels, candidates) =
        (folder.artifact(iteration, "labels"), folder.artifact(iteration, "candidates"));
    if !labels.is_file() || !candidates.is_file() {
        return Ok(());
    }
    let (labels, candidates) =
        (artifact::read_labels(&labels)?.rows, artifact::read_candidates(&candidates)?.rows);
    let number: HashMap<&str, usize> =
        tree.ids().into_iter().enumerate().map(|(at, id)| (id, at)).collect();
    let parent_here = |label: &Label| {
        let node = *number.get(label.cluster_id.as_str())?;
        let parent = page.nodes[node].parent?;
        (usize::from(page.nodes[parent].level) == level).then_some((node, parent))
    };
    let placed: Vec<(usize, usize, &Label)> = labels
        .iter()
        .filter_map(|label| parent_here(label).map(|(node, parent)| (node, parent, label)))
        .collect();
    let became = became(&candidates, &placed);
    for (node, _, label) in placed {
        let Some(given) = candidates.get(label.candidate_id as usize) else { continue };
        let second = label.runner_up.and_then(|second| {
            let name = candidates.get(second as usize)?.name.clone();
            Some(cladus_page::UnchosenCandidate { name, became: became[second as usize] })
        });
        page.nodes[node].placed = Some(Placed {
            matched: label.matched,
            answer: label.answer.clone(),
            margin: label.margin,
            runner_up: second,
            candidate: given.name.clone(),
            scope: given.scope.clone(),
            remark: label.remark.clone(),
        });
    }
    Ok(())
}

/// What became of every candidate: the parent that most of those who were given it are under.
fn became(candidates: &[Candidate], placed: &[(usize, usize, &Label)]) -> Vec<Option<usize>> {
    let mut counts: Vec<Vec<(usize, usize)>> = vec![Vec::new(); candidates.len()];
    for &(_, parent, label) in placed {
        let Some(counts) = counts.get_mut(label.candidate_id as usize) else { continue };
        match counts.iter_mut().find(|(other, _)| *other == parent) {
            Some((_, count)) => *count += 1,
            None => counts.push((parent, 1)),
        }
    }
    let most = |counts: Vec<(usize, usize)>| {
        counts.into_iter().max_by_key(|&(parent, count)| (count, std::cmp::Reverse(parent)))
    };
    counts.into_iter().map(|counts| most(counts).map(|(parent, _)| parent)).collect()
}

/// Gives every node its place on the map. Is there one?
fn map(folder: &RunFolder, tree: &Tree, page: &mut Page) -> Result<bool> {
    if !folder.map().is_file() {
        return Ok(false);
    }
    let number: HashMap<&str, usize> =
        tree.ids().into_iter().enumerate().map(|(at, id)| (id, at)).collect();
    let mut there = false;
    for place in artifact::read_map(&folder.map())?.rows {
        if let Some(&node) = number.get(place.id.as_str()) {
            page.nodes[node].at = Some((place.x, place.y));
            there = true;
        }
    }
    Ok(there)
}
