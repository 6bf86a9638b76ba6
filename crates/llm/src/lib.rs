//! Language models behind OpenAI-compatible endpoints. The only crate that names `async-openai`.
//!
//! * [`Sessions`] / [`Session`]: one connection to one endpoint, shared by every stage of a process:
//!   one runtime, one pace, one store of answers, one budget.
//! * [`Asker`]: a stage's way to ask; counts what the stage costs.
//! * [`Request`] / [`Reply`]: what is asked, and what came back, with [`Flaw`] for answers that were
//!   paid for and are of no use.
//! * [`answers`]: the store. An answer is on disk before it is read, and is never paid for twice.
//! * [`Prompt`]: prompts as files, overridable per run folder.
//!
//! Nothing here knows what a cluster is.

pub mod answers;
mod asker;
mod prompt;
mod reply;
mod request;

pub use asker::{AskError, Asker};
pub use prompt::{Prompt, Rendered};
pub use reply::{Flaw, Reply, Usage};
pub use request::{Request, Shape};
