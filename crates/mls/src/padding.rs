//! Padmé padding (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
//! 2019): at most 12 % larger, and of a length that tells only O(log log n) bits of the true one.

/// Smallest padded length in bytes: short messages all look alike.
const MINIMUM: usize = 256;

/// Pads: a 4-byte length, the bytes, zeroes up to the next bucket.
pub fn pad(plain: &[u8]) -> Vec<u8> {
    let mut padded = Vec::with_capacity(bucket(plain.len() + 4));
    // Bodies are bounded far below 4 GiB.
    let length = u32::try_from(plain.len()).unwrap_or(u32::MAX);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(plain);
    padded.resize(bucket(padded.len()), 0);
    padded
}

/// Takes the padding off; `None` if it is malformed.
pub fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (plain, zeroes) = rest.split_at_checked(length)?;
    zeroes.iter().all(|byte| *byte == 0).then_some(plain)
}

fn bucket(length: usize) -> usize {
    if length <= MINIMUM {
        return MINIMUM;
    }
    let exponent = length.ilog2();
    let significant = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - significant)) - 1;
    (length + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_comes_off_and_costs_at_most_an_eighth() {
        for length in [0, 1, 251, 252, 253, 300, 1_000, 4_093, 60_000] {
            let plain = vec![7; length];
            let padded = pad(&plain);
            assert_eq!(unpad(&padded), Some(plain.as_slice()));
            assert!(padded.len() <= MINIMUM.max((length + 4) * 9 / 8), "{length} became {}", padded.len());
        }
    }

    #[test]
    fn malformed_padding_is_refused() {
        assert_eq!(unpad(b"ab"), None);
        assert_eq!(unpad(&[0, 0, 0, 9, 1]), None);
        assert_eq!(unpad(&[0, 0, 0, 1, 1, 1]), None);
        assert_eq!(unpad(&[255, 255, 255, 255, 1, 1]), None);
    }
}
