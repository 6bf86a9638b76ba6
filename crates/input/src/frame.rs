//! What stands around a table in a text: Excel's `sep=`, comments, code fences, prose, the lines of a box.

use cladus_core::numbers::thousands;

/// A text without what is around its table.
pub(crate) struct Framed {
    /// Lines before the table are empty, so that places stay what they are.
    pub(crate) text: String,
    /// How many lines were made empty.
    pub(crate) emptied: usize,
    pub(crate) delimiter: Option<u8>,
    pub(crate) notes: Vec<String>,
}

/// Frames that are known by what they look like; nothing where there is none.
pub(crate) fn of(text: &str) -> Option<Framed> {
    sep_line(text).or_else(|| fence(text)).or_else(|| bars(text)).or_else(|| comments(text))
}

/// The lines from `from` to before `to`, each as `line` writes it, where it writes any; those before are
/// empty.
fn cut(
    text: &str,
    (from, to): (usize, usize),
    line: impl Fn(&str) -> Option<String>,
) -> (String, usize) {
    let mut kept = String::with_capacity(text.len());
    let mut emptied = 0;
    for (at, whole) in text.lines().enumerate().take(to) {
        match (at >= from).then(|| line(whole)).flatten() {
            Some(line) => kept.push_str(&line),
            None => emptied += 1,
        }
        kept.push('\n');
    }
    (kept, emptied)
}

/// `sep=;`, which tells Excel the delimiter.
fn sep_line(text: &str) -> Option<Framed> {
    let first = text.lines().next()?.trim().trim_matches('"');
    let mark = first.get(..4).filter(|mark| mark.eq_ignore_ascii_case("sep=")).map(|_| &first[4..]);
    let delimiter = match mark?.as_bytes() {
        [] => b'\t',
        [byte] if byte.is_ascii_punctuation() => *byte,
        _ => return None,
    };
    let (text, emptied) = cut(text, (1, usize::MAX), |line| Some(line.to_owned()));
    Some(Framed { text, emptied, delimiter: Some(delimiter), notes: Vec::new() })
}

/// What stands between the only two fences of code.
fn fence(text: &str) -> Option<Framed> {
    let fences: Vec<usize> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("```"))
        .map(|(at, _)| at)
        .collect();
    let [open, close] = fences.as_slice() else { return None };
    if close - open < 2 {
        return None;
    }
    let around = text
        .lines()
        .enumerate()
        .filter(|(at, line)| (at < open || at > close) && !line.trim().is_empty())
        .count();
    let (text, emptied) = cut(text, (open + 1, *close), |line| Some(line.to_owned()));
    let mut notes = vec!["from the block of code".to_owned()];
    if around > 0 {
        notes.push(format!("{} around it not read", counted(around)));
    }
    Some(Framed { text, emptied, delimiter: None, notes })
}

/// Rows between bars, with a rule below the header or boxes around: Markdown, and what databases print.
fn bars(text: &str) -> Option<Framed> {
    let lines: Vec<&str> = text.lines().collect();
    let is_row = |line: &str| line.contains(['|', '│', '┃', '║']) && !is_rule(line);
    let is_part = |line: &str| is_row(line) || is_rule(line);
    // The header is the first row above a rule, or the first one in a box.
    let rule = lines.iter().position(|line| {
        is_rule(line) && line.contains(['|', '+', '┬', '┼', '┌', '╔', '┏', '╭'])
    })?;
    let header = match () {
        () if rule > 0 && is_row(lines[rule - 1]) => rule - 1,
        () if lines.get(rule + 1).is_some_and(|line| is_row(line)) => rule + 1,
        () => return None,
    };
    let end = (header..lines.len()).find(|at| !is_part(lines[*at])).unwrap_or(lines.len());
    let rows = lines[header..end].iter().filter(|line| is_row(line)).count();
    if rows < 2 {
        return None;
    }
    let boxed = lines[header].trim().starts_with(['|', '│', '┃', '║']);
    // Stata has its last columns side by side, with blanks between them.
    let spaced = !boxed && lines[header].split('|').any(|cell| cell.trim().contains("  "));
    let columns = |line: &str| {
        let line = inside(line, boxed);
        if spaced { parted_by_blanks(&line) } else { line }
    };
    let outside = |at: &usize| *at < header.min(rule) || *at >= end;
    let around: Vec<&str> = (0..lines.len())
        .filter(outside)
        .map(|at| lines[at].trim())
        .filter(|line| !line.is_empty())
        .collect();
    let (text, emptied) = cut(text, (header, end), |line| {
        (is_row(line) && !is_types(&inside(line, boxed))).then(|| columns(line))
    });
    let mut notes = Vec::new();
    if !around.is_empty() {
        notes.push(format!("{} around the table not read", counted(around.len())));
    }
    Some(Framed { text, emptied, delimiter: Some(b'|'), notes })
}

/// DuckDB has the columns' types below their names.
fn is_types(row: &str) -> bool {
    const TYPES: [&str; 15] = [
        "int",
        "varchar",
        "double",
        "bigint",
        "uint",
        "float",
        "bool",
        "date",
        "timestamp",
        "decimal",
        "hugeint",
        "str",
        "f64",
        "i64",
        "u32",
    ];
    let mut cells = row.split('|').map(str::trim).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|cell| TYPES.iter().any(|name| cell.starts_with(name)))
}

/// Two blanks and more part columns too.
fn parted_by_blanks(row: &str) -> String {
    let parts = row.split('|').flat_map(|cell| cell.split("  "));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("|")
}

/// `|---|:-:|`, `+----+`, `├────┤`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() > 2
        && line.contains(['-', '─', '═', '━', '='])
        && line.chars().all(|c| "-=+|: ".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c))
        && line
            .contains(['|', '+', '┬', '┼', '┌', '├', '└', '╔', '╠', '╚', '┏', '┡', '╭', '╰', '┴'])
}

/// A row without the bars around it, quoted as a field between bars must be.
fn inside(line: &str, boxed: bool) -> String {
    let line = line.trim().replace(['│', '┃', '║', '┆'], "|").replace("\\|", "\u{1}");
    let line = if boxed {
        line.strip_prefix('|')
            .unwrap_or(&line)
            .strip_suffix('|')
            .unwrap_or_else(|| line.strip_prefix('|').unwrap_or(&line))
            .to_owned()
    } else {
        line
    };
    let cells = line.split('|').map(|cell| {
        let cell = cell.trim().replace('\u{1}', "|");
        let bold = cell.strip_prefix("**").and_then(|cell| cell.strip_suffix("**"));
        let cell = bold.unwrap_or(&cell).to_owned();
        if cell.contains(['"', '|']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    cells.collect::<Vec<_>>().join("|")
}

/// Lines that begin with `#` above a header.
fn comments(text: &str) -> Option<Framed> {
    let comment = |line: &&str| line.trim_start().starts_with('#') || line.trim().is_empty();
    let comments = text.lines().take_while(comment).count();
    if comments == 0 || !text.trim_start().starts_with('#') {
        return None;
    }
    let (rest, emptied) = cut(text, (comments, usize::MAX), |line| Some(line.to_owned()));
    crate::delimited::is_table(&rest).then(|| {
        let said: Vec<&str> = text
            .lines()
            .take(comments)
            .map(|line| line.trim().trim_start_matches('#').trim())
            .collect();
        let said = crate::unclear::printable(&said.join(" · "));
        Framed {
            text: rest,
            emptied,
            delimiter: None,
            notes: vec![format!("above the table: {said}")],
        }
    })
}

fn counted(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{} lines", thousands(lines as u64)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_table_is_taken_off() {
        for (text, inner, delimiter) in [
            ("sep=;\nname;n\na;1\n", "\nname;n\na;1\n", Some(b';')),
            (
                "Here:\n```json\n[{\"name\":\"a\"},\n{}]\n```\nBye\n",
                "\n\n[{\"name\":\"a\"},\n{}]\n",
                None,
            ),
            (
                "# May\n\n| # | Topic |\n|--:|:--|\n| 1 | Late |\n\nEnd\n",
                "\n\n#|Topic\n\n1|Late\n",
                Some(b'|'),
            ),
            (
                "+----+------+\n| id | name |\n+----+------+\n|  0 | Late |\n+----+------+\n",
                "\nid|name\n\n0|Late\n\n",
                Some(b'|'),
            ),
            (" id | name \n----+------\n  0 | Late\n(1 row)\n", "id|name\n\n0|Late\n", Some(b'|')),
            ("# made\n# today\nname,size\na,1\n", "\n\nname,size\na,1\n", None),
        ] {
            let framed = of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((framed.text.as_str(), framed.delimiter), (inner, delimiter), "{text}");
        }
        for text in ["name|n\na|1\n", "# Topics\n- a\n- b\n", "a\nb\n", "```\nx\n"] {
            assert!(of(text).is_none(), "{text}");
        }
    }
}
