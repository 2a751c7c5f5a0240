//! PNG: the chunks that make the picture, its colours and its movement stay.

use super::{CleanPicture, Orientation, PictureError, Reader, exif};

/// Chunks that stay.
const KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];
/// In the first letter of a chunk's name: it may be left out.
const IS_ANCILLARY: u8 = 0x20;
/// Signature, then length, name, data and check of the header.
const HEADER_END: usize = 8 + 4 + 4 + 13 + 4;

pub(super) fn clean(reader: &mut Reader<'_>) -> Result<CleanPicture, PictureError> {
    let mut bytes = Vec::with_capacity(reader.rest.len() + 64);
    bytes.extend_from_slice(reader.take(8)?);
    let mut orientation = Orientation::UPRIGHT;
    loop {
        let chunk = reader.rest;
        let length: [u8; 4] = reader.array()?;
        let name: [u8; 4] = reader.array()?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| PictureError::Damaged)?;
        let data = reader.take(length)?;
        let _check: [u8; 4] = reader.array()?;
        let is_header = &name == b"IHDR";
        if is_header != (bytes.len() == 8) || (is_header && length != 13) {
            return Err(PictureError::Damaged);
        }
        if KEPT.contains(&&name) {
            bytes.extend_from_slice(&chunk[..chunk.len() - reader.rest.len()]);
        } else if name[0] & IS_ANCILLARY == 0 {
            // The picture cannot be shown without it, and what it is nobody here knows.
            return Err(PictureError::Damaged);
        } else if &name == b"eXIf" {
            orientation = exif::orientation(data);
        }
        if &name == b"IEND" {
            break;
        }
    }
    if let Some(tiff) = exif::minimal(orientation) {
        let mut chunk = b"eXIf".to_vec();
        chunk.extend_from_slice(&tiff);
        let check = crc(&chunk).to_be_bytes();
        let chunk = [(tiff.len() as u32).to_be_bytes().as_slice(), &chunk, &check].concat();
        bytes.splice(HEADER_END..HEADER_END, chunk);
    }
    Ok(CleanPicture { bytes, orientation })
}

/// The check of a chunk (ISO 3309), for the one short chunk that is made here.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_is_that_of_the_standard() {
        assert_eq!(super::crc(b"IEND"), 0xae42_6082);
    }
}
