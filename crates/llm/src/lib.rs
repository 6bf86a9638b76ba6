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
//! Nothing here knows what a cluster is.

pub mod answers;
mod asker;
mod attempt;
mod backoff;
pub mod batch;
mod budget;
mod embeddings;
mod ending;
mod errand;
mod flights;
mod flow;
mod form;
mod pacing;
mod prices;
mod prompt;
mod reask;
mod recover;
mod refusal;
mod rehearsal;
mod reply;
mod request;
mod secret;
mod session;
mod settings;
mod style;
mod tally;
mod tokens;
mod wire;

pub use answers::{Answers, CallId};
pub use asker::{AskError, Asker};
pub use budget::{Budget, Limit, Limits, Reservation, Room, Spending};
pub use embeddings::TEXTS_A_CALL;
pub use prices::{Price, Prices};
pub use prompt::{Prompt, Rendered};
pub use reask::Reask;
pub use rehearsal::Open;
pub use reply::{Flaw, Reply, Usage};
pub use request::{Request, Shape};
pub use secret::Secret;
pub use session::{Session, Sessions, run_of};
pub use settings::{LlmArgs, check_key, depending, depending_on_embedder, key_is_set};
pub use tokens::{TokenCounter, estimate as estimate_tokens};
