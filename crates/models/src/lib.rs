//! The models that turn texts into vectors, and the tokeniser they share.
//!
//! [`tokenizer`] cuts a text into word pieces. [`transformer`] and [`static_table`] each make a vector of
//! them, and do not know each other.

pub mod static_table;
pub mod tokenizer;
pub mod transformer;
