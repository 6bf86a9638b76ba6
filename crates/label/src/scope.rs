//! Which candidates a cluster may choose from.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// Which candidates a cluster is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Those of its group and those of no group.
    #[default]
    Group,
    /// All.
    All,
    /// Of all, so many that are nearest to it.
    Nearest(NonZeroUsize),
}

impl Scope {
    /// What `nearest` means without a number: about as many as a group has.
    pub const NEAREST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let unknown = || UnknownScope(text.to_owned());
        match text {
            "group" => Ok(Self::Group),
            "all" => Ok(Self::All),
            "nearest" => Ok(Self::Nearest(Self::NEAREST)),
            _ => {
                let number = text.strip_prefix("nearest:").ok_or_else(unknown)?;
                number.parse().map(Self::Nearest).map_err(|_| unknown())
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group => f.write_str("group"),
            Self::All => f.write_str("all"),
            Self::Nearest(k) => write!(f, "nearest:{k}"),
        }
    }
}

/// A scope that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}; expected group, all, nearest or nearest:N (N from 1)")]
pub struct UnknownScope(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_they_are_read() {
        for text in ["group", "all", "nearest:1", "nearest:20"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        assert_eq!("nearest".parse(), Ok(Scope::Nearest(Scope::NEAREST)));
        for text in ["", "Group", "nearest:", "nearest:0", "nearest:-1", "nearest:x", "nearest12"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
