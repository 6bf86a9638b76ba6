//! Corrections: what is chosen and typed before one is asked for.

use crate::Correction;
use crate::browser::{Browser, Mode, Picking};
use crate::keys::KeyOutcome;
use crate::line::TypedLine;

impl Browser {
    fn id(&self, node: usize) -> String {
        self.tree.nodes[node].id.clone()
    }

    pub(crate) fn begin_rename(&mut self) {
        if let Some(node) = self.here() {
            let name = &self.tree.nodes[node].name;
            self.mode = Mode::Rename(node, TypedLine::of(name));
        }
    }

    pub(crate) fn rename(&mut self, node: usize, name: &str) -> Option<KeyOutcome> {
        let name = name.trim();
        if name == self.tree.nodes[node].name {
            self.tell("the name is as it was");
            return None;
        }
        let (cluster, name) = (self.id(node), name.to_owned());
        Some(KeyOutcome::Correct(Correction::Rename { cluster, name }))
    }

    pub(crate) fn begin_move(&mut self) {
        let Some(node) = self.here() else { return };
        let Some(parent) = self.tree.parent(node) else {
            return self.tell("it is a root: it has no parent that it could be moved from");
        };
        self.begin_picking(node, false);
        // Most likely it goes where it nearly was.
        self.reveal(self.runner_up(node).unwrap_or(parent));
    }

    pub(crate) fn begin_merge(&mut self) {
        match self.here() {
            Some(node) if self.tree.is_leaf(node) => {
                self.tell("it is a base cluster: only parents can be merged");
            }
            Some(node) => {
                self.begin_picking(node, true);
                self.reveal(node);
            }
            None => {}
        }
    }

    fn begin_picking(&mut self, node: usize, merges: bool) {
        self.picking = Some(Picking { node, merges, list: self.list.take() });
        self.full = false;
    }

    /// What was being chosen is done or given up.
    pub(crate) fn back_from(&mut self, picking: Picking) {
        let left = self.tree.worklist.len();
        self.list = picking.list.filter(|_| left > 0).map(|(at, top)| (at.min(left - 1), top));
    }

    /// Where the runner-up of a placement is now.
    fn runner_up(&self, node: usize) -> Option<usize> {
        self.tree.nodes[node].placed.as_ref()?.runner_up.as_ref()?.became
    }

    /// Enter: the other cluster is chosen, a cluster of the worklist is shown, or one is opened.
    pub(crate) fn enter(&mut self) -> Option<KeyOutcome> {
        let node = self.here()?;
        let Some(picking) = self.picking else {
            self.toggle();
            return None;
        };
        if node == picking.node {
            self.tell("that is the cluster itself: go to another one");
            return None;
        }
        if picking.merges {
            let line = TypedLine::of(&self.tree.nodes[node].name);
            self.mode = Mode::MergeName { kept: node, other: picking.node, line };
            return None;
        }
        let (cluster, to) = (self.id(picking.node), self.id(node));
        Some(KeyOutcome::Correct(Correction::Move { cluster, to }))
    }

    pub(crate) fn merge(&mut self, kept: usize, other: usize, name: &str) -> Option<KeyOutcome> {
        let name = name.trim();
        let new = (name != self.tree.nodes[kept].name).then(|| name.to_owned());
        let (kept, other) = (self.id(kept), self.id(other));
        Some(KeyOutcome::Correct(Correction::Merge { kept, other, name: new }))
    }

    pub(crate) fn pin(&mut self) -> Option<KeyOutcome> {
        let node = self.here()?;
        if self.tree.parent(node).is_none() {
            self.tell("it is a root: it has no parent that it could stay under");
            return None;
        }
        Some(KeyOutcome::Correct(Correction::Pin { cluster: self.id(node) }))
    }

    /// Moves a cluster to where it nearly was.
    pub(crate) fn take_runner_up(&mut self) -> Option<KeyOutcome> {
        let node = self.here()?;
        match self.runner_up(node) {
            Some(to) if Some(to) == self.tree.parent(node) => {
                self.tell("its runner-up has become the same parent");
                None
            }
            Some(to) => {
                let (cluster, to) = (self.id(node), self.id(to));
                Some(KeyOutcome::Correct(Correction::Move { cluster, to }))
            }
            None => {
                self.tell("no parent has come of its runner-up: m moves it anywhere");
                None
            }
        }
    }

    pub(crate) fn begin_undo(&mut self) {
        match self.tree.edits.is_empty() {
            true => self.tell("there is no correction to undo"),
            false => self.mode = Mode::Undo,
        }
    }
}
