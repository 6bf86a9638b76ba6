//! What a column holds.

use std::collections::HashSet;

use serde_json::Value;

use crate::values::cells::{self, SizeNotation};
use crate::values::column_role::ColumnRole;
use crate::values::table::{InputTable, as_text};
use crate::values::vocabulary;

/// How many rows are looked at to tell what a column holds.
pub(crate) const SAMPLE: usize = 1_000;
/// Longer texts, on average, are no names.
const LONGEST_NAME: usize = 120;

/// What a column holds.
#[derive(Debug, Default)]
pub(crate) struct ColumnProfile {
    pub(crate) filled: usize,
    pub(crate) numbers: usize,
    whole: usize,
    lists: usize,
    /// Lists of one text.
    alone: usize,
    pub(crate) distinct: usize,
    pub(crate) letters: usize,
    pub(crate) words: usize,
    /// Values that could be a number of items.
    sizes: usize,
    /// Values of a word with a digit, a point or hardly a small letter in it.
    pub(crate) coded: usize,
    /// Are the values 1, 2, 3 and so on, in that order?
    counts: bool,
    /// Is every number larger than the one before?
    rises: bool,
}

impl ColumnProfile {
    pub(crate) fn of(table: &InputTable, column: usize) -> Self {
        let mut profile = Self::default();
        let mut seen = HashSet::new();
        for value in table.values(column).take(SAMPLE) {
            profile.filled += 1;
            let text = as_text(value);
            match value {
                Value::Number(_) => profile.numbers += 1,
                Value::Array(list) => {
                    profile.lists += 1;
                    let alone = matches!(list.as_slice(), [Value::String(text)] if text.contains(char::is_alphabetic));
                    profile.alone += usize::from(alone);
                }
                Value::String(text) if cells::is_number(text) => profile.numbers += 1,
                Value::String(text) if cells::written_list(text).is_some() => profile.lists += 1,
                Value::String(_) | Value::Object(_) => profile.words += 1,
                _ => {}
            }
            let could = !value.is_array() && SizeNotation::default().read(value).is_ok();
            profile.sizes += usize::from(could);
            profile.coded += usize::from(is_code(&text));
            profile.whole += usize::from(text.trim().parse::<i64>().is_ok());
            profile.letters += text.chars().count();
            seen.insert(text);
        }
        profile.distinct = seen.len();
        let numbers: Vec<Option<f64>> = table
            .values(column)
            .take(SAMPLE)
            .map(|value| as_text(value).trim().parse().ok())
            .collect();
        profile.rises = numbers.windows(2).all(|pair| match pair {
            [Some(before), Some(next)] => before < next,
            _ => false,
        });
        let counted = table.rows.iter().take(SAMPLE).enumerate();
        profile.counts = table.rows.len() > 2
            && counted
                .into_iter()
                .all(|(at, row)| as_text(&row.cells[column]).trim() == (at + 1).to_string());
        profile
    }

    pub(crate) fn most(&self, part: usize) -> bool {
        self.filled > 0 && part * 10 >= self.filled * 9
    }

    pub(crate) fn half(&self, part: usize) -> bool {
        self.filled > 0 && part * 2 >= self.filled
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.most(self.whole)
    }

    pub(crate) fn is_text(&self) -> bool {
        self.most(self.words)
    }

    pub(crate) fn is_list(&self) -> bool {
        self.half(self.lists)
    }

    /// Lists of a single text are that text.
    pub(crate) fn is_text_alone(&self) -> bool {
        self.filled > 0 && self.alone == self.filled
    }

    /// Is every number larger than the one before?
    pub(crate) fn rises(&self) -> bool {
        self.rises
    }

    /// Could most values be a number of items?
    pub(crate) fn are_half_sizes(&self) -> bool {
        self.half(self.sizes)
    }

    /// Could every value be a number of items?
    pub(crate) fn could_be_sizes(&self) -> bool {
        self.filled > 1 && self.sizes == self.filled
    }

    /// Is every value another one?
    pub(crate) fn is_unique(&self) -> bool {
        self.filled > 0 && self.distinct == self.filled
    }

    pub(crate) fn is_short(&self) -> bool {
        self.letters <= self.filled * LONGEST_NAME
    }

    /// Could a column of that role hold such values?
    pub(crate) fn suits(&self, role: ColumnRole, place: usize, name: &str) -> bool {
        if self.filled == 0 {
            // A column with nothing in it is what it is called.
            return place < 1_000
                && !matches!(
                    role,
                    ColumnRole::Name | ColumnRole::Item | ColumnRole::Keywords | ColumnRole::Size
                );
        }
        match role {
            ColumnRole::Id => {
                let noun = [
                    "topic",
                    "topics",
                    "cluster",
                    "clusters",
                    "label",
                    "labels",
                    "group",
                    "gruppe",
                    "community",
                    "index",
                ];
                let is_noun = vocabulary::readings(name)
                    .iter()
                    .any(|reading| noun.contains(&reading.as_str()));
                !self.is_list() && if is_noun { self.is_whole() } else { self.is_short() }
            }
            // Codes of a few letters are ids.
            ColumnRole::Name if name.eq_ignore_ascii_case("code") => {
                self.half(self.words) && self.letters > self.filled * 8
            }
            ColumnRole::Name => self.half(self.words) && !self.is_list() || self.is_text_alone(),
            ColumnRole::Description => !self.most(self.numbers),
            ColumnRole::Keywords => !self.most(self.numbers),
            ColumnRole::Slug => self.is_text(),
            ColumnRole::Members => self.is_list() || !self.most(self.numbers) && place < 1_000,
            // What is called a size and is none is told; of what is only called alike, sizes are taken.
            // A number that counts the rows is no size, whatever its column is called.
            ColumnRole::Size if self.counts && vocabulary::counts_rows(name) => false,
            ColumnRole::Size if self.rises && vocabulary::words(name) == "num" => false,
            ColumnRole::Size if place < 5 => self.half(self.numbers) || self.most(self.sizes),
            // A single cell that is none does not make all others worthless.
            ColumnRole::Size => {
                self.half(self.sizes) && self.sizes + self.filled / 10 >= self.filled
            }
            ColumnRole::Parent => !self.is_list(),
            ColumnRole::Level => self.is_whole(),
            ColumnRole::Item => !self.is_list(),
        }
    }
}

/// `A00`, `cs.AI`, `LP-1`: what nobody would call a cluster.
fn is_code(text: &str) -> bool {
    let text = text.trim();
    let small = text.chars().filter(|c| c.is_lowercase()).count();
    !text.contains(' ')
        && (text.contains(|c: char| c.is_ascii_digit() || ".-_/".contains(c))
            || small * 2 < text.chars().count())
}
