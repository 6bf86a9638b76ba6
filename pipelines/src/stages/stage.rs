//! The five stages, and a word as a shell reads it.

use std::ffi::OsString;

use cladus_core::schema::{self, Schema};
use serde::Serialize;

/// The five stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Clusters to embeddings.
    Embed,
    /// Embeddings to groups.
    Group,
    /// Candidate parent names for every group.
    Propose,
    /// One candidate for every cluster.
    Label,
    /// Named parents for clusters with the same label.
    Rename,
}

impl Stage {
    /// In the order they run.
    pub const ALL: [Self; 5] = [Self::Embed, Self::Group, Self::Propose, Self::Label, Self::Rename];

    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Group => "group",
            Self::Propose => "propose",
            Self::Label => "label",
            Self::Rename => "rename",
        }
    }

    /// What it writes.
    pub fn output(self) -> &'static Schema {
        match self {
            Self::Embed => &schema::EMBEDDINGS,
            Self::Group => &schema::GROUPS,
            Self::Propose => &schema::CANDIDATES,
            Self::Label => &schema::LABELS,
            Self::Rename => &schema::PARENTS,
        }
    }
}

/// A word as a shell reads it.
pub(crate) fn quote(word: &OsString) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
