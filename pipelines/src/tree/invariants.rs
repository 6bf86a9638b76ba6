//! What must hold of every run folder, whoever made its artifacts.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use cladus_core::artifact::{self, Cluster, check_file};
use cladus_core::children::Children;
use cladus_core::config::Config;
use cladus_core::{Result, name, schema};

use crate::edits::Edits;
use crate::folder::RunFolder;
use crate::tree::hierarchy::Hierarchy;
use cladus_core::tree::Tree;

/// At most so many problems are listed; a broken file breaks in every row.
const MAX_PROBLEMS: usize = 50;

/// What a check of a run folder found.
#[derive(Debug)]
pub struct CheckFindings {
    /// What was checked, in a few words.
    pub what: String,
    /// What does not hold, a line each.
    pub problems: Vec<String>,
    /// What does hold, and somebody should know: edits that do not apply.
    pub remarks: Vec<String>,
}

/// Checks every artifact of a run, how they join, and the hierarchy as a whole.
///
/// # Errors
/// When the folder holds no run, or a file that all others depend on cannot be read.
pub fn check_run(folder: &RunFolder) -> Result<CheckFindings> {
    let folder = RunFolder::finished(folder.root())?;
    let mut problems = Vec::new();
    let config =
        Config::load_or_default(folder.config().is_file().then(|| folder.config()).as_deref())?;
    let bounds = config.children()?;
    let clusters = artifact::read_clusters(&folder.clusters())?;
    let tree = Tree::read(&folder.hierarchy())?;
    let edits = Edits::load(&folder.edits())?;
    let hierarchy = Hierarchy::made(&folder, &tree, &edits);
    let iterations = hierarchy.iterations();

    let files = files(&folder, iterations);
    for file in &files {
        match check_file(file, file.file_stem().and_then(|stem| stem.to_str())) {
            Ok(found) => problems.extend(found.problems),
            Err(error) => problems.push(error.to_string()),
        }
    }
    let mut outcomes = Vec::new();
    if problems.is_empty() {
        match hierarchy.outcomes() {
            Ok(found) => outcomes = found,
            Err(error) => problems.push(error.to_string()),
        }
        for iteration in 1..=iterations {
            if let Err(error) = check_iteration(&folder, iteration, bounds, &mut problems) {
                problems.push(error.to_string());
            }
        }
        let edited = outcomes.iter().flat_map(|outcome| &outcome.touched);
        let edited: HashSet<&str> = edited.map(String::as_str).collect();
        let leaves = leaves(&folder, &clusters.rows)?;
        check_hierarchy(&leaves, &tree, config.max_clusters, &edited, &mut problems);
        check_closure(&folder, &tree, &mut problems)?;
        check_map(&folder, &tree, &mut problems)?;
    }
    let roots = tree.roots().len();
    let what = format!(
        "{} files; {} base clusters, each under one of {roots} roots; {} clusters in total",
        files.len(),
        clusters.rows.len(),
        tree.nodes().len()
    );
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    if more > 0 {
        problems.push(format!("… and {more} more"));
    }
    let path = edits.path().display();
    let left_out = outcomes.iter().filter(|outcome| !outcome.applies());
    let remarks = left_out.map(|outcome| format!("{path}: {outcome} (not applied)")).collect();
    Ok(CheckFindings { what, problems, remarks })
}

/// The artifacts of a run.
fn files(folder: &RunFolder, iterations: usize) -> Vec<PathBuf> {
    let mut files = vec![folder.clusters(), folder.hierarchy(), folder.closure()];
    let made = [
        &schema::EMBEDDINGS,
        &schema::GROUPS,
        &schema::CANDIDATES,
        &schema::LABELS,
        &schema::PARENTS,
    ];
    for iteration in 1..=iterations {
        files.extend(made.iter().map(|schema| folder.artifact(iteration, schema.artifact)));
    }
    files.extend(Some(folder.map()).filter(|map| map.is_file()));
    files
}

/// The hierarchy's leaves: the base clusters, or those of a hierarchy that came with them.
fn leaves(folder: &RunFolder, clusters: &[Cluster]) -> Result<Vec<Cluster>> {
    let given = folder.given();
    if !given.is_file() {
        return Ok(clusters.to_vec());
    }
    let nodes = artifact::read_hierarchy(&given)?.rows;
    let leaves = nodes.into_iter().map(|node| node.cluster);
    Ok(leaves.filter(|cluster| cluster.level == 0).collect())
}

/// Every row of one iteration's artifacts finds its partners, and parents have as many children as the
/// run's settings say. Corrections come later: theirs is another number.
fn check_iteration(
    folder: &RunFolder,
    iteration: usize,
    bounds: Children,
    problems: &mut Vec<String>,
) -> Result<()> {
    let path = |schema: &schema::Schema| folder.artifact(iteration, schema.artifact);
    let clusters = artifact::read_clusters(&folder.clusters_of(iteration))?;
    artifact::read_embeddings(&path(&schema::EMBEDDINGS))?.aligned(&clusters)?;
    let groups = artifact::read_groups(&path(&schema::GROUPS))?.aligned(&clusters)?;
    let candidates = artifact::read_candidates(&path(&schema::CANDIDATES))?;
    artifact::read_labels(&path(&schema::LABELS))?.aligned(&clusters, &candidates)?;
    let parents = artifact::read_clusters(&path(&schema::PARENTS))?;
    let group_count = groups.iter().max().map_or(0, |last| last + 1);
    for (row, candidate) in candidates.rows.iter().enumerate() {
        if let Some(group) = candidate.group_id.filter(|group| *group >= group_count) {
            problems.push(format!(
                "{}: candidate {row}, column group_id: group {group} is not in {}",
                candidates.path.display(),
                path(&schema::GROUPS).display()
            ));
        }
    }
    let index = clusters.index();
    let mut parent_of: HashMap<&str, &str> = HashMap::new();
    for parent in &parents.rows {
        let moved_up = index.contains_key(parent.id.as_str());
        let children: Vec<&str> = if moved_up {
            vec![parent.id.as_str()]
        } else {
            parent.members.iter().map(String::as_str).collect()
        };
        if let Some(bound) = bounds.broken(children.len(), clusters.rows.len()) {
            problems.push(format!(
                "{}: parent {:?} has {} children, {bound}",
                parents.path.display(),
                parent.id,
                children.len()
            ));
        }
        for child in children {
            if let Some(other) = parent_of.insert(child, &parent.id) {
                problems.push(format!(
                    "{}: cluster {child:?} is under {other:?} and under {:?}",
                    parents.path.display(),
                    parent.id
                ));
            }
        }
    }
    for cluster in clusters.rows.iter().filter(|c| !parent_of.contains_key(c.id.as_str())) {
        problems.push(format!("{}: cluster {:?} is missing", parents.path.display(), cluster.id));
    }
    Ok(())
}

/// One tree over exactly the base clusters, with what a reader relies on. A parent that people's
/// corrections have left with a single child (among `edited`) is as they want it.
fn check_hierarchy(
    base: &[Cluster],
    tree: &Tree,
    max_clusters: usize,
    edited: &HashSet<&str>,
    problems: &mut Vec<String>,
) {
    let mut say = |problem: String| problems.push(format!("hierarchy.parquet: {problem}"));
    let id = |node: usize| tree.cluster(node).id.as_str();
    let made = tree.roots().iter().filter(|&&root| !edited.contains(id(root))).count();
    if made > max_clusters {
        say(format!("{} roots, max_clusters is {max_clusters}", tree.roots().len()));
    }
    let place: HashMap<&str, usize> =
        tree.nodes().iter().enumerate().map(|(i, node)| (node.cluster.id.as_str(), i)).collect();
    for cluster in base {
        match place.get(cluster.id.as_str()) {
            None => say(format!("base cluster {:?} is missing", cluster.id)),
            Some(&node) if !is_as(tree.cluster(node), cluster, edited) => {
                say(format!("base cluster {:?} differs from clusters.parquet", cluster.id));
            }
            Some(_) => {}
        }
    }
    let base_ids: HashSet<&str> = base.iter().map(|cluster| cluster.id.as_str()).collect();
    for node in 0..tree.nodes().len() {
        let cluster = tree.cluster(node);
        let children = tree.children(node);
        let id = &cluster.id;
        if base_ids.contains(id.as_str()) {
            if !children.is_empty() {
                say(format!("base cluster {id:?} has children"));
            }
            continue;
        }
        if children.len() < 2 && !edited.contains(id.as_str()) {
            say(format!("parent {id:?} has {} child", children.len()));
        }
        let sum: u64 = children.iter().map(|&child| tree.cluster(child).size).sum();
        if sum != cluster.size {
            say(format!("parent {id:?} has size {}, its children {sum}", cluster.size));
        }
        let listed: HashSet<&str> = cluster.members.iter().map(String::as_str).collect();
        let actual: HashSet<&str> =
            children.iter().map(|&child| tree.cluster(child).id.as_str()).collect();
        if listed != actual {
            say(format!("the members of parent {id:?} are not its child clusters"));
        }
        if children.iter().any(|&child| tree.cluster(child).level >= cluster.level) {
            say(format!("parent {id:?} is not above the level of its children"));
        }
        siblings(children, tree, &mut say);
    }
    siblings(tree.roots(), tree, &mut say);
}

/// Is a base cluster in the hierarchy as in the input, but for what an edit may change?
fn is_as(cluster: &Cluster, given: &Cluster, edited: &HashSet<&str>) -> bool {
    if edited.contains(given.id.as_str()) {
        (cluster.size, &cluster.members) == (given.size, &given.members)
    } else {
        cluster == given
    }
}

/// No two siblings share a name, unless both are the user's own.
fn siblings(nodes: &[usize], tree: &Tree, say: &mut impl FnMut(String)) {
    let mut seen: HashMap<String, &Cluster> = HashMap::new();
    for &node in nodes {
        let cluster = tree.cluster(node);
        if let Some(other) = seen.insert(name::key(&cluster.name), cluster)
            && (cluster.level > 0 || other.level > 0)
        {
            say(format!(
                "siblings {:?} and {:?} are both called {:?}",
                other.id, cluster.id, cluster.name
            ));
        }
    }
}

/// Where there is a map, it shows exactly the clusters of the hierarchy.
fn check_map(folder: &RunFolder, tree: &Tree, problems: &mut Vec<String>) -> Result<()> {
    if !folder.map().is_file() {
        return Ok(());
    }
    let map = artifact::read_map(&folder.map())?;
    let mut shown: Vec<&str> = map.rows.iter().map(|place| place.id.as_str()).collect();
    let mut there = tree.ids();
    shown.sort_unstable();
    there.sort_unstable();
    if shown != there {
        let root = folder.root().display();
        problems.push(format!(
            "map.parquet: its clusters are not those of hierarchy.parquet (`cladus run --out {root}` rebuilds it)"
        ));
    }
    Ok(())
}

fn check_closure(folder: &RunFolder, tree: &Tree, problems: &mut Vec<String>) -> Result<()> {
    let closure = artifact::read_closure(&folder.closure())?;
    let place: HashMap<&str, u32> = tree.ids().into_iter().zip(0..).collect();
    let of = |row: &artifact::ClosureRow| {
        let node = |id: &str| place.get(id).copied();
        Some((node(&row.ancestor)?, node(&row.descendant)?, row.depth))
    };
    let mut written: Vec<Option<(u32, u32, u8)>> = closure.rows.iter().map(of).collect();
    written.sort_unstable();
    // A row of a cluster that is not there is None, and so unlike every expected one.
    if !written.into_iter().eq(tree.closure().into_iter().map(Some)) {
        problems.push("closure.parquet: is not the closure of hierarchy.parquet".to_owned());
    }
    Ok(())
}
