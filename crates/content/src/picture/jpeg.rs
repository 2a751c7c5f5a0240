//! JPEG: segments of tables, frames and scans stay; of the applications' segments, JFIF without its thumbnail, colour
//! profiles and Adobe's colour transform.

use super::{CleanPicture, Orientation, PictureError, Reader, exif};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
const APP15: u8 = 0xef;
const COMMENT: u8 = 0xfe;

pub(super) fn clean(reader: &mut Reader<'_>) -> Result<CleanPicture, PictureError> {
    if reader.array()? != [0xff, START] {
        return Err(PictureError::Damaged);
    }
    let mut bytes = Vec::with_capacity(reader.rest.len() + 64);
    bytes.extend_from_slice(&[0xff, START]);
    let (mut after_jfif, mut orientation, mut has_scan) = (bytes.len(), None, false);
    loop {
        let marker = match marker(reader) {
            // Cut off after its first scan: decoders show what there is.
            Err(_) if has_scan && reader.rest.is_empty() => END,
            marker => marker?,
        };
        if marker == END {
            break;
        }
        if !(0xc0..=0xcf).contains(&marker) && !(SCAN..=APP15).contains(&marker) && marker != COMMENT {
            return Err(PictureError::Damaged);
        }
        let length = usize::from(u16::from_be_bytes(reader.array()?));
        let segment = reader.take(length.checked_sub(2).ok_or(PictureError::Damaged)?)?;
        match marker {
            APP0 if segment.starts_with(b"JFIF\0") && segment.len() >= 14 => {
                let is_first = bytes.len() == 2;
                push(&mut bytes, marker, &[&segment[..12], &[0, 0]].concat());
                after_jfif = if is_first { bytes.len() } else { after_jfif };
            }
            APP1 if segment.starts_with(exif::PREFIX) => {
                orientation = orientation.or(Some(exif::orientation(segment)));
            }
            APP2 if segment.starts_with(b"ICC_PROFILE\0") => push(&mut bytes, marker, segment),
            APP14 if segment.starts_with(b"Adobe") && segment.len() >= 12 => {
                push(&mut bytes, marker, &segment[..12]);
            }
            APP0..=APP15 | COMMENT => {}
            SCAN => {
                push(&mut bytes, marker, segment);
                has_scan = true;
                bytes.extend_from_slice(scan(reader));
            }
            _ => push(&mut bytes, marker, segment),
        }
    }
    if !has_scan {
        return Err(PictureError::Damaged);
    }
    bytes.extend_from_slice(&[0xff, END]);
    let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
    if let Some(tiff) = exif::minimal(orientation) {
        let mut segment = Vec::new();
        push(&mut segment, APP1, &[exif::PREFIX, &tiff].concat());
        bytes.splice(after_jfif..after_jfif, segment);
    }
    Ok(CleanPicture { bytes, orientation })
}

/// Reads a marker, which any number of fill bytes may precede.
fn marker(reader: &mut Reader<'_>) -> Result<u8, PictureError> {
    if reader.byte()? != 0xff {
        return Err(PictureError::Damaged);
    }
    loop {
        match reader.byte()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// The entropy-coded bytes up to the next marker that is not a restart.
fn scan<'a>(reader: &mut Reader<'a>) -> &'a [u8] {
    let mut at = 0;
    while let Some(found) = reader.rest[at..].iter().position(|byte| *byte == 0xff) {
        at += found;
        match reader.rest.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            _ => break,
        }
    }
    if !matches!(reader.rest.get(at), Some(0xff)) {
        at = reader.rest.len();
    }
    let (scan, rest) = reader.rest.split_at(at);
    reader.rest = rest;
    scan
}

/// Appends a segment, which is no longer than the one it was read from.
fn push(bytes: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    let length = u16::try_from(segment.len() + 2).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&[0xff, marker]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(segment);
}
