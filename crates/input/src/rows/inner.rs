//! Items that only clusters above the leaves hold: they are lost with the clusters unless somebody looks.

use std::collections::HashSet;

use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::rows::draft::ClusterDraft;
use crate::rows::levels::Parted;
use cladus_core::numbers::thousands;

/// Where a row ends at an inner level, what it holds is a leaf of its own.
pub(crate) fn own_leaves(parted: &mut Parted, told: &mut ReadingNotes) {
    let below = below(parted);
    let differs = |node: &usize| {
        let draft = &parted.above[*node].draft;
        draft.size.unwrap_or(0) < below[*node].0
    };
    let sized = |node: &usize| {
        let draft = &parted.above[*node].draft;
        draft.members.is_none() && draft.size.is_some_and(|size| size > 0)
    };
    // Sums of what is below are at least as large.
    let sums = (0..parted.above.len()).filter(sized).all(|node| !differs(&node));
    let mut own = Vec::new();
    for (node, (_, inside)) in below.iter().enumerate() {
        let draft = &parted.above[node].draft;
        let mut leaf = ClusterDraft { id: None, path: Vec::new(), ..draft.clone() };
        match &draft.members {
            Some(members) => {
                let members: Vec<String> =
                    members.iter().filter(|m| !inside.contains(*m)).cloned().collect();
                if members.is_empty() {
                    continue;
                }
                leaf.size = Some(members.len() as u64);
                leaf.members = Some(members);
            }
            None if sums || draft.size.unwrap_or(0) == 0 => continue,
            None => {}
        }
        own.push((leaf, node));
    }
    if own.is_empty() {
        return;
    }
    let items = own.iter().fold(0u64, |sum, (leaf, _)| sum.saturating_add(leaf.size()));
    let first = printable(&own[0].0.name);
    told.warnings.push(if own.len() == 1 {
        format!("{first} has {} items and no lower level: it is a cluster of its own, beside those below it", thousands(items))
    } else {
        format!("{} clusters ({first} is the first) have {} items that end at an upper level: they are clusters of their own, beside those below them", own.len(), thousands(items))
    });
    for (leaf, node) in own {
        parted.leaves.push(leaf);
        parted.parent.push(Some(node));
    }
}

/// Says how many members parents have that no leaf has.
pub(crate) fn told_of_own(parted: &Parted, told: &mut ReadingNotes) {
    if !parted.leaves.iter().any(|leaf| leaf.members.is_some()) {
        return;
    }
    let ids: HashSet<&str> = parted
        .leaves
        .iter()
        .chain(parted.above.iter().map(|above| &above.draft))
        .flat_map(|draft| [draft.id.as_deref(), Some(draft.name.as_str())])
        .flatten()
        .collect();
    let held: HashSet<&str> = parted
        .leaves
        .iter()
        .flat_map(|leaf| leaf.members.iter().flatten())
        .map(String::as_str)
        .collect();
    let mut own: HashSet<&str> = HashSet::new();
    let mut first = None;
    for above in &parted.above {
        for member in above.draft.members.iter().flatten() {
            // Children may be what a parent calls its members.
            if !held.contains(member.as_str()) && !ids.contains(member.as_str()) {
                own.insert(member);
                first = first.or(Some(above.draft.name.as_str()));
            }
        }
    }
    if let Some(first) = first {
        told.warnings.push(format!(
            "{} items are in clusters above the leaves only ({} is the first) and so in no base cluster",
            thousands(own.len() as u64),
            printable(first)
        ));
    }
}

/// For every node above the items of its leaves: how many, and which.
fn below(parted: &Parted) -> Vec<(u64, HashSet<String>)> {
    let mut below = vec![(0u64, HashSet::new()); parted.above.len()];
    for (leaf, parent) in parted.leaves.iter().zip(&parted.parent) {
        let mut at = *parent;
        while let Some(node) = at {
            below[node].0 = below[node].0.saturating_add(leaf.size());
            below[node].1.extend(leaf.members.iter().flatten().cloned());
            at = parted.above[node].parent;
        }
    }
    below
}
