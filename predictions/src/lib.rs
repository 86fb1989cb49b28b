//! Churn, lifetime value, recommendation and next best action. Pure: no I/O, no clock.
