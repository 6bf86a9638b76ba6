//! What every format has in common: rows, columns and places.

use cladus_core::Place;
use serde_json::Value;

/// A file as rows and columns.
#[derive(Debug, Default)]
pub(crate) struct InputTable {
    /// Unique names.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<TableRow>,
    /// Columns that hold vectors or bytes and were not even read.
    pub(crate) unread: Vec<String>,
    /// What is said of the format: `CSV`, `JSON`…
    pub(crate) format: String,
    /// What a user would want to know of how the table was made: encoding, delimiter, header.
    pub(crate) notes: Vec<String>,
    /// Whole sentences about what may not be as it should.
    pub(crate) warnings: Vec<String>,
    /// What well-known tool wrote it, where only the reader can tell.
    pub(crate) shape: Option<&'static str>,
    /// Rows with nothing in them, which are skipped.
    pub(crate) blank: usize,
    /// Are the columns' names ours, because the file has none?
    pub(crate) nameless: bool,
}

/// A row, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct TableRow {
    pub(crate) place: Place,
    /// As many as there are columns.
    pub(crate) cells: Vec<Value>,
}

impl InputTable {
    /// The column of that name: as it is written, else whatever its case and dashes.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| {
            let wanted = crate::values::vocabulary::words(name);
            let mut alike = (0..self.columns.len()).filter(|&column| {
                crate::values::vocabulary::words(&self.columns[column]) == wanted
            });
            alike.next().filter(|_| alike.next().is_none())
        })
    }

    /// The values of a column that are there.
    pub(crate) fn values(&self, column: usize) -> impl Iterator<Item = &Value> {
        self.rows.iter().map(move |row| &row.cells[column]).filter(|value| !is_blank(value))
    }

    /// Columns called alike get a number, so that every name means one.
    pub(crate) fn tell_columns_apart(&mut self) {
        let mut seen = std::collections::HashMap::new();
        for column in &mut self.columns {
            let times = seen.entry(column.clone()).or_insert(0);
            *times += 1;
            if *times > 1 {
                *column = format!("{column} ({times})");
            }
        }
    }

    /// Makes one column of keywords of `word1`, `word2`, `word3`…
    pub(crate) fn gather_words(&mut self) {
        let is_word = |name: &String| {
            let words = crate::values::vocabulary::words(name);
            let stem = words.trim_end_matches(|c: char| c.is_ascii_digit());
            let known =
                ["word", "term", "keyword", "top word", "w", "mot", "wort", "palabra", "token"];
            stem.len() < words.len() && known.contains(&stem.trim())
        };
        let mut places: Vec<usize> =
            (0..self.columns.len()).filter(|&c| is_word(&self.columns[c])).collect();
        if places.len() < 3 {
            places = self.bare_words();
        }
        let ([first, .., last], true) = (places.as_slice(), places.len() > 2) else { return };
        let (first, last) = (*first, *last);
        let called = if self.nameless {
            format!("all words of a row, from column {} to {}", first + 1, last + 1)
        } else {
            format!("{} to {}", self.columns[first], self.columns[last])
        };
        for row in &mut self.rows {
            let words = places.iter().map(|&place| std::mem::take(&mut row.cells[place]));
            let words: Vec<Value> = words.filter(|word| !is_blank(word)).collect();
            row.cells.push(Value::Array(words));
            for &place in places.iter().rev() {
                row.cells.remove(place);
            }
        }
        self.columns.push("keywords".to_owned());
        for &place in places.iter().rev() {
            self.columns.remove(place);
        }
        self.notes.push(format!("keywords are {called}"));
    }

    /// Columns of a single word each, in a table without a header: a topic a row. Nearly every word is another.
    fn bare_words(&self) -> Vec<usize> {
        let width = self.columns.len();
        if !self.nameless || self.shape.is_some() || width < 4 || self.rows.len() < 2 {
            return Vec::new();
        }
        let is_word = |cell: &Value| {
            cell.as_str().is_some_and(|text| {
                let text = text.trim();
                let small = text.chars().all(|c| c.is_lowercase() || "-'’_".contains(c));
                small && text.chars().count() > 1
            })
        };
        let mut words = std::collections::HashSet::new();
        let mut cells = 0;
        for cell in self.rows.iter().flat_map(|row| &row.cells).filter(|cell| !is_blank(cell)) {
            if !is_word(cell) {
                return Vec::new();
            }
            cells += 1;
            words.insert(as_text(cell));
        }
        if words.len() * 10 >= cells * 6 { (0..width).collect() } else { Vec::new() }
    }

    /// Removes rows with nothing in them, and says how many.
    pub(crate) fn skip_blank_rows(&mut self) -> usize {
        let before = self.rows.len();
        self.rows.retain(|row| !row.cells.iter().all(is_blank));
        before - self.rows.len()
    }

    /// Removes columns that have neither a name nor a value, as spreadsheets leave them.
    pub(crate) fn drop_blank_columns(&mut self) {
        let named = |column: &String| !column.trim().is_empty();
        if self.columns.iter().all(named) {
            return;
        }
        let kept: Vec<usize> = (0..self.columns.len())
            .filter(|&c| named(&self.columns[c]) || self.values(c).next().is_some())
            .collect();
        for row in &mut self.rows {
            row.cells = kept.iter().map(|&c| std::mem::take(&mut row.cells[c])).collect();
        }
        self.columns = kept.iter().map(|&c| std::mem::take(&mut self.columns[c])).collect();
        for (place, column) in self.columns.iter_mut().enumerate() {
            if column.trim().is_empty() {
                *column = format!("{}", place + 1);
            }
        }
    }
}

/// Is there nothing in it that anybody would read?
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A cell as text; a list or an object as JSON.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        // 3.0 is how a table with holes writes 3.
        Value::Number(number) => match number.as_f64() {
            Some(f)
                if !number.is_i64() && !number.is_u64() && f.fract() == 0.0 && f.abs() < 9e15 =>
            {
                format!("{f:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}
