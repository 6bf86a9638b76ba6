//! Language models behind OpenAI-compatible endpoints. The only crate that names `async-openai`.
//!
//! * [`Sessions`] / [`Session`]: one connection to one endpoint, shared by every stage of a process:
//!   one runtime, one pace, one store of answers, one budget.
//! * [`Asker`]: a stage's way to ask; counts what the stage costs.
//! * [`Request`] / [`Reply`]: what is asked, and what came back, with [`Flaw`] for answers that were
//!   paid for and are of no use.
//! * [`answers`]: the store. An answer is on disk before it is read, and is never paid for twice.
//! * [`batch`]: questions that are handed over together and answered later, for half the price, and
//!   answers that were got elsewhere.
//! * [`Budget`], [`Prices`], [`TokenCounter`]: what may be spent, and what a call comes to.
//! * [`Secret`]: a key that is never shown.
//! * [`Prompt`]: prompts as files, overridable per run folder.
//!
//! Nothing here knows what a cluster is. (`session/settings.rs` hands the path of the clusters on, to be told
//! which embedder `auto` means.)

mod account;
pub mod batch;
mod client;
mod key;
mod prompt;
mod request;
mod session;
pub mod store;
mod style;

/// The store: an answer is on disk before it is read, and is never paid for twice.
pub use store as answers;

pub use account::budget::{Budget, Limit, Reservation, Room, Spending, SpendingLimits};
pub use account::prices::{Price, Prices, window};
pub use account::tokens::{TokenCounter, estimate as estimate_tokens};
pub use account::usage::TokenUsage;
pub use client::reply::{Flaw, Reply};
pub use client::secret::Secret;
pub use prompt::{Prompt, Rendered};
pub use request::{AnswerShape, Request};
pub use session::asker::{AskError, Asker};
pub use session::embeddings::TEXTS_A_CALL;
pub use session::reask::Reask;
pub use session::rehearsal::OpenQuestion;
pub use session::settings::{LlmArgs, check_key, depending, depending_on_embedder, key_is_set};
pub use session::{Session, Sessions, run_of};
pub use store::{Answers, CallId};
