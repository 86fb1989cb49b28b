//! What sites and apps send to the real server.

mod durable;
