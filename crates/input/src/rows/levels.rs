//! Hierarchies that are there already: which clusters are leaves, and what is above them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cladus_core::artifact::{Cluster, Node};
use cladus_core::{Error, Result, id};

use crate::rows::draft::ClusterDraft;
use crate::rows::steps;

/// Levels that are kept at most.
const DEEPEST: usize = 60;

/// Drafts parted into leaves and what is above them.
#[derive(Debug, Default)]
pub(crate) struct Parted {
    pub(crate) leaves: Vec<ClusterDraft>,
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
    pub(crate) draft: ClusterDraft,
    pub(crate) parent: Option<usize>,
}

/// Parts drafts by whatever says who is above whom.
pub(crate) fn part(
    path: &Path,
    drafts: Vec<ClusterDraft>,
    leaves_are_lowest: Option<bool>,
) -> Result<Parted> {
    if drafts.iter().any(|draft| draft.parent.is_some()) {
        return by_parent(path, drafts);
    }
    if drafts.iter().any(|draft| !draft.path.is_empty()) {
        return Ok(by_path(drafts));
    }
    if let Some(parent) = steps::parents(&drafts).filter(|_| leaves_are_lowest.is_none()) {
        return Ok(linked(drafts, &parent));
    }
    if let Some(leaf) = leaf_level(&drafts, leaves_are_lowest) {
        let before = drafts.len();
        let leaves: Vec<ClusterDraft> =
            drafts.into_iter().filter(|draft| draft.level == Some(leaf)).collect();
        let (unlinked, parent) = (before - leaves.len(), vec![None; leaves.len()]);
        return Ok(Parted { leaves, above: Vec::new(), parent, unlinked });
    }
    let parent = vec![None; drafts.len()];
    Ok(Parted { leaves: drafts, parent, ..Parted::default() })
}

/// By ids or by names of parents; parents that have no row of their own are made of what they are called.
fn by_parent(path: &Path, mut drafts: Vec<ClusterDraft>) -> Result<Parted> {
    let by_id: HashMap<String, usize> =
        drafts.iter().enumerate().filter_map(|(at, draft)| Some((draft.id.clone()?, at))).collect();
    let by_name: HashMap<String, usize> =
        drafts.iter().enumerate().map(|(at, draft)| (draft.name.clone(), at)).collect();
    let nobody = |parent: &str| {
        let parent = parent.trim().to_lowercase();
        ["", "-1", "-1.0", "none", "null", "nan", "root", "/", "-"].contains(&parent.as_str())
    };
    // A column of whole numbers with holes is written as 1.0.
    let known = |parent: &str| {
        let whole = parent.trim().strip_suffix(".0").filter(|whole| by_id.contains_key(*whole));
        whole.filter(|_| !by_id.contains_key(parent)).unwrap_or(parent).to_owned()
    };
    let named = |draft: &ClusterDraft| {
        let parent = known(draft.parent.as_deref()?);
        (by_id.contains_key(&parent) || !nobody(&parent)).then_some(parent)
    };
    let mut wanted: Vec<Option<String>> = drafts.iter().map(named).collect();
    without_zero(&mut wanted, |parent| by_id.contains_key(parent) || by_name.contains_key(parent));
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
                drafts.push(ClusterDraft { name: wanted, ..ClusterDraft::default() });
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

/// Where all other parents are there, one that is called 0 and is not means that there is none.
fn without_zero(wanted: &mut [Option<String>], is_there: impl Fn(&str) -> bool) {
    let zero = |parent: &str| ["0", "0.0"].contains(&parent);
    let mut unknown = wanted.iter().flatten().filter(|parent| !is_there(parent)).peekable();
    let any = wanted.iter().flatten().any(|parent| is_there(parent));
    // Where all are 0, nobody is above anybody.
    let none =
        !any && wanted.len() > 1 && wanted.iter().all(|parent| parent.as_deref().is_some_and(zero));
    if (any || none) && unknown.peek().is_some() && unknown.all(|parent| zero(parent)) {
        for parent in wanted {
            if parent.as_deref().is_some_and(|parent| zero(parent) && !is_there(parent)) {
                *parent = None;
            }
        }
    }
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
fn linked(drafts: Vec<ClusterDraft>, parent: &[Option<usize>]) -> Parted {
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
fn by_path(drafts: Vec<ClusterDraft>) -> Parted {
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
    let mut rows: HashMap<Vec<String>, ClusterDraft> = HashMap::new();
    let mut leaves = Vec::new();
    for (draft, path) in drafts.into_iter().zip(&full) {
        if inner.contains(path.as_slice()) {
            // Several rows for one are one.
            match rows.get_mut(path) {
                Some(before) => {
                    before.size = Some(before.size().saturating_add(draft.size()));
                    if let Some(members) = draft.members {
                        before.members.get_or_insert_default().extend(members);
                    }
                }
                None => drop(rows.insert(path.clone(), draft)),
            }
        } else {
            leaves.push((draft, path));
        }
    }
    for (leaf, path) in leaves {
        let mut above = None;
        for length in 1..path.len() {
            let prefix = &path[..length];
            let node = *nodes.entry(prefix.to_vec()).or_insert_with(|| {
                let named =
                    || ClusterDraft { name: prefix[length - 1].clone(), ..ClusterDraft::default() };
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
fn leaf_level(drafts: &[ClusterDraft], lowest: Option<bool>) -> Option<i64> {
    let mut counts: BTreeMap<i64, (usize, u64)> = BTreeMap::new();
    for draft in drafts {
        let of_level = counts.entry(draft.level?).or_default();
        of_level.0 += 1;
        of_level.1 = of_level.1.saturating_add(draft.size());
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

/// A given hierarchy that is kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Its clusters, the leaves among them; leaves are of level 0.
    pub(crate) nodes: Vec<Node>,
    /// Those without a parent, as the base clusters that a run goes on from.
    pub(crate) tops: Vec<Cluster>,
    /// Parents of a single child, which are that child.
    pub(crate) of_one: usize,
}

/// How far above its lowest leaf every node stands.
fn heights(parent: &[Option<usize>], above: &[Above]) -> Vec<usize> {
    let mut height = vec![0usize; above.len()];
    for from in parent.iter().flatten() {
        let mut at = Some((*from, 1));
        while let Some((node, level)) = at.filter(|(node, level)| height[*node] < *level) {
            height[node] = level;
            at = above[node].parent.map(|up| (up, level + 1));
        }
    }
    height
}

/// The hierarchy above `leaves`, as far as it has leaves: noise is not among them.
///
/// # Errors
/// When it has too many levels.
pub(crate) fn kept(
    path: &Path,
    leaves: &[Cluster],
    parent: &[Option<usize>],
    above: &[Above],
) -> Result<Kept> {
    let height = heights(parent, above);
    let levels = height.iter().copied().max().unwrap_or(0);
    if levels > DEEPEST {
        return Err(Error::damaged(
            path,
            format!("has {levels} levels, at most {DEEPEST} can be kept"),
        ));
    }
    let mut kept = Kept::default();
    let mut taken: HashSet<String> = leaves.iter().map(|leaf| leaf.id.clone()).collect();
    let mut open: Vec<(Cluster, Option<usize>)> =
        leaves.iter().cloned().zip(parent.iter().copied()).collect();
    for level in 1..=levels {
        let mut children: BTreeMap<usize, Vec<Cluster>> = BTreeMap::new();
        let mut next = Vec::new();
        for (cluster, up) in open {
            match up.filter(|&up| height[up] == level) {
                Some(up) => children.entry(up).or_default().push(cluster),
                None => next.push((cluster, up)),
            }
        }
        for (node, mut children) in children {
            children.sort_by(|a, b| a.id.cmp(&b.id));
            if children.len() == 1 {
                // As everywhere in cladus: no chains of copies.
                kept.of_one += 1;
                next.extend(children.into_iter().map(|only| (only, above[node].parent)));
                continue;
            }
            let cluster = parent_of(&above[node].draft, &children, level, &mut taken);
            let parent_id = Some(cluster.id.clone());
            let below =
                children.into_iter().map(|cluster| Node { cluster, parent_id: parent_id.clone() });
            kept.nodes.extend(below);
            next.push((cluster, above[node].parent));
        }
        open = next;
    }
    let items: HashMap<&str, &[String]> =
        leaves.iter().map(|leaf| (leaf.id.as_str(), leaf.members.as_slice())).collect();
    let below = items_below(&kept.nodes, &items);
    for (cluster, _) in open {
        let members = below.get(&cluster.id).cloned().unwrap_or_else(|| cluster.members.clone());
        kept.tops.push(Cluster { level: 0, members, ..cluster.clone() });
        kept.nodes.push(Node { cluster, parent_id: None });
    }
    kept.tops.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(kept)
}

/// For every parent the items of its leaves.
fn items_below(nodes: &[Node], items: &HashMap<&str, &[String]>) -> HashMap<String, Vec<String>> {
    let mut below: HashMap<String, Vec<String>> = HashMap::new();
    // Children stand before their parents' own rows.
    for node in nodes {
        let id = node.cluster.id.as_str();
        let own = match items.get(id) {
            Some(own) => own.to_vec(),
            None => below.get(id).cloned().unwrap_or_default(),
        };
        if let Some(parent) = &node.parent_id {
            below.entry(parent.clone()).or_default().extend(own);
        }
    }
    below
}

fn parent_of(
    draft: &ClusterDraft,
    children: &[Cluster],
    level: usize,
    taken: &mut HashSet<String>,
) -> Cluster {
    let derived = || id::parent_id(children.iter().map(|child| child.id.as_str()));
    let own = draft.id.clone().filter(|own| !own.is_empty() && !taken.contains(own));
    let id = own.unwrap_or_else(derived);
    taken.insert(id.clone());
    let (name, description) = draft.cleaned();
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
