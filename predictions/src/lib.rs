//! Churn, lifetime value, recommendation and next best action. Pure: no I/O, no clock.
//!
//! [`btyd`] answers for customers without a contract, from what they bought alone: who will come again, how often, and
//! what they will be worth. [`scores`] learns from what became of others who leaves a contract, becomes a customer, or buys.
//! [`recommend`] says which products a customer is most interested in, new and again. [`actions`] chooses what to do for a
//! customer next, learns from what comes of it, and says what a policy is worth before it goes live. [`evidence`] says
//! whether predictions are any good.

pub mod actions;
pub mod btyd;
pub mod evidence;
mod matrix;
pub mod recommend;
pub mod scores;
