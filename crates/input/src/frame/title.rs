//! Lines above a delimited table that have nothing to do with its columns: a title, a date, the name of a report.

use crate::columns::unclear::printable;
use crate::frame::framed::{Framed, cut};
use crate::read::delimiter::{self, DELIMITERS};
use crate::read::lines;
use crate::values::cells;
use crate::values::vocabulary;

/// Lines with something in them that a title has at most.
const LINES: usize = 4;
/// Letters of a line that a title has at most, in bytes.
const LONGEST: usize = 1_000;
/// Rows that are looked at below it.
const ROWS: usize = 200;
/// Rows below a title that have no header are told from names with commas by their number.
const ENOUGH: usize = 3;

/// The table below a title; nothing where the first line is the table's own.
pub(crate) fn of(text: &str) -> Option<Framed> {
    let all: Vec<&str> = text.lines().collect();
    let filled: Vec<usize> = (0..all.len()).filter(|&at| !all[at].trim().is_empty()).collect();
    let starts = filled.iter().copied().take(LINES + 1).skip(1);
    let (start, mark) = starts.into_iter().find_map(|start| Some((start, below(&all, start)?)))?;
    if is_whole(&all, mark) || lines::recognised(text).is_some() {
        return None;
    }
    let said: Vec<String> = all[..start]
        .iter()
        .map(|line| line.trim().trim_matches('"').trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let (text, emptied) = cut(text, (start, usize::MAX), |line| Some(line.to_owned()));
    Some(Framed {
        text,
        emptied,
        delimiter: Some(mark),
        notes: vec![format!("above the table: {}", printable(&said.join(" · ")))],
    })
}

/// What parts the columns of the table that begins in line `start`, where all above it is a title.
fn below(all: &[&str], start: usize) -> Option<u8> {
    // Long lines are no titles, and looking into them takes long.
    if all[..start].iter().any(|line| line.len() > LONGEST) {
        return None;
    }
    let rest = all[start..all.len().min(start + 2 * ROWS)].join("\n");
    let mark = delimiter::guess(&rest)?;
    let rows = delimiter::fields(&rest, mark, ROWS);
    let (header, rows) = rows.split_first()?;
    let width = header.len();
    let as_wide = rows.iter().filter(|row| row.len() == width).count();
    if width < 2 || rows.is_empty() || as_wide * 10 < rows.len() * 9 || is_list(&rest) {
        return None;
    }
    let above: Vec<&str> =
        all[..start].iter().copied().filter(|line| !line.trim().is_empty()).collect();
    let narrow = above
        .iter()
        .all(|line| delimiter::fields(line, mark, 1).first().is_none_or(|cells| cells.len() == 1));
    let is_header = names_numbers(header, rows);
    let known = header.iter().filter(|cell| vocabulary::is_column_name(cell)).count();
    if narrow {
        let bare = rows.len() + 1 >= ENOUGH && (0..width).any(|at| is_number_in(header, rows, at));
        return (known > 0 || is_header || bare).then_some(mark);
    }
    // A title with a delimiter in it, or a filter: a line without anything parts it from the table.
    let parted = all[start - 1].trim().is_empty();
    let full = above.iter().all(|line| {
        delimiter::fields(line, mark, 1)
            .first()
            .is_some_and(|cells| cells.iter().all(|cell| !cell.trim().is_empty()))
    });
    let tells = above.len() <= 2 && above.iter().all(|line| !has_number(line, mark));
    (parted && full && tells && is_header && known > 0).then_some(mark)
}

/// Is all of it a table with a header, where something else than `mark` parts its columns? Then `mark` only
/// stands in its cells.
fn is_whole(all: &[&str], mark: u8) -> bool {
    let text = all[..all.len().min(2 * ROWS)].join("\n");
    DELIMITERS.into_iter().filter(|other| *other != mark).any(|other| {
        let rows = delimiter::fields(&text, other, ROWS);
        rows.split_first().is_some_and(|(header, rows)| {
            header.len() > 1
                && rows.iter().all(|row| row.len() == header.len())
                && header.iter().any(|cell| vocabulary::is_column_name(cell))
        })
    })
}

/// Are the rows marked as those of a list?
fn is_list(rest: &str) -> bool {
    let marked = |line: &str| {
        let line = line.trim_start();
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let counted = digits.len() < line.len()
            && digits.starts_with([')', '.'])
            && digits[1..].starts_with(' ');
        counted || ["- ", "* ", "• ", "+ ", "#"].iter().any(|mark| line.starts_with(mark))
    };
    let filled = rest.lines().filter(|line| !line.trim().is_empty()).take(ROWS);
    let (all, like) = filled
        .fold((0usize, 0usize), |(all, like), line| (all + 1, like + usize::from(marked(line))));
    like * 2 > all
}

/// Is a text above a column of nothing but numbers?
fn names_numbers(header: &[String], rows: &[Vec<String>]) -> bool {
    !header.iter().any(|cell| cells::is_number(cell))
        && (0..header.len())
            .any(|at| header[at].contains(char::is_alphabetic) && is_number_below(rows, at))
}

fn is_number_in(first: &[String], rows: &[Vec<String>], at: usize) -> bool {
    first.get(at).is_some_and(|cell| cells::is_number(cell)) && is_number_below(rows, at)
}

fn is_number_below(rows: &[Vec<String>], at: usize) -> bool {
    let cells = rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
    let (all, numbers) = cells.fold((0usize, 0usize), |(all, numbers), cell| {
        (all + 1, numbers + usize::from(cells::is_number(cell)))
    });
    numbers > 1 && numbers * 10 >= all * 9
}

/// Is a whole cell of the line a number? Then it may be a row.
fn has_number(line: &str, mark: u8) -> bool {
    let rows = delimiter::fields(line, mark, 1);
    rows.iter().flatten().any(|cell| cells::is_number(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_not_the_table() {
        for text in [
            "My topics\n\nTopic,Count\nLate,12\nLost,3\n",
            "My topics\nTopic,Count\nLate,12\nLost,3\n",
            "My topics\nMay\n\nTopic,Count,Note\nLate,12,x\nLost,3,y\n",
            "Topics, May\n\nTopic,Count\nLate,12\nLost,3\n",
            "Topics, May\n\nTopic\tCount\nLate\t12\nLost\t3\n",
            "\"All topics\"\nThemen;Zahl\nSpät;12\nWeg;3\n",
            "Status,(All)\n\nRow Labels,Count of id\nLate,12\nLost,3\n",
            "My topics\nLate parcels,12\nLost,3\nBroken,5\n",
        ] {
            let framed = of(text).unwrap_or_else(|| panic!("{text}"));
            assert!(framed.text.trim_start().starts_with(|c: char| "TRL".contains(c)), "{text}");
            assert!(framed.notes[0].starts_with("above the table: "), "{:?}", framed.notes);
        }
    }

    #[test]
    fn a_list_or_a_table_has_no_title() {
        for text in [
            "Late parcels\nLost parcels\nBroken, and late\n",
            "Topic,Count\nLate,12\nLost,3\n",
            "Report,,\nMay,,\nname,what,size\na,b,1\n",
            "Our topics\n\n1. Late, 12\n2. Lost, 3\n3. Broken, 4\n",
            "name,size\n\nLate,12\nLost,3\n",
            "Late,12\n\nLost,3\nBroken,5\n",
            // Commas in every name.
            "id;name;size\nk0;\"Late,,very\";1\nk1;Lost,,never found;1\n",
            "id\tname\tsize\nk0\tLate, very\t1\nk1\tLost, never found\t1\n",
        ] {
            assert!(of(text).is_none(), "{text}");
        }
    }
}
