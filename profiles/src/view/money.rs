//! Money in storage: an integer in millionths of the currency, so that no sum depends on its order.

use rust_decimal::Decimal;

/// Decimal places that are kept.
const SCALE: u32 = 6;
const ONE: i64 = 1_000_000;

/// The amount in millionths, rounded half to even; `None` where it does not fit.
pub fn to_micros(amount: Decimal) -> Option<i64> {
    amount.round_dp(SCALE).checked_mul(Decimal::from(ONE)).and_then(|micros| i64::try_from(micros).ok())
}

/// The amount as a decimal without needless zeros.
pub fn from_micros(micros: i64) -> Decimal {
    Decimal::new(micros, SCALE).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_back_as_they_went_in() {
        for text in ["0", "12.5", "-3.000001", "9000000000000"] {
            let amount: Decimal = text.parse().unwrap();
            assert_eq!(from_micros(to_micros(amount).unwrap()), amount.normalize());
        }
        assert_eq!(to_micros(Decimal::MAX), None);
    }
}
