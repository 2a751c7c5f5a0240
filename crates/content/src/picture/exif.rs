//! The one field of EXIF that a picture needs.

use super::Orientation;

/// What EXIF begins with in a JPEG, and sometimes in a WebP.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";
/// Most fields that are looked at.
const MAX_FIELDS: u16 = 1024;
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// How a picture is to be turned, according to EXIF in the form of TIFF; upright if that cannot be read.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    read(exif.strip_prefix(PREFIX).unwrap_or(exif)).unwrap_or(Orientation::UPRIGHT)
}

fn read(tiff: &[u8]) -> Option<Orientation> {
    let is_big = match tiff.first_chunk::<4>()? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let fields = short(directory)?.min(MAX_FIELDS);
    for field in 0..usize::from(fields) {
        let at = directory.checked_add(2 + field * 12)?;
        if short(at)? == ORIENTATION && short(at + 2)? == SHORT {
            let number = short(at + 8)?;
            return (1..=8).contains(&number).then_some(Orientation(number as u8));
        }
    }
    None
}

/// EXIF, as TIFF, that says how to turn a picture and nothing else; `None` if it needs no turning.
pub(super) fn minimal(orientation: Orientation) -> Option<[u8; 26]> {
    let mut tiff = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    tiff[18] = orientation.0;
    (orientation != Orientation::UPRIGHT).then_some(tiff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for number in 2..=8 {
            let tiff = minimal(Orientation(number)).expect("to be turned");
            assert_eq!(orientation(&tiff), Orientation(number));
            assert_eq!(orientation(&[PREFIX, &tiff].concat()), Orientation(number));
        }
        assert_eq!(minimal(Orientation::UPRIGHT), None);
    }

    #[test]
    fn either_order_of_bytes_is_read_and_nonsense_is_upright() {
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(orientation(big), Orientation(6));
        for length in 0..big.len() - 6 {
            assert_eq!(orientation(&big[..length]), Orientation::UPRIGHT);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff\xff\xff"), Orientation::UPRIGHT);
        let nine = minimal(Orientation(9)).expect("bytes");
        assert_eq!(orientation(&nine), Orientation::UPRIGHT);
    }
}
