//! Rows of JSON that are what a topic model or TopicGPT writes.

use serde_json::Value;

use crate::read::topic_gpt;
use crate::values::cells;
use crate::values::table::{InputTable, TableRow};

/// Rows of lists that are gensim's topics, and rows whose responses are TopicGPT's.
pub(crate) fn shape_of_rows(table: &mut InputTable) {
    if table.nameless && table.columns == ["1", "2"] {
        let weighted = |row: &TableRow| {
            row.cells[1].as_str().is_some_and(|text| cells::weighted(text).is_some())
        };
        let pairs = |row: &TableRow| {
            row.cells[0].as_i64().is_some()
                && row.cells[1].as_array().is_some_and(|list| {
                    let pair = |pair: &Value| {
                        let pair = pair.as_array()?;
                        (pair.len() == 2 && pair[0].is_string() && pair[1].is_number())
                            .then_some(())
                    };
                    !list.is_empty() && list.iter().all(|value| pair(value).is_some())
                })
        };
        if !table.rows.is_empty()
            && (table.rows.iter().all(weighted) || table.rows.iter().all(pairs))
        {
            table.columns = vec!["id".to_owned(), "keywords".to_owned()];
            table.shape = Some("gensim topics");
            table.notes.clear();
            table.nameless = false;
        }
        return;
    }
    topic_gpt::documents(table);
}
