//! Judges CBOR items of any shape: whether they are in the one deterministic encoding of RFC 8949, section 4.2.1,
//! and within the data model that draft-ietf-mimi-content-09, section 6, allows.
//!
//! It builds nothing and recurses no deeper than it is told, so that bytes from outside can be judged as they are.

use crate::limits::MAX_KEY;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// The only NaN that is allowed outside of typed arrays, which are byte strings to this module.
const QUIET_NAN: u64 = 0x7e00;

/// The first bytes of an item.
struct Head {
    major: u8,
    /// The low five bits of the first byte.
    info: u8,
    /// The number in it: a value, a length, a tag, or the bits of a float.
    argument: u64,
}

/// Whether `bytes` are exactly one item with at most `depth` nested tags, arrays and maps.
pub(crate) fn is_item(bytes: &[u8], depth: usize) -> bool {
    item_length(bytes, depth) == Some(bytes.len())
}

/// The length of the item that `bytes` begin with, if it has at most `depth` nested tags, arrays and maps.
pub(crate) fn item_length(bytes: &[u8], depth: usize) -> Option<usize> {
    let mut reader = Reader { bytes, position: 0 };
    reader.item(depth)?;
    Some(reader.position)
}

struct Reader<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: u64) -> Option<&'b [u8]> {
        let end = self.position.checked_add(usize::try_from(length).ok()?)?;
        let taken = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    fn head(&mut self) -> Option<Head> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => return Some(Head { major, info, argument: info.into() }),
            24..=27 => self.take(1 << (info - 24))?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            // Reserved, or of indefinite length.
            _ => return None,
        };
        let least = match info {
            24 => 24,
            25 => 1 << 8,
            26 => 1 << 16,
            _ => 1 << 32,
        };
        // The argument of a float is its bits; what is shortest there is decided elsewhere.
        (major > TAG || argument >= least).then_some(Head { major, info, argument })
    }

    fn item(&mut self, depth: usize) -> Option<Head> {
        let head = self.head()?;
        match head.major {
            UNSIGNED | NEGATIVE => {}
            BYTES => {
                self.take(head.argument)?;
            }
            TEXT => {
                std::str::from_utf8(self.take(head.argument)?).ok()?;
            }
            ARRAY => {
                let depth = depth.checked_sub(1)?;
                // A count that lies ends with the bytes, since every item takes at least one.
                for _ in 0..head.argument {
                    self.item(depth)?;
                }
            }
            MAP => self.map(head.argument, depth.checked_sub(1)?)?,
            TAG => self.tagged(head.argument, depth.checked_sub(1)?)?,
            _ => is_shortest_simple(&head).then_some(())?,
        }
        Some(head)
    }

    fn map(&mut self, count: u64, depth: usize) -> Option<()> {
        let mut last: &[u8] = &[];
        for _ in 0..count {
            let start = self.position;
            let key = self.item(depth)?;
            let is_allowed = match key.major {
                UNSIGNED => key.argument <= MAX_KEY as u64,
                NEGATIVE => key.argument < MAX_KEY as u64,
                BYTES | TEXT => true,
                _ => false,
            };
            let encoded = &self.bytes[start..self.position];
            if !is_allowed || encoded <= last {
                return None;
            }
            last = encoded;
            self.item(depth)?;
        }
        Some(())
    }

    fn tagged(&mut self, tag: u64, depth: usize) -> Option<()> {
        if tag != 2 && tag != 3 {
            return self.item(depth).map(drop);
        }
        // A big number must not hide one that fits into an integer, nor have leading zeros.
        let head = self.head()?;
        let is_big = head.major == BYTES && head.argument > 8 && self.take(head.argument)?[0] != 0;
        is_big.then_some(())
    }
}

/// Whether a simple value or float is in its shortest form.
fn is_shortest_simple(head: &Head) -> bool {
    match head.info {
        0..=23 => true,
        24 => head.argument >= 32,
        25 => !is_half_nan(head.argument) || head.argument == QUIET_NAN,
        26 => !single_is_nan(head.argument) && !single_fits_half(head.argument),
        _ => {
            let value = f64::from_bits(head.argument);
            !value.is_nan() && f64::from(value as f32) != value
        }
    }
}

fn is_half_nan(bits: u64) -> bool {
    bits & 0x7fff > 0x7c00
}

fn single_is_nan(bits: u64) -> bool {
    bits & 0x7fff_ffff > 0x7f80_0000
}

/// Whether a single-precision number has the same value as some half-precision one.
fn single_fits_half(bits: u64) -> bool {
    let exponent = (bits >> 23 & 0xff) as i64 - 127;
    let mantissa = bits & 0x7f_ffff;
    let dropped_bits = match exponent {
        128 => return true,
        -127 => return mantissa == 0,
        -14..=15 => 13,
        // Subnormal halves have fewer bits, the smaller they are.
        -24..=-15 => -1 - exponent,
        _ => return false,
    };
    mantissa & ((1 << dropped_bits) - 1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(hex: &str) -> bool {
        let bytes = data_encoding::HEXLOWER.decode(hex.replace(' ', "").as_bytes()).expect("hex in a test");
        is_item(&bytes, 3)
    }

    #[test]
    fn shortest_forms_are_accepted() {
        for hex in [
            "00",
            "17",
            "18 18",
            "19 0100",
            "1a 00010000",
            "1b 0000000100000000",
            "20",
            "38 18",
            "40",
            "60",
            "62 c3bc",
            "80",
            "82 01 02",
            "a0",
            "a2 01 02 20 03",
            "a2 20 00 41 00 00",
            "c1 00",
            "f4",
            "f6",
            "f8 20",
            "f9 3c00",
            "f9 7e00",
            "f9 7c00",
            "fa 3f800001",
            "fa 00000001",
            "fb 3ff0000000000001",
            "c2 49 010000000000000000",
            "81 81 81 00",
            "d8 20 61 61",
            "d8 52 48 7ff0000000000001",
        ] {
            assert!(accepts(hex), "{hex}");
        }
    }

    #[test]
    fn every_longer_form_is_refused() {
        for hex in [
            "18 17",
            "19 00ff",
            "1a 0000ffff",
            "1b 00000000ffffffff",
            "38 17",
            "58 01 00",
            "78 01 61",
            "98 00",
            "b8 00",
            "d8 01 00",
            "f8 1f",
            "f8 14",
            "5f ff",
            "7f ff",
            "9f ff",
            "bf ff",
            "1c",
            "ff",
            // Floats that a shorter one could say: 1.0, the least and the greatest half, zero, infinity.
            "fa 3f800000",
            "fa 33800000",
            "fa 477fe000",
            "fa 00000000",
            "fa 7f800000",
            "fb 3ff0000000000000",
            "fb 0000000000000000",
            // Numbers that are none.
            "f9 7e01",
            "f9 fe00",
            "fa 7fc00000",
            "fb 7ff8000000000000",
            // Big numbers that are small, or padded.
            "c2 41 01",
            "c2 48 ffffffffffffffff",
            "c2 49 00ffffffffffffffff",
            "c2 00",
            "c2 40",
        ] {
            assert!(!accepts(hex), "{hex}");
        }
    }

    #[test]
    fn maps_need_sorted_distinct_keys_of_the_allowed_kinds() {
        for hex in [
            "a2 02 00 01 00",
            "a2 01 00 01 00",
            "a2 60 00 20 00",
            "a1 80 00",
            "a1 f4 00",
            "a1 f9 3c00 00",
            "a1 1b 0020000000000000 00",
            "a1 3b 001fffffffffffff 00",
        ] {
            assert!(!accepts(hex), "{hex}");
        }
        assert!(accepts("a1 1b 001fffffffffffff 00"));
        assert!(accepts("a1 3b 001ffffffffffffe 00"));
    }

    #[test]
    fn truncated_too_deep_and_mistaken_items_are_refused() {
        for hex in [
            "",
            "18",
            "42 00",
            "62 ff ff",
            "81",
            "a1 00",
            "c1",
            "81 81 81 80",
            "c1 c1 c1 c1 00",
            "9b ffffffffffffffff",
            "5b ffffffffffffffff",
            "00 00",
        ] {
            assert!(!accepts(hex), "{hex}");
        }
    }
}
