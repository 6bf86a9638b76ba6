//! The first rows of a table of text: titles above it, the columns' names, or a row like all others.

use crate::values::table::InputTable;
use crate::values::vocabulary;

/// How many rows are looked at.
const SAMPLE_ROWS: usize = 200;

/// A row, with the line that it begins in.
type NumberedRow = (usize, Vec<String>);

/// How wide the widest row is.
pub(crate) fn width_of(rows: &[NumberedRow]) -> usize {
    rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0)
}

/// Rows above the header with hardly anything in them are a title.
pub(crate) fn without_title(rows: &mut Vec<NumberedRow>, table: &mut InputTable) {
    let filled = |cells: &Vec<String>| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let known = |cells: &Vec<String>| {
        let statistics = cells.iter().any(|cell| vocabulary::words(cell) == "frequency")
            && cells.iter().any(|cell| vocabulary::words(cell) == "percent");
        statistics || cells.iter().filter(|cell| vocabulary::is_column_name(cell)).count() >= 2
    };
    let width = width_of(rows);
    let header = rows
        .iter()
        .take(20)
        .position(|(_, cells)| known(cells) && filled(cells) * 2 > width && filled(cells) > 1);
    let Some(header) = header.filter(|&header| {
        let wide = filled(&rows[header].1);
        header > 0
            && rows[..header]
                .iter()
                .all(|(_, cells)| filled(cells) <= 1 || filled(cells) * 2 < wide || spans(cells))
    }) else {
        return;
    };
    let title: Vec<String> = rows
        .drain(..header)
        .flat_map(|(_, cells)| cells)
        .filter(|cell| !cell.trim().is_empty())
        .collect();
    if !title.is_empty() {
        table.notes.push(format!(
            "above the table: {}",
            crate::columns::unclear::printable(&title.join(" · "))
        ));
    }
}

/// Is it the upper one of two headers, whose cells each stand above several columns?
fn spans(cells: &[String]) -> bool {
    let filled: Vec<&str> =
        cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let names: std::collections::HashSet<&str> = filled.iter().copied().collect();
    let corner = cells.first().is_some_and(|cell| cell.trim().is_empty());
    let known = cells.iter().any(|cell| vocabulary::is_column_name(cell));
    corner && (names.len() < filled.len() || filled.len() + 1 < cells.len()) && !known
}

/// Orange writes what the columns hold, and what they are for, below their names.
pub(crate) fn without_types(rows: &mut Vec<NumberedRow>, table: &mut InputTable) {
    const TYPES: [&str; 9] =
        ["d", "c", "s", "t", "string", "continuous", "discrete", "text", "time"];
    const FLAGS: [&str; 6] = ["meta", "class", "ignore", "i", "m", ""];
    let [_, (_, types), (_, flags), ..] = rows.as_slice() else { return };
    let all = |cells: &[String], known: &[&str]| {
        cells
            .iter()
            .all(|cell| known.contains(&cell.trim()) || cell.contains('=') && known.len() < 9)
    };
    let some = types.iter().any(|cell| !cell.trim().is_empty());
    if some && all(types, &TYPES) && all(flags, &FLAGS) {
        rows.drain(1..3);
        table.notes.push("Orange's rows of types left out".to_owned());
    }
}

/// A single row of several texts is a list of names.
pub(crate) fn in_one_line(rows: &mut Vec<NumberedRow>, table: &mut InputTable) {
    let is_name = |cell: &String| {
        cell.contains(char::is_alphabetic)
            && cell.chars().count() <= 100
            && !vocabulary::is_usual_name(cell)
    };
    let [(line, cells)] = rows.as_slice() else { return };
    let names: Vec<String> =
        cells.iter().map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect();
    if names.len() < 3 || !names.iter().all(is_name) {
        return;
    }
    let line = *line;
    *rows = names.into_iter().map(|name| (line, vec![name])).collect();
    table.notes.push("each text of the only line is a name".to_owned());
}

/// R's `write.table` names its rows and not their column: every row is wider than the header by one.
pub(crate) fn of_row_names(rows: &mut [NumberedRow], table: &mut InputTable) {
    let Some(((_, first), rest)) = rows.split_first_mut() else { return };
    let wider = !rest.is_empty() && rest.iter().all(|(_, cells)| cells.len() == first.len() + 1);
    let mut names = std::collections::HashSet::new();
    let named =
        rest.iter().all(|(_, cells)| !cells[0].trim().is_empty() && names.insert(cells[0].trim()));
    let known = first.iter().any(|cell| vocabulary::is_column_name(cell));
    // A delimiter at the end of every row is nobody's name.
    let filled =
        rest.iter().any(|(_, cells)| cells.last().is_some_and(|cell| !cell.trim().is_empty()));
    if wider
        && filled
        && named
        && known
        && !first.iter().any(|cell| crate::values::cells::is_number(cell))
    {
        let counts =
            rest.iter().enumerate().all(|(at, (_, cells))| cells[0].trim() == (at + 1).to_string());
        if counts {
            for (_, cells) in rest {
                cells.remove(0);
            }
            table.notes.push("rows are counted in front of their first column".to_owned());
        } else {
            first.insert(0, "row name".to_owned());
            table.notes.push("rows have names that no column is called for".to_owned());
        }
    }
}

/// `,0,1`, as pandas writes it where columns have no names.
pub(crate) fn is_counted(rows: &[NumberedRow]) -> bool {
    let Some((_, first)) = rows.first().filter(|_| rows.len() > 1) else { return false };
    let cells = if first[0].trim().is_empty() { &first[1..] } else { first.as_slice() };
    let in_order = cells.iter().enumerate().all(|(at, cell)| cell.trim() == at.to_string());
    let texts =
        rows[1..].iter().any(|(_, row)| row.iter().any(|cell| cell.contains(char::is_alphabetic)));
    in_order && texts && first.len() > 1 && !cells.is_empty()
}

/// Does the first row say what the columns are?
pub(crate) fn is_there(rows: &[NumberedRow]) -> bool {
    let Some((_, first)) = rows.first() else { return false };
    let known = first.iter().filter(|cell| vocabulary::is_column_name(cell)).count();
    let rest = &rows[1..rows.len().min(SAMPLE_ROWS)];
    if first.len() == 1 {
        // A list of names may hold a cluster that is called "Topic"; then the others are called alike.
        return known == 1 && vocabulary::is_usual_name(&first[0]);
    }
    let number = |cell: &String| crate::values::cells::is_number(cell);
    // A column for every topic.
    let topic = |cell: &&String| {
        let words = vocabulary::words(cell);
        words.strip_prefix("topic ").is_some_and(|rest| rest.parse::<u32>().is_ok())
    };
    if first.iter().filter(|cell| !cell.is_empty()).count() > 1
        && first.iter().filter(|cell| !cell.is_empty()).all(|cell| topic(&cell))
    {
        return true;
    }
    let periods = first.iter().filter(|cell| crate::arrange::matrix::is_period(cell)).count();
    if periods > 1 && (known > 0 || first[0].trim().is_empty()) {
        return true;
    }
    if first.iter().any(number) {
        return false;
    }
    // Themes and codes beside each other.
    if first.iter().filter(|cell| crate::columns::ladder::is_rung(cell)).count() > 1 {
        return true;
    }
    if known * 2 >= first.len() || known > 0 && first.iter().all(|cell| cell.chars().count() <= 40)
    {
        return true;
    }
    // Names above a column of numbers.
    let above_numbers = (0..first.len()).any(|column| {
        let mut cells =
            rest.iter().filter_map(|(_, row)| row.get(column)).filter(|c| !c.trim().is_empty());
        let any = cells.clone().next().is_some();
        any && cells.all(number)
    });
    // pandas has no name above its index.
    above_numbers && !first[1..].iter().any(|cell| cell.trim().is_empty())
}
