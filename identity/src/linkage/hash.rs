//! Numbers made of text, the same for ever and everywhere: models keep them.

/// The hash of a text: FNV-1a over its bytes, 64 bits.
pub(super) fn text(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The hash of two hashes, in this order.
pub(super) fn both(a: u64, b: u64) -> u64 {
    mix(a.rotate_left(29) ^ mix(b))
}

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`).
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::{both, mix, text};

    #[test]
    fn hashes_are_what_they_always_were() {
        assert_eq!(text(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(text("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(mix(1), 0x5692_161d_100b_05e5);
        assert_ne!(both(1, 2), both(2, 1));
    }
}
