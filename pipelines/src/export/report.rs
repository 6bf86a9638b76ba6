//! A report in Markdown: what a pull request or a wiki shows.

use std::fmt::Write as _;

use cladus_cli::{percent, plural, thousands};
use cladus_core::Result;

use super::ExportSource;

use crate::why::Doubt;

/// Labels in doubt that are listed.
const DOUBTS: usize = 10;
/// Width of a full bar.
const BAR: usize = 20;

/// Roots with their shares, what is below each, and what is in doubt.
pub(super) fn markdown(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let leaves = tree.leaf_counts();
    let total = tree.size();
    let base: u64 = tree.roots().iter().map(|&root| leaves[root]).sum();
    let mut text = format!("# {}\n\n", escaped(&exported.name));
    // Writing to a string does not fail: `let _` below.
    let _ = writeln!(
        text,
        "{} base {}, {} {}, {} {}.\n",
        thousands(base),
        plural(base, "cluster"),
        thousands(total),
        plural(total, "item"),
        tree.roots().len(),
        plural(tree.roots().len() as u64, "root"),
    );
    text += "| | items | share | clusters | |\n|---|---:|---:|---:|---|\n";
    let largest = tree.roots().iter().map(|&root| tree.cluster(root).size).max().unwrap_or(1);
    for &root in tree.roots() {
        let cluster = tree.cluster(root);
        let bar = (cluster.size as f64 / largest.max(1) as f64 * BAR as f64).round() as usize;
        let _ = writeln!(
            text,
            "| **{}** | {} | {} | {} | {} |",
            escaped(&cluster.name),
            thousands(cluster.size),
            percent(cluster.size, total),
            thousands(leaves[root]),
            "█".repeat(bar.max(1)),
        );
    }
    for (node, level) in exported.shown() {
        let cluster = tree.cluster(node);
        let name = escaped(&cluster.name);
        let size = thousands(cluster.size);
        let children = tree.children(node).len() as u64;
        if level == 1 {
            let _ = writeln!(text, "\n## {name}\n");
            if !cluster.description.is_empty() {
                let _ = writeln!(text, "{}\n", escaped(&cluster.description));
            }
            let share = percent(cluster.size, total);
            let _ = writeln!(text, "{size} {}, {share}\n", plural(cluster.size, "item"));
        } else {
            let below = match children {
                0 => String::new(),
                _ => format!(", {} {}", thousands(leaves[node]), plural(leaves[node], "cluster")),
            };
            let name = if children > 0 { format!("**{name}**") } else { name };
            let _ =
                writeln!(text, "{:indent$}- {name} ({size}{below})", "", indent = 2 * (level - 2));
        }
    }
    in_doubt(exported, &exported.doubts()?, &mut text);
    aside(exported, &mut text);
    Ok(text)
}

fn in_doubt(exported: &ExportSource, doubts: &[Doubt], text: &mut String) {
    if doubts.is_empty() {
        return;
    }
    *text += "\n## In doubt\n\nThe closest calls: the alternative, and by how much (cosine) the chosen place is nearer.\n\n";
    *text += "| cluster | is placed as | could be | margin |\n|---|---|---|---:|\n";
    for Doubt { node, label, runner_up, margin, .. } in doubts.iter().take(DOUBTS) {
        let name = escaped(&exported.tree.cluster(*node).name);
        let (label, runner_up) = (escaped(label), escaped(runner_up));
        let _ = writeln!(text, "| {name} | {label} | {runner_up} | {margin:.3} |");
    }
}

fn aside(exported: &ExportSource, text: &mut String) {
    let items: u64 = exported.noise.iter().map(|cluster| cluster.size).sum();
    if items > 0 {
        let items = format!("{} more {}", thousands(items), plural(items, "item"));
        let _ = writeln!(text, "\n{items} in no cluster: noise of the input, set aside.");
    }
}

/// As Markdown shows it as it is: nothing is a tag, a table's border, emphasis, a link, and nobody is
/// called by an @, no issue by a #.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '@' | '#' => {
                escaped.push(c);
                escaped += "<!-- -->";
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // No address becomes a link.
    escaped.replace("://", ":<!-- -->//").replace("www.", "www<!-- -->.")
}
