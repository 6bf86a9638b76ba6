//! Hierarchies that are there already: which clusters are leaves, and what is above them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cladus_core::artifact::Cluster;
use cladus_core::{Error, Result, id};

use crate::clusters::Draft;
use crate::table::Table;

/// Levels that are kept at most.
const DEEPEST: usize = 60;

/// Drafts parted into leaves and what is above them.
#[derive(Debug, Default)]
pub(crate) struct Parted {
    pub(crate) leaves: Vec<Draft>,
    /// What is above the leaves; a node's parent is another of these.
    pub(crate) above: Vec<Above>,
    /// For each leaf the node above it.
    pub(crate) parent: Vec<Option<usize>>,
    /// Clusters of other levels that nothing links to the leaves.
    pub(crate) unlinked: usize,
}

/// A cluster above leaves.
#[derive(Debug)]
pub(crate) struct Above {
    pub(crate) draft: Draft,
    pub(crate) parent: Option<usize>,
}

/// Parts drafts by whatever says who is above whom.
pub(crate) fn part(
    path: &Path,
    table: &Table,
    drafts: Vec<Draft>,
    leaves_are_lowest: Option<bool>,
) -> Result<Parted> {
    if drafts.iter().any(|draft| draft.parent.is_some()) {
        return by_parent(path, drafts);
    }
    if drafts.iter().any(|draft| !draft.path.is_empty()) {
        return Ok(by_path(drafts));
    }
    if let Some(leaf) = leaf_level(&drafts, leaves_are_lowest) {
        let before = drafts.len();
        let leaves: Vec<Draft> =
            drafts.into_iter().filter(|draft| draft.level == Some(leaf)).collect();
        let (unlinked, parent) = (before - leaves.len(), vec![None; leaves.len()]);
        return Ok(Parted { leaves, above: Vec::new(), parent, unlinked });
    }
    let _ = table;
    let parent = vec![None; drafts.len()];
    Ok(Parted { leaves: drafts, parent, ..Parted::default() })
}

/// By ids or by names of parents; parents that have no row of their own are made of what they are called.
fn by_parent(path: &Path, mut drafts: Vec<Draft>) -> Result<Parted> {
    let by_id: HashMap<String, usize> =
        drafts.iter().enumerate().filter_map(|(at, draft)| Some((draft.id.clone()?, at))).collect();
    let by_name: HashMap<String, usize> =
        drafts.iter().enumerate().map(|(at, draft)| (draft.name.clone(), at)).collect();
    let nobody = |parent: &str| {
        let parent = parent.trim().to_lowercase();
        ["", "-1", "-1.0", "none", "null", "nan", "root", "/", "-"].contains(&parent.as_str())
    };
    let named = |draft: &Draft| {
        draft.parent.clone().filter(|parent| by_id.contains_key(parent) || !nobody(parent))
    };
    let wanted: Vec<Option<String>> = drafts.iter().map(named).collect();
    let matches = |map: &HashMap<String, usize>| {
        wanted.iter().flatten().filter(|parent| map.contains_key(*parent)).count()
    };
    let map = if matches(&by_name) > matches(&by_id) { by_name } else { by_id };
    let mut parent: Vec<Option<usize>> = Vec::with_capacity(drafts.len());
    let mut made: HashMap<String, usize> = HashMap::new();
    let rows = drafts.len();
    for (at, wanted) in wanted.into_iter().enumerate() {
        let above = wanted.and_then(|wanted| match map.get(&wanted) {
            // Its own parent is nobody's child.
            Some(&above) => (above != at).then_some(above),
            None => Some(*made.entry(wanted.clone()).or_insert_with(|| {
                drafts.push(Draft { name: wanted, ..Draft::default() });
                drafts.len() - 1
            })),
        });
        parent.push(above);
    }
    parent.resize(drafts.len(), None);
    if let Some(at) = circle(&parent) {
        let problem = format!("{:?} is its own ancestor", drafts[at].name);
        return Err(Error::at(path, drafts[at.min(rows - 1)].place, "parent", problem));
    }
    Ok(linked(drafts, &parent))
}

/// A node that is above itself.
fn circle(parent: &[Option<usize>]) -> Option<usize> {
    // 0: not seen; 1: on the way; 2: leads to a root.
    let mut state = vec![0u8; parent.len()];
    for from in 0..parent.len() {
        let mut way = Vec::new();
        let mut at = Some(from);
        while let Some(node) = at.filter(|&node| state[node] == 0) {
            state[node] = 1;
            way.push(node);
            at = parent[node];
        }
        if let Some(node) = at.filter(|&node| state[node] == 1) {
            return Some(node);
        }
        for node in way {
            state[node] = 2;
        }
    }
    None
}

/// Who is nobody's parent is a leaf.
fn linked(drafts: Vec<Draft>, parent: &[Option<usize>]) -> Parted {
    let parents: HashSet<usize> = parent.iter().flatten().copied().collect();
    let mut place = HashMap::new();
    for node in (0..drafts.len()).filter(|node| parents.contains(node)) {
        place.insert(node, place.len());
    }
    let above_of = |node: usize| parent[node].and_then(|above| place.get(&above).copied());
    let mut parted = Parted::default();
    for (node, draft) in drafts.into_iter().enumerate() {
        let parent = above_of(node);
        if place.contains_key(&node) {
            parted.above.push(Above { draft, parent });
        } else {
            parted.leaves.push(draft);
            parted.parent.push(parent);
        }
    }
    parted
}

/// By columns that hold the names of all levels.
fn by_path(drafts: Vec<Draft>) -> Parted {
    let full: Vec<Vec<String>> = drafts
        .iter()
        .map(|draft| {
            let mut full = draft.path.clone();
            if full.last() != Some(&draft.name) {
                full.push(draft.name.clone());
            }
            full
        })
        .collect();
    let mut inner: HashSet<&[String]> = HashSet::new();
    for path in &full {
        for length in 1..path.len() {
            inner.insert(&path[..length]);
        }
    }
    let mut nodes: HashMap<Vec<String>, usize> = HashMap::new();
    let mut parted = Parted::default();
    let mut rows: HashMap<Vec<String>, Draft> = HashMap::new();
    let mut leaves = Vec::new();
    for (draft, path) in drafts.into_iter().zip(&full) {
        if inner.contains(path.as_slice()) {
            rows.insert(path.clone(), draft);
        } else {
            leaves.push((draft, path));
        }
    }
    for (leaf, path) in leaves {
        let mut above = None;
        for length in 1..path.len() {
            let prefix = &path[..length];
            let node = *nodes.entry(prefix.to_vec()).or_insert_with(|| {
                let named = || Draft { name: prefix[length - 1].clone(), ..Draft::default() };
                let draft = rows.remove(prefix).unwrap_or_else(named);
                parted.above.push(Above { draft, parent: above });
                parted.above.len() - 1
            });
            above = Some(node);
        }
        parted.leaves.push(leaf);
        parted.parent.push(above);
    }
    parted
}

/// Where only levels are told, the leaves are at the end that has the most clusters; a column that is
/// called like a level and is none has no such end.
fn leaf_level(drafts: &[Draft], lowest: Option<bool>) -> Option<i64> {
    let mut counts: std::collections::BTreeMap<i64, (usize, u64)> =
        std::collections::BTreeMap::new();
    for draft in drafts {
        let of_level = counts.entry(draft.level?).or_default();
        of_level.0 += 1;
        of_level.1 += draft.size();
    }
    if counts.len() < 2 {
        return None;
    }
    let (first, last) = (*counts.keys().next()?, *counts.keys().next_back()?);
    if let Some(lowest) = lowest {
        return Some(if lowest { first } else { last });
    }
    let numbers: Vec<usize> = counts.values().map(|(clusters, _)| *clusters).collect();
    let falls = numbers.windows(2).all(|pair| pair[0] > pair[1]);
    let rises = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    // Every level of a hierarchy holds the same items.
    let items: Vec<u64> = counts.values().map(|(_, items)| *items).collect();
    let (least, most) = (*items.iter().min()?, *items.iter().max()?);
    let is_hierarchy = least * 10 >= most * 7
        && counts.len() as i64 == last - first + 1
        && drafts.iter().any(|d| d.size.is_some() || d.members.is_some());
    match () {
        () if is_hierarchy && falls => Some(first),
        () if is_hierarchy && rises => Some(last),
        () => None,
    }
}

/// The levels above `leaves`, from the lowest: each as its parents, and whatever moves up alone.
///
/// # Errors
/// When there are too many levels.
pub(crate) fn kept(
    path: &Path,
    leaves: &[Cluster],
    parent: &[Option<usize>],
    above: &[Above],
) -> Result<Vec<Vec<Cluster>>> {
    // A node whose leaves are all gone (noise) is gone too; heights are counted from the leaves.
    let mut height = vec![0usize; above.len()];
    for from in parent.iter().flatten() {
        let mut at = Some((*from, 1));
        while let Some((node, level)) = at.filter(|(node, level)| height[*node] < *level) {
            height[node] = level;
            at = above[node].parent.map(|up| (up, level + 1));
        }
    }
    let levels = height.iter().copied().max().unwrap_or(0);
    if levels > DEEPEST {
        return Err(Error::damaged(
            path,
            format!("has {levels} levels, at most {DEEPEST} can be kept"),
        ));
    }
    let mut ids: Vec<Option<String>> = vec![None; above.len()];
    let mut open: Vec<(Cluster, Option<usize>)> =
        leaves.iter().cloned().zip(parent.iter().copied()).collect();
    let mut taken: HashSet<String> = leaves.iter().map(|leaf| leaf.id.clone()).collect();
    let mut made = Vec::new();
    for level in 1..=levels {
        let mut children: std::collections::BTreeMap<usize, Vec<Cluster>> =
            std::collections::BTreeMap::new();
        let mut next = Vec::new();
        for (cluster, up) in open {
            match up.filter(|&up| height[up] == level) {
                Some(up) => children.entry(up).or_default().push(cluster),
                None => next.push((cluster, up)),
            }
        }
        for (node, mut children) in children {
            children.sort_by(|a, b| a.id.cmp(&b.id));
            if let [only] = children.as_slice() {
                // A parent of one child is that child, as everywhere in cladus.
                next.push((only.clone(), above[node].parent));
                continue;
            }
            let cluster = parent_of(&above[node].draft, &children, level, &mut taken);
            ids[node] = Some(cluster.id.clone());
            next.push((cluster, above[node].parent));
        }
        open = next;
        let mut rows: Vec<Cluster> = open.iter().map(|(cluster, _)| cluster.clone()).collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        made.push(rows);
    }
    // A level that only moves everybody up is none.
    let mut before = leaves.len();
    made.retain(|rows| {
        let shrinks = rows.len() < before;
        before = rows.len();
        shrinks
    });
    Ok(made)
}

fn parent_of(
    draft: &Draft,
    children: &[Cluster],
    level: usize,
    taken: &mut HashSet<String>,
) -> Cluster {
    let derived = || id::parent_id(children.iter().map(|child| child.id.as_str()));
    let own = draft.id.clone().filter(|own| !own.is_empty() && !taken.contains(own));
    let id = own.unwrap_or_else(derived);
    taken.insert(id.clone());
    let (name, description) = crate::clusters::cleaned(draft);
    let slug = draft
        .slug
        .clone()
        .filter(|slug| !slug.is_empty())
        .unwrap_or_else(|| cladus_words::slug(&name));
    Cluster {
        id,
        name,
        description,
        slug,
        level: u8::try_from(level).unwrap_or(u8::MAX),
        members: children.iter().map(|child| child.id.clone()).collect(),
        size: children.iter().map(|child| child.size).sum(),
    }
}
