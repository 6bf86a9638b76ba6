//! Readers: a text, a sheet or a database becomes a table.

pub(crate) mod charts;
pub(crate) mod delimited;
pub(crate) mod delimiter;
pub(crate) mod facets;
pub(crate) mod fields;
pub(crate) mod graphml;
pub(crate) mod header;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod markup;
pub(crate) mod nested;
pub(crate) mod orientations;
pub(crate) mod outline;
pub(crate) mod printed;
pub(crate) mod several;
pub(crate) mod sheet;
pub(crate) mod sqlite;
pub(crate) mod tool_lines;
pub(crate) mod tool_rows;
pub(crate) mod topic_gpt;
pub(crate) mod topics;
pub(crate) mod trees;
