//! Topics as people print them: `Topic 0: words`, `Cluster #1:` and the words below, gensim's log.

use serde_json::{Value, json};

use crate::values::cells;
use crate::values::table::{InputTable, TableRow};
use cladus_core::Place;

/// Words that a topic has at least, where nothing but blanks is between them.
const LEAST: usize = 5;

/// Lists of words by several measures, as R's stm prints them.
const MEASURED: [&str; 4] = ["Highest Prob:", "FREX:", "Lift:", "Score:"];

/// A topic's number and what is said of it, line by line.
struct TopicBlock<'a> {
    place: Place,
    id: i64,
    lines: Vec<&'a str>,
}

/// The topics of a text in which every one begins with its number.
pub(crate) fn read(text: &str) -> Option<InputTable> {
    let (blocks, before) = blocks(text)?;
    let mut rows = Vec::with_capacity(blocks.len());
    let mut left = false;
    let least = least_words(&blocks);
    for block in &blocks {
        let (words, whole) = words(&block.lines, least)?;
        left |= !whole;
        rows.push(TableRow { place: block.place, cells: vec![json!(block.id), json!(words)] });
    }
    let mut seen = std::collections::HashSet::new();
    if rows.len() < 2 || !blocks.iter().all(|block| seen.insert(block.id)) {
        return None;
    }
    let mut table = InputTable {
        columns: vec!["id".to_owned(), "keywords".to_owned()],
        rows,
        format: "text".to_owned(),
        shape: Some("topics and their words"),
        ..InputTable::default()
    };
    if let Some(first) = before {
        table.notes.push(format!("above them: {}", crate::columns::unclear::printable(first)));
    }
    if left {
        table.notes.push("of several lists of words the first".to_owned());
    }
    Some(table)
}

/// Where every topic has as many words as all others, three are enough.
fn least_words(blocks: &[TopicBlock<'_>]) -> usize {
    let mut numbers = blocks.iter().map(|block| match block.lines.as_slice() {
        [one] => one.split_whitespace().count(),
        _ => 0,
    });
    let first = numbers.next().unwrap_or_default();
    let alike = blocks.len() > 2 && (3..LEAST).contains(&first) && numbers.all(|n| n == first);
    if alike { first } else { LEAST }
}

/// Lines of as many words each in small letters, and nothing else: keywords without a number.
pub(crate) fn bare(text: &str) -> Option<InputTable> {
    let lines: Vec<(Place, &str)> = crate::read::tool_lines::lines(text).collect();
    let commas = lines.iter().all(|(_, line)| line.matches(", ").count() >= 3);
    let parted = |line: &str| -> Vec<String> {
        let words = line.trim().split(if commas { ", " } else { " " }).map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let rows: Vec<Vec<String>> = lines.iter().map(|(_, line)| parted(line)).collect();
    let number = rows.first()?.len();
    let is_word = |word: &String| {
        word.chars().all(|c| {
            c.is_lowercase() || c.is_alphabetic() && !c.is_uppercase() || "_-' ".contains(c)
        }) && word.split(' ').count() <= 2
    };
    let header = rows.first()?.iter().any(|word| crate::values::vocabulary::is_usual_name(word));
    let alike = rows.iter().all(|words| words.len() == number && words.iter().all(is_word));
    if rows.len() < 2 || number < if commas { 4 } else { LEAST } || !alike || header {
        return None;
    }
    let rows = lines
        .iter()
        .zip(rows)
        .map(|((place, _), words)| TableRow { place: *place, cells: vec![json!(words)] });
    let mut table =
        crate::read::tool_lines::of_tool("topics and their words", &["keywords"], rows.collect())?;
    table.notes.push(format!("each line is {number} keywords"));
    Some(table)
}

fn blocks(text: &str) -> Option<(Vec<TopicBlock<'_>>, Option<&str>)> {
    let mut blocks: Vec<TopicBlock<'_>> = Vec::new();
    let mut before = None;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match heading(line.trim()) {
            Some((id, rest)) => {
                let lines = if rest.is_empty() { Vec::new() } else { vec![rest] };
                blocks.push(TopicBlock { place: Place::Line(at + 1), id, lines });
            }
            None => match blocks.last_mut() {
                Some(block) => block.lines.push(line.trim()),
                // One line may stand above them all.
                None if before.is_none() => before = Some(line.trim()),
                None => return None,
            },
        }
    }
    (blocks.len() > 1).then_some((blocks, before))
}

/// `Topic 0:`, `Topic #0 (0.1):`, `Cluster 3 Top Words:`, `Topic: 0 Words:`, `0:`.
fn heading(line: &str) -> Option<(i64, &str)> {
    let kinds = ["topic", "cluster", "thema", "group", "theme", "tema", "theme", "component"];
    let kind = kinds
        .iter()
        .find(|kind| line.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)));
    let rest = kind.map_or(line, |kind| &line[kind.len()..]);
    let rest = rest.trim_start_matches([' ', '#', ':', '_', '\t']);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let id = rest[..digits].parse().ok()?;
    let tabbed = kind.is_none()
        && rest[digits..].strip_prefix('\t').is_some_and(|rest| !rest.contains('\t'));
    let mut rest = rest[digits..].trim_start();
    if rest.starts_with('(') {
        rest = rest.split_once(')')?.1.trim_start();
    }
    let mut marked = rest.starts_with(':') || rest.is_empty() && kind.is_some() || tabbed;
    rest = rest.trim_start_matches(':').trim_start();
    for mark in ["Top Words:", "Top words:", "Words:", "Word:", "words:", "Keywords:", "Terms:"] {
        if let Some(after) = rest.strip_prefix(mark) {
            (rest, marked) = (after.trim_start(), true);
        }
    }
    marked.then_some((id, rest))
}

/// The words of a topic, and whether those are all that is there.
fn words(lines: &[&str], least: usize) -> Option<(Vec<String>, bool)> {
    match lines {
        [] => None,
        [first, rest @ ..] if MEASURED.iter().any(|mark| first.starts_with(mark)) => {
            Some((in_line(without_mark(first), least)?, rest.is_empty()))
        }
        [one] => in_line(without_mark(one), least).map(|words| (words, true)),
        many => {
            let plain = many.iter().all(|word| word.split_whitespace().count() <= 3);
            let words = || many.iter().map(|word| word.trim_end_matches(',').to_owned()).collect();
            (plain && many.len() >= LEAST && !many.iter().any(|word| word.contains(':')))
                .then(|| (words(), true))
        }
    }
}

fn without_mark(line: &str) -> &str {
    let marks = ["Words:", "Word:", "Top words:", "Keywords:", "Terms:"];
    let rest = marks.iter().chain(&MEASURED).find_map(|mark| line.strip_prefix(mark));
    rest.unwrap_or(line).trim()
}

fn in_line(line: &str, least: usize) -> Option<Vec<String>> {
    if let Some(words) = cells::weighted(line) {
        return Some(words);
    }
    if let Some(list) = cells::written_list(line) {
        return Some(list.items).filter(|words| words.len() > 1);
    }
    let parted = |by: char| -> Vec<String> {
        line.split(by).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    // `tomato (0.05)` is a word with its weight.
    let weighted = |word: &String| {
        let (word, weight) = word.strip_suffix(')')?.split_once(" (")?;
        weight.parse::<f64>().ok().map(|_| word.to_owned())
    };
    let by_commas = parted(',');
    if by_commas.len() >= 2
        && let Some(words) = by_commas.iter().map(weighted).collect()
    {
        return Some(words);
    }
    if by_commas.len() >= 3 && by_commas.iter().all(|word| word.split_whitespace().count() <= 3) {
        return Some(by_commas);
    }
    // A name in small letters has fewer words than a topic.
    let by_blanks = parted(' ');
    let small = !line.contains(|c: char| c.is_uppercase() || ",.;:!?()".contains(c));
    (by_blanks.len() >= least && small).then_some(by_blanks)
}

/// gensim's topics in its log: of every topic what was said last.
pub(crate) fn log(text: &str) -> Option<InputTable> {
    let mut last: std::collections::BTreeMap<i64, TableRow> = std::collections::BTreeMap::new();
    let (mut topics, mut others) = (0usize, 0usize);
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let topic = line.find("topic #").and_then(|from| {
            let (id, rest) = heading(&line[from..])?;
            Some((id, cells::weighted(rest)?))
        });
        let Some((id, words)) = topic else {
            others += 1;
            continue;
        };
        topics += 1;
        let cells: Vec<Value> = vec![json!(id), json!(words)];
        last.insert(id, TableRow { place: Place::Line(at + 1), cells });
    }
    if last.len() < 2 {
        return None;
    }
    let mut table = InputTable {
        columns: vec!["id".to_owned(), "keywords".to_owned()],
        format: "text".to_owned(),
        shape: Some("gensim topics"),
        ..InputTable::default()
    };
    if others > 0 || topics > last.len() {
        let lines = topics + others;
        table.notes.push(format!("of {lines} lines the last of each topic ({})", last.len()));
    }
    table.rows = last.into_values().collect();
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_begin_with_their_numbers() {
        let expected = r#"[1,["parcel","late","days","van","lost"]]"#;
        for text in [
            "Topic #0: tomato leaf spots rot wet\nTopic #1: parcel late days van lost\n",
            "Topic 0:\ntomato leaf spots rot wet\nTopic 1:\nparcel late days van lost\n",
            "Top terms per cluster:\nCluster 0: tomato leaf spots rot wet\nCluster 1: parcel late days van lost\n",
            "Cluster 0:\n tomato\n leaf\n spots\n rot\n wet\n\nCluster 1:\n parcel\n late\n days\n van\n lost\n",
            "0: tomato, leaf, spots, rot, wet\n1: parcel, late, days, van, lost\n",
            "Topic 0: tomato, leaf, spots, rot, wet\nTopic 1: parcel, late, days, van, lost\n",
            "Topic: 0 \nWords: 0.1*\"a\" + 0.1*\"b\"\nTopic: 1 \nWords: 0.2*\"parcel\" + 0.1*\"late\" + 0.1*\"days\" + 0.1*\"van\" + 0.1*\"lost\"\n",
            "Topic 0 Top Words:\n \t Highest Prob: tomato, leaf, rot \n \t FREX: a, b, c\nTopic 1 Top Words:\n \t Highest Prob: parcel, late, days, van, lost\n \t FREX: a, b, c\n",
        ] {
            let table = read(text).unwrap_or_else(|| panic!("{text}"));
            let cells = Value::from(table.rows[1].cells.clone()).to_string();
            assert_eq!((table.rows.len(), cells.as_str()), (2, expected), "{text}");
        }
        for text in [
            "Topic 1: Late parcels\nTopic 2: Tomato blight\n",
            "1. Late parcels\n2. Lost parcels\n",
            "2024: a, b, c\nnothing\n2024: a, b, c\n",
            "name,size\na,1\n",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_log_has_its_last_topics() {
        let line = |at: usize, id: usize, word: &str| {
            format!(
                "2024-05-01 12:00:0{at},123 : INFO : topic #{id} (0.083): 0.09*\"{word}\" + 0.08*\"late\"\n"
            )
        };
        let text = format!(
            "{}{}2024-05-01 : INFO : PROGRESS\n{}",
            line(0, 0, "a"),
            line(1, 1, "b"),
            line(2, 0, "c")
        );
        let table = log(&text).unwrap();
        let words: Vec<String> = table.rows.iter().map(|row| row.cells[1].to_string()).collect();
        assert_eq!(words, [r#"["c","late"]"#, r#"["b","late"]"#]);
        assert!(table.notes[0].contains("of 4 lines"), "{:?}", table.notes);
    }
}
