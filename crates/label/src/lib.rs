//! Exactly one candidate for every cluster.
//!
//! Two ways lead to a label: a model's answer, matched to the candidate it means ([`Matcher`]),
//! and without a model the nearest candidate by embedding ([`label`]). Both are plain functions
//! over names and vectors.

mod call;
mod extractive;
mod job;
mod llm;
mod look;
mod matching;
mod near;
mod nearest;
mod normal;
mod offered;
mod offers;
mod onto;
mod part;
mod pools;
mod questions;
mod references;
mod scope;
mod stage;
mod work;

pub use extractive::{LabelChoice, LabelTask, RunnerUp, label};
pub use matching::{FUZZY, MatchedAnswer, Matcher, Mismatch};
pub use offered::OfferedCandidate;
pub use offers::{NothingOffered, Offers};
pub use scope::{Scope, UnknownScope};
pub use stage::{LabelArgs, VERSION, main, prompt, run};
