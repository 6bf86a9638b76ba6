//! Hierarchies in columns: themes, sub-themes and codes beside each other, merged cells, paths in one cell.

use serde_json::Value;

use crate::columns::mapping::Mapping;
use crate::columns::profile::ColumnProfile;
use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, as_text, is_blank};
use crate::values::vocabulary::{fit, words};
use cladus_core::numbers::thousands;

/// What the columns of a hierarchy are called, from the top; a rung has several names. Where the names are
/// common words, all of so many rungs must be there.
const LADDERS: [(usize, &[&[&str]]); 5] = [
    (
        2,
        &[
            &[
                "global theme",
                "aggregate dimension",
                "overarching theme",
                "main theme",
                "hauptthema",
                "theme",
                "thema",
                "tema",
            ],
            &[
                "organizing theme",
                "organising theme",
                "2nd order theme",
                "second order theme",
                "sub theme",
                "subtheme",
                "unterthema",
                "deelthema",
                "subthema",
                "subtema",
                "sottotema",
                "sous theme",
            ],
            &[
                "basic theme",
                "1st order concept",
                "first order concept",
                "1st order code",
                "first order code",
                "initial code",
                "open code",
                "code",
                "codes",
            ],
        ],
    ),
    (
        2,
        &[
            &[
                "main category",
                "hauptkategorie",
                "hoofdcategorie",
                "category",
                "kategorie",
                "categorie",
                "categoria",
            ],
            &[
                "sub category",
                "subcategory",
                "unterkategorie",
                "subcategorie",
                "sottocategoria",
                "subcategoria",
                "sous categorie",
            ],
            &["topic", "code", "sub sub category", "subsubcategory", "issue"],
        ],
    ),
    (3, &[&["segment"], &["family"], &["class"], &["commodity", "brick"]]),
    (3, &[&["section"], &["division"], &["group"], &["class"], &["subclass", "sub class"]]),
    (3, &[&["domain"], &["field"], &["subfield", "sub field"], &["topic"]]),
];

/// What may stand behind a rung's name.
const TITLES: [&str; 6] = [" title", " name", " label", " display name", " description", ""];

/// The columns of a hierarchy, from the top; nothing where the name is in another.
pub(crate) fn columns(
    table: &InputTable,
    profiles: &[ColumnProfile],
    mapping: &Mapping,
) -> Option<Vec<usize>> {
    let called: Vec<String> = table.columns.iter().map(|name| words(name)).collect();
    let rung = |names: &&[&str]| {
        names.iter().find_map(|name| {
            TITLES.iter().find_map(|title| {
                let wanted = format!("{name}{title}");
                (0..called.len())
                    .find(|&column| called[column] == wanted && profiles[column].is_text())
            })
        })
    };
    let found = LADDERS.iter().find_map(|(least, rungs)| {
        let found: Vec<usize> = rungs.iter().filter_map(rung).collect();
        let grows =
            found.windows(2).all(|pair| profiles[pair[0]].distinct <= profiles[pair[1]].distinct);
        (found.len() >= *least && grows).then_some(found)
    })?;
    let elsewhere = mapping.get(ColumnRole::Name).is_some_and(|name| !found.contains(&name));
    let last = *found.last()?;
    (!elsewhere && profiles[last].filled * 2 >= table.rows.len().min(1_000)).then_some(found)
}

/// Is it what a column of such a hierarchy is called, and nothing else?
pub(crate) fn is_rung(cell: &str) -> bool {
    let called = words(cell);
    LADDERS.iter().flat_map(|(_, rungs)| rungs.iter()).any(|names| names.contains(&called.as_str()))
}

/// Merged cells have what they say in the first of their rows alone: those below say the same.
pub(crate) fn fill_down(table: &mut InputTable, path: &[usize], told: &mut ReadingNotes) {
    let Some((&last, upper)) = path.split_last() else { return };
    let Some(&top) = upper.first() else { return };
    let merged = |row: &crate::values::table::TableRow| {
        is_blank(&row.cells[top]) && !is_blank(&row.cells[last])
    };
    let starts = table.rows.first().is_some_and(|row| !is_blank(&row.cells[top]));
    if !starts || !table.rows.iter().any(merged) {
        return;
    }
    let mut filled = 0u64;
    let mut above: Vec<Value> = vec![Value::Null; upper.len()];
    for row in &mut table.rows {
        let says = path.iter().any(|&column| !is_blank(&row.cells[column]));
        let mut same = says;
        for (place, &column) in upper.iter().enumerate() {
            let below = path[place + 1..].iter().any(|&column| !is_blank(&row.cells[column]));
            if same && below && is_blank(&row.cells[column]) {
                row.cells[column] = above[place].clone();
                filled += u64::from(!is_blank(&above[place]));
            } else {
                same = false;
            }
        }
        for (place, &column) in upper.iter().enumerate().filter(|_| says) {
            above[place] = row.cells[column].clone();
        }
    }
    told.notes.push(format!(
        "{} empty cells are taken for what stands above them (merged cells)",
        thousands(filled)
    ));
}

/// Columns whose cells are whole paths.
const PATHS: [&str; 19] = [
    "pfad",
    "themenpfad",
    "chemin",
    "ruta",
    "percorso",
    "caminho",
    "путь",
    "path",
    "full path",
    "category path",
    "topic path",
    "hierarchical name",
    "breadcrumb",
    "breadcrumbs",
    "taxonomy",
    "hierarchy",
    "full name",
    "taxonomy path",
    "product type",
];
/// What parts the levels of a path.
const MARKS: [&str; 8] = [" > ", " >> ", " » ", " › ", " → ", "\\", " :: ", "::"];
/// What stands in names too: it parts the levels of a path only where every name has it, and few begin alike.
const PERHAPS: [&str; 3] = [" / ", "/", "→"];
/// Roots that stand above everything and say nothing.
const ROOTS: [&str; 6] = ["nodes", "codes", "root", "all", "home", "knoten"];
/// How the columns are called that a path becomes.
const LEVEL: &str = "path level";

/// One column for every level of a path, in the place of a column of paths.
pub(crate) fn split_paths(table: &mut InputTable) {
    let exact = |column: usize| {
        fit(ColumnRole::Name, &table.columns[column]).is_some_and(|place| place < 100)
    };
    let is_path = |column: usize| PATHS.contains(&words(&table.columns[column]).as_str());
    let names: Vec<usize> = (0..table.columns.len()).filter(|&column| exact(column)).collect();
    let column = match names.as_slice() {
        [] => (0..table.columns.len()).find(|&c| is_path(c) || table.columns.len() == 1),
        [name] => Some(*name),
        _ => None,
    };
    let Some((column, mark)) = column.and_then(|column| Some((column, mark_of(table, column)?)))
    else {
        return;
    };
    let mut paths: Vec<Vec<String>> =
        table.rows.iter().map(|row| parts(&row.cells[column], mark)).collect();
    let root = paths.iter().find_map(|path| path.first()).cloned().unwrap_or_default();
    let same = paths.iter().all(|path| path.first().is_none_or(|first| *first == root));
    if same && ROOTS.contains(&words(&root).as_str()) {
        for path in &mut paths {
            path.drain(..usize::from(!path.is_empty()));
        }
    }
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0);
    for (row, path) in table.rows.iter_mut().zip(paths) {
        row.cells.remove(column);
        let length = path.len();
        row.cells.extend(path.into_iter().map(Value::from));
        row.cells.extend(std::iter::repeat_n(Value::Null, deepest - length));
    }
    let name = table.columns.remove(column);
    table.columns.extend((1..=deepest).map(|level| format!("{LEVEL} {level}")));
    if table.nameless {
        table.nameless = false;
        table.notes.push("each line is a path".to_owned());
    } else {
        table.notes.push(format!("{} holds paths", printable(&name)));
    }
}

/// Is it one of the columns that a path became?
pub(crate) fn is_of_path(column: &str) -> bool {
    column.starts_with(LEVEL)
}

/// What parts the paths of a column, where most of its values are some and share their beginnings.
fn mark_of(table: &InputTable, column: usize) -> Option<&'static str> {
    let texts: Vec<String> = table.values(column).map(as_text).collect();
    let below = |mark: &str| texts.iter().filter(|text| parts_of(text, mark).len() > 1).count();
    let slashed =
        texts.len() > 2 && texts.iter().all(|text| text.starts_with('/') && text.len() > 1);
    let mark = match slashed {
        true => "/",
        false => MARKS
            .into_iter()
            .find(|mark| below(mark) * 2 >= texts.len().max(2))
            .or_else(|| PERHAPS.into_iter().find(|mark| are_paths(&texts, mark)))?,
    };
    let firsts: std::collections::HashSet<String> =
        texts.iter().filter_map(|text| parts_of(text, mark).into_iter().next()).collect();
    (firsts.len() < texts.len()).then_some(mark)
}

/// Does every text have the mark, behind one of a few beginnings that are words?
fn are_paths(texts: &[String], mark: &str) -> bool {
    let first = |text: &String| {
        let (first, rest) = text.split_once(mark)?;
        let words = first.contains(char::is_alphabetic) && !first.contains("//");
        (words && rest.contains(char::is_alphabetic)).then(|| first.trim().to_owned())
    };
    let firsts: Option<Vec<String>> = texts.iter().map(first).collect();
    let Some(firsts) = firsts.filter(|_| texts.len() > 3) else { return false };
    let mut times = std::collections::HashMap::<&str, usize>::new();
    for first in &firsts {
        *times.entry(first).or_default() += 1;
    }
    let alone = times.values().filter(|times| **times == 1).count();
    let urls = texts.iter().any(|text| text.contains("://"));
    !urls && times.len() * 2 <= texts.len() && alone * 4 <= times.len()
}

fn parts(value: &Value, mark: &str) -> Vec<String> {
    if is_blank(value) { Vec::new() } else { parts_of(&as_text(value), mark) }
}

fn parts_of(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::table::TableRow;
    use serde_json::json;

    fn table(columns: &[&str], rows: &[&[&str]]) -> InputTable {
        let row = |cells: &&[&str]| TableRow {
            place: cladus_core::Place::Row(0),
            cells: cells.iter().map(|cell| json!(cell)).collect(),
        };
        InputTable {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows.iter().map(row).collect(),
            ..InputTable::default()
        }
    }

    fn rows(table: &InputTable) -> String {
        Value::from(table.rows.iter().map(|row| Value::from(row.cells.clone())).collect::<Vec<_>>())
            .to_string()
    }

    #[test]
    fn merged_cells_are_filled() {
        let mut merged = table(
            &["a", "b", "c"],
            &[&["A", "X", "1"], &["", "", "2"], &["", "Y", "3"], &["B", "", "4"]],
        );
        fill_down(&mut merged, &[0, 1, 2], &mut ReadingNotes::default());
        assert_eq!(rows(&merged), r#"[["A","X","1"],["A","X","2"],["A","Y","3"],["B","","4"]]"#);
    }

    #[test]
    fn paths_are_columns() {
        let mut paths = table(&["path", "n"], &[&["A > B", "1"], &["A > C > D", "2"], &["A", "3"]]);
        split_paths(&mut paths);
        assert_eq!(paths.columns, ["n", "path level 1", "path level 2", "path level 3"]);
        assert_eq!(rows(&paths), r#"[["1","A","B",null],["2","A","C","D"],["3","A",null,null]]"#);
        let mut plain = table(&["name"], &[&["A > B"], &["C"], &["D"], &["E"]]);
        split_paths(&mut plain);
        assert_eq!(plain.columns, ["name"]);
    }
}
