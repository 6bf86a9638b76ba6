//! What calls come to: tokens, prices, budgets, and the count of one stage.

pub(crate) mod budget;
pub(crate) mod prices;
pub(crate) mod tally;
pub(crate) mod tokens;
