//! What changed between two hierarchies, node by node, as the page shows it.

use std::collections::HashMap;

use cladus_compare::{Diff, NamedNode, NodeSpread};
use cladus_page::{ChangeKind, Changes, Gone, NodeChange, Page};

/// Of a list of names so many are told.
const NAMES: usize = 4;

/// Puts what changed since the hierarchy called `since` into the page of the newer one; `summary` says it
/// in a few lines.
pub fn put(page: &mut Page, found: &Diff, since: &str, summary: &str) {
    let number: HashMap<&str, usize> =
        page.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let mut of = vec![NodeChange::default(); page.nodes.len()];
    // What is said first is what it counts as; the rest is said, too.
    let mut say = |node: &NamedNode, kind: ChangeKind, says: String| {
        let Some(change) = number.get(node.id.as_str()).map(|&at| &mut of[at]) else { return };
        if change.kind == ChangeKind::Same {
            change.kind = kind;
        }
        let before = std::mem::take(&mut change.says);
        change.says =
            [before, says].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ");
    };
    let (base, parents) = (&found.base, &found.parents);
    for new in &base.new {
        say(&new.node, ChangeKind::New, "Not there before".to_owned());
    }
    for new in &parents.new {
        say(&new.node, ChangeKind::New, format!("New{}", parts(", of ", new)));
    }
    for merged in &parents.merged {
        say(&merged.node, ChangeKind::Merged, format!("Made{}", parts(" of ", merged)));
    }
    for split in &parents.split {
        for part in &split.parts {
            say(&part.node, ChangeKind::Split, format!("A part of what was “{}”", split.node.name));
        }
    }
    for moved in parents.moved.iter().chain(&base.moved) {
        say(&moved.node, ChangeKind::Moved, format!("Was under “{}”", place(moved.from.as_ref())));
    }
    for renamed in parents.renamed.iter().chain(&base.renamed) {
        say(&renamed.b, ChangeKind::Renamed, format!("Was called “{}”", renamed.a.name));
    }
    let gone = parents.gone.iter().map(|gone| (&gone.node, parts("now in ", gone)));
    let singles = base
        .gone
        .iter()
        .map(|gone| (&gone.node, format!("was under “{}”", place(gone.parent.as_ref()))));
    let gone = gone.chain(singles).map(|(node, says)| Gone {
        name: node.name.clone(),
        size: node.size,
        says,
    });
    page.changes = Some(Changes {
        since: since.to_owned(),
        gone: gone.collect(),
        of,
        summary: summary
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect(),
    });
}

fn place(parent: Option<&NamedNode>) -> &str {
    parent.map_or("the top", |parent| &parent.name)
}

/// Where its base clusters are in the other hierarchy.
fn parts(how: &str, whole: &NodeSpread) -> String {
    if whole.parts.is_empty() {
        return String::new();
    }
    let part =
        |part: &cladus_compare::ParentPart| format!("“{}” ({})", part.node.name, part.shared);
    let mut names: Vec<String> = whole.parts.iter().take(NAMES).map(part).collect();
    if whole.parts.len() > NAMES {
        names.push(format!("{} others", whole.parts.len() - NAMES));
    }
    format!("{how}{}", names.join(", "))
}
