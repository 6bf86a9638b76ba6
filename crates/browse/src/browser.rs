//! What is shown, and where in it somebody is.

use std::collections::HashSet;

use cladus_core::text;

use crate::line::TypedLine;
use crate::rows::OpenRows;
use crate::tree::BrowsedTree;
use crate::{Granted, WhyLine};

/// What keys are about.
#[derive(Debug, Default)]
pub(crate) enum Mode {
    /// Walking through the tree or the worklist.
    #[default]
    Walk,
    Help,
    Search(TypedLine),
    /// A new name for a node is typed.
    Rename(usize, TypedLine),
    /// The name of what two nodes become is typed.
    MergeName {
        kept: usize,
        other: usize,
        line: TypedLine,
    },
    /// Is the last correction to be undone?
    Undo,
}

/// A cluster for which another is being chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picking {
    pub(crate) node: usize,
    /// Is it to become one with the other, or to go under it?
    pub(crate) merges: bool,
    /// The place in the worklist that it was chosen from.
    pub(crate) list: Option<(usize, usize)>,
}

/// What the panel says of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PanelView {
    Facts,
    Why,
}

/// What was searched for.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    pub(crate) wanted: String,
    pub(crate) nodes: Vec<usize>,
    pub(crate) set: HashSet<usize>,
    pub(crate) at: usize,
    /// What was opened to show the present one.
    opened: Vec<usize>,
    /// Where the search began.
    from: usize,
}

/// The state of all that is shown.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) tree: BrowsedTree,
    /// Levels of its deepest path.
    pub(crate) levels: usize,
    pub(crate) rows: OpenRows,
    /// The row that somebody is on, and the first row in sight.
    pub(crate) cursor: usize,
    pub(crate) top: usize,
    /// The place in the worklist and the first in sight, where that is shown instead of the tree.
    pub(crate) list: Option<(usize, usize)>,
    pub(crate) mode: Mode,
    pub(crate) hits: Hits,
    /// A cluster for which another is being chosen.
    pub(crate) picking: Option<Picking>,
    pub(crate) panel: PanelView,
    /// Does the panel take all the room?
    pub(crate) full: bool,
    /// Lines of the panel above its first in sight; drawing keeps it within what there is.
    pub(crate) scroll: usize,
    /// Why the cluster of this id is where it is.
    pub(crate) why: Option<(String, Vec<WhyLine>)>,
    /// What is said until the next key.
    pub(crate) says: Option<String>,
    /// OpenRows in sight, as it was last drawn.
    pub(crate) height: usize,
}

impl Browser {
    pub(crate) fn new(tree: BrowsedTree) -> Self {
        // A lone root says little.
        let mut open = vec![false; tree.nodes.len()];
        if let [root] = *tree.roots {
            open[root] = true;
        }
        Self {
            rows: OpenRows::of(&tree, open),
            levels: tree.levels(),
            tree,
            cursor: 0,
            top: 0,
            list: None,
            mode: Mode::Walk,
            hits: Hits::default(),
            picking: None,
            panel: PanelView::Facts,
            full: false,
            scroll: 0,
            why: None,
            says: None,
            height: 1,
        }
    }

    /// The cluster that somebody is on.
    pub(crate) fn here(&self) -> Option<usize> {
        match self.list {
            Some((at, _)) => self.tree.worklist.get(at).copied(),
            None => self.rows.get(self.cursor).map(|(node, _)| node),
        }
    }

    /// The cluster whose why is to be shown and is not known.
    pub(crate) fn wants_why(&self) -> Option<String> {
        let id = &self.tree.nodes[self.here()?].id;
        let known = self.why.as_ref().is_some_and(|(known, _)| known == id);
        (self.panel == PanelView::Why && !known).then(|| id.clone())
    }

    pub(crate) fn told_why(&mut self, id: String, granted: Granted) {
        let lines = match granted {
            Granted::Why(lines) => lines,
            Granted::Refused(why) => vec![WhyLine::Text(why)],
            Granted::Corrected(..) => return,
        };
        self.why = Some((id, lines.into_iter().map(WhyLine::cleaned).collect()));
    }

    /// Goes `by` rows down, as far as there are any; where the panel is all there is, its text moves.
    pub(crate) fn go_by(&mut self, by: isize) {
        if self.full {
            return self.scroll_by(by);
        }
        let last = match self.list {
            Some(_) => self.tree.worklist.len(),
            None => self.rows.len(),
        };
        let last = last.saturating_sub(1);
        let to = |from: usize| from.saturating_add_signed(by).min(last);
        match &mut self.list {
            Some((at, _)) => *at = to(*at),
            None => self.cursor = to(self.cursor),
        }
        self.scroll = 0;
    }

    pub(crate) fn scroll_by(&mut self, by: isize) {
        self.scroll = self.scroll.saturating_add_signed(by);
    }

    /// Says something until the next key. It may hold names, which must not act on a terminal.
    pub(crate) fn tell(&mut self, says: &str) {
        self.says = Some(text::clean(says).into_owned());
    }

    /// Shows `node` in the tree, and says what was opened for that.
    pub(crate) fn reveal(&mut self, node: usize) -> Vec<usize> {
        if node >= self.tree.nodes.len() {
            // A tree without clusters.
            return Vec::new();
        }
        let opened = self.rows.open(&self.tree, &self.tree.ancestors(node));
        self.cursor = self.rows.row_of(node).unwrap_or(0);
        self.scroll = 0;
        opened
    }

    pub(crate) fn toggle(&mut self) {
        let Some(node) = self.here() else { return };
        if self.list.is_some() {
            self.leave_list(node);
        } else if self.rows.is_open(node) {
            self.rows.close(&self.tree, &[node]);
        } else {
            self.rows.open(&self.tree, &[node]);
        }
    }

    pub(crate) fn open_or_enter(&mut self) {
        let Some(node) = self.here() else { return };
        if self.list.is_some() {
            self.leave_list(node);
        } else if self.rows.is_open(node) {
            self.go_by(1);
        } else {
            self.rows.open(&self.tree, &[node]);
        }
    }

    pub(crate) fn close_or_leave(&mut self) {
        let Some(node) = self.here() else { return };
        if self.list.is_some() {
            self.list = None;
        } else if self.rows.is_open(node) {
            self.rows.close(&self.tree, &[node]);
        } else if let Some(parent) = self.tree.parent(node) {
            self.reveal(parent);
        }
    }

    /// Opens all that is below.
    pub(crate) fn open_below(&mut self) {
        let Some(node) = self.here().filter(|_| self.list.is_none()) else { return };
        let (mut below, mut next) = (Vec::new(), vec![node]);
        while let Some(node) = next.pop() {
            below.push(node);
            next.extend(&self.tree.children[node]);
        }
        self.rows.open(&self.tree, &below);
    }

    /// Nothing but roots.
    pub(crate) fn close_all(&mut self) {
        let Some(node) = self.here().filter(|_| self.list.is_none()) else { return };
        let root = self.tree.ancestors(node).first().copied().unwrap_or(node);
        let all: Vec<usize> = (0..self.tree.nodes.len()).collect();
        self.rows.close(&self.tree, &all);
        self.reveal(root);
    }

    /// Gives up what was last begun.
    pub(crate) fn escape(&mut self) {
        if let Some(picking) = self.picking.take() {
            self.back_from(picking);
        } else if self.full {
            self.full = false;
        } else if !self.hits.wanted.is_empty() {
            self.hits = Hits::default();
        } else {
            self.list = None;
        }
    }

    /// The worklist instead of the tree, or the tree again.
    pub(crate) fn turn_list(&mut self) {
        if self.picking.is_some() {
            return;
        }
        self.scroll = 0;
        self.list = match self.list {
            Some(_) => None,
            None if self.tree.worklist.is_empty() => {
                self.says = Some("nothing is in doubt here".to_owned());
                None
            }
            None => {
                let here = self.here();
                let at = self.tree.worklist.iter().position(|&node| Some(node) == here);
                Some((at.unwrap_or(0), 0))
            }
        };
    }

    pub(crate) fn leave_list(&mut self, node: usize) {
        self.list = None;
        self.reveal(node);
    }

    pub(crate) fn begin_search(&mut self) {
        self.hits = Hits {
            from: self.rows.get(self.cursor).map_or(0, |(node, _)| node),
            ..Hits::default()
        };
        self.mode = Mode::Search(TypedLine::default());
    }

    /// Goes to the first cluster that holds `wanted`.
    pub(crate) fn look_for(&mut self, wanted: &str) {
        self.close_hit();
        self.hits.nodes = self.tree.holding(wanted);
        self.hits.set = self.hits.nodes.iter().copied().collect();
        self.hits.wanted = wanted.trim().to_owned();
        self.hits.at = 0;
        let node = self.hits.nodes.first().copied();
        if node.is_some() {
            self.list = None;
        }
        self.hits.opened = self.reveal(node.unwrap_or(self.hits.from));
    }

    /// Goes `by` hits further, round and round.
    pub(crate) fn next_hit(&mut self, by: isize) {
        let count = self.hits.nodes.len();
        if count == 0 {
            let wanted = &self.hits.wanted;
            let says = match wanted.is_empty() {
                true => "nothing was searched for: / searches".to_owned(),
                false => format!("no name or description contains “{wanted}”"),
            };
            self.tell(&says);
            return;
        }
        let forward = by.rem_euclid(isize::try_from(count).unwrap_or(isize::MAX));
        self.hits.at = (self.hits.at + forward.unsigned_abs()) % count;
        self.list = None;
        self.close_hit();
        self.hits.opened = self.reveal(self.hits.nodes[self.hits.at]);
    }

    /// Closes what was opened only to show a hit.
    fn close_hit(&mut self) {
        let opened = std::mem::take(&mut self.hits.opened);
        self.rows.close(&self.tree, &opened);
    }

    pub(crate) fn keep_search(&mut self) {
        if self.hits.nodes.is_empty() {
            self.next_hit(0);
            self.hits = Hits::default();
        }
    }

    pub(crate) fn drop_search(&mut self) {
        self.close_hit();
        self.reveal(self.hits.from);
        self.hits = Hits::default();
    }

    /// What came of a correction.
    pub(crate) fn corrected(&mut self, granted: Granted) {
        match granted {
            Granted::Corrected(shown, says) => {
                self.replace(BrowsedTree::new(shown.page, &shown.edits));
                self.tell(&says);
                if let Some(picking) = self.picking.take() {
                    self.back_from(picking);
                }
            }
            Granted::Refused(why) => self.tell(&why),
            Granted::Why(_) => {}
        }
    }

    /// Shows another hierarchy at the same place, as far as that is still there.
    fn replace(&mut self, tree: BrowsedTree) {
        self.levels = tree.levels();
        let old = std::mem::replace(&mut self.tree, tree);
        let ids = |node: usize| old.nodes[node].id.as_str();
        let open: HashSet<&str> =
            (0..old.nodes.len()).filter(|&node| self.rows.is_open(node)).map(ids).collect();
        let at = self.rows.get(self.cursor).map(|(node, _)| node);
        let path = at.map_or_else(Vec::new, |node| {
            old.ancestors(node).into_iter().chain([node]).map(ids).collect::<Vec<_>>()
        });
        let is_open = |node: &cladus_page::PageNode| open.contains(node.id.as_str());
        self.rows = OpenRows::of(&self.tree, self.tree.nodes.iter().map(is_open).collect());
        let there = path.iter().rev().find_map(|id| self.tree.with_id(id));
        self.hits = Hits::default();
        self.why = None;
        match there {
            Some(node) => drop(self.reveal(node)),
            None => self.cursor = self.cursor.min(self.rows.len().saturating_sub(1)),
        }
        let left = self.tree.worklist.len();
        self.list = self.list.filter(|_| left > 0).map(|(at, top)| (at.min(left - 1), top));
    }
}
