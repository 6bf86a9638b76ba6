//! The words by which servers tell why they refuse, in lower case.

mod account;
mod place;
mod request;
mod texts;

pub(super) use account::*;
pub(super) use place::*;
pub(super) use request::*;
pub(super) use texts::*;

/// Does a text, in lower case, say any of these?
pub(super) fn says(all: &str, words: &[&str]) -> bool {
    words.iter().any(|word| all.contains(word))
}
