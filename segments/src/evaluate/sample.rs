//! Lots that fall the same way for ever.

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::condition::Sample;

/// Whether the lot falls on somebody.
pub(crate) fn is_drawn(sample: &Sample, person: Uuid) -> bool {
    Decimal::from(lot(&sample.salt, person)) < sample.percent * Decimal::ONE_HUNDRED
}

/// The lot of a person for a salt: 0..10,000, each as likely as any other, and the same for ever.
pub fn lot(salt: &str, person: Uuid) -> u16 {
    // The id has always the same length, so that no salt and id run into another salt and id.
    let hash = Sha256::new().chain_update(salt.as_bytes()).chain_update(person.as_bytes()).finalize();
    let mut eight = [0; 8];
    eight.copy_from_slice(&hash[..8]);
    let lot = (u128::from(u64::from_be_bytes(eight)) * 10_000) >> 64;
    u16::try_from(lot).unwrap_or(9_999)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{is_drawn, lot};
    use crate::condition::Sample;

    fn sample(percent: &str, salt: &str) -> Sample {
        Sample { percent: percent.parse().unwrap(), salt: salt.to_owned() }
    }

    #[test]
    fn lots_never_change() {
        // Control groups live as long as what they are compared with: these figures must stay.
        assert_eq!(lot("spring-test", Uuid::from_u128(1)), 1553);
        assert_eq!(lot("", Uuid::nil()), 2159);
    }

    #[test]
    fn lots_fall_evenly_and_apart() {
        let people = || (0..20_000_u128).map(Uuid::from_u128);
        for (percent, expected) in
            [("0", 0..=0), ("100", 20_000..=20_000), ("10", 1_850..=2_150), ("0.25", 25..=75)]
        {
            let drawn = people().filter(|person| is_drawn(&sample(percent, "a"), *person)).count();
            assert!(expected.contains(&drawn), "{percent}%: {drawn}");
        }
        let both = people()
            .filter(|person| is_drawn(&sample("10", "a"), *person) && is_drawn(&sample("10", "b"), *person))
            .count();
        assert!((140..=260).contains(&both), "{both}");
        let grown = people()
            .all(|person| !is_drawn(&sample("10", "a"), person) || is_drawn(&sample("10.01", "a"), person));
        assert!(grown, "a greater share keeps who was drawn");
    }
}
