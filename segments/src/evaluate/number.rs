//! Numbers that can be added up and taken off again without a rest, in any order.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::comparison::{Amount, Test};

/// A number in units of 10⁻¹². What is larger than 10¹⁸ counts as 10¹⁸, so that sums of a hundred million of them fit.
pub(crate) type Fixed = i128;

const DECIMALS: u32 = 12;
/// One in units.
pub(crate) const ONE: Fixed = 1_000_000_000_000;
const MOST: Fixed = 1_000_000_000_000_000_000 * ONE;

/// The number in units.
pub(crate) fn fixed(number: Decimal) -> Fixed {
    let number = if number.scale() > DECIMALS { number.round_dp(DECIMALS) } else { number };
    let missing = DECIMALS.saturating_sub(number.scale());
    number.mantissa().saturating_mul(10_i128.pow(missing)).clamp(-MOST, MOST)
}

/// What the units come to, to be shown.
pub(crate) fn to_decimal(units: Fixed) -> Decimal {
    Decimal::try_from_i128_with_scale(units, DECIMALS)
        .or_else(|_| Decimal::try_from_i128_with_scale(units / ONE, 0))
        .unwrap_or(Decimal::MAX)
        .normalize()
}

/// Whether a fraction of units passes a test of numbers. Tests of anything else never hold.
pub(crate) fn passes(test: &Test, sum: Fixed, count: usize) -> bool {
    let count = count.to_i128().unwrap_or(Fixed::MAX);
    let against = |amount: &Amount| sum.cmp(&fixed(amount.number()).saturating_mul(count));
    match test {
        Test::Equals(literal) => literal.amount().is_some_and(|amount| against(&amount).is_eq()),
        Test::NotEquals(literal) => literal.amount().is_some_and(|amount| against(&amount).is_ne()),
        Test::OneOf(literals) => {
            literals.iter().filter_map(crate::Literal::amount).any(|amount| against(&amount).is_eq())
        }
        Test::NoneOf(literals) => {
            literals.iter().filter_map(crate::Literal::amount).all(|amount| against(&amount).is_ne())
        }
        Test::Above(amount) => against(amount).is_gt(),
        Test::AtLeast(amount) => against(amount).is_ge(),
        Test::Below(amount) => against(amount).is_lt(),
        Test::AtMost(amount) => against(amount).is_le(),
        Test::Between(range) => against(&range.from).is_ge() && against(&range.to).is_le(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{MOST, fixed, to_decimal};

    #[test]
    fn numbers_are_counted_in_units_without_overflow() {
        for (text, units) in [
            ("1", 1_000_000_000_000),
            ("-0.000000000001", -1),
            ("0.0000000000001", 0),
            ("12.50", 12_500_000_000_000),
        ] {
            assert_eq!(fixed(text.parse().unwrap()), units, "{text}");
        }
        assert_eq!(fixed(Decimal::MAX), MOST);
        assert_eq!(fixed(Decimal::MIN), -MOST);
        assert_eq!(to_decimal(fixed("12.50".parse().unwrap())).to_string(), "12.5");
        assert_eq!(to_decimal(MOST).to_string(), "1000000000000000000");
        assert_eq!(to_decimal(100 * MOST).to_string(), "100000000000000000000");
    }
}
