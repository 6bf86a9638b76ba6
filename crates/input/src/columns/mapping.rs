//! Which column plays which role.

use std::collections::BTreeMap;

use crate::values::column_role::ColumnRole;

/// Which column plays which role.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mapping {
    pub(crate) columns: BTreeMap<ColumnRole, usize>,
    /// One column for every level of a hierarchy, from the top.
    pub(crate) path: Vec<usize>,
    /// Was the name taken for want of anything better?
    pub(crate) guessed: bool,
}

impl Mapping {
    pub(crate) fn get(&self, role: ColumnRole) -> Option<usize> {
        self.columns.get(&role).copied()
    }

    pub(crate) fn set(&mut self, role: ColumnRole, column: usize) {
        self.columns.insert(role, column);
    }

    pub(crate) fn remove(&mut self, role: ColumnRole) {
        self.columns.remove(&role);
    }

    pub(crate) fn uses(&self, column: usize) -> bool {
        self.columns.values().any(|used| *used == column) || self.path.contains(&column)
    }
}
