//! The tree without a script: `<details>` in each other, with bars. Browsers open and close them, find
//! text in them, print them, and read them aloud.

use cladus_core::numbers::thousands;
use std::fmt::Write as _;

use crate::escape::escaped;
use crate::order::OrderedNodes;
use crate::{Placed, pack};

/// Where there is a script, so many nodes are in the page for those who do not let it run.
const OVERVIEW: usize = 400;
/// So many points are on a map without a script.
const POINTS: usize = 5_000;
/// So many are open at first.
const OPEN: usize = 60;

/// The largest part of the tree.
pub(crate) fn overview(tree: &OrderedNodes<'_>) -> String {
    let mut text = beginning(tree);
    if tree.len() > OVERVIEW {
        text += "<p class=\"p-note\">The largest clusters. Scripts are not allowed to run here: \
                 <code>cladus explore --plain</code> writes all of them without one.</p>\n";
    }
    list(tree, &mut text, &chosen(tree, OVERVIEW));
    text + "</main>\n"
}

/// All of it.
pub(crate) fn whole(tree: &OrderedNodes<'_>) -> String {
    let mut text = beginning(tree);
    changes(tree, &mut text);
    map(tree, &mut text);
    list(tree, &mut text, &vec![true; tree.len()]);
    text + "</main>\n"
}

fn beginning(tree: &OrderedNodes<'_>) -> String {
    let leaves: u64 = tree.leaves().iter().take(tree.roots).sum();
    let noise = match tree.page.noise {
        0 => String::new(),
        noise => format!(", {} items of noise set aside", thousands(noise)),
    };
    format!(
        "<main class=\"plain\">\n<h1>{}</h1>\n<p>{} base clusters, {} items, {} roots{noise}</p>\n",
        escaped(&tree.page.title),
        thousands(leaves),
        thousands(tree.total()),
        thousands(tree.roots as u64),
    )
}

/// As many nodes as wanted: level by level, of each parent the largest.
fn chosen(tree: &OrderedNodes<'_>, most: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..tree.len()).collect();
    order.sort_by_key(|&place| (tree.depth[place], std::cmp::Reverse(tree.at(place).size), place));
    let mut chosen = vec![false; tree.len()];
    order.into_iter().take(most).for_each(|place| chosen[place] = true);
    chosen
}

/// What is done at a place in the list.
enum ListStep {
    Begin(usize),
    More(usize),
    End,
}

fn list(tree: &OrderedNodes<'_>, text: &mut String, chosen: &[bool]) {
    let leaves = tree.leaves();
    let open = tree.roots.min(OPEN);
    let opens = |place: usize| tree.len() <= 2 * OPEN || (tree.depth[place] == 0 && open < 20);
    let mut steps: Vec<ListStep> = Vec::new();
    let push = |steps: &mut Vec<ListStep>, range: std::ops::Range<usize>| {
        steps.push(ListStep::End);
        let left_out = range.clone().filter(|&place| !chosen[place]).count();
        if left_out > 0 {
            steps.push(ListStep::More(left_out));
        }
        steps.extend(range.rev().filter(|&place| chosen[place]).map(ListStep::Begin));
    };
    *text += "<ul class=\"p-tree\">\n";
    push(&mut steps, 0..tree.roots);
    let mut root = 0;
    while let Some(step) = steps.pop() {
        match step {
            ListStep::Begin(place) => {
                if tree.depth[place] == 0 {
                    root = place;
                }
                let row = row(tree, place, root, leaves[place]);
                let below = tree.below(place);
                if below.is_empty() {
                    let _ = writeln!(text, "<li>{row}</li>");
                } else if below.clone().all(|child| !chosen[child]) {
                    let all = thousands(below.len() as u64);
                    let _ = writeln!(text, "<li>{row}<p class=\"p-more\">{all} below</p></li>");
                } else {
                    let open = if opens(place) { " open" } else { "" };
                    let _ = writeln!(text, "<li><details{open}><summary>{row}</summary><ul>");
                    push(&mut steps, below);
                }
            }
            ListStep::More(left_out) => {
                let _ = writeln!(
                    text,
                    "<li class=\"p-more\">… {} more</li>",
                    thousands(left_out as u64)
                );
            }
            ListStep::End if steps.is_empty() => *text += "</ul>\n",
            ListStep::End => *text += "</ul></details></li>\n",
        }
    }
}

fn row(tree: &OrderedNodes<'_>, place: usize, root: usize, leaves: u64) -> String {
    let node = tree.at(place);
    let above = tree.parent[place].map_or_else(|| tree.total(), |parent| tree.at(parent).size);
    let share = node.size as f64 / above.max(1) as f64;
    let mut text = format!(
        "<span class=\"p-row\"><span class=\"p-name c{}\">{}</span>{}<span class=\"p-size\">{}</span><span class=\"p-share\">{:.1} %</span></span>",
        colour(root),
        escaped(&node.name),
        bar(share),
        thousands(node.size),
        100.0 * share,
    );
    let mut says = Vec::new();
    if !node.description.is_empty() {
        says.push(escaped(&node.description));
    }
    if leaves > 1 {
        says.push(format!("<b>{}</b> base clusters", thousands(leaves)));
    }
    if let Some(Placed { runner_up: Some(second), margin: Some(margin), .. }) = &node.placed {
        says.push(format!("Nearest besides: {} (by {margin:.3})", escaped(&second.name)));
    }
    if let Some(change) = tree.page.changes.as_ref().and_then(|c| c.of.get(tree.node[place])) {
        says.extend(Some(escaped(&change.says)).filter(|says| !says.is_empty()));
    }
    if !says.is_empty() {
        let _ = write!(text, "<span class=\"p-says\">{}</span>", says.join(" · "));
    }
    text
}

/// A bar as a picture: a policy that lets no style in lets pictures in.
fn bar(share: f64) -> String {
    let width = (100.0 * share.clamp(0.0, 1.0)).max(0.5);
    format!(
        "<svg class=\"p-bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.1}\" height=\"1\"/></svg>"
    )
}

/// Eight roots have colours of their own, from the largest on.
fn colour(root: usize) -> usize {
    root.min(8)
}

fn changes(tree: &OrderedNodes<'_>, text: &mut String) {
    let Some(changes) = &tree.page.changes else { return };
    let _ = writeln!(text, "<h2>Since {}</h2>\n<ul class=\"p-changes\">", escaped(&changes.since));
    for line in &changes.summary {
        let _ = writeln!(text, "<li>{}</li>", escaped(line));
    }
    *text += "</ul>\n";
}

fn map(tree: &OrderedNodes<'_>, text: &mut String) {
    let Some(pack::MapPlaces { at: places, width, height }) = pack::places(tree) else { return };
    let mut roots: Vec<usize> = Vec::with_capacity(tree.len());
    for place in 0..tree.len() {
        roots.push(tree.parent[place].map_or(place, |parent| roots[parent]));
    }
    let mut leaves: Vec<usize> = (0..tree.len()).filter(|&p| tree.children[p] == 0).collect();
    leaves.sort_by_key(|&place| (std::cmp::Reverse(tree.at(place).size), place));
    let left_out = leaves.len().saturating_sub(POINTS);
    leaves.truncate(POINTS);
    let most = leaves.first().map_or(1, |&place| tree.at(place).size.max(1)) as f64;
    let (wide, high) = (1000.0 * width + 120.0, 1000.0 * height + 60.0);
    let _ = writeln!(
        text,
        "<details class=\"p-map\" open><summary>Map: what means the same lies close together</summary>\
         <svg viewBox=\"-60 -30 {wide:.0} {high:.0}\" role=\"img\" aria-label=\"Map of the base clusters; all of them are in the list below\">"
    );
    for place in leaves {
        let Some((x, y)) = places[place] else { continue };
        let node = tree.at(place);
        let radius = 2.0 + 7.0 * (node.size as f64 / most).sqrt();
        let (x, y) = (1000.0 * x, 1000.0 * y);
        let _ = writeln!(
            text,
            "<circle class=\"c{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"><title>{}</title></circle>",
            colour(roots[place]),
            escaped(&node.name)
        );
    }
    names(tree, &places, text);
    *text += "</svg>";
    if left_out > 0 {
        let _ = write!(text, "<p class=\"p-note\">The {POINTS} largest of them.</p>");
    }
    *text += "</details>\n";
}

/// Roots' names on the map, the largest first, as far as they do not cover each other.
fn names(tree: &OrderedNodes<'_>, places: &[Option<(f32, f32)>], text: &mut String) {
    /// Pixels a letter takes, and a line.
    const LETTER: f32 = 11.0;
    const LINE: f32 = 26.0;
    let mut taken: Vec<(f32, f32, f32)> = Vec::new();
    for root in (0..tree.roots).filter(|&root| tree.children[root] > 0) {
        let Some((x, y)) = places[root] else { continue };
        let (x, y, name) = (1000.0 * x, 1000.0 * y, shortened(&tree.at(root).name));
        let half = LETTER * name.chars().count() as f32 / 2.0;
        let covers = |&(other, at, wide): &(f32, f32, f32)| {
            (other - x).abs() < wide + half && (at - y).abs() < LINE
        };
        if taken.len() < 30 && !taken.iter().any(covers) {
            taken.push((x, y, half));
            let _ = writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&name));
        }
    }
}

fn shortened(name: &str) -> String {
    const LETTERS: usize = 40;
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name.to_owned(),
    }
}
