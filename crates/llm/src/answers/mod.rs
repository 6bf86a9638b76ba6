//! The store of answers.
