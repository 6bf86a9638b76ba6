//! Embedders as the stages use them.

// Without the attribute Clippy takes helpers for code that must not panic.
#[cfg(test)]
mod lexical;
