//! One connection to one endpoint, shared by every stage of a process: it owns the store, the account and
//! the pace, and asks.

pub(crate) mod asker;
mod attempt;
mod call;
mod embed;
pub(crate) mod embeddings;
mod ending;
pub(crate) mod endpoint;
mod flights;
pub(crate) mod flow;
pub(crate) mod halt;
mod kept;
mod lengths;
pub(crate) mod reask;
pub(crate) mod recover;
pub(crate) mod rehearsal;
mod sessions;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod tally;

pub(crate) use shared::SharedSession;

pub use sessions::{Sessions, run_of};
pub use shared::Session;
