//! The rows that questions are answered with, under the names of what they describe.

pub use entities::{
    company::Model as Company, deal::Model as Deal, link::Model as Link, order::Model as Order,
    product::Model as Product, source_identity::Model as SourceIdentity,
};
