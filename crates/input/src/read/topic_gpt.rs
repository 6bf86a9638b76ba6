//! TopicGPT's lists of topics: `[1] Trade (Count: 5): what it is about`, and below it, indented, `[2] Tariffs …`.

use serde_json::{Value, json};

use crate::columns::unclear::printable;
use crate::read::tool_lines::{lines, of_tool};
use crate::values::cells::SizeNotation;
use crate::values::table::{InputTable, TableRow, as_text};

/// The topics of a list; lines around them are told.
pub(crate) fn read(text: &str) -> Option<InputTable> {
    let mut rows = Vec::new();
    let mut above: Vec<(u64, String)> = Vec::new();
    let mut others = Vec::new();
    let mut documents = false;
    for (place, line) in lines(text) {
        let Some(topic) = OutlinedTopic::read(line.trim()) else {
            others.push(line.trim());
            continue;
        };
        above.retain(|(level, _)| *level < topic.level);
        let id = format!("topic-{}", rows.len() + 1);
        let parent = above.last().map_or(Value::Null, |(_, id)| Value::from(id.as_str()));
        above.push((topic.level, id.clone()));
        documents |= !topic.documents.is_empty();
        let members = if topic.documents.is_empty() { Value::Null } else { json!(topic.documents) };
        let count = topic.count.map_or(Value::Null, Value::from);
        let mut cells = vec![json!(id), json!(topic.name), json!(topic.description), count, parent];
        cells.push(members);
        rows.push(TableRow { place, cells });
    }
    // What else stands there is around the list, not most of the file.
    if !others.is_empty() && (rows.len() < 2 || others.len() > rows.len()) {
        return None;
    }
    let mut columns = vec!["id", "name", "description", "count", "parent_id"];
    if documents {
        columns.push("members");
    } else {
        for row in &mut rows {
            row.cells.pop();
        }
    }
    let mut table = of_tool("TopicGPT topics", &columns, rows)?;
    if let Some(first) = others.first() {
        let lines =
            if others.len() == 1 { "1 line".to_owned() } else { format!("{} lines", others.len()) };
        table.notes.push(format!("{lines} of text not read ({})", printable(first)));
    }
    Some(table)
}

/// How groups in brackets begin that say how many documents a topic has.
const COUNTS: [&str; 6] = ["count:", "count =", "frequency:", "freq:", "n=", "n ="];

struct OutlinedTopic<'a> {
    level: u64,
    name: &'a str,
    count: Option<u64>,
    documents: Vec<&'a str>,
    description: &'a str,
}

/// What brackets behind a name say.
enum Group<'a> {
    Count(u64),
    Documents(Vec<&'a str>),
}

impl<'a> OutlinedTopic<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line =
            ["- ", "* ", "• "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        let line = line.trim().trim_start_matches("**");
        let (level, rest) = line.strip_prefix('[')?.split_once(']')?;
        let level = level.trim().parse().ok()?;
        let rest = rest.trim_start_matches("**").trim_start_matches(':').trim();
        let mut topic =
            Self { level, name: rest, count: None, documents: Vec::new(), description: "" };
        // A name may hold brackets, and a description colons.
        let colon = rest.find(": ").unwrap_or(rest.len());
        let mut groups = rest
            .match_indices('(')
            .filter_map(|(at, _)| Some((at, group(&rest[at..], at < colon)?)));
        let Some((begin, (first, mut length))) = groups.next() else {
            let (name, description) = rest.split_once(':').unwrap_or((rest, ""));
            (topic.name, topic.description) = (bare(name), description.trim());
            return (!topic.name.is_empty()).then_some(topic);
        };
        topic.take(first);
        let mut end = begin + length;
        loop {
            let blanks = rest[end..].len() - rest[end..].trim_start().len();
            let Some(next) = group(&rest[end + blanks..], false) else { break };
            length = next.1;
            topic.take(next.0);
            end += blanks + length;
        }
        topic.name = bare(&rest[..begin]);
        let after = rest[end..].trim_start_matches("**").trim_start();
        topic.description = after.trim_start_matches([':', '-', '–', '—', ' ']).trim();
        (!topic.name.is_empty()).then_some(topic)
    }

    fn take(&mut self, group: Group<'a>) {
        match group {
            Group::Count(count) => self.count = Some(count),
            Group::Documents(documents) => self.documents = documents,
        }
    }
}

/// A name without the marks of bold letters.
fn bare(name: &str) -> &str {
    name.trim().trim_start_matches("**").trim_end_matches("**").trim()
}

/// `(Count: 5)`, `(Document: 1, 3)`, in a name `(5)` before a colon or the end; and how long that is.
fn group(text: &str, in_name: bool) -> Option<(Group<'_>, usize)> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let length = inside.len() + 2;
    let after = text[length..].trim_start_matches("**").trim_start();
    let size = |text: &str| SizeNotation::default().read(&Value::from(text.trim())).ok().flatten();
    let small = inside.trim().to_ascii_lowercase();
    if let Some(mark) = COUNTS.iter().find(|mark| small.starts_with(**mark)) {
        return Some((Group::Count(size(inside.trim().get(mark.len()..)?)?), length));
    }
    if small.starts_with("document") {
        let list =
            inside.trim().trim_start_matches(|c: char| c.is_alphabetic()).trim_start_matches(':');
        let documents: Vec<&str> =
            list.split([',', ';']).map(str::trim).filter(|document| !document.is_empty()).collect();
        return (!documents.is_empty()).then_some((Group::Documents(documents), length));
    }
    let ends = after.is_empty() || after.starts_with(':');
    let number = in_name && ends && inside.bytes().all(|b| b.is_ascii_digit());
    number.then(|| Some((Group::Count(size(inside)?), length))).flatten()
}

/// Documents whose responses are topics, as rows of a topic each.
pub(crate) fn documents(table: &mut InputTable) {
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
            text.lines().filter_map(|line| Some(OutlinedTopic::read(line.trim())?.name)).collect();
        names.dedup();
        without += usize::from(names.is_empty());
        let item = id.map_or_else(|| json!(format!("item-{item}")), |id| row.cells[id].clone());
        rows.extend(
            names
                .iter()
                .map(|name| TableRow { place: row.place, cells: vec![json!(name), item.clone()] }),
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
    use std::path::Path;

    use super::*;
    use crate::read::lines::recognised;

    fn cells(table: &InputTable, row: usize) -> String {
        Value::from(table.rows[row].cells.clone()).to_string()
    }

    #[test]
    fn topic_gpt_is_a_hierarchy() {
        let text = "[1] Environment (Count: 3): Nature: all of it.\n    [2] Parks (US) (Count: 1): Roadless.\n\t[2] Reefs: Platforms.\n[1] Trade (Document: 1, 2): Goods.\n";
        let table = recognised(text).unwrap();
        assert_eq!(table.shape, Some("TopicGPT topics"));
        assert_eq!(
            cells(&table, 0),
            r#"["topic-1","Environment","Nature: all of it.",3,null,null]"#
        );
        assert_eq!(cells(&table, 1), r#"["topic-2","Parks (US)","Roadless.",1,"topic-1",null]"#);
        assert_eq!(cells(&table, 2), r#"["topic-3","Reefs","Platforms.",null,"topic-1",null]"#);
        assert_eq!(cells(&table, 3), r#"["topic-4","Trade","Goods.",null,null,["1","2"]]"#);
    }

    #[test]
    fn topic_gpt_documents_are_rows_of_a_topic() {
        let text = concat!(
            r#"{"id":"d1","text":"…","label":"x","responses":"[1] Trade: about \"goods\"\n[1] Parks: both"}"#,
            "\n",
            r#"{"id":"d2","text":"…","label":"x","responses":["[1] Trade: again"]}"#,
            "\n"
        );
        let table = crate::read::json::read(Path::new("f"), text, true).unwrap();
        assert_eq!((table.shape, table.rows.len()), (Some("TopicGPT documents"), 3));
        assert_eq!(cells(&table, 2), r#"["Trade","d2"]"#);
    }
}
