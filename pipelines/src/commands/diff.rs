//! `cladus diff`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;
use cladus_cli::{Display, percent, plural, print, thousands};
use cladus_compare::{
    Diff, MatchedPair, MovedNode, NamedNode, NodeSpread, RootChange, Single, diff_of,
};
use cladus_core::artifact::Cluster;
use cladus_core::forest::Forest;
use cladus_core::sameness::MatchBy;
use cladus_core::{Result, atomic, exit};
use cladus_page::PageStyle;

use crate::input::foreign;
use crate::input::sameness::{self, doubt};
use crate::picture;

/// Compares two hierarchies of mostly the same base clusters. Base clusters are matched by ids, members
/// and names; parents are the same if most of the base clusters below either are below both.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// Hierarchy before: a run folder or a file.
    a: PathBuf,
    /// Hierarchy after.
    b: PathBuf,
    /// How base clusters are matched: auto (ids that agree with names or members, then members, then
    /// names, then similar meaning), ids, members or names.
    #[arg(long = "match", value_name = "BY", default_value_t = MatchBy::Auto)]
    match_by: MatchBy,
    /// Print every section completely.
    #[arg(long)]
    all: bool,
    /// Print everything as JSON.
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Output format.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    /// File to write the page to.
    #[arg(long, value_name = "FILE", default_value = "diff.html")]
    out: PathBuf,
    /// Exit with code 4 if they differ.
    #[arg(long)]
    check: bool,
}

/// How differences are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// Text for a terminal.
    Text,
    /// A page that marks changes in the tree of B.
    Html,
}

pub(crate) fn run(args: &DiffArgs, display: &Display) -> Result<u8> {
    let found = compare(&args.a, &args.b, args.match_by)?;
    if let Some(doubt) = doubt(&found.matched, args.match_by) {
        display.warning(&doubt);
    }
    match args.format {
        DiffFormat::Html => write_page(&found, args)?,
        DiffFormat::Text if args.json => print(&super::json(&found)?)?,
        DiffFormat::Text => print(&render(&found, args.all))?,
    }
    Ok(if args.check && !found.same { exit::STALE } else { exit::OK })
}

/// The page of the newer one, with what changed.
fn write_page(found: &Diff, args: &DiffArgs) -> Result<()> {
    let mut page = picture::page_at(&args.b)?;
    picture::changes::put(&mut page, found, &picture::title(&args.a), &summary(found));
    let html = super::explore::html(&page, PageStyle::default())?;
    atomic::publish_bytes(&args.out, html.as_bytes())?;
    print(&format!("{}\n", args.out.display()))
}

/// What changed from one hierarchy to another, in a few lines.
pub(super) fn in_short(a: &Path, b: &Path, by: MatchBy) -> Result<String> {
    let found = compare(a, b, by)?;
    if found.same {
        return Ok(render(&found, false));
    }
    let mut text = summary(&found);
    DiffPage { text: &mut text, all: false }.roots(&found.roots);
    Ok(text)
}

/// A hierarchy and its base clusters.
struct Month {
    forest: Forest,
    base: Vec<(usize, Cluster)>,
}

fn read(path: &Path) -> Result<Month> {
    let read = foreign::hierarchy(&foreign::at(path)?.1)?;
    let leaves = sameness::leaves(&read.rows).into_iter();
    let base = leaves.map(|at| (at, read.rows[at].cluster.clone())).collect();
    Ok(Month { base, forest: Forest::of(read)? })
}

fn compare(a: &Path, b: &Path, by: MatchBy) -> Result<Diff> {
    let (a, b) = (read(a)?, read(b)?);
    let base = |month: &'_ Month| month.base.iter().map(|(_, cluster)| cluster.clone()).collect();
    let (of_a, of_b): (Vec<Cluster>, Vec<Cluster>) = (base(&a), base(&b));
    let (of_a, of_b): (Vec<_>, Vec<_>) = (of_a.iter().collect(), of_b.iter().collect());
    let found = sameness::matched(&of_a, &of_b, by)?;
    let node = |&(x, y, _): &(usize, usize, _)| (a.base[x].0, b.base[y].0);
    let pairs = found.pairs.iter().map(node).collect();
    Ok(diff_of(&a.forest, &b.forest, pairs, found.matched))
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// So many lines of a section are shown without `--all`.
const SHOWN: usize = 5;

fn render(found: &Diff, all: bool) -> String {
    let (base, parents) = (&found.base, &found.parents);
    let below = format!("{} {}", count(parents.in_b), plural(parents.in_b as u64, "parent"));
    if found.same {
        let many = plural(base.in_b as u64, "cluster");
        let by = match found.matched.ids == base.in_b {
            true => String::new(),
            false => format!(" ({})", sameness::in_words(&found.matched)),
        };
        return format!("the same: {} base {many}{by} under {below}\n", count(base.in_b));
    }
    let mut text = summary(found);
    let mut page = DiffPage { text: &mut text, all };
    page.roots(&found.roots);
    page.section("parents renamed", parents.renamed.iter().map(renamed));
    page.section("parents split", parents.split.iter().map(|whole| apart(whole, "into")));
    page.section("parents merged", parents.merged.iter().map(|whole| apart(whole, "from")));
    page.section("parents gone", parents.gone.iter().map(|whole| apart(whole, "now in")));
    page.section("parents new", parents.new.iter().map(|whole| apart(whole, "from")));
    let untold = parents.moved.iter().filter(|moved| !moved.told);
    page.section("parents moved", untold.map(|m| (m.node.clusters as u64, from_to(m))));
    page.section("base clusters moved", routes(&base.moved, all).into_iter());
    page.section("base clusters gone", base.gone.iter().map(|gone| single(gone, "was under")));
    page.section("base clusters new", base.new.iter().map(|new| single(new, "under")));
    page.section("base clusters renamed", base.renamed.iter().map(renamed_base));
    text
}

fn summary(found: &Diff) -> String {
    let (base, parents) = (&found.base, &found.parents);
    let mut text = String::new();
    // Writing to a String cannot fail: `let _` below.
    let mut line = |what: &str, says: &str| {
        let _ = writeln!(text, "{what:<16}{says}");
    };
    let mut clusters = vec![format!("{} in both", count(base.in_both))];
    clusters.extend(some(base.gone.len(), "gone"));
    clusters.extend(some(base.new.len(), "new"));
    clusters.extend(some(base.renamed.len(), "renamed"));
    let arrow = |a: &str, b: &str| if a == b { a.to_owned() } else { format!("{a} -> {b}") };
    let numbers = arrow(&count(base.in_a), &count(base.in_b));
    line("base clusters", &format!("{numbers}: {}", clusters.join(", ")));
    if base.items_in_a != base.items_in_b {
        line("items", &arrow(&thousands(base.items_in_a), &thousands(base.items_in_b)));
    }
    if base.in_both == 0 {
        line("where they were", "nothing to compare: no base cluster is in both");
    } else {
        line("recognised", &sameness::in_words(&found.matched));
        let told = base.moved.iter().filter(|moved| moved.told).count();
        let with = match told {
            0 => String::new(),
            told => format!(", {} of them as parents split, merged, came or went", count(told)),
        };
        let share = percent(base.stayed as u64, base.in_both as u64);
        let moved = count(base.moved.len());
        line("where they were", &format!("{share} of those in both; {moved} moved{with}"));
    }
    let mut lots = vec![format!("{} kept", count(parents.kept.len()))];
    lots.extend(some(parents.renamed.len(), "renamed"));
    lots.extend(some(parents.split.len(), "split"));
    lots.extend(some(parents.merged.len(), "merged"));
    lots.extend(some(parents.gone.len(), "gone"));
    lots.extend(some(parents.new.len(), "new"));
    lots.extend(some(parents.moved.len(), "moved"));
    let numbers = arrow(&count(parents.in_a), &count(parents.in_b));
    line("parents", &format!("{numbers}: {}", lots.join(", ")));
    text
}

fn count(number: usize) -> String {
    thousands(number as u64)
}

fn some(number: usize, what: &str) -> Option<String> {
    (number > 0).then(|| format!("{} {what}", count(number)))
}

/// From what a root grew, or shrank.
fn grown(a: &NamedNode, b: &NamedNode) -> String {
    let clusters = match b.clusters as i64 - a.clusters as i64 {
        0 => "as many clusters as before".to_owned(),
        more => format!("{more:+} {}", plural(more.unsigned_abs(), "cluster")),
    };
    if a.size == b.size || (a.size, b.size) == (a.clusters as u64, b.clusters as u64) {
        return clusters;
    }
    format!("{clusters}, {} -> {} items", thousands(a.size), thousands(b.size))
}

/// Sections as they are printed.
struct DiffPage<'a> {
    text: &'a mut String,
    all: bool,
}

impl DiffPage<'_> {
    /// How each root grew.
    fn roots(&mut self, roots: &[RootChange]) {
        let line = |root: &RootChange| match (&root.a, &root.b) {
            (Some(a), Some(b)) => {
                (b.clusters as u64, format!("{}  {DIM}{}{DIM:#}", b.name, grown(a, b)))
            }
            (None, Some(b)) => (b.clusters as u64, format!("{}  {DIM}new{DIM:#}", b.name)),
            (a, None) => {
                let name = a.as_ref().map_or("", |a| a.name.as_str());
                let was = a.as_ref().map_or(0, |a| a.clusters);
                (0, format!("{name}  {DIM}gone, had {}{DIM:#}", count(was)))
            }
        };
        let all = self.all;
        // There are few, and each is asked about.
        self.all = true;
        self.section("roots", roots.iter().map(line));
        self.all = all;
    }

    /// A line is a number (of base clusters, or of a base cluster's items) and what is said.
    fn section(&mut self, title: &str, lines: impl Iterator<Item = (u64, String)>) {
        let shown = if self.all { usize::MAX } else { SHOWN };
        let mut more = 0_u64;
        let mut kept: Vec<(String, String)> = Vec::new();
        for (number, says) in lines {
            if kept.len() < shown {
                kept.push((thousands(number), says));
            } else {
                more += 1;
            }
        }
        if kept.is_empty() {
            return;
        }
        let width = kept.iter().map(|(number, _)| number.len()).max().unwrap_or(0).max(5);
        let _ = writeln!(self.text, "\n{BOLD}{title}{BOLD:#}");
        for (number, says) in kept {
            let _ = writeln!(self.text, "{DIM}{number:>width$}{DIM:#}  {says}");
        }
        if more > 0 {
            let more = thousands(more);
            let _ = writeln!(self.text, "{:>width$}  … and {more} more (--all)", "");
        }
    }
}

fn renamed(pair: &MatchedPair) -> (u64, String) {
    (pair.b.clusters as u64, format!("{} -> {}", pair.a.name, pair.b.name))
}

fn renamed_base(pair: &MatchedPair) -> (u64, String) {
    (pair.b.size, format!("{} -> {}", pair.a.name, pair.b.name))
}

fn single(single: &Single, how: &str) -> (u64, String) {
    let place = match &single.parent {
        Some(parent) => format!("{how} {}", parent.name),
        None => "at the top".to_owned(),
    };
    (single.node.size, format!("{}  {DIM}{place}{DIM:#}", single.node.name))
}

fn apart(whole: &NodeSpread, how: &str) -> (u64, String) {
    let part = |part: &cladus_compare::ParentPart| format!("{} ({})", part.node.name, part.shared);
    let mut parts: Vec<String> = whole.parts.iter().take(SHOWN).map(part).collect();
    if whole.parts.len() > SHOWN {
        parts.push(format!("{} others", whole.parts.len() - SHOWN));
    }
    let says = if parts.is_empty() {
        whole.node.name.clone()
    } else {
        format!("{}  {DIM}{how}{DIM:#} {}", whole.node.name, parts.join(", "))
    };
    (whole.node.clusters as u64, says)
}

fn place(parent: Option<&NamedNode>) -> &str {
    parent.map_or("the top", |parent| &parent.name)
}

fn from_to(moved: &MovedNode) -> String {
    let (from, to) = (place(moved.from.as_ref()), place(moved.to.as_ref()));
    format!("{}  {DIM}from{DIM:#} {from} {DIM}to{DIM:#} {to}", moved.node.name)
}

/// Moves of base clusters by where from and where to, the most used way first.
fn routes(moved: &[MovedNode], all: bool) -> Vec<(u64, String)> {
    let mut ways: Vec<Vec<&MovedNode>> = Vec::new();
    let mut at: HashMap<(Option<&str>, Option<&str>), usize> = HashMap::new();
    for one in moved.iter().filter(|one| !one.told) {
        let ends = (
            one.from.as_ref().map(|node| node.id.as_str()),
            one.to.as_ref().map(|node| node.id.as_str()),
        );
        let way = *at.entry(ends).or_insert(ways.len());
        match ways.get_mut(way) {
            Some(way) => way.push(one),
            None => ways.push(vec![one]),
        }
    }
    // Stable: of ways equally used, the one with the largest base cluster is first.
    ways.sort_by_key(|way| std::cmp::Reverse(way.len()));
    let line = |way: Vec<&MovedNode>| {
        let shown = if all { usize::MAX } else { 3 };
        let mut names: Vec<&str> = way.iter().take(shown).map(|m| m.node.name.as_str()).collect();
        if way.len() > shown {
            names.push("…");
        }
        let ends = way.first().map_or_else(String::new, |one| {
            let (from, to) = (place(one.from.as_ref()), place(one.to.as_ref()));
            format!("{from} -> {to}")
        });
        (way.len() as u64, format!("{ends}: {DIM}{}{DIM:#}", names.join("; ")))
    };
    ways.into_iter().map(line).collect()
}
