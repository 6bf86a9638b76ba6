//! How a file was read, in one line.

use cladus_core::numbers::thousands;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Columns without use that are named at most.
const SHOWN: usize = 20;

/// How a file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// The file, without its folder.
    pub file: String,
    /// What wrote it, where that is known; else its format.
    pub kind: String,
    /// Its format.
    pub format: String,
    /// Base clusters.
    pub clusters: u64,
    /// Their items.
    pub items: u64,
    /// Roles with the columns that play them.
    pub columns: Vec<(String, String)>,
    /// What else was found out: encoding, delimiter, header, what was skipped or made readable.
    pub notes: Vec<String>,
    /// What was set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// Columns that nothing was taken from.
    pub not_used: Vec<String>,
}

/// What no cluster is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noise {
    /// What it is called.
    pub called: String,
    /// How many rows it stands in.
    pub clusters: u64,
    /// How many items it has.
    pub items: u64,
    /// Is it taken in all the same?
    pub kept: bool,
}

fn plural(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(count))
}

impl Understood {
    /// Items in clusters and in none.
    fn all_items(&self) -> u64 {
        self.items.saturating_add(
            self.noise.as_ref().filter(|noise| !noise.kept).map_or(0, |noise| noise.items),
        )
    }

    fn fmt_noise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(noise) = &self.noise {
            let share = (noise.items.saturating_mul(100)).checked_div(if noise.kept {
                self.items
            } else {
                self.all_items()
            });
            let verb = if noise.kept { "kept" } else { "set aside" };
            write!(
                f,
                "; {} ({}, {} %) is noise, {verb}",
                noise.called,
                plural(noise.items, "item"),
                share.unwrap_or(0)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Understood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}, {}, {}",
            self.file,
            self.kind,
            plural(self.clusters, "cluster"),
            plural(self.items, "item")
        )?;
        let plain = |(role, column): &&(String, String)| role == column;
        let same: Vec<&str> =
            self.columns.iter().filter(plain).map(|(_, column)| column.as_str()).collect();
        let others: Vec<String> = self
            .columns
            .iter()
            .filter(|pair| !plain(pair))
            .map(|(role, column)| format!("{role} from {column}"))
            .collect();
        if !others.is_empty() {
            write!(f, "; {}", others.join(", "))?;
        }
        if !same.is_empty() {
            write!(
                f,
                "; {} as {} called",
                list(&same),
                if same.len() == 1 { "it is" } else { "they are" }
            )?;
        }
        for note in &self.notes {
            write!(f, "; {note}")?;
        }
        self.fmt_noise(f)?;
        if !self.not_used.is_empty() {
            let shown = &self.not_used[..self.not_used.len().min(SHOWN)];
            write!(f, "; not used: {}", shown.join(", "))?;
            let more = self.not_used.len() - shown.len();
            if more > 0 {
                write!(f, " and {} more", thousands(more as u64))?;
            }
        }
        Ok(())
    }
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
