//! What stands around a table in a text: Excel's `sep=`, comments, code fences, prose, the lines of a box.

mod bars;
mod blanks;
pub(crate) mod framed;
mod title;

use crate::frame::framed::{Framed, counted, cut};

/// Frames that are known by what they look like; nothing where there is none.
pub(crate) fn of(text: &str) -> Option<Framed> {
    sep_line(text)
        .or_else(|| fence(text))
        .or_else(|| bars::of(text))
        .or_else(|| comments(text))
        .or_else(|| title::of(text))
        .or_else(|| blanks::of(text))
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

/// Lines that begin with `#` above a header.
fn comments(text: &str) -> Option<Framed> {
    let comment = |line: &&str| line.trim_start().starts_with('#') || line.trim().is_empty();
    let comments = text.lines().take_while(comment).count();
    if comments == 0 || !text.trim_start().starts_with('#') {
        return None;
    }
    let (rest, emptied) = cut(text, (comments, usize::MAX), |line| Some(line.to_owned()));
    crate::read::delimited::is_table(&rest).then(|| {
        let said: Vec<&str> = text
            .lines()
            .take(comments)
            .map(|line| line.trim().trim_start_matches('#').trim())
            .collect();
        let said = crate::columns::unclear::printable(&said.join(" · "));
        Framed {
            text: rest,
            emptied,
            delimiter: None,
            notes: vec![format!("above the table: {said}")],
        }
    })
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
