//! What is known of a table whose maker is recognised.

use crate::values::column_role::ColumnRole;
use crate::values::table::InputTable;
use crate::values::vocabulary::words;

/// A file whose maker is known.
#[derive(Debug)]
pub(crate) struct KnownShape {
    /// As the line says it.
    pub(crate) called: &'static str,
    /// Columns whose role only the maker's documentation tells.
    pub(crate) roles: Vec<(ColumnRole, usize)>,
    /// Roles that no column has, whatever it is called.
    pub(crate) without: Vec<ColumnRole>,
    /// Is a row an item of a cluster?
    pub(crate) rows_are_items: bool,
    /// Which end of the column with levels the leaves are at, where that is known: is it the lowest?
    pub(crate) leaves_are_lowest: Option<bool>,
    /// Columns that say nothing that the others do not.
    pub(crate) said_already: Vec<usize>,
}

impl KnownShape {
    pub(crate) fn new(called: &'static str) -> Self {
        Self {
            called,
            roles: Vec::new(),
            without: Vec::new(),
            rows_are_items: false,
            leaves_are_lowest: None,
            said_already: Vec::new(),
        }
    }
}

/// A table's columns by the plain words of their names.
pub(crate) struct ColumnNames<'a> {
    pub(crate) table: &'a InputTable,
    pub(crate) words: Vec<String>,
}

impl<'a> ColumnNames<'a> {
    pub(crate) fn new(table: &'a InputTable) -> Self {
        Self { table, words: table.columns.iter().map(|name| words(name)).collect() }
    }

    pub(crate) fn of(&self, wanted: &str) -> Option<usize> {
        self.words.iter().position(|name| name == wanted)
    }

    pub(crate) fn all(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|name| self.of(name).is_some())
    }

    pub(crate) fn any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|name| self.of(name).is_some())
    }

    pub(crate) fn ending(&self, wanted: &str) -> Option<usize> {
        self.words.iter().position(|name| name.ends_with(wanted))
    }

    pub(crate) fn roles(&self, wanted: &[(ColumnRole, &str)]) -> Vec<(ColumnRole, usize)> {
        let found = wanted.iter().filter_map(|(role, name)| Some((*role, self.of(name)?)));
        found.filter(|(_, column)| self.table.values(*column).next().is_some()).collect()
    }
}
