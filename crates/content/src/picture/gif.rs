//! GIF: frames, their timing and the number of repetitions stay; comments, hidden texts and other applications' blocks go.

use super::{CleanPicture, Orientation, PictureError, Reader};

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const END: u8 = 0x3b;
const TIMING: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// Flag of a header: a table of colours follows; its size is in the last three bits.
const HAS_COLOURS: u8 = 0x80;

pub(super) fn clean(reader: &mut Reader<'_>) -> Result<CleanPicture, PictureError> {
    let whole = reader.rest;
    let mut bytes = Vec::with_capacity(whole.len() + 1);
    let header = reader.take(13)?;
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(reader.take(colours(header[10]))?);
    let mut has_image = false;
    loop {
        let block = reader.rest;
        let is_kept = match reader.byte() {
            Ok(EXTENSION) => extension(reader)?,
            Ok(IMAGE) => {
                let flags = reader.take(9)?[8];
                reader.take(colours(flags))?;
                // The smallest size of a code, then the codes.
                reader.byte()?;
                skip(reader)?;
                has_image = true;
                true
            }
            Ok(END) => break,
            // Cut off behind a frame: decoders show what there is.
            Err(_) if has_image => break,
            _ => return Err(PictureError::Damaged),
        };
        if is_kept {
            bytes.extend_from_slice(&block[..block.len() - reader.rest.len()]);
        }
    }
    if !has_image {
        return Err(PictureError::Damaged);
    }
    bytes.push(END);
    Ok(CleanPicture { bytes, orientation: Orientation::UPRIGHT })
}

/// Reads an extension, and says whether it stays.
fn extension(reader: &mut Reader<'_>) -> Result<bool, PictureError> {
    let label = reader.byte()?;
    let first = reader.rest;
    let is_kept = match label {
        TIMING => first.first() == Some(&4),
        // How often to repeat: one block of three bytes after the name.
        APPLICATION => {
            let is_repetition = first.starts_with(b"\x0bNETSCAPE2.0\x03\x01")
                || first.starts_with(b"\x0bANIMEXTS1.0\x03\x01");
            is_repetition && first.get(16) == Some(&0)
        }
        _ => false,
    };
    let before = reader.rest.len();
    skip(reader)?;
    // A timing block is one block of four bytes and its end.
    Ok(is_kept && (label != TIMING || before - reader.rest.len() == 6))
}

/// Passes over blocks up to the empty one.
fn skip(reader: &mut Reader<'_>) -> Result<(), PictureError> {
    loop {
        match reader.byte()? {
            0 => return Ok(()),
            length => reader.take(usize::from(length))?,
        };
    }
}

/// Bytes of a table of colours.
fn colours(flags: u8) -> usize {
    if flags & HAS_COLOURS == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
