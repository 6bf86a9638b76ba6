//! Tables of numbers: topics and the weights of their words, topics and months.

use serde_json::{Value, json};

use crate::values::cells::{self, SizeNotation};
use crate::values::column_role::ColumnRole;
use crate::values::readable::is_placeholder;
use crate::values::table::{InputTable, TableRow, as_text, is_blank};
use crate::values::vocabulary::{self, words};

/// Words that are kept of a topic.
const WORDS: usize = 30;

/// Puts a row for every topic into the place of a matrix, and the sum into the place of its periods.
pub(crate) fn of(table: &mut InputTable) {
    if table.shape.is_some() || table.nameless {
        return;
    }
    if let Some(rows) = across(table).or_else(|| down(table)) {
        replace(table, rows);
    } else {
        periods(table);
    }
}

fn replace(table: &mut InputTable, rows: Vec<TableRow>) {
    table.columns = vec!["id".to_owned(), "keywords".to_owned()];
    table.rows = rows;
    table.shape = Some("topics with the weights of their words");
    table.nameless = false;
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if is_blank(value) || text.trim().is_empty() => None,
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The heaviest words, where there are some.
pub(crate) fn heaviest(mut words: Vec<(f64, String)>) -> Vec<Value> {
    words.retain(|(weight, _)| *weight > 0.0);
    words.sort_by(|a, b| b.0.total_cmp(&a.0));
    words.into_iter().take(WORDS).map(|(_, word)| json!(word)).collect()
}

/// A word as a vocabulary has it.
fn is_word(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.split([' ', '_']).count() <= 3 && name.contains(char::is_alphabetic)
}

/// A topic's number, or what it is called with one.
fn is_topic(value: &str) -> bool {
    is_placeholder(value.trim())
}

/// Rows are topics, columns words.
fn across(table: &InputTable) -> Option<Vec<TableRow>> {
    let weights: Vec<usize> =
        (0..table.columns.len()).filter(|&column| of_weights(table, column)).collect();
    let others: Vec<usize> =
        (0..table.columns.len()).filter(|column| !weights.contains(column)).collect();
    let fractions = weights
        .iter()
        .any(|&column| table.values(column).filter_map(number).any(|n| n.fract() != 0.0));
    let words = weights.iter().all(|&column| is_word(&table.columns[column]));
    let numbered = are_numbered(table, &weights);
    if weights.len() < 4
        || table.rows.len() < 2
        || !fractions
        || !words
        || others.len() > 1
        || numbered
    {
        return None;
    }
    let id = |at: usize, row: &TableRow| {
        others.first().map_or_else(|| at.to_string(), |&column| as_text(&row.cells[column]))
    };
    if !table.rows.iter().enumerate().all(|(at, row)| is_topic(&id(at, row))) {
        return None;
    }
    let rows = table.rows.iter().enumerate().map(|(at, row)| {
        let of =
            |&column: &usize| Some((number(&row.cells[column])?, table.columns[column].clone()));
        let words = heaviest(weights.iter().filter_map(of).collect());
        TableRow { place: row.place, cells: vec![json!(id(at, row)), Value::Array(words)] }
    });
    Some(rows.collect())
}

/// `dim_0`, `dim_1`, `dim_2`: what counts its columns has no words, and is an embedding.
fn are_numbered(table: &InputTable, columns: &[usize]) -> bool {
    let stems: std::collections::HashSet<&str> = columns
        .iter()
        .map(|&column| table.columns[column].trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    let all =
        columns.iter().all(|&column| table.columns[column].ends_with(|c: char| c.is_ascii_digit()));
    all && stems.len() == 1
}

/// A column of nothing but numbers whose name is a word and no role.
fn of_weights(table: &InputTable, column: usize) -> bool {
    let mut values = table.values(column).peekable();
    let name = &table.columns[column];
    let id = ["topic", "cluster", "id", "topic id", "cluster id", "component", "index"]
        .contains(&words(name).as_str());
    values.peek().is_some() && !id && values.all(|value| number(value).is_some())
}

/// Rows are words, columns topics.
fn down(table: &InputTable) -> Option<Vec<TableRow>> {
    let topics: Vec<usize> = (0..table.columns.len())
        .filter(|&column| is_topic(&table.columns[column]) && of_weights(table, column))
        .collect();
    let others: Vec<usize> =
        (0..table.columns.len()).filter(|column| !topics.contains(column)).collect();
    let [term] = others.as_slice() else { return None };
    let fits = ["word", "term", "token", "feature", "words", "terms", "1", ""]
        .contains(&words(&table.columns[*term]).as_str());
    let all_words = table.values(*term).all(|value| value.as_str().is_some_and(is_word));
    if topics.len() < 2 || table.rows.len() < 3 || !fits || !all_words {
        return None;
    }
    let place = table.rows.first()?.place;
    let rows = topics.iter().map(|&topic| {
        let of = |row: &TableRow| Some((number(&row.cells[topic])?, as_text(&row.cells[*term])));
        let words = heaviest(table.rows.iter().filter_map(of).collect());
        TableRow { place, cells: vec![json!(table.columns[topic]), Value::Array(words)] }
    });
    Some(rows.collect())
}

/// Months, short and whole, in the languages whose columns are known.
const MONTHS: &str = " jan feb mar apr may jun jul aug sep sept oct nov dec mai maj okt dez mrz fev avr juin juil \
    aout ene abr ago dic gen mag giu lug set ott mei mrt out january february march april june july august \
    september october november december januar februar marz juni juli oktober dezember janvier fevrier mars avril \
    juillet septembre octobre novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre \
    octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre januari \
    februari maart augustus janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro ";

/// `Jan`, `January 2024`, `2024-01`, `2024`, `Q3 2024`, `KW 12`, `week 3`.
pub(crate) fn is_period(name: &str) -> bool {
    let words = words(name);
    let is_month = |word: &str| MONTHS.split_whitespace().any(|month| month == word);
    let is_year = |word: &str| {
        word.len() == 4
            && (word.starts_with("19") || word.starts_with("20"))
            && word.parse::<u32>().is_ok()
    };
    let is_number =
        |word: &str| word.len() <= 2 && word.parse::<u32>().is_ok_and(|n| (1..=53).contains(&n));
    let is_part = |word: &str| {
        let marks = ["q", "h", "w", "kw", "cw", "week", "day", "month", "quarter"];
        marks
            .iter()
            .filter_map(|mark| word.strip_prefix(mark))
            .any(|rest| rest.is_empty() || is_number(rest))
    };
    let parts: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let marked = parts.iter().any(|word| is_month(word) || is_year(word) || is_part(word));
    !parts.is_empty()
        && parts.len() <= 3
        && marked
        && !["w", "q", "h", "day", "week", "month", "quarter"].contains(&words.as_str())
        && parts
            .iter()
            .all(|word| is_month(word) || is_year(word) || is_part(word) || is_number(word))
}

/// A topic a row and a period a column: sizes are sums, unless one is there.
fn periods(table: &mut InputTable) {
    let found: Vec<usize> =
        (0..table.columns.len()).filter(|&column| is_period(&table.columns[column])).collect();
    let sized = table
        .columns
        .iter()
        .any(|name| vocabulary::fit(ColumnRole::Size, name).is_some() && !is_period(name));
    if found.len() < 2 || sized {
        return;
    }
    let sizes = SizeNotation::of(found.iter().flat_map(|&column| table.values(column)));
    let whole = |value: &Value| sizes.read(value).is_ok() && !as_text(value).contains('%');
    let texts = (0..table.columns.len()).any(|column| {
        !found.contains(&column)
            && table
                .values(column)
                .any(|value| value.as_str().is_some_and(|text| !cells::is_number(text)))
    });
    if !texts || !found.iter().all(|&column| table.values(column).all(whole)) {
        return;
    }
    for row in &mut table.rows {
        let of = |&column: &usize| sizes.read(&row.cells[column]).ok().flatten();
        let sum = found
            .iter()
            .filter_map(of)
            .fold(None, |sum: Option<u64>, n| Some(sum.unwrap_or(0).saturating_add(n)));
        for &column in found.iter().rev() {
            row.cells.remove(column);
        }
        row.cells.push(sum.map_or(Value::Null, Value::from));
    }
    let first = table.columns[found[0]].clone();
    let last = table.columns[found[found.len() - 1]].clone();
    for &column in found.iter().rev() {
        table.columns.remove(column);
    }
    table.columns.push("size".to_owned());
    table.notes.push(format!("sizes are sums of {first} to {last}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_known_in_several_languages() {
        for name in [
            "Jan",
            "January 2024",
            "2024-01",
            "2024",
            "Q3 2024",
            "KW 12",
            "Week 3",
            "März",
            "W01",
            "2024-01-31",
            "mei 2024",
        ] {
            assert!(is_period(name), "{name}");
        }
        for name in [
            "name",
            "size",
            "1",
            "count",
            "Januar und Februar und mehr",
            "w",
            "decision",
            "market",
            "marketing",
            "12",
        ] {
            assert!(!is_period(name), "{name}");
        }
    }
}
