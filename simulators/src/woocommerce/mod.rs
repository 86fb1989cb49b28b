//! WooCommerce's REST interface, version 3 (`/wp-json/wc/v3`): customers, orders with refunds, products.
//!
//! Shapes follow WooCommerce's published documentation. Keys are taken by Basic authentication or in the query;
//! a real shop would want OAuth 1.0a signatures over plain HTTP, which this loopback server does not. What is
//! left out: writing, variations, webhooks.

mod answer;
mod change;
mod data;
mod list;
mod render;

pub use data::{Address, Coupon, Customer, Line, Order, OrderStatus, Product, Refund, Shop};
