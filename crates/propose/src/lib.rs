//! propose
mod stage;
pub use stage::{ProposeArgs, VERSION, main, run};
