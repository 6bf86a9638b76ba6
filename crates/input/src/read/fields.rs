//! What stands below a name of a list and is no name: `Description: …`, `**Count:** 12`, `- Examples: …`.

use std::collections::HashMap;

use cladus_core::Place;

use crate::columns::unclear::printable;
use crate::values::cells::SizeNotation;
use crate::values::column_role::ColumnRole;
use crate::values::vocabulary::{fit, words};

/// A line that is a cluster, or one above clusters.
pub(crate) struct OutlineNode<'a> {
    pub(crate) place: Place,
    pub(crate) depth: usize,
    pub(crate) text: &'a str,
    pub(crate) about: Vec<&'a str>,
}

/// What is said of a name that no role is for.
const OTHERS: [&str; 12] = [
    "examples",
    "example",
    "sample",
    "samples",
    "representative examples",
    "key phrases",
    "sentiment",
    "quotes",
    "percentage",
    "share",
    "notes",
    "rationale",
];

/// A label and what stands behind it.
struct LabelledField<'a> {
    label: String,
    value: &'a str,
}

/// Takes fields out of the nodes and of what is said below them; the size of each node that is left, where one
/// is told so.
pub(crate) fn taken(nodes: &mut Vec<OutlineNode<'_>>, notes: &mut Vec<String>) -> Vec<Option<u64>> {
    let times = labels(nodes);
    let mut kept: Vec<OutlineNode<'_>> = Vec::with_capacity(nodes.len());
    let mut sizes: Vec<Option<u64>> = Vec::with_capacity(nodes.len());
    let mut left: Vec<String> = Vec::new();
    for mut node in nodes.drain(..) {
        let said: Vec<&str> = std::mem::take(&mut node.about);
        let below = kept.last().is_some_and(|above: &OutlineNode<'_>| above.depth < node.depth);
        match is_field(node.text, &times).filter(|_| below) {
            Some(field) => {
                // Bullets below a field are its list.
                let values = std::iter::once(field.value).chain(said);
                let above = (kept.last_mut(), sizes.last_mut());
                if let (Some(above), Some(size)) = above {
                    give(above, size, &field, values.collect(), &mut left);
                }
            }
            None => {
                kept.push(node);
                sizes.push(None);
                for line in said {
                    if let (Some(node), Some(size)) = (kept.last_mut(), sizes.last_mut()) {
                        match is_field(line, &times) {
                            Some(field) => give(node, size, &field, vec![field.value], &mut left),
                            None => node.about.push(line),
                        }
                    }
                }
            }
        }
    }
    *nodes = kept;
    left.sort();
    left.dedup();
    if !left.is_empty() {
        notes.push(format!("not read below the names: {}", left.join(", ")));
    }
    sizes
}

/// A field whose label stands below several names.
fn is_field<'a>(text: &'a str, times: &HashMap<String, usize>) -> Option<LabelledField<'a>> {
    field(text).filter(|field| times.get(&field.label).is_some_and(|times| *times > 1))
}

/// How many nodes have each label below them, where it is one that is known.
fn labels(nodes: &[OutlineNode<'_>]) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    let texts =
        nodes.iter().flat_map(|node| std::iter::once(node.text).chain(node.about.iter().copied()));
    for field in texts.filter_map(field) {
        *times.entry(field.label).or_default() += 1;
    }
    times
}

/// `**Count:** 12`, `**Count**: 12`, `Count: 12`, where the label is one that is known.
fn field(text: &str) -> Option<LabelledField<'_>> {
    let (label, value) = text.split_once(':')?;
    let label = words(label.trim().trim_matches('*'));
    let value = value.trim_start_matches("**").trim();
    let is_role =
        [ColumnRole::Size, ColumnRole::Description, ColumnRole::Keywords, ColumnRole::Members]
            .into_iter()
            .any(|role| fit(role, &label).is_some_and(|place| place < 100));
    let known = is_role || OTHERS.contains(&label.as_str());
    (known && label.split(' ').count() <= 3).then_some(LabelledField { label, value })
}

fn give<'a>(
    node: &mut OutlineNode<'a>,
    size: &mut Option<u64>,
    field: &LabelledField<'_>,
    values: Vec<&'a str>,
    left: &mut Vec<String>,
) {
    let is = |role| fit(role, &field.label).is_some_and(|place| place < 100);
    let number =
        || SizeNotation::default().read(&serde_json::Value::from(field.value)).ok().flatten();
    match () {
        () if is(ColumnRole::Size) && size.is_none() && number().is_some() => *size = number(),
        () if is(ColumnRole::Description) || is(ColumnRole::Keywords) => {
            node.about.extend(values.into_iter().filter(|value| !value.is_empty()));
        }
        () => left.push(printable(&field.label)),
    }
}
