//! What evidence promises.

mod backtests;
mod intervals;
mod purchases;
