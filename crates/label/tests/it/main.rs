//! Labels as a user of the library gets them.

// Without the attribute Clippy takes helpers for code that must not panic.
#[cfg(test)]
mod extractive;
#[cfg(test)]
mod matching;
