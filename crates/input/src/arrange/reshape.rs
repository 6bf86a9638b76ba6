//! Tables that hold topics in another arrangement than one a row.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::arrange::matrix;
use crate::columns::ladder;
use crate::values::annotations;
use crate::values::cells;
use crate::values::readable;
use crate::values::table::{InputTable, TableRow, as_text, is_blank};
use crate::values::vocabulary::words;

/// Puts a row for every cluster into the place of what is there, where that is known.
pub(crate) fn of(table: &mut InputTable) {
    if table.shape.is_none() {
        annotations::of(table);
    }
    if table.shape.is_none() {
        without_types(table);
        hierarchical_topics(table);
        terms(table);
        bare_terms(table);
        topics_in_columns(table);
        zero_shot(table);
        by_class(table);
        matrix::of(table);
        ladder::split_paths(table);
    }
}

/// Orange's rows below the header that say what the columns hold.
fn without_types(table: &mut InputTable) {
    let all = |row: Option<&TableRow>, is: &dyn Fn(&str) -> bool| {
        row.is_some_and(|row| row.cells.iter().all(|cell| is(as_text(cell).trim())))
    };
    let kinds = ["string", "continuous", "discrete", "time", "s", "c", "d", "t"];
    let roles = ["", "meta", "class", "ignore", "m", "c", "i"];
    let typed = all(table.rows.first(), &|cell| {
        kinds.contains(&cell) || cell.contains(' ') && !cell.contains(',')
    });
    let known = table
        .rows
        .first()
        .is_some_and(|row| row.cells.iter().any(|cell| kinds[..3].contains(&as_text(cell).trim())));
    if table.rows.len() > 2
        && typed
        && known
        && all(table.rows.get(1), &|cell| roles.contains(&cell))
    {
        table.rows.drain(..2);
        table.notes.push("Orange's rows of types are no clusters".to_owned());
    }
}

/// MALLET's weights: a topic, a word and a number in every row, without a header.
fn bare_terms(table: &mut InputTable) {
    let number = |value: &Value| as_text(value).trim().parse::<f64>().ok();
    let is_row = |row: &TableRow| {
        let word = as_text(&row.cells[1]);
        let topic = as_text(&row.cells[0]).trim().parse::<u64>().is_ok();
        topic
            && !word.trim().contains(' ')
            && number(&row.cells[1]).is_none()
            && number(&row.cells[2]).is_some()
    };
    let fractions =
        |row: &TableRow| number(&row.cells[2]).is_some_and(|weight| weight.fract() != 0.0);
    if table.nameless
        && table.columns.len() == 3
        && table.rows.iter().all(is_row)
        && table.rows.iter().any(fractions)
    {
        table.columns = ["topic", "word", "weight"].map(str::to_owned).to_vec();
        terms(table);
        if table.shape.is_none() {
            table.columns = ["1", "2", "3"].map(str::to_owned).to_vec();
        }
    }
}

/// BERTopic's topics by class or by time: a topic has a row for each, and is the sum of them.
fn by_class(table: &mut InputTable) {
    let places = ["topic", "words", "frequency"].map(|name| at(table, name));
    let [Some(topic), Some(words_of), Some(frequency)] = places else { return };
    let Some(by) = at(table, "class").or_else(|| at(table, "timestamp")) else { return };
    let name = at(table, "name");
    let count = |row: &TableRow| as_text(&row.cells[frequency]).trim().parse::<u64>().ok();
    let mut order: Vec<String> = Vec::new();
    let mut of: HashMap<String, (u64, u64, TableRow)> = HashMap::new();
    for row in &table.rows {
        let Some(count) = count(row) else { return };
        let id = as_text(&row.cells[topic]);
        match of.get_mut(&id) {
            // The words of where it is most frequent.
            Some((sum, most, kept)) => {
                *sum = sum.saturating_add(count);
                if count > *most {
                    (*most, *kept) = (count, row.clone());
                }
            }
            None => {
                order.push(id.clone());
                of.insert(id, (count, count, row.clone()));
            }
        }
    }
    let rows: Vec<TableRow> = order
        .iter()
        .filter_map(|id| of.get(id))
        .map(|(sum, _, row)| {
            let mut cells = vec![row.cells[topic].clone(), row.cells[words_of].clone(), json!(sum)];
            cells.extend(name.map(|name| row.cells[name].clone()));
            TableRow { place: row.place, cells }
        })
        .collect();
    table.notes.push(format!("sizes are the sum over every {}", table.columns[by]));
    let mut columns = vec!["topic", "keywords", "count"];
    columns.extend(name.map(|_| "name"));
    replace(table, "BERTopic topics by class", &columns, rows);
}

fn at(table: &InputTable, wanted: &str) -> Option<usize> {
    table.columns.iter().position(|column| words(column) == wanted)
}

/// Topics that were merged by twos: what each is called, and what it was merged into.
struct MergedTopics {
    names: HashMap<String, String>,
    above: HashMap<String, String>,
}

impl MergedTopics {
    /// Of a parent of many, which is merged by twos, only the whole is one.
    fn is_part(&self, merged: &str) -> bool {
        let called = |id: &str| self.names.get(id).map(String::as_str);
        let whole = self.above.get(merged).and_then(|whole| called(whole));
        called(merged).zip(whole).is_some_and(|(part, whole)| is_part_of(part, whole))
    }

    fn whole(&self, mut merged: String) -> String {
        while self.is_part(&merged) {
            let Some(next) = self.above.get(&merged) else { break };
            merged.clone_from(next);
        }
        merged
    }
}

/// BERTopic's `hierarchical_topics()`: every row is a parent and its two children.
fn hierarchical_topics(table: &mut InputTable) {
    let columns = [
        "parent id",
        "parent name",
        "child left id",
        "child left name",
        "child right id",
        "child right name",
    ];
    let places: Vec<usize> = columns.iter().filter_map(|column| at(table, column)).collect();
    let &[parent, parent_name, left, left_name, right, right_name] = places.as_slice() else {
        return;
    };
    let id = |row: &TableRow, column: usize| {
        as_text(&row.cells[column]).trim().trim_end_matches(".0").to_owned()
    };
    let name = |row: &TableRow, column: usize| {
        let written = as_text(&row.cells[column]);
        let parts: Vec<&str> = written.split('_').filter(|part| !part.trim().is_empty()).collect();
        parts.join(", ")
    };
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    let up = |row: &TableRow| [left, right].map(|child| (id(row, child), id(row, parent)));
    let merges = MergedTopics {
        names: table.rows.iter().map(|row| (id(row, parent), name(row, parent_name))).collect(),
        above: table.rows.iter().flat_map(up).collect(),
    };
    for row in &table.rows {
        for (child, called) in [(left, left_name), (right, right_name)] {
            let child = id(row, child);
            if !merges.is_part(&child) && seen.insert(child.clone()) {
                let above = merges.whole(id(row, parent));
                let cells = vec![json!(child), json!(name(row, called)), json!(above)];
                rows.push(TableRow { place: row.place, cells });
            }
        }
    }
    for row in &table.rows {
        let top = id(row, parent);
        if !merges.is_part(&top) && seen.insert(top.clone()) {
            let cells = vec![json!(top), json!(name(row, parent_name)), Value::Null];
            rows.push(TableRow { place: row.place, cells });
        }
    }
    replace(table, "BERTopic's hierarchical topics", &["id", "name", "parent_id"], rows);
}

/// Is `part` what `cladus export` calls some of `whole`: "Locks (2 of 3)" of "Locks", or of "Locks (3 of 4)"?
fn is_part_of(part: &str, whole: &str) -> bool {
    let counted = |name: &str| -> Option<(String, u64, u64)> {
        let (stem, count) = name.strip_suffix(')')?.rsplit_once(" (")?;
        let (some, all) = count.split_once(" of ")?;
        Some((stem.to_owned(), some.parse().ok()?, all.parse().ok()?))
    };
    counted(part).is_some_and(|(stem, some, all)| match counted(whole) {
        Some((other, more, of)) if of == all => other == stem && more == some + 1,
        _ => stem == whole && some + 1 == all,
    })
}

fn replace(table: &mut InputTable, shape: &'static str, columns: &[&str], rows: Vec<TableRow>) {
    table.columns = columns.iter().map(|column| (*column).to_owned()).collect();
    table.rows = rows;
    table.shape = Some(shape);
    table.nameless = false;
}

/// A row for every word of every topic, with its weight, as R's tidytext writes them.
fn terms(table: &mut InputTable) {
    let first = |names: &[&str]| names.iter().find_map(|name| at(table, name));
    let topic = first(&["topic", "cluster", "topic id"]);
    let term = first(&["term", "word", "token", "feature"]);
    let weight =
        first(&["beta", "phi", "prob", "probability", "weight", "score", "loading", "value"]);
    let (Some(topic), Some(term), Some(weight)) = (topic, term, weight) else { return };
    let number = |value: &Value| as_text(value).trim().parse::<f64>().ok();
    let mut order: Vec<String> = Vec::new();
    let mut of: HashMap<String, Vec<(f64, String, TableRow)>> = HashMap::new();
    for row in &table.rows {
        let Some(weight) = number(&row.cells[weight]) else { return };
        let id = as_text(&row.cells[topic]);
        let words = of.entry(id.clone()).or_insert_with(|| {
            order.push(id);
            Vec::new()
        });
        words.push((weight, as_text(&row.cells[term]), row.clone()));
    }
    if order.len() < 2 || table.rows.len() < order.len() * 3 {
        return;
    }
    let rows = order.into_iter().filter_map(|id| {
        let mut all = of.remove(&id)?;
        let place = all.first()?.2.place;
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let words: Vec<Value> = all.into_iter().take(30).map(|(_, word, _)| json!(word)).collect();
        Some(TableRow { place, cells: vec![json!(id), Value::Array(words)] })
    });
    let rows = rows.collect();
    replace(table, "topics with the weights of their words", &["id", "keywords"], rows);
}

/// A column for every topic, its words below.
fn topics_in_columns(table: &mut InputTable) {
    let is_topic = |name: &String| {
        let words = words(name);
        let stem = words.trim_end_matches(|c: char| c.is_ascii_digit());
        stem.len() < words.len() && ["topic", "cluster", "component", "v"].contains(&stem.trim())
    };
    let topics: Vec<usize> =
        (0..table.columns.len()).filter(|&c| is_topic(&table.columns[c])).collect();
    let others = table.columns.len() - topics.len();
    let one_word = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.split_whitespace().count() <= 3 && !cells::is_number(text))
    };
    let of_words = |&column: &usize| table.values(column).all(one_word);
    if topics.len() < 2 || others > 1 || table.rows.len() < 3 || !topics.iter().all(of_words) {
        return;
    }
    let Some(place) = table.rows.first().map(|row| row.place) else { return };
    let rows = topics.iter().map(|&column| {
        let words: Vec<Value> = table.values(column).cloned().collect();
        TableRow { place, cells: vec![json!(table.columns[column]), Value::Array(words)] }
    });
    let rows = rows.collect();
    replace(table, "topics in columns, their words below", &["id", "keywords"], rows);
}

/// Topics that BERTopic was given, and a model's labels with holes: whatever name a row has, else its words.
fn zero_shot(table: &mut InputTable) {
    let places = ["topic", "name", "representation"].map(|name| at(table, name));
    let [Some(topic), Some(name), Some(words_of)] = places else { return };
    if at(table, "custom name").is_some() || at(table, "document").is_some() {
        return;
    }
    let noise = |row: &TableRow| as_text(&row.cells[topic]).trim().starts_with("-1");
    let given = |row: &TableRow| {
        let text = as_text(&row.cells[name]);
        (!text.trim().is_empty() && readable::without_number(&text).is_none() && !noise(row))
            .then_some(text)
    };
    let label = |row: &TableRow, column: usize| {
        let words = cells::keywords(&row.cells[column])?;
        match words.as_slice() {
            [one] if one.chars().any(char::is_alphabetic) => Some(one.clone()),
            _ => None,
        }
    };
    let known = ["topic", "count", "name", "representation", "representative docs"];
    let labels = (0..table.columns.len()).find(|&column| {
        let named = table.rows.iter().filter(|row| label(row, column).is_some()).count();
        let lists = table.rows.iter().all(|row| {
            let cell = &row.cells[column];
            is_blank(cell) || cells::keywords(cell).is_some_and(|words| words.len() <= 1)
        });
        !known.contains(&words(&table.columns[column]).as_str())
            && lists
            && named < table.rows.len()
            && named * 10 >= table.rows.len() * 8
    });
    let any = table.rows.iter().any(|row| given(row).is_some());
    if !any && labels.is_none() {
        return;
    }
    let name_of = |row: &TableRow| {
        labels.and_then(|column| label(row, column)).or_else(|| given(row)).unwrap_or_else(|| {
            let words = cells::keywords(&row.cells[words_of]).unwrap_or_default();
            readable::name_of(&words)
        })
    };
    let names: Vec<String> = table.rows.iter().map(name_of).collect();
    for (row, name) in table.rows.iter_mut().zip(names) {
        row.cells.push(json!(name));
    }
    let from = labels.map_or("Name", |column| table.columns[column].as_str());
    table.notes.push(format!("names from {from} where there are some, else from the words"));
    table.columns.push("CustomName".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let config = cladus_core::config::InputConfig::default();
        let mut table =
            crate::read::delimited::read(std::path::Path::new("f"), text, &config).unwrap();
        of(&mut table);
        let rows: Vec<Value> =
            table.rows.iter().map(|row| Value::from(row.cells.clone())).collect();
        assert_eq!(Value::from(rows).to_string(), expected, "{text}");
    }

    #[test]
    fn topics_come_in_other_arrangements() {
        check(
            "Parent_ID,Parent_Name,Topics,Child_Left_ID,Child_Left_Name,Child_Right_ID,Child_Right_Name,Distance\n\
             4,a_b,\"[0, 1, 2]\",3,a_c,2,x_y,0.7\n3,a_c,\"[0, 1]\",0,a_d,1,c_e,0.5\n",
            r#"[["3","a, c","4"],["2","x, y","4"],["0","a, d","3"],["1","c, e","3"],["4","a, b",null]]"#,
        );
        // As `cladus export` merges a parent of three.
        check(
            "Parent_ID,Parent_Name,Topics,Child_Left_ID,Child_Left_Name,Child_Right_ID,Child_Right_Name,Distance\n\
             4,Locks,\"[0, 1, 2]\",3,Locks (2 of 3),2,C,1\n3,Locks (2 of 3),\"[0, 1]\",0,A,1,B,0.5\n",
            r#"[["2","C","4"],["0","A","4"],["1","B","4"],["4","Locks",null]]"#,
        );
        check(
            "topic,term,beta\n1,late,0.1\n1,parcel,0.3\n1,van,0.05\n2,leaf,0.2\n2,rot,0.1\n2,wet,0.01\n",
            r#"[["1",["parcel","late","van"]],["2",["leaf","rot","wet"]]]"#,
        );
        check(
            "Topic 0,Topic 1\nlate,leaf\nparcel,rot\nvan,wet\n",
            r#"[["Topic 0",["late","parcel","van"]],["Topic 1",["leaf","rot","wet"]]]"#,
        );
    }

    #[test]
    fn names_that_were_given_are_kept() {
        check(
            "Topic,Count,Name,Representation\n0,5,Late parcels,\"['a', 'b']\"\n1,4,1_c_d,\"['c', 'd']\"\n",
            r#"[["0","5","Late parcels","['a', 'b']","Late parcels"],["1","4","1_c_d","['c', 'd']","c, d"]]"#,
        );
    }
}
