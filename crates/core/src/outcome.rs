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
        let strictly = self.asked.strict && self.asked.fell_back > 0;
        if strictly || self.is_mostly_stand_ins(STAND_INS) { exit::PARTIAL } else { exit::OK }
    }

    /// Are more of its rows than this share stand-ins? That is no success.
    pub fn is_mostly_stand_ins(&self, share: f64) -> bool {
        let rows = self.written.map_or(0, |written| written.rows);
        self.asked.stand_ins as f64 > share * rows as f64
    }

    /// Where more rows than this share are stand-ins, all of those are open: the next run tries again.
    #[must_use]
    pub fn opened(mut self, share: f64) -> Self {
        if self.is_mostly_stand_ins(share) {
            self.asked.passing = self.asked.passing.max(self.asked.stand_ins);
        }
        self
    }
}

/// The share of a stage's rows that may be stand-ins, where nobody says otherwise.
pub const STAND_INS: f64 = 0.1;

/// How asking a model went. All nothing where none was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Rows that are not as the model said them: those with a remark.
    pub fell_back: usize,
    /// Those of them in whose places something else stands: there was no answer that could be used.
    pub stand_ins: usize,
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
        self.stand_ins += other.stand_ins;
        self.passing += other.passing;
        self.planned |= other.planned;
        self.strict |= other.strict;
    }
}
