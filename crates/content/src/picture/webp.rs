//! WebP: the chunks that make the picture, its colours and its movement stay, also within each frame.

use super::{CleanPicture, Orientation, PictureError, Reader, exif};

/// Flags of the extended header: metadata that follows.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// Bytes of a frame before its chunks.
const FRAME_HEADER: usize = 16;
/// Where the flags are, if the extended header is there: it is the first chunk.
const FLAGS: usize = 12 + 8;

pub(super) fn clean(reader: &mut Reader<'_>) -> Result<CleanPicture, PictureError> {
    let [b'R', b'I', b'F', b'F', size @ ..]: [u8; 8] = reader.array()? else {
        return Err(PictureError::Damaged);
    };
    let mut inside = Reader { rest: reader.take(length(size)?)? };
    if &inside.array()? != b"WEBP" {
        return Err(PictureError::Damaged);
    }
    let mut bytes = Vec::with_capacity(inside.rest.len() + 64);
    bytes.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    let mut orientation = Orientation::UPRIGHT;
    let mut is_extended = false;
    while !inside.rest.is_empty() {
        let (name, data) = chunk(&mut inside)?;
        let is_first = bytes.len() == 12;
        match &name {
            b"VP8X" if is_first && data.len() == 10 => {
                is_extended = true;
                push(&mut bytes, &name, data);
            }
            b"VP8 " | b"VP8L" => push(&mut bytes, &name, data),
            b"ALPH" | b"ANIM" | b"ICCP" if is_extended => push(&mut bytes, &name, data),
            b"ANMF" if is_extended => push(&mut bytes, &name, &frame(data)?),
            b"EXIF" => orientation = exif::orientation(data),
            b"VP8X" => return Err(PictureError::Damaged),
            _ if is_first => return Err(PictureError::Damaged),
            _ => {}
        }
    }
    // Only the extended form can be turned.
    let orientation = if is_extended { orientation } else { Orientation::UPRIGHT };
    let tiff = exif::minimal(orientation);
    if let Some(tiff) = tiff {
        push(&mut bytes, b"EXIF", &tiff);
    }
    if let Some(flags) = bytes.get_mut(FLAGS).filter(|_| is_extended) {
        *flags = (*flags & !(HAS_EXIF | HAS_XMP)) | if tiff.is_some() { HAS_EXIF } else { 0 };
    }
    if bytes.len() == 12 {
        return Err(PictureError::Damaged);
    }
    let size = u32::try_from(bytes.len() - 8).map_err(|_| PictureError::TooLarge)?;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(CleanPicture { bytes, orientation })
}

/// A frame of an animation with nothing in it but its picture.
fn frame(data: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut inside = Reader { rest: data };
    let mut frame = inside.take(FRAME_HEADER)?.to_vec();
    while !inside.rest.is_empty() {
        let (name, data) = chunk(&mut inside)?;
        if matches!(&name, b"VP8 " | b"VP8L" | b"ALPH") {
            push(&mut frame, &name, data);
        }
    }
    Ok(frame)
}

fn chunk<'a>(reader: &mut Reader<'a>) -> Result<([u8; 4], &'a [u8]), PictureError> {
    let name = reader.array()?;
    let length = length(reader.array()?)?;
    let data = reader.take(length)?;
    // An odd length is followed by a byte of filling, which some leave out at the end.
    if length % 2 == 1 && !reader.rest.is_empty() {
        reader.byte()?;
    }
    Ok((name, data))
}

fn length(bytes: [u8; 4]) -> Result<usize, PictureError> {
    usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| PictureError::Damaged)
}

/// Appends a chunk, which is no longer than the one it was read from.
fn push(bytes: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(data);
    if data.len() % 2 == 1 {
        bytes.push(0);
    }
}
