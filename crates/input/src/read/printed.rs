//! What programs print for people: trees of lines, summaries of topic models, counts, records below each other.

use serde_json::{Value, json};

use crate::columns::unclear::printable;
use crate::read::tool_lines::{lines, of_tool};
use crate::values::item;
use crate::values::table::{InputTable, TableRow};

/// A text that a program printed, where it is known by its lines.
pub(crate) fn read(text: &str) -> Option<InputTable> {
    tree(text)
        .or_else(|| summary(text))
        .or_else(|| value_counts(text))
        .or_else(|| records(text))
        .or_else(|| product_taxonomy(text))
}

/// What branches are drawn with.
fn is_branch(letter: char) -> bool {
    ('\u{2500}'..='\u{257f}').contains(&letter) || matches!(letter, '■' | '\u{a0}' | ' ')
}

/// `├── Late parcels (12 conversations)`: lines below others by the branches before them.
fn tree(text: &str) -> Option<InputTable> {
    let mut nodes: Vec<(cladus_core::Place, usize, &str)> = Vec::new();
    let mut others = Vec::new();
    for (place, line) in lines(text) {
        let name = line.trim_start_matches(is_branch);
        let before = &line[..line.len() - name.len()];
        let forks = before.contains(['├', '└', '╠', '╚', '┣', '┗', '╰']);
        if forks && !name.trim().is_empty() {
            nodes.push((place, before.chars().take_while(|c| *c != '■').count(), name.trim()));
        } else if !line.trim_matches(is_branch).is_empty() {
            others.push(line.trim());
        }
    }
    // The root stands above, and what was counted below.
    if nodes.len() < 2 || others.len() > 3 {
        return None;
    }
    let named: Vec<(&str, Option<&str>)> = nodes
        .iter()
        .map(|(_, _, name)| match name.rsplit_once("── Topic: ") {
            Some((name, id)) => (name.trim(), Some(id.trim())),
            None => (*name, None),
        })
        .collect();
    let is_bertopic = named.iter().any(|(_, id)| id.is_some());
    let items = item::read(&named.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let sized = items.iter().any(|item| item.size.is_some());
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut rows = Vec::new();
    for (at, ((place, depth, _), item)) in nodes.iter().zip(items).enumerate() {
        above.retain(|(upper, _)| upper < depth);
        let id = named[at].1.map_or_else(|| format!("node-{}", at + 1), str::to_owned);
        let parent = above.last().map_or(Value::Null, |(_, id)| Value::from(id.as_str()));
        above.push((*depth, id.clone()));
        let words: Vec<&str> = item.name.split('_').filter(|word| !word.is_empty()).collect();
        let name = if is_bertopic { words.join(", ") } else { item.name };
        let mut cells = vec![json!(id), json!(name), parent];
        cells.extend(sized.then(|| item.size.map_or(Value::Null, Value::from)));
        rows.push(TableRow { place: *place, cells });
    }
    let mut columns = vec!["id", "name", "parent_id"];
    columns.extend(sized.then_some("count"));
    let called = if is_bertopic { "BERTopic's tree of topics" } else { "a tree of lines" };
    let mut table = of_tool(called, &columns, rows)?;
    told_of(&others, &mut table);
    Some(table)
}

fn told_of(others: &[&str], table: &mut InputTable) {
    if let Some(first) = others.iter().find(|line| **line != ".") {
        let lines = match others.len() {
            1 => "1 line".to_owned(),
            several => format!("{several} lines"),
        };
        table.notes.push(format!("{lines} around not read ({})", printable(first)));
    }
}

/// `| #0 (13343) : tomato leaf rot`, as tomotopy sums a model up.
fn summary(text: &str) -> Option<InputTable> {
    let mut rows = Vec::new();
    let mut others = Vec::new();
    for (place, line) in lines(text) {
        let topic = || {
            let (id, rest) = line.trim().strip_prefix("| #")?.split_once(" (")?;
            let (count, words) = rest.split_once(") : ")?;
            let words: Vec<&str> = words.split_whitespace().collect();
            Some((id.parse::<u64>().ok()?, count.parse::<u64>().ok()?, words))
        };
        match topic() {
            Some((id, count, words)) => {
                rows.push(TableRow { place, cells: vec![json!(id), json!(words), json!(count)] });
            }
            None => others.push(line.trim()),
        }
    }
    if rows.len() < 2 {
        return None;
    }
    let mut table = of_tool("tomotopy's topics", &["id", "keywords", "count"], rows)?;
    table.notes.push("size is the number of words".to_owned());
    told_of(&others, &mut table);
    Some(table)
}

/// pandas' `value_counts()`, as it is printed.
fn value_counts(text: &str) -> Option<InputTable> {
    let all: Vec<_> = lines(text).collect();
    let (last, counts) = all.split_last()?;
    if !last.1.contains("dtype: int") {
        return None;
    }
    let mut rows = Vec::new();
    for (at, (place, line)) in counts.iter().enumerate() {
        let pair = line.trim_end().rsplit_once("  ");
        match pair.and_then(|(name, count)| Some((name.trim(), count.trim().parse::<u64>().ok()?)))
        {
            Some((name, count)) if !name.is_empty() => {
                rows.push(TableRow { place: *place, cells: vec![json!(name), json!(count)] });
            }
            // What the values are called stands above.
            _ if at == 0 => {}
            _ => return None,
        }
    }
    (rows.len() > 1).then(|| of_tool("pandas' counts of values", &["name", "count"], rows))?
}

/// Records below each other, as psql and MySQL print them.
fn records(text: &str) -> Option<InputTable> {
    let begins = |line: &str| {
        line.starts_with("-[ RECORD ") || line.starts_with("***") && line.contains(". row *")
    };
    if !begins(text.trim_start()) {
        return None;
    }
    let mut table =
        InputTable { format: "records below each other".to_owned(), ..InputTable::default() };
    let mut rows: Vec<(cladus_core::Place, Vec<(String, &str)>)> = Vec::new();
    for (place, line) in lines(text) {
        if begins(line) {
            rows.push((place, Vec::new()));
            continue;
        }
        let mark = if text.trim_start().starts_with('-') { "|" } else { ":" };
        match (line.split_once(mark), rows.last_mut()) {
            (Some((key, value)), Some((_, fields))) => {
                fields.push((key.trim().to_owned(), value.trim()));
            }
            _ => table.notes.push(format!("not read: {}", printable(line))),
        }
    }
    for (key, _) in rows.iter().flat_map(|(_, fields)| fields) {
        if !table.columns.contains(key) {
            table.columns.push(key.clone());
        }
    }
    for (place, fields) in rows {
        let of =
            |column: &String| fields.iter().find(|(key, _)| key == column).map(|(_, v)| json!(v));
        let cells = table.columns.iter().map(|column| of(column).unwrap_or_default()).collect();
        table.rows.push(TableRow { place, cells });
    }
    (table.columns.len() < 200).then_some(table)
}

/// `3237 - Animals & Pet Supplies > Live Animals`: paths, with an id before each or without.
fn product_taxonomy(text: &str) -> Option<InputTable> {
    let (heads, paths): (Vec<_>, Vec<_>) = lines(text).partition(|(_, line)| line.starts_with('#'));
    let below = paths.iter().filter(|(_, line)| line.contains(" > ")).count();
    if paths.len() < 3
        || below * 2 < paths.len()
        || paths.iter().any(|(_, l)| l.contains([',', '\t', ';']) && !l.contains(" > "))
    {
        return None;
    }
    let parted = |line: &'_ str| -> Option<(String, String)> {
        let (id, path) = [" - ", " : "].iter().find_map(|mark| line.split_once(mark))?;
        let is_id = !id.trim().contains(' ') && id.contains(|c: char| c.is_ascii_digit());
        is_id.then(|| (id.trim().to_owned(), path.trim().to_owned()))
    };
    let ids: Option<Vec<(String, String)>> = paths.iter().map(|(_, line)| parted(line)).collect();
    let rows = paths.iter().enumerate().map(|(at, (place, line))| {
        let cells = match &ids {
            Some(ids) => vec![json!(ids[at].0), json!(ids[at].1)],
            None => vec![json!(line.trim())],
        };
        TableRow { place: *place, cells }
    });
    let columns = if ids.is_some() { vec!["id", "path"] } else { vec!["path"] };
    let rows = rows.collect();
    let mut table = of_tool("", &columns, rows)?;
    table.shape = None;
    told_of(&heads.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>(), &mut table);
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let table = read(text).unwrap_or_else(|| panic!("{text}"));
        let rows: Vec<Value> =
            table.rows.iter().map(|row| Value::from(row.cells.clone())).collect();
        assert_eq!(Value::from(rows).to_string(), expected, "{text}");
    }

    #[test]
    fn what_programs_print_is_read() {
        check(
            "topics\n├── shop\n│   └── late\n└── garden\n",
            r#"[["node-1","shop",null],["node-2","late","node-1"],["node-3","garden",null]]"#,
        );
        check("t\nLate  2\nLost  1\nName: count, dtype: int64\n", r#"[["Late",2],["Lost",1]]"#);
        check("| #0 (7) : a b\n| #1 (9) : c d\n", r#"[[0,["a","b"],7],[1,["c","d"],9]]"#);
        check("-[ RECORD 1 ]\nname | a\n-[ RECORD 2 ]\nname | b\n", r#"[["a"],["b"]]"#);
        for text in ["Late\nLost\n", "name,size\na,1\n", "a > b\nc\n"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
