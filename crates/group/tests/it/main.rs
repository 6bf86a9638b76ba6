//! Groupings as a user of the library sees them.

mod properties;
mod quality;
mod rows;
