//! A known taxonomy of the base clusters.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cladus_core::error::Place;
use cladus_core::{Error, Result};
use serde::Deserialize;

use crate::table;

/// The known categories above items, top first.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// Ids, ascending, each once.
    pub(crate) ids: Vec<String>,
    /// For each id its classes: number `k` of a path stands for its first `k + 1` parts together.
    pub(crate) paths: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct TruthRow {
    id: String,
    path: Vec<String>,
}

impl Truth {
    /// Of ids and their paths.
    pub fn new(rows: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut rows: Vec<(String, Vec<String>)> = rows.into_iter().collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows.dedup_by(|a, b| a.0 == b.0);
        let mut classes: HashMap<(Option<u32>, String), u32> = HashMap::new();
        let mut truth = Self::default();
        for (id, path) in rows {
            let mut above = None;
            let mut classified = Vec::with_capacity(path.len());
            for part in path {
                let next = u32::try_from(classes.len()).unwrap_or(u32::MAX);
                let class = *classes.entry((above, part)).or_insert(next);
                classified.push(class);
                above = Some(class);
            }
            truth.ids.push(id);
            truth.paths.push(classified);
        }
        truth
    }

    /// Reads JSON lines with `id` and `path`, the names of the known categories above, top first; or the
    /// same as a table, CSV or Parquet, where a column for every level may take the place of `path`.
    ///
    /// # Errors
    /// When the file cannot be read, a line is something else, an id stands twice, or a path is empty.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        if bytes.starts_with(b"PAR1") {
            return Self::of_table(path, table::parquet(path)?);
        }
        let first = bytes.trim_ascii_start().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let first = first.trim_ascii_start().first().copied();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_table = ["csv", "tsv", "txt"].iter().any(|e| ending.eq_ignore_ascii_case(e));
        if is_table && !matches!(first, None | Some(b'{')) {
            return Self::of_table(path, table::csv(path, &bytes)?);
        }
        let text = String::from_utf8(bytes)
            .map_err(|e| Error::damaged(path, format!("is neither UTF-8 text nor Parquet: {e}")))?;
        let mut rows = Vec::new();
        let mut seen = HashSet::new();
        let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}')).enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |column: &str, problem: String| {
                Error::at(path, Place::Line(at + 1), column, problem)
            };
            let row: TruthRow = serde_json::from_str(line).map_err(|e| {
                let problem = format!("{e}; expected {{\"id\": \"…\", \"path\": [\"top\", …]}}");
                Error::damaged(path, format!("line {}: {problem}", at + 1))
            })?;
            if row.path.is_empty() {
                return Err(wrong("path", "is empty: an item is in one category at least".into()));
            }
            if !seen.insert(row.id.clone()) {
                return Err(wrong("id", format!("{:?} is listed twice", row.id)));
            }
            rows.push((row.id, row.path));
        }
        if rows.is_empty() {
            return Err(Error::damaged(path, "holds no items"));
        }
        Ok(Self::new(rows))
    }

    fn of_table(path: &Path, table: Vec<table::ItemRow>) -> Result<Self> {
        let mut seen = HashSet::new();
        for (at, id, above) in &table {
            let wrong = |column: &str, problem: String| Error::value(path, *at, column, problem);
            if id.is_empty() {
                return Err(wrong("id", "is empty".into()));
            }
            if above.is_empty() {
                return Err(wrong("path", format!("{id:?} is in no category")));
            }
            if !seen.insert(id) {
                return Err(wrong("id", format!("{id:?} is listed twice")));
            }
        }
        if table.is_empty() {
            return Err(Error::damaged(path, "holds no items"));
        }
        Ok(Self::new(table.into_iter().map(|(_, id, above)| (id, above))))
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The length of the longest path.
    pub(crate) fn levels(&self) -> usize {
        self.paths.iter().map(Vec::len).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Truth> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.jsonl");
        std::fs::write(&path, text).unwrap();
        Truth::read(&path)
    }

    #[test]
    fn classes_are_what_paths_share() {
        let truth = read(concat!(
            "{\"id\":\"b\",\"path\":[\"x\",\"y\"]}\n\n",
            "{\"id\":\"a\",\"path\":[\"z\",\"y\"],\"more\":1}\n",
            "{\"id\":\"c\",\"path\":[\"x\"]}\n",
        ))
        .unwrap();
        assert_eq!(truth.ids, ["a", "b", "c"]);
        // Both have a `y`, in different places.
        assert_ne!(truth.paths[0][1], truth.paths[1][1]);
        assert_eq!(truth.paths[1][..1], truth.paths[2]);
        assert_eq!((truth.len(), truth.levels()), (3, 2));
    }

    #[test]
    fn tables_say_the_same_as_lines() {
        let lines = "{\"id\":\"a\",\"path\":[\"x; y\",\"z\"]}\n{\"id\":\"b\",\"path\":[\"w\"]}\n";
        let expected = read(lines).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (at, text) in [
            "id,path\na,x; y > z\nb,w\n",
            "\u{feff}path;id\n\"[\"\"x; y\"\",\"\"z\"\"]\";a\nw;b\n",
            "top\tmiddle\tid\nx; y\tz\ta\nw\t\tb\n",
            "cluster,top,middle\na,x; y,z\nb,w\n",
        ]
        .into_iter()
        .enumerate()
        {
            let path = folder.path().join(format!("{at}.csv"));
            std::fs::write(&path, text).unwrap();
            let found = Truth::read(&path).unwrap();
            assert_eq!((&found.ids, &found.paths), (&expected.ids, &expected.paths), "{text}");
        }
        for (text, part) in [
            ("id\na\n", "one column"),
            ("id,path\na,\n", "no category"),
            ("id,path\na,x\na,y\n", "listed twice"),
            ("id,path\n", "no items"),
        ] {
            let path = folder.path().join("wrong.csv");
            std::fs::write(&path, text).unwrap();
            let error = Truth::read(&path).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let one = "{\"id\":\"a\",\"path\":[\"x\"]}\n";
        for (text, parts) in [
            (String::new(), ["holds no items", "truth.jsonl"]),
            (format!("{one}{one}"), ["id", "listed twice"]),
            (format!("{one}{{\"id\":\"b\",\"path\":[]}}"), ["path", "is empty"]),
            (format!("{one}nonsense"), ["line 2", "expected"]),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
