//! Unpacking a body, up to a limit.

use std::borrow::Cow;
use std::io::Read;

use connectors::tracking::LARGEST_BATCH;
use flate2::read::GzDecoder;

/// What a gzip stream begins with. Some clients send one without saying so.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a body cannot be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// More than a batch may have.
    TooLarge,
    /// Neither plain nor gzip.
    Broken,
}

/// The body as it was before it was packed.
pub(super) fn unpacked(body: &[u8]) -> Result<Cow<'_, [u8]>, Packed> {
    if body.len() > LARGEST_BATCH {
        return Err(Packed::TooLarge);
    }
    if !body.starts_with(&GZIP) {
        return Ok(Cow::Borrowed(body));
    }
    let mut plain = Vec::new();
    // One byte more than is taken tells that there is more.
    let most = LARGEST_BATCH as u64 + 1;
    GzDecoder::new(body).take(most).read_to_end(&mut plain).map_err(|_| Packed::Broken)?;
    if plain.len() > LARGEST_BATCH { Err(Packed::TooLarge) } else { Ok(Cow::Owned(plain)) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_is_unpacked_up_to_the_limit() {
        assert_eq!(unpacked(b"{}").unwrap(), &b"{}"[..]);
        assert_eq!(unpacked(&packed(b"{}")).unwrap(), &b"{}"[..]);
        let most = vec![b' '; LARGEST_BATCH];
        assert_eq!(unpacked(&packed(&most)).unwrap().len(), LARGEST_BATCH);
        let bomb = vec![b' '; 50 * LARGEST_BATCH];
        assert!(packed(&bomb).len() < LARGEST_BATCH);
        assert_eq!(unpacked(&packed(&bomb)), Err(Packed::TooLarge));
        assert_eq!(unpacked(&bomb), Err(Packed::TooLarge));
        let cut = packed(&most);
        assert_eq!(unpacked(&cut[..cut.len() / 2]), Err(Packed::Broken));
    }
}
