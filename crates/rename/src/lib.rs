//! rename
mod families;
mod stage;
pub use stage::{RenameArgs, VERSION, main, run};
