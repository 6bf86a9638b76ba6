//! Roots, leaves, paths and items of the hierarchy.

use cladus_core::Result;
use cladus_core::forest::Forest;
use polars::prelude::{Column, DataFrame};

use crate::frames::{column, of_columns};
use crate::run::FinishedRun;

/// Base clusters, depth first, and how many of them are below every node.
fn leaves_of(forest: &Forest) -> (Vec<usize>, Vec<u32>) {
    let mut below = vec![0_u32; forest.len()];
    let mut leaves = Vec::new();
    let mut open: Vec<usize> = forest.roots().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        open.extend(forest.children(node).iter().rev());
        if forest.is_leaf(node) {
            leaves.push(node);
            below[node] = 1;
            forest.ancestors(node).into_iter().for_each(|above| below[above] += 1);
        }
    }
    (leaves, below)
}

fn names(forest: &Forest, name: &str, nodes: &[usize]) -> Column {
    column(name, nodes.iter().map(|&node| forest.name(node)).collect::<Vec<_>>())
}

fn ids(forest: &Forest, name: &str, nodes: &[usize]) -> Column {
    column(name, nodes.iter().map(|&node| forest.id(node)).collect::<Vec<_>>())
}

fn sizes(forest: &Forest, nodes: &[usize]) -> Column {
    column("size", nodes.iter().map(|&node| forest.size(node)).collect::<Vec<_>>())
}

fn descriptions(forest: &Forest, nodes: &[usize]) -> Column {
    column("description", nodes.iter().map(|&node| forest.description(node)).collect::<Vec<_>>())
}

fn shares(run: &FinishedRun, nodes: &[usize]) -> Column {
    let all = run.size().max(1) as f64;
    let share = |&node: &usize| run.forest.size(node) as f64 / all;
    column("share", nodes.iter().map(share).collect::<Vec<f64>>())
}

/// A count that a table can hold.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(super) fn roots(run: &FinishedRun) -> Result<DataFrame> {
    let forest = &run.forest;
    let mut roots: Vec<usize> = forest.roots().collect();
    roots.sort_by_key(|&root| std::cmp::Reverse(forest.size(root)));
    let (_, below) = leaves_of(forest);
    let heights = forest.heights();
    let number = |name, of: &dyn Fn(usize) -> u32| {
        column(name, roots.iter().map(|&root| of(root)).collect::<Vec<u32>>())
    };
    of_columns(vec![
        ids(forest, "id", &roots),
        names(forest, "name", &roots),
        descriptions(forest, &roots),
        sizes(forest, &roots),
        shares(run, &roots),
        number("clusters", &|root| below[root]),
        number("children", &|root| count(forest.children(root).len())),
        number("depth", &|root| count(heights[root])),
    ])
}

/// The root above each of `nodes`, or itself.
fn roots_above(forest: &Forest, nodes: &[usize]) -> Vec<usize> {
    nodes.iter().map(|&node| forest.ancestors(node).first().copied().unwrap_or(node)).collect()
}

pub(super) fn leaves(run: &FinishedRun) -> Result<DataFrame> {
    let forest = &run.forest;
    let (leaves, _) = leaves_of(forest);
    let roots = roots_above(forest, &leaves);
    let depth = |&leaf: &usize| count(forest.ancestors(leaf).len());
    let parents: Vec<Option<usize>> = leaves.iter().map(|&leaf| forest.parent(leaf)).collect();
    let of_parent = |name, of: &dyn Fn(usize) -> String| {
        column(name, parents.iter().map(|parent| parent.map(of)).collect::<Vec<_>>())
    };
    of_columns(vec![
        ids(forest, "id", &leaves),
        names(forest, "name", &leaves),
        descriptions(forest, &leaves),
        sizes(forest, &leaves),
        shares(run, &leaves),
        column("depth", leaves.iter().map(depth).collect::<Vec<u32>>()),
        of_parent("parent_id", &|parent| forest.id(parent).to_owned()),
        of_parent("parent", &|parent| forest.name(parent).to_owned()),
        ids(forest, "root_id", &roots),
        names(forest, "root", &roots),
    ])
}

pub(super) fn paths(run: &FinishedRun) -> Result<DataFrame> {
    let forest = &run.forest;
    let (leaves, _) = leaves_of(forest);
    let path = |&leaf: &usize| -> Vec<&str> {
        let nodes = forest.ancestors(leaf).into_iter().chain([leaf]);
        nodes.map(|node| forest.name(node)).collect()
    };
    let paths: Vec<Vec<&str>> = leaves.iter().map(path).collect();
    let joined: Vec<String> = paths.iter().map(|path| path.join(" > ")).collect();
    let mut columns = vec![
        ids(forest, "id", &leaves),
        names(forest, "name", &leaves),
        sizes(forest, &leaves),
        column("path", joined),
    ];
    // Two at least, so that a flat list has the columns of a tree.
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0).max(2);
    for level in 0..deepest {
        let names: Vec<Option<&str>> = paths.iter().map(|path| path.get(level).copied()).collect();
        columns.push(column(&format!("level_{}", level + 1), names));
    }
    of_columns(columns)
}

pub(super) fn items(run: &FinishedRun) -> Result<DataFrame> {
    let forest = &run.forest;
    let (leaves, _) = leaves_of(forest);
    let (mut items, mut clusters) = (Vec::new(), Vec::new());
    for leaf in leaves {
        let members = &run.nodes[leaf].cluster.members;
        items.extend(members.iter().map(String::as_str));
        clusters.resize(items.len(), leaf);
    }
    let roots = roots_above(forest, &clusters);
    of_columns(vec![
        column("item", items),
        ids(forest, "cluster_id", &clusters),
        names(forest, "cluster", &clusters),
        ids(forest, "root_id", &roots),
        names(forest, "root", &roots),
    ])
}
