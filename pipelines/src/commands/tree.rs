//! `cladus tree`

use std::fmt::Write as _;

use anstyle::{AnsiColor, Color, Style};
use cladus_cli::{Window, bar, page, percent, plural, print, thousands, window};
use cladus_core::artifact::{self, Cluster};
use cladus_core::{Error, Result, exit};
use serde_json::{Value, json};

use super::here::RunArg;
use crate::folder::RunFolder;
use cladus_core::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct TreeArgs {
    #[command(flatten)]
    run: RunArg,
    /// Maximum number of levels, 1 for the roots alone.
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Omit clusters with fewer items: a number, or a share of all items such as 1%.
    #[arg(long, value_name = "N|P%")]
    min_size: Option<Least>,
    /// Print every cluster's id after its name.
    #[arg(long, conflicts_with = "json")]
    ids: bool,
    /// Print bars even if standard output is not a terminal.
    #[arg(long, conflicts_with_all = ["json", "plain"])]
    bars: bool,
    /// Shorten names to fit N columns; 0: never [default: the terminal's width].
    #[arg(long, value_name = "N")]
    width: Option<usize>,
    /// Print one sentence per cluster, for screen readers.
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// Do not use a pager (PAGER, or less) for output longer than the terminal.
    #[arg(long)]
    no_pager: bool,
    /// Print the tree as nested JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &TreeArgs) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
    let tree = Tree::read(&folder.hierarchy())?;
    let depth = args.depth.unwrap_or(usize::MAX);
    let least = args.min_size.map_or(0, |least| least.items_of(tree.size()));
    if args.json {
        let mut whole = to_json(&tree, depth, least);
        let aside = noise(&folder);
        if !aside.is_empty() {
            let row = |cluster: &Cluster| json!({ "id": cluster.id, "name": cluster.name, "size": cluster.size });
            whole["noise"] = aside.iter().map(row).collect();
        }
        let text = serde_json::to_string_pretty(&whole).map_err(|e| Error::Bug(e.to_string()))?;
        print(&(text + "\n"))?;
    } else {
        let window = window();
        let width = match args.width {
            Some(0) => None,
            Some(width) => Some(width),
            None => window.map(|window| window.width),
        };
        let extent = Extent::Depth { depth, least };
        let look = TreeStyle { ids: args.ids, width, bars: args.bars || window.is_some() };
        let text = match args.plain {
            true => plain(&tree, extent, args.ids),
            false => render(&tree, extent, look).0,
        };
        let text = text + &noise_line(&folder, &tree);
        match window.filter(|_| !args.no_pager) {
            Some(window) => page(&text, window)?,
            None => print(&text)?,
        }
    }
    Ok(exit::OK)
}

/// The size of the smallest clusters that are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Least {
    Items(u64),
    /// Of all items.
    Share(f64),
}

impl Least {
    fn items_of(self, total: u64) -> u64 {
        match self {
            Self::Items(items) => items,
            Self::Share(share) => (share * total as f64).ceil() as u64,
        }
    }
}

impl std::str::FromStr for Least {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || "expected a number of items, or a share such as 1%".to_owned();
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                let is_share = (0.0..=100.0).contains(&percent);
                is_share.then_some(Self::Share(percent / 100.0)).ok_or_else(wrong)
            }
            None => text.parse().map(Self::Items).map_err(|_| wrong()),
        }
    }
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
    /// So many levels, of clusters that have at least so many items.
    Depth { depth: usize, least: u64 },
    /// Roots, each with so many of its children.
    Short(usize),
}

impl Extent {
    /// Those of `nodes`, of this level (from 1), that are shown.
    fn shown(self, nodes: &[usize], level: usize, tree: &Tree) -> Vec<usize> {
        let most = match self {
            Self::Depth { depth, least } if level <= depth.max(1) => {
                let large = nodes.iter().filter(|&&node| tree.cluster(node).size >= least);
                return large.copied().collect();
            }
            Self::Short(_) if level == 1 => nodes.len(),
            // A line that says that one is left out is no shorter than that one.
            Self::Short(shown) if level == 2 && shown > 0 && nodes.len() <= shown + 1 => {
                nodes.len()
            }
            Self::Short(shown) if level == 2 => shown,
            _ => 0,
        };
        nodes[..most.min(nodes.len())].to_vec()
    }

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
pub(crate) struct TreeStyle {
    /// With every cluster's id.
    pub(crate) ids: bool,
    /// Names are cut so that lines fit.
    pub(crate) width: Option<usize>,
    /// With bars.
    pub(crate) bars: bool,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const BAR: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Cyan)));
/// The length of the largest root's bar, in columns.
const BAR_WIDTH: usize = 10;

/// A line of the tree: a node, or how many of its siblings are left out.
enum TreeLine {
    Node(usize),
    More(usize),
}

/// What is printed, its prefix, the prefix of its children, its level from 1.
type OpenBranch = (TreeLine, String, String, usize);

/// The tree as text, and whether that is all of it.
pub(crate) fn render(tree: &Tree, extent: Extent, look: TreeStyle) -> (String, bool) {
    let leaves = tree.leaf_counts();
    let base: u64 = tree.roots().iter().map(|&root| leaves[root]).sum();
    let total = tree.size();
    let mut text = headline(tree, base);
    let width = thousands(total).len().max("items".len());
    let count_width = thousands(base).len().max("clusters".len());
    let largest = tree.roots().iter().map(|&root| tree.cluster(root).size).max().unwrap_or(0);
    let bar_width = if look.bars { BAR_WIDTH + 2 } else { 0 };
    // Writing to a String cannot fail: `let _` below.
    let _ = writeln!(
        text,
        "\n{DIM}{:>width$}  share  {:bar_width$}{:>count_width$}{DIM:#}",
        "items", "", "clusters"
    );
    let before = width + 7 + 2 + bar_width + count_width + 2;
    let mut whole = true;
    let mut stack: Vec<OpenBranch> = Vec::new();
    let mut open = |stack: &mut Vec<OpenBranch>, nodes: &[usize], below: &str, level: usize| {
        let shown = extent.shown(nodes, level, tree);
        whole &= shown.len() == nodes.len();
        stack.extend(branches(&shown, nodes.len() - shown.len(), below, level).into_iter().rev());
    };
    open(&mut stack, tree.roots(), "", 1);
    while let Some((line, own, below, level)) = stack.pop() {
        let node = match line {
            TreeLine::Node(node) => node,
            TreeLine::More(more) => {
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
        let bar = if look.bars {
            format!("{BAR}{}{BAR:#}  ", bar(cluster.size, largest, BAR_WIDTH))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{size:>width$} {share:>6}  {bar}{DIM}{count:>count_width$}{DIM:#}  {own}{name}"
        );
        open(&mut stack, children, &below, level + 1);
    }
    (text, whole)
}

/// The lines of siblings on `level` (from 1) whose parent's line is followed by `below`: those that are
/// shown, and how many `more` there are.
fn branches(shown: &[usize], more: usize, below: &str, level: usize) -> Vec<OpenBranch> {
    // Roots hang from nothing.
    let (last, inner) = if level == 1 { ("", "") } else { ("└─ ", "├─ ") };
    // Where none of a family is shown, the column of clusters says how many there are.
    let said = more > 0 && (level == 1 || !shown.is_empty());
    let line = |(place, &node): (usize, &usize)| {
        let is_last = !said && place + 1 == shown.len();
        let branch = if is_last { last } else { inner };
        let trunk = match (level, is_last) {
            (1, _) => "",
            (_, true) => "   ",
            (_, false) => "│  ",
        };
        (TreeLine::Node(node), format!("{below}{branch}"), format!("{below}{trunk}"), level)
    };
    let rest = said.then(|| (TreeLine::More(more), format!("{below}{last}"), String::new(), level));
    shown.iter().enumerate().map(line).chain(rest).collect()
}

/// The tree as sentences: a line a cluster, its level in words.
fn plain(tree: &Tree, extent: Extent, ids: bool) -> String {
    let leaves = tree.leaf_counts();
    let base: u64 = tree.roots().iter().map(|&root| leaves[root]).sum();
    let mut text = headline(tree, base);
    let total = tree.size();
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let open = |stack: &mut Vec<(usize, usize)>, nodes: &[usize], level: usize| {
        stack.extend(extent.shown(nodes, level, tree).into_iter().rev().map(|node| (node, level)));
    };
    open(&mut stack, tree.roots(), 1);
    while let Some((node, level)) = stack.pop() {
        let cluster = tree.cluster(node);
        let children = tree.children(node);
        let (size, share) = (thousands(cluster.size), percent(cluster.size, total));
        let _ = write!(
            text,
            "level {level}: {}, {size} {}, {share}",
            cluster.name,
            plural(cluster.size, "item")
        );
        if !children.is_empty() {
            let count = leaves[node];
            let _ = write!(text, ", {} {}", thousands(count), plural(count, "cluster"));
        }
        if ids {
            let _ = write!(text, ", id {}", cluster.id);
        }
        text.push('\n');
        open(&mut stack, children, level + 1);
    }
    text
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

fn to_json(tree: &Tree, depth: usize, least: u64) -> Value {
    let leaves = tree.leaf_counts();
    let total = tree.size();
    // Children before parents, without recursion: a deep tree must not exhaust the stack.
    let order: Vec<(usize, usize)> = levels(tree);
    let mut made: Vec<Option<Value>> = vec![None; tree.nodes().len()];
    for &(node, level) in order.iter().rev() {
        let cluster = tree.cluster(node);
        if level > depth || cluster.size < least {
            continue;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_least_size_is_a_number_or_a_share() {
        assert_eq!("12".parse::<Least>().map(|least| least.items_of(1_000)), Ok(12));
        assert_eq!("1.5%".parse::<Least>().map(|least| least.items_of(1_000)), Ok(15));
        assert!("1.5".parse::<Least>().is_err() && "101%".parse::<Least>().is_err());
    }
}
