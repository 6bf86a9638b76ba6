//! Which cluster an edit means.

use std::collections::HashMap;

use super::draft::{EditableTree, key};
use super::verb::{Of, Reference};

/// At most so many ids are listed to choose from.
const CHOICES: usize = 5;
/// A name is suggested that is at least so much alike.
const ALIKE: f64 = 0.5;
/// As much alike as two names are of which one holds the other.
const PART: f64 = 0.75;

/// What may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A parent.
    Parent,
    /// A parent or a base cluster.
    Any,
}

impl NodeKind {
    fn takes(self, draft: &EditableTree, node: usize) -> bool {
        self == Self::Any || !draft.is_base(node)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Any => "cluster",
        }
    }
}

/// The cluster that `reference` means.
///
/// # Errors
/// Why it means none, or more than one, and which there are.
pub fn find(draft: &EditableTree, reference: &Reference, kind: NodeKind) -> Result<usize, String> {
    match reference {
        Reference::Said(said) => by_word(draft, said, kind),
        Reference::Of(of) => by_what_is_below(draft, of, kind),
    }
}

fn by_word(draft: &EditableTree, said: &str, kind: NodeKind) -> Result<usize, String> {
    if let Some(node) = draft.with_id(said) {
        return match draft.now(node) {
            Some(node) if kind.takes(draft, node) => Ok(node),
            Some(_) => Err(base(said)),
            None => Err(format!("{said:?} has no children left by then")),
        };
    }
    let called = draft.called(said);
    let fit: Vec<usize> = called.iter().copied().filter(|&node| kind.takes(draft, node)).collect();
    match (fit.as_slice(), called.as_slice()) {
        ([node], _) => Ok(*node),
        ([], []) => Err(nothing(draft, said, kind)),
        ([], _) => Err(base(said)),
        (several, _) => Err(ambiguous(draft, said, several, kind)),
    }
}

/// What is below comes before a name, which a rebuild may have given to something else: the one called
/// so that holds more than half; else the lowest that does; else the one called so that holds any.
fn by_what_is_below(draft: &EditableTree, wanted: &Of, kind: NodeKind) -> Result<usize, String> {
    let Of { name, of, level } = wanted;
    let at_level = |node: usize| level.is_none_or(|level| draft.cluster(node).level == level);
    let known = of.iter().filter_map(|id| draft.with_id(id)).filter(|&node| draft.is_base(node));
    let known: Vec<usize> = known.collect();
    let mut holds: HashMap<usize, usize> = HashMap::new();
    for &leaf in &known {
        draft.ancestors(leaf).for_each(|node| *holds.entry(node).or_default() += 1);
    }
    let held = |node: usize| holds.get(&node).copied().unwrap_or(0);
    let lowest = |nodes: &mut dyn Iterator<Item = usize>| {
        let most = nodes.filter(|&node| 2 * held(node) > of.len());
        // Of two at the same level, only one can hold more than half.
        most.min_by_key(|&node| (!at_level(node), draft.cluster(node).level))
    };
    let called = name.as_ref().map_or_else(Vec::new, |name| draft.called(name));
    let mut bearers = called.iter().copied().filter(|&node| kind.takes(draft, node));
    if let Some(node) = lowest(&mut bearers) {
        return Ok(node);
    }
    if let Some(node) = lowest(&mut holds.keys().copied()).filter(|&node| at_level(node)) {
        return Ok(node);
    }
    let bearers = called.into_iter().filter(|&node| kind.takes(draft, node) && at_level(node));
    let bearers: Vec<usize> = bearers.collect();
    // Without any base cluster left to go by, all that are called so hold as many.
    let most = bearers.iter().map(|&node| held(node)).max().unwrap_or(0);
    let enough = known.is_empty() || most > 0;
    let fit: Vec<usize> =
        bearers.into_iter().filter(|&node| enough && held(node) == most).collect();
    match (fit.as_slice(), name) {
        ([node], _) => Ok(*node),
        ([], Some(name)) if known.is_empty() => Err(nothing(draft, name, kind)),
        ([], _) => Err(held_by_none(wanted, known.len())),
        (several, name) => {
            Err(ambiguous(draft, name.as_deref().unwrap_or_default(), several, kind))
        }
    }
}

fn held_by_none(Of { name, of, level }: &Of, left: usize) -> String {
    let n = of.len();
    let gone = if left < n { format!(" ({left} are still there)") } else { String::new() };
    let called = name.as_ref().map_or_else(String::new, |name| {
        format!("no parent called {name:?} contains any of its base clusters, and ")
    });
    let level = level.map_or_else(String::new, |level| format!(" at level {level}"));
    format!("{called}no parent{level} contains more than half of the {n}{gone}")
}

fn base(said: &str) -> String {
    format!("{said:?} is a base cluster; a parent is expected here")
}

fn ambiguous(draft: &EditableTree, said: &str, nodes: &[usize], kind: NodeKind) -> String {
    let (n, kind) = (nodes.len(), kind.word());
    format!("{n} {kind}s are called {said:?}; give an id: {}", choices(draft, nodes))
}

/// Ids to choose from, each with what tells it apart.
fn choices(draft: &EditableTree, nodes: &[usize]) -> String {
    let choice = |&node: &usize| {
        let cluster = draft.cluster(node);
        match draft.parent(node) {
            Some(parent) => format!("{} under {:?}", cluster.id, draft.cluster(parent).name),
            None => format!("{}, a root", cluster.id),
        }
    };
    let more = if nodes.len() > CHOICES { "; …" } else { "" };
    nodes.iter().take(CHOICES).map(choice).collect::<Vec<_>>().join("; ") + more
}

fn nothing(draft: &EditableTree, said: &str, kind: NodeKind) -> String {
    let wanted = key(said);
    let alike = |name: &str| {
        let name = key(name);
        let part =
            wanted.len().min(name.len()) >= 4 && (name.contains(&wanted) || wanted.contains(&name));
        let (short, long) = {
            let (a, b) = (wanted.chars().count(), name.chars().count());
            (a.min(b), a.max(b))
        };
        // Names of such different lengths cannot be alike; comparing the letters takes long.
        let spelled = match (short as f64) < ALIKE * long as f64 {
            true => 0.0,
            false => strsim::normalized_damerau_levenshtein(&wanted, &name),
        };
        if part { spelled.max(PART) } else { spelled }
    };
    let all = draft.clusters().filter(|(node, _)| kind.takes(draft, *node));
    let nearest = all
        .map(|(_, cluster)| (alike(&cluster.name), cluster))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| right.id.cmp(&left.id)));
    let hint = nearest.map_or_else(String::new, |(_, cluster)| {
        format!(" (is it {:?}, {}?)", cluster.name, cluster.id)
    });
    format!("no {} has the id, name or slug {said:?}{hint}", kind.word())
}
