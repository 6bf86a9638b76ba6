//! What a stage did.

use std::ops::AddAssign;

use crate::artifact::Written;
use crate::exit;

/// A stage that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What was written; `None` where the stage only planned.
    pub written: Option<Written>,
    /// A few words about it, for the terminal.
    pub note: String,
    /// How asking a model went.
    pub asked: Asked,
}

impl Ran {
    /// The exit code of a stage run by hand.
    pub fn exit_code(&self) -> u8 {
        if self.asked.strict && self.asked.fell_back > 0 { exit::PARTIAL } else { exit::OK }
    }
}

/// How asking a model went. All nothing where none was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Rows that are not as the model said them: those with a remark.
    pub fell_back: usize,
    /// How many of them may go well another time.
    pub passing: usize,
    /// Calls were only counted: there are no rows.
    pub planned: bool,
    /// Rows that fell back are a failure.
    pub strict: bool,
}

impl AddAssign for Asked {
    fn add_assign(&mut self, other: Self) {
        self.fell_back += other.fell_back;
        self.passing += other.passing;
        self.planned |= other.planned;
        self.strict |= other.strict;
    }
}
