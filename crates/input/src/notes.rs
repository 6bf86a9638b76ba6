//! What is found out while a file is read, for the line that says how it was read.

/// What is found out on the way.
#[derive(Default)]
pub(crate) struct ReadingNotes {
    pub(crate) notes: Vec<String>,
    pub(crate) warnings: Vec<String>,
}
