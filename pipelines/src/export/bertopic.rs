//! The columns of BERTopic's `hierarchical_topics`: merges of two topics each, from the top.

use std::borrow::Cow;
use std::collections::HashSet;

use cladus_core::Result;

use super::{ExportSource, csv};

const HEAD: [&str; 8] = [
    "Parent_ID",
    "Parent_Name",
    "Topics",
    "Child_Left_ID",
    "Child_Left_Name",
    "Child_Right_ID",
    "Child_Right_Name",
    "Distance",
];

/// A topic: its number, its name, the base topics in it.
#[derive(Clone)]
struct ExportedTopic {
    number: u64,
    name: String,
    base: Vec<u64>,
}

/// Merges as they are made.
struct Merges {
    rows: Vec<Vec<Cow<'static, str>>>,
    next: u64,
}

/// A parent of several children is as many merges less one, the largest first; the distance is the level,
/// from 0, so that cutting at 1 leaves the parents of the first level.
pub(super) fn merges(exported: &ExportSource) -> Result<String> {
    let tree = &exported.tree;
    let leaves: Vec<usize> =
        (0..tree.nodes().len()).filter(|&node| tree.children(node).is_empty()).collect();
    let numbers = numbers(exported, &leaves);
    let next = numbers.iter().max().map_or(0, |most| most + 1);
    let mut merges = Merges { rows: Vec::new(), next };
    let mut topics: Vec<Option<ExportedTopic>> = vec![None; tree.nodes().len()];
    for (&leaf, number) in leaves.iter().zip(numbers) {
        let name = tree.cluster(leaf).name.clone();
        topics[leaf] = Some(ExportedTopic { number, name, base: vec![number] });
    }
    let mut parents: Vec<usize> =
        (0..tree.nodes().len()).filter(|&node| !tree.children(node).is_empty()).collect();
    // Lower levels first: numbers rise with the distance, as BERTopic's do.
    parents.sort_by_key(|&node| tree.cluster(node).level);
    for node in parents {
        let children: Vec<ExportedTopic> =
            tree.children(node).iter().filter_map(|&child| topics[child].take()).collect();
        let cluster = tree.cluster(node);
        topics[node] = merges.merge(children, &cluster.name, f64::from(cluster.level));
    }
    let roots: Vec<ExportedTopic> =
        tree.roots().iter().filter_map(|&root| topics[root].take()).collect();
    let top = tree.roots().iter().map(|&root| tree.cluster(root).level).max().unwrap_or(0);
    merges.merge(roots, &exported.name, f64::from(top) + 1.0);
    csv(&HEAD.map(str::to_owned), merges.rows.into_iter().rev())
}

/// BERTopic's topics are numbers: ids that are, else places.
fn numbers(exported: &ExportSource, leaves: &[usize]) -> Vec<u64> {
    let number = |&leaf: &usize| exported.tree.cluster(leaf).id.parse::<u64>().ok();
    let given: Option<Vec<u64>> = leaves.iter().map(number).collect();
    let unique = |given: &Vec<u64>| given.iter().collect::<HashSet<_>>().len() == given.len();
    given.filter(unique).unwrap_or_else(|| (0..leaves.len() as u64).collect())
}

impl Merges {
    /// Merges the first two, then that with the third, and so on, up to `distance`. Says what became of
    /// them.
    fn merge(
        &mut self,
        topics: Vec<ExportedTopic>,
        name: &str,
        distance: f64,
    ) -> Option<ExportedTopic> {
        let count = topics.len();
        let mut topics = topics.into_iter();
        let mut left = topics.next()?;
        if count == 1 {
            // A parent of one child is the same topic by another name.
            name.clone_into(&mut left.name);
            return Some(left);
        }
        for (right, merged) in topics.zip(2..) {
            let name = match merged == count {
                true => name.to_owned(),
                false => format!("{name} ({merged} of {count})"),
            };
            let mut base = left.base.clone();
            base.extend(&right.base);
            let parent = ExportedTopic { number: self.next, name, base };
            self.next += 1;
            let at = distance - 1.0 + (merged - 1) as f64 / (count - 1) as f64;
            let listed: Vec<String> = parent.base.iter().map(ToString::to_string).collect();
            self.rows.push(
                [
                    parent.number.to_string(),
                    parent.name.clone(),
                    format!("[{}]", listed.join(", ")),
                    left.number.to_string(),
                    left.name,
                    right.number.to_string(),
                    right.name,
                    at.to_string(),
                ]
                .map(Cow::Owned)
                .to_vec(),
            );
            left = parent;
        }
        Some(left)
    }
}
