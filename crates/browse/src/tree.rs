//! What is browsed: a hierarchy whose text can be shown on any terminal, with what is asked of it all the time.

use cladus_core::sureness::{LabelFacts, Sure, Sureness};
use cladus_core::text;
use cladus_page::{Page, PageNode, Placed};

/// A hierarchy; nodes are numbered as in the page it comes from.
#[derive(Debug, Default)]
pub(crate) struct BrowsedTree {
    pub(crate) title: String,
    pub(crate) nodes: Vec<PageNode>,
    /// The largest first, as the page has them.
    pub(crate) children: Vec<Vec<usize>>,
    pub(crate) roots: Vec<usize>,
    /// Base clusters below a node, or 1 for itself.
    pub(crate) leaves: Vec<u64>,
    /// Placements below a node, and its own, that are in doubt.
    pub(crate) doubts: Vec<u64>,
    /// How sure each one's place is, where that is known.
    pub(crate) sure: Vec<Option<Sure>>,
    /// Every node, a parent before its children, siblings in their order.
    pub(crate) order: Vec<usize>,
    /// Placements, the most doubtful first.
    pub(crate) worklist: Vec<usize>,
    /// Items in all of it.
    pub(crate) total: u64,
    /// Items of the largest root.
    pub(crate) largest: u64,
    /// Items of the input that are in no cluster.
    pub(crate) noise: u64,
    /// Its corrections in words, in their order.
    pub(crate) edits: Vec<String>,
    /// Names and descriptions as they are searched, made when somebody first does.
    lowered: Vec<(String, String)>,
}

impl BrowsedTree {
    pub(crate) fn new(page: Page, edits: &[String]) -> Self {
        let Page { title, mut nodes, noise, asked_model, .. } = page;
        nodes.iter_mut().for_each(clean);
        let mut children = vec![Vec::new(); nodes.len()];
        let mut roots = Vec::new();
        for (node, one) in nodes.iter().enumerate() {
            match one.parent {
                Some(parent) => children[parent].push(node),
                None => roots.push(node),
            }
        }
        let order = in_order(&roots, &children);
        let sure = sureness(&nodes, asked_model);
        let worklist = worklist(&nodes, &sure);
        let size = |root: &usize| nodes[*root].size;
        let mut tree = Self {
            title: text::clean(&title).into_owned(),
            total: roots.iter().map(size).sum(),
            largest: roots.iter().map(size).max().unwrap_or(0),
            leaves: vec![0; nodes.len()],
            doubts: vec![0; nodes.len()],
            edits: edits.iter().map(|edit| text::clean(edit).into_owned()).collect(),
            lowered: Vec::new(),
            nodes,
            children,
            roots,
            sure,
            order,
            worklist,
            noise,
        };
        tree.count();
        tree
    }

    /// Counts what is below every node.
    fn count(&mut self) {
        for &node in self.order.iter().rev() {
            self.leaves[node] += u64::from(self.children[node].is_empty());
            self.doubts[node] += u64::from(self.sure[node] == Some(Sure::Doubtful));
            if let Some(parent) = self.nodes[node].parent {
                self.leaves[parent] += self.leaves[node];
                self.doubts[parent] += self.doubts[node];
            }
        }
    }

    pub(crate) fn is_leaf(&self, node: usize) -> bool {
        self.children[node].is_empty()
    }

    pub(crate) fn parent(&self, node: usize) -> Option<usize> {
        self.nodes[node].parent
    }

    /// Its ancestors, from the root down.
    pub(crate) fn ancestors(&self, node: usize) -> Vec<usize> {
        let mut path: Vec<usize> =
            std::iter::successors(self.parent(node), |&node| self.parent(node)).collect();
        path.reverse();
        path
    }

    /// The node with this id.
    pub(crate) fn with_id(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// Levels of the deepest path.
    pub(crate) fn levels(&self) -> usize {
        let mut depth = vec![1; self.nodes.len()];
        for &node in &self.order {
            depth[node] = self.parent(node).map_or(1, |parent| depth[parent] + 1);
        }
        depth.into_iter().max().unwrap_or(0)
    }

    /// The nodes whose names hold `wanted`, then those whose descriptions do, each in the order of the tree.
    pub(crate) fn holding(&mut self, wanted: &str) -> Vec<usize> {
        let wanted = wanted.trim().to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        if self.lowered.len() != self.nodes.len() {
            let lower =
                |node: &PageNode| (node.name.to_lowercase(), node.description.to_lowercase());
            self.lowered = self.nodes.iter().map(lower).collect();
        }
        let in_name = |node: &usize| self.lowered[*node].0.contains(&wanted);
        let below = |node: &usize| !in_name(node) && self.lowered[*node].1.contains(&wanted);
        let names = self.order.iter().copied().filter(in_name);
        names.chain(self.order.iter().copied().filter(below)).collect()
    }
}

/// Files may hold what no reader of ours let in: nothing in them may act on a terminal.
fn clean(node: &mut PageNode) {
    let line = |text: &mut String| {
        if let std::borrow::Cow::Owned(cleaned) = text::clean(text) {
            *text = cleaned;
        }
    };
    line(&mut node.name);
    line(&mut node.description);
    node.members.iter_mut().for_each(line);
    if let Some(placed) = &mut node.placed {
        line(&mut placed.candidate);
        placed.answer.iter_mut().for_each(line);
        placed.remark.iter_mut().for_each(line);
        placed.scope.iter_mut().for_each(line);
        placed.runner_up.iter_mut().for_each(|runner_up| line(&mut runner_up.name));
    }
}

fn in_order(roots: &[usize], children: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(children.len());
    let mut open: Vec<usize> = roots.iter().rev().copied().collect();
    while let Some(node) = open.pop() {
        order.push(node);
        open.extend(children[node].iter().rev());
    }
    order
}

/// How sure every place is, by the run's own margins. What people put somewhere is in no doubt.
fn sureness(nodes: &[PageNode], asked_model: bool) -> Vec<Option<Sure>> {
    let bounds = Sureness::of(nodes.iter().filter_map(|node| node.placed.as_ref()?.margin));
    let class = |node: &PageNode| {
        let Placed { matched, margin, remark, .. } = node.placed.as_ref()?;
        let facts = LabelFacts { matched: *matched, margin: *margin, remark: remark.as_deref() };
        Some(bounds.class(facts, asked_model)).filter(|_| !node.corrected)
    };
    nodes.iter().map(class).collect()
}

/// Doubtful placements, then close ones, each by how near the runner-up is: as the page has them.
fn worklist(nodes: &[PageNode], sure: &[Option<Sure>]) -> Vec<usize> {
    let asks = |node: &usize| matches!(sure[*node], Some(Sure::Doubtful | Sure::Close));
    let mut list: Vec<usize> = (0..nodes.len()).filter(asks).collect();
    let margin = |node: usize| nodes[node].placed.as_ref().and_then(|p| p.margin).unwrap_or(-1.0);
    list.sort_by(|&a, &b| {
        let rank = sure[b].cmp(&sure[a]);
        rank.then(margin(a).total_cmp(&margin(b))).then(a.cmp(&b))
    });
    list
}
