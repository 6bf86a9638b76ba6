//! `cladus tree`

use std::fmt::Write as _;

use anstyle::Style;
use cladus_cli::{Window, print, window};
use cladus_core::artifact::{self, Cluster};
use cladus_core::{Error, Result, exit};
use serde_json::{Value, json};

use super::here::RunArg;
use crate::folder::RunFolder;
use crate::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct TreeArgs {
    #[command(flatten)]
    run: RunArg,
    /// Print only so many levels, 1 for the roots alone.
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Print every cluster's id behind its name.
    #[arg(long, conflicts_with = "json")]
    ids: bool,
    /// Print the tree as nested JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &TreeArgs) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
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
        let look = Look { ids: args.ids, width: window().map(|window| window.width) };
        let text = render(&tree, Extent::Depth(depth), look).0;
        print(&(text + &noise_line(&folder, &tree)))?;
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
    /// Roots, each with so many of its children.
    Short(usize),
}

impl Extent {
    /// Roots with two children each, or with fewer where the window is not high enough for that.
    pub(crate) fn that_fits(tree: &Tree, window: Option<Window>) -> Self {
        /// The command line, what stands above the tree and below it.
        const BESIDE: usize = 7;
        let Some(window) = window else { return Self::Short(2) };
        let room = window.height.saturating_sub(BESIDE);
        let lines = |shown: usize| {
            let of =
                |&root: &usize| 1 + shown.min(tree.children(root).len()) + usize::from(shown > 0);
            tree.roots().iter().map(of).sum::<usize>()
        };
        Self::Short([2, 1].into_iter().find(|&shown| lines(shown) <= room).unwrap_or(0))
    }
}

/// How a tree is printed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// With every cluster's id.
    pub(crate) ids: bool,
    /// Names are cut so that lines fit.
    pub(crate) width: Option<usize>,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// A line of the tree: a node, or how many of its siblings are left out.
enum Line {
    Node(usize),
    More(usize),
}

/// The tree as text, and whether that is all of it.
pub(crate) fn render(tree: &Tree, extent: Extent, look: Look) -> (String, bool) {
    let leaves = tree.leaf_counts();
    let base: u64 = tree.roots().iter().map(|&root| leaves[root]).sum();
    let total = tree.size();
    let mut text = headline(tree, base);
    let width = thousands(total).len().max("items".len());
    let count_width = thousands(base).len().max("clusters".len());
    // Writing to a String cannot fail: `let _` below.
    let _ =
        writeln!(text, "\n{DIM}{:>width$}  share  {:>count_width$}{DIM:#}", "items", "clusters");
    let before = width + 7 + 2 + count_width + 2;
    let mut whole = true;
    // (what, its prefix, the prefix of its children, level from 1)
    let mut stack: Vec<(Line, String, String, usize)> = tree
        .roots()
        .iter()
        .rev()
        .map(|&root| (Line::Node(root), String::new(), String::new(), 1))
        .collect();
    while let Some((line, own, below, level)) = stack.pop() {
        let node = match line {
            Line::Node(node) => node,
            Line::More(more) => {
                let _ = writeln!(text, "{:before$}{own}{DIM}… and {more} more{DIM:#}", "");
                continue;
            }
        };
        let cluster = tree.cluster(node);
        let children = tree.children(node);
        let share = percent(cluster.size, total);
        let count = if children.is_empty() { String::new() } else { thousands(leaves[node]) };
        let room = look.width.map(|all| all.saturating_sub(before + own.chars().count()));
        let name = called(cluster, level == 1, room, look.ids);
        let size = thousands(cluster.size);
        let _ = writeln!(
            text,
            "{size:>width$} {share:>6}  {DIM}{count:>count_width$}{DIM:#}  {own}{name}"
        );
        let shown = match extent {
            Extent::Depth(depth) if level < depth.max(1) => children.len(),
            Extent::Depth(_) => 0,
            Extent::Short(shown) if level == 1 && children.len() <= shown + 1 && shown > 0 => {
                children.len()
            }
            Extent::Short(shown) => {
                if level == 1 {
                    shown
                } else {
                    0
                }
            }
        };
        whole &= shown >= children.len();
        let more = (shown > 0 && shown < children.len())
            .then(|| (Line::More(children.len() - shown), format!("{below}└─ "), String::new(), 0));
        let last_is_shown = more.is_none();
        stack.extend(more);
        for (place, &child) in children.iter().take(shown).enumerate().rev() {
            let last = last_is_shown && place + 1 == shown;
            let (branch, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let (own, under) = (format!("{below}{branch}"), format!("{below}{trunk}"));
            stack.push((Line::Node(child), own, under, level + 1));
        }
    }
    (text, whole)
}

fn headline(tree: &Tree, base: u64) -> String {
    let height = tree.roots().iter().map(|&root| tree.height(root)).max().unwrap_or(0);
    let (total, roots) = (tree.size(), tree.roots().len());
    format!(
        "{} base {}, {} {} -> {roots} {}, {height} {}\n",
        thousands(base),
        plural(base, "cluster"),
        thousands(total),
        plural(total, "item"),
        plural(roots as u64, "root"),
        plural(height as u64, "level"),
    )
}

/// A cluster's name as it is printed, in so many columns.
fn called(cluster: &Cluster, is_root: bool, room: Option<usize>, ids: bool) -> String {
    let room =
        room.map(|room| room.saturating_sub(if ids { cluster.id.chars().count() + 2 } else { 0 }));
    // A few words at least, however narrow the window is.
    let name = match room.map(|room| room.max(12)) {
        Some(room) if cladus_cli::columns(&cluster.name) > room => {
            cladus_cli::cut(&cluster.name, room)
        }
        _ => cluster.name.clone(),
    };
    let name = if is_root { format!("{BOLD}{name}{BOLD:#}") } else { name };
    if ids { format!("{name}  {DIM}{}{DIM:#}", cluster.id) } else { name }
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
