//! One cluster a line, as topic models print them: TopicGPT's lists, MALLET's keys, gensim's topics; else
//! what else a text without columns may be.

use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_core::{Place, Result};
use serde_json::{Value, json};

use crate::table::{Row, Table, as_text};
use crate::{cells, delimited, json, literal, outline, topics};

/// Reads a text whose lines are clusters.
pub(crate) fn read(path: &Path, text: &str, config: &InputConfig) -> Result<Table> {
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
        && let Some(table) = outline::read(text)
    {
        return Ok(table);
    }
    delimited::read(path, text, config)
}

/// The lines of a tool that is known by them.
pub(crate) fn recognised(text: &str) -> Option<Table> {
    topic_gpt(text)
        .or_else(|| mallet(text))
        .or_else(|| gensim(text))
        .or_else(|| topics::log(text))
        .or_else(|| topics::read(text))
}

fn lines(text: &str) -> impl Iterator<Item = (Place, &str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| (Place::Line(at + 1), line))
}

fn of_tool(shape: &'static str, columns: &[&str], rows: Vec<Row>) -> Option<Table> {
    (!rows.is_empty()).then(|| Table {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        format: "text".to_owned(),
        shape: Some(shape),
        ..Table::default()
    })
}

/// `[1] Trade (Count: 5): what it is about`, and below it, indented, `[2] Tariffs …`.
fn topic_gpt(text: &str) -> Option<Table> {
    let mut rows = Vec::new();
    let mut above: Vec<(u64, String)> = Vec::new();
    for (place, line) in lines(text) {
        let topic = Topic::read(line.trim())?;
        above.retain(|(level, _)| *level < topic.level);
        let id = format!("topic-{}", rows.len() + 1);
        let parent = above.last().map_or(Value::Null, |(_, id)| Value::from(id.as_str()));
        above.push((topic.level, id.clone()));
        let count = topic.count.map_or(Value::Null, Value::from);
        let cells = vec![json!(id), json!(topic.name), json!(topic.description), count, parent];
        rows.push(Row { place, cells });
    }
    of_tool("TopicGPT topics", &["id", "name", "description", "count", "parent_id"], rows)
}

struct Topic<'a> {
    level: u64,
    name: &'a str,
    count: Option<u64>,
    description: &'a str,
}

impl<'a> Topic<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (level, rest) = line.strip_prefix('[')?.split_once(']')?;
        let level = level.trim().parse().ok()?;
        let rest = rest.trim();
        // A name may hold brackets, and a description colons.
        let count_at = ["(Count:", "(count:"].iter().find_map(|mark| rest.find(mark));
        if let Some(at) = count_at {
            let (count, after) = rest[at + "(Count:".len()..].split_once(')')?;
            let description = after.trim_start_matches([':', ' ']).trim();
            let name = rest[..at].trim();
            return Some(Self { level, name, count: count.trim().parse().ok(), description });
        }
        // The documents that a topic was drawn from.
        let documents =
            rest.find(" (Document").and_then(|at| Some((at, at + rest[at..].find(')')? + 1)));
        let (name, after) = match documents {
            Some((at, end)) => (&rest[..at], rest[end..].trim_start_matches(':')),
            None => rest.split_once(':').unwrap_or((rest, "")),
        };
        let (name, description) = (name.trim(), after);
        (!name.is_empty()).then_some(Self {
            level,
            name,
            count: None,
            description: description.trim(),
        })
    }
}

/// A number, a weight and words, with tabs between the three.
fn mallet(text: &str) -> Option<Table> {
    let mut rows = Vec::new();
    for (place, line) in lines(text) {
        let mut fields = line.split('\t');
        let id: u64 = fields.next()?.trim().parse().ok()?;
        let weight: f64 = fields.next()?.trim().replace(',', ".").parse().ok()?;
        let words: Vec<&str> = fields.next()?.split_whitespace().collect();
        if fields.next().is_some_and(|rest| !rest.trim().is_empty()) || words.len() < 3 {
            return None;
        }
        rows.push(Row { place, cells: vec![json!(id), json!(weight), json!(words)] });
    }
    of_tool("MALLET topic keys", &["id", "weight", "keywords"], rows)
}

/// `(0, '0.050*"tomato" + 0.040*"blight"')`, or a list of such pairs.
fn gensim(text: &str) -> Option<Table> {
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
            rows.push(Row { place, cells: vec![json!(id), json!(words)] });
        }
    }
    of_tool("gensim topics", &["id", "keywords"], rows)
}

/// Rows of lists that are gensim's topics, and rows whose responses are TopicGPT's.
pub(crate) fn shape_of_rows(table: &mut Table) {
    if table.nameless && table.columns == ["1", "2"] {
        let weighted =
            |row: &Row| row.cells[1].as_str().is_some_and(|text| cells::weighted(text).is_some());
        let pairs = |row: &Row| {
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
    let responses = table.column("responses").or_else(|| table.column("refined_responses"));
    let Some(column) = responses
        .filter(|_| table.column("text").is_some() || table.column("prompted_docs").is_some())
    else {
        return;
    };
    let mut rows = Vec::new();
    let id = table.column("id");
    let mut without = 0;
    for (item, row) in table.rows.iter().enumerate() {
        let text = match &row.cells[column] {
            Value::Array(several) => several.iter().map(as_text).collect::<Vec<_>>().join("\n"),
            one => as_text(one),
        };
        let mut names: Vec<&str> =
            text.lines().filter_map(|line| Some(Topic::read(line.trim())?.name)).collect();
        names.dedup();
        without += usize::from(names.is_empty());
        let item = id.map_or_else(|| json!(format!("item-{item}")), |id| row.cells[id].clone());
        rows.extend(
            names
                .iter()
                .map(|name| Row { place: row.place, cells: vec![json!(name), item.clone()] }),
        );
    }
    if rows.is_empty() {
        return;
    }
    if without > 0 {
        table.warnings.push(format!(
            "{without} of {} documents have no topic in their responses and are in no cluster",
            table.rows.len()
        ));
    }
    table.notes.push("topics from responses".to_owned());
    table.columns = vec!["topic".to_owned(), "document_id".to_owned()];
    table.rows = rows;
    table.shape = Some("TopicGPT documents");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &Table, row: usize) -> String {
        Value::from(table.rows[row].cells.clone()).to_string()
    }

    #[test]
    fn topic_gpt_is_a_hierarchy() {
        let text = "[1] Environment (Count: 3): Nature: all of it.\n    [2] Parks (US) (Count: 1): Roadless.\n\t[2] Reefs: Platforms.\n[1] Trade (Document: 1, 2): Goods.\n";
        let table = recognised(text).unwrap();
        assert_eq!(table.shape, Some("TopicGPT topics"));
        assert_eq!(cells(&table, 0), r#"["topic-1","Environment","Nature: all of it.",3,null]"#);
        assert_eq!(cells(&table, 1), r#"["topic-2","Parks (US)","Roadless.",1,"topic-1"]"#);
        assert_eq!(cells(&table, 2), r#"["topic-3","Reefs","Platforms.",null,"topic-1"]"#);
        assert_eq!(cells(&table, 3), r#"["topic-4","Trade","Goods.",null,null]"#);
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

    #[test]
    fn topic_gpt_documents_are_rows_of_a_topic() {
        let text = concat!(
            r#"{"id":"d1","text":"…","label":"x","responses":"[1] Trade: about \"goods\"\n[1] Parks: both"}"#,
            "\n",
            r#"{"id":"d2","text":"…","label":"x","responses":["[1] Trade: again"]}"#,
            "\n"
        );
        let table = crate::json::read(Path::new("f"), text, true).unwrap();
        assert_eq!((table.shape, table.rows.len()), (Some("TopicGPT documents"), 3));
        assert_eq!(cells(&table, 2), r#"["Trade","d2"]"#);
    }
}
