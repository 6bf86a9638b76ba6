//! What the stages that ask a model share.
//!
//! * [`stage`]: what they do alike before and after their own work.
//! * [`Talk`]: one stage's conversation: a prompt, and whom to ask; calls run side by side, and
//!   what they come to is put back in order.
//! * [`Problem`]: what was wrong with an answer, as the model is told when it is asked again.
//! * [`shown`]: a cluster in a prompt: as much of it as the stage needs, and no more.
//! * [`values`]: what is read from an answer, whatever its type.
//! * [`Halves`]: a question that fails as a whole, cut until it is known what is to blame.
//! * [`calls_worth`]: into how many calls a stage's questions are cut.
//! * [`part`], [`part_space`], [`share_note`]: what a share keeps of its level where no model is asked, and what it
//!   leaves for whoever gathers it.
//! * [`names`]: how long a name is, in any script, and how it is cut.
//!
//! What is asked, and what an answer means, is each stage's own.

mod halves;
pub mod names;
pub mod part;
pub mod part_space;
pub mod share_note;
pub mod shown;
pub mod stage;
mod talk;
pub mod values;
mod width;

pub use halves::{Halves, HalvingReason};
pub use talk::{Answer, Problem, Talk, remark};
pub use width::{calls_worth, narrowest};
