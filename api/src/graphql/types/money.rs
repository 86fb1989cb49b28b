//! Amounts.

use async_graphql::SimpleObject;
use profiles::view::money::from_micros;

use crate::graphql::scalars::Decimal;

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Money<'a> {
    /// The amount, in units of the currency (not in cents). Negative where money went back.
    amount: Decimal,
    /// ISO 4217 code, such as `EUR`; null where the source does not say.
    currency: Option<&'a str>,
}

impl<'a> Money<'a> {
    pub(super) fn new(amount: rust_decimal::Decimal, currency: Option<&'a str>) -> Self {
        Self { amount: Decimal(amount), currency: currency.filter(|code| !code.is_empty()) }
    }

    /// From millionths.
    pub(super) fn micros(micros: i64, currency: Option<&'a str>) -> Self {
        Self::new(from_micros(micros), currency)
    }
}
