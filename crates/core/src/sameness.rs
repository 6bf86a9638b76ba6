//! What the base clusters of two months are recognised by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What makes two base clusters of different trees the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchBy {
    /// Ids where names or members agree with them, then members, names, and nearness of meaning.
    #[default]
    Auto,
    /// Ids alone.
    Ids,
    /// The items that both hold.
    Members,
    /// Name and description, then nearness of meaning.
    Names,
}

impl MatchBy {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("ids", Self::Ids),
        ("members", Self::Members),
        ("names", Self::Names),
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ids => "ids",
            Self::Members => "members",
            Self::Names => "names",
        }
    }

    /// Is it what is meant where nothing is said?
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for MatchBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for MatchBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, by)| *by).ok_or_else(|| {
            format!(
                "unknown value {text:?}; expected one of {}",
                Self::ALL.map(|(name, _)| name).join(", ")
            )
        })
    }
}
