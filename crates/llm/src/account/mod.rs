//! What calls come to: tokens, prices, budgets.

pub(crate) mod budget;
pub(crate) mod prices;
pub(crate) mod tokens;
pub(crate) mod usage;
