//! One cluster a line, as topic models print them: MALLET's keys, gensim's topics; else
//! what else a text without columns may be.

use std::path::Path;

use cladus_core::Result;
use cladus_core::config::InputConfig;
use serde_json::{Value, json};

use crate::read::delimited;
use crate::read::json;
use crate::read::outline;
use crate::read::printed;
use crate::read::tool_lines::{lines, of_tool};
use crate::read::topic_gpt;
use crate::read::topics;
use crate::values::cells;
use crate::values::literal;
use crate::values::table::{InputTable, TableRow};

/// Reads a text whose lines are clusters.
pub(crate) fn read(path: &Path, text: &str, config: &InputConfig) -> Result<InputTable> {
    if let Some(table) = recognised(text) {
        return Ok(table);
    }
    if text.trim_start().starts_with(['[', '{', '(', 'C', 'O']) {
        if let Some(value) = literal::value(text) {
            return json::of_value(path, value);
        }
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if first.starts_with('{') && serde_json::from_str::<Value>(first).is_ok() {
            return json::read(path, text, true);
        }
    }
    if !delimited::is_table(text)
        && !delimited::is_grid(text)
        && let Some(table) = outline::read(text)
    {
        return Ok(table);
    }
    if let Some(table) = topics::bare(text) {
        return Ok(table);
    }
    delimited::read(path, text, config)
}

/// The lines of a tool that is known by them.
pub(crate) fn recognised(text: &str) -> Option<InputTable> {
    topic_gpt::read(text)
        .or_else(|| mallet(text))
        .or_else(|| printed::read(text))
        .or_else(|| gensim(text))
        .or_else(|| topics::log(text))
        .or_else(|| topics::read(text))
}

/// A number, a weight and words, with tabs between the three.
fn mallet(text: &str) -> Option<InputTable> {
    let mut rows = Vec::new();
    for (place, line) in lines(text) {
        let mut fields = line.split('\t');
        let id: u64 = fields.next()?.trim().parse().ok()?;
        let weight: f64 = fields.next()?.trim().replace(',', ".").parse().ok()?;
        let words: Vec<&str> = fields.next()?.split_whitespace().collect();
        if fields.next().is_some_and(|rest| !rest.trim().is_empty()) || words.len() < 3 {
            return None;
        }
        rows.push(TableRow { place, cells: vec![json!(id), json!(weight), json!(words)] });
    }
    of_tool("MALLET topic keys", &["id", "weight", "keywords"], rows)
}

/// `(0, '0.050*"tomato" + 0.040*"blight"')`, or a list of such pairs.
fn gensim(text: &str) -> Option<InputTable> {
    if !text.contains("*\"") {
        return None;
    }
    let mut rows = Vec::new();
    for (place, line) in lines(text) {
        // Pairs of a list may all stand in one line.
        for pair in line.split("'), (").flat_map(|piece| piece.split("\"), (")) {
            let pair = pair.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')', ',']);
            if pair.is_empty() {
                continue;
            }
            let (id, words) = match pair.split_once(',') {
                Some((id, words)) if id.trim().parse::<i64>().is_ok() => {
                    (id.trim().to_owned(), words)
                }
                _ => {
                    // `topic #0 (0.100): 0.050*"tomato" + …`
                    let (id, words) = pair.split_once(": ")?;
                    let digits = id
                        .split(|c: char| !c.is_ascii_digit() && c != '-')
                        .find(|d| !d.is_empty())?;
                    (digits.to_owned(), words)
                }
            };
            let words = words.trim().trim_matches('\'').trim();
            let words = cells::weighted(words)?;
            rows.push(TableRow { place, cells: vec![json!(id), json!(words)] });
        }
    }
    of_tool("gensim topics", &["id", "keywords"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &InputTable, row: usize) -> String {
        Value::from(table.rows[row].cells.clone()).to_string()
    }

    #[test]
    fn mallet_and_gensim_are_known_by_their_lines() {
        let table =
            recognised("0\t0.05\ttomato blight leaves\n1\t0,07\tparcel late days \n").unwrap();
        assert_eq!(
            (table.shape, cells(&table, 1).as_str()),
            (Some("MALLET topic keys"), r#"[1,0.07,["parcel","late","days"]]"#)
        );
        for text in [
            "(0, '0.05*\"tomato\" + 0.04*\"leaf\"')\n(1, '0.05*\"parcel\" + 0.04*\"late\"')\n",
            "[(0, '0.05*\"tomato\" + 0.04*\"leaf\"'), (1, '0.05*\"parcel\" + 0.04*\"late\"')]\n",
            "topic #0 (0.1): 0.05*\"tomato\" + 0.04*\"leaf\"\ntopic #1 (0.1): 0.05*\"parcel\" + 0.04*\"late\"\n",
        ] {
            let table = recognised(text).unwrap();
            assert_eq!(
                (table.rows.len(), cells(&table, 1).as_str()),
                (2, r#"["1",["parcel","late"]]"#),
                "{text}"
            );
        }
        assert!(recognised("name,size\na,1\n").is_none());
        assert!(recognised("[note] nothing\n").is_none());
    }
}
