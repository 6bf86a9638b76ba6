//! Single values: cells, numbers, lists and names, and the words that columns are called by.

pub(crate) mod alike;
pub(crate) mod annotations;
pub(crate) mod cells;
pub(crate) mod column_role;
pub(crate) mod entities;
pub(crate) mod item;
pub(crate) mod literal;
pub(crate) mod numbered;
pub(crate) mod prose;
pub(crate) mod quotes;
pub(crate) mod readable;
pub(crate) mod sizes;
pub(crate) mod table;
pub(crate) mod tags;
pub(crate) mod vocabulary;
