//! Labels as a user of the library gets them.

mod extractive;
mod matching;
