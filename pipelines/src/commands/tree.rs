//! `cladus tree`

use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::Style;
use cladus_cli::print;
use cladus_core::artifact::{self, Cluster};
use cladus_core::{Error, Result, exit};
use serde_json::{Value, json};

use crate::folder::RunFolder;
use crate::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct TreeArgs {
    /// The run folder.
    run: PathBuf,
    /// Print only so many levels, 1 for the roots alone.
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Print the tree as nested JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &TreeArgs) -> Result<u8> {
    let folder = RunFolder::finished(&args.run)?;
    let tree = Tree::read(&folder.hierarchy())?;
    let depth = args.depth.unwrap_or(usize::MAX);
    if args.json {
        let mut whole = to_json(&tree, depth);
        let aside = noise(&folder);
        if !aside.is_empty() {
            let row = |cluster: &Cluster| json!({ "id": cluster.id, "name": cluster.name, "size": cluster.size });
            whole["noise"] = aside.iter().map(row).collect();
        }
        let text = serde_json::to_string_pretty(&whole).map_err(|e| Error::Bug(e.to_string()))?;
        print(&(text + "\n"))?;
    } else {
        print(&(render(&tree, Extent::Depth(depth)).0 + &noise_line(&folder, &tree)))?;
    }
    Ok(exit::OK)
}

/// What the input calls noise and is set aside.
pub(crate) fn noise(folder: &RunFolder) -> Vec<Cluster> {
    let path = folder.noise();
    // What cannot be read is not in the way of the tree.
    if path.is_file() {
        artifact::read_clusters(&path).map(|read| read.rows).unwrap_or_default()
    } else {
        Vec::new()
    }
}

/// The last line of a tree: what is in no cluster of it; nothing where all is.
pub(crate) fn noise_line(folder: &RunFolder, tree: &Tree) -> String {
    let aside = noise(folder);
    let items: u64 = aside.iter().map(|cluster| cluster.size).sum();
    let Some(first) = aside.first() else { return String::new() };
    let total = tree.size() + items;
    let more =
        if aside.len() > 1 { format!(" and {} more", aside.len() - 1) } else { String::new() };
    format!(
        "\n{} more {} ({} of {}) in no cluster: {}{more}, noise of the input, set aside\n",
        thousands(items),
        plural(items, "item"),
        percent(items, total),
        thousands(total),
        first.name
    )
}

/// How much of a tree to print.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// So many levels.
    Depth(usize),
    /// As many levels as fit into so many lines, but at least the roots.
    Lines(usize),
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The tree as text, and whether that is all of it.
pub(crate) fn render(tree: &Tree, extent: Extent) -> (String, bool) {
    let height = tree.roots().iter().map(|&root| tree.height(root)).max().unwrap_or(0);
    let depth = match extent {
        Extent::Depth(depth) => depth.max(1),
        Extent::Lines(lines) => deepest_that_fits(tree, lines),
    };
    let leaves = tree.leaf_counts();
    let base: u64 = tree.roots().iter().map(|&root| leaves[root]).sum();
    let total = tree.size();
    // Writing to a String cannot fail: `let _` below.
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} base {}, {} {} -> {} {}, {} {}",
        thousands(base),
        plural(base, "cluster"),
        thousands(total),
        plural(total, "item"),
        tree.roots().len(),
        plural(tree.roots().len() as u64, "root"),
        height,
        plural(height as u64, "level"),
    );
    let width = thousands(total).len().max("items".len());
    let count_width = thousands(base).len().max("clusters".len());
    let _ =
        writeln!(text, "\n{DIM}{:>width$}  share  {:>count_width$}{DIM:#}", "items", "clusters");
    // (node, its prefix, the prefix of its children, level from 1)
    let mut stack: Vec<(usize, String, String, usize)> =
        tree.roots().iter().rev().map(|&root| (root, String::new(), String::new(), 1)).collect();
    while let Some((node, own, below, level)) = stack.pop() {
        let cluster = tree.cluster(node);
        let children = tree.children(node);
        let share = percent(cluster.size, total);
        let count = if children.is_empty() { String::new() } else { thousands(leaves[node]) };
        let name = if level == 1 {
            format!("{BOLD}{}{BOLD:#}", cluster.name)
        } else {
            cluster.name.clone()
        };
        let size = thousands(cluster.size);
        let _ = writeln!(
            text,
            "{size:>width$} {share:>6}  {DIM}{count:>count_width$}{DIM:#}  {own}{name}"
        );
        if level < depth {
            for (place, &child) in children.iter().enumerate().rev() {
                let last = place + 1 == children.len();
                let (branch, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                stack.push((
                    child,
                    format!("{below}{branch}"),
                    format!("{below}{trunk}"),
                    level + 1,
                ));
            }
        }
    }
    (text, depth > height)
}

fn deepest_that_fits(tree: &Tree, lines: usize) -> usize {
    let mut layer: Vec<usize> = tree.roots().to_vec();
    let mut total = layer.len();
    let mut depth = 1;
    loop {
        layer = layer.iter().flat_map(|&node| tree.children(node)).copied().collect();
        total += layer.len();
        if layer.is_empty() {
            return depth + 1;
        }
        if total > lines {
            return depth;
        }
        depth += 1;
    }
}

fn to_json(tree: &Tree, depth: usize) -> Value {
    let leaves = tree.leaf_counts();
    let total = tree.size();
    // Children before parents, without recursion: a deep tree must not exhaust the stack.
    let order: Vec<(usize, usize)> = levels(tree);
    let mut made: Vec<Option<Value>> = vec![None; tree.nodes().len()];
    for &(node, level) in order.iter().rev() {
        if level > depth {
            continue;
        }
        let cluster = tree.cluster(node);
        let children: Vec<Value> =
            tree.children(node).iter().filter_map(|&child| made[child].take()).collect();
        made[node] = Some(json!({
            "id": cluster.id,
            "name": cluster.name,
            "description": cluster.description,
            "slug": cluster.slug,
            "level": cluster.level,
            "size": cluster.size,
            "share": cluster.size as f64 / total.max(1) as f64,
            "clusters": leaves[node],
            "children": children,
        }));
    }
    let roots: Vec<Value> = tree.roots().iter().filter_map(|&root| made[root].take()).collect();
    json!({ "size": total, "clusters": tree.roots().iter().map(|&r| leaves[r]).sum::<u64>(), "roots": roots })
}

/// Every node with its level, roots (1) first.
fn levels(tree: &Tree) -> Vec<(usize, usize)> {
    let mut order = Vec::with_capacity(tree.nodes().len());
    let mut layer: Vec<usize> = tree.roots().to_vec();
    let mut level = 1;
    while !layer.is_empty() {
        order.extend(layer.iter().map(|&node| (node, level)));
        layer = layer.iter().flat_map(|&node| tree.children(node)).copied().collect();
        level += 1;
    }
    order
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with one decimal.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}%", 100.0 * part as f64 / whole.max(1) as f64)
}

pub(crate) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(0, 0), "0.0%");
    }
}
