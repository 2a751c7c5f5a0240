//! Takes out of pictures what they tell beside the picture: place and time, camera and owner, edits and thumbnails.
//!
//! What a format needs to show the picture is kept, and nothing else: parts are named that stay, not parts that go. The
//! picture itself is not decoded and keeps every bit. How it is to be turned stays, as the only field of fresh metadata.
//! Bytes behind the picture's end go, too.
//!
//! Nothing here panics, and nothing is allocated but one copy of the picture: every length is checked against what is there.
//! [`preview`] alone decodes, with its own bounds.

mod exif;
mod gif;
mod jpeg;
mod png;
mod preview;
mod webp;

pub use preview::preview;

use crate::limits::MAX_PICTURE;

/// Formats of pictures that can be told and cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// JPEG.
    Jpeg,
    /// PNG, also animated.
    Png,
    /// WebP, also animated.
    WebP,
    /// GIF.
    Gif,
}

/// Bytes of a file's beginning by which its kind is told.
pub const PICTURE_HEAD: usize = 12;

impl PictureKind {
    /// Tells what a file is by its first bytes ([`PICTURE_HEAD`] are enough), whatever its name says.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// How a picture is to be turned before it is shown: 1 to 8, as EXIF counts; 1 is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    /// As it is.
    pub const UPRIGHT: Self = Self(1);

    /// The number in EXIF, 1 to 8.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// A picture that shows what it showed, and tells nothing beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanPicture {
    /// The file.
    pub bytes: Vec<u8>,
    /// How it is to be turned.
    pub orientation: Orientation,
}

/// Why the metadata of a picture cannot be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// It is larger than [`MAX_PICTURE`].
    #[error("the picture is larger than {MAX_PICTURE} bytes")]
    TooLarge,
    /// It is cut off, or not what it seems to be.
    #[error("the picture is damaged")]
    Damaged,
}

/// Takes the metadata out of a picture.
///
/// # Errors
/// [`PictureError`]; the picture may then tell anything, and is not to be sent as it is.
pub fn clean(kind: PictureKind, bytes: &[u8]) -> Result<CleanPicture, PictureError> {
    if bytes.len() > MAX_PICTURE {
        return Err(PictureError::TooLarge);
    }
    let mut reader = Reader { rest: bytes };
    match kind {
        PictureKind::Jpeg => jpeg::clean(&mut reader),
        PictureKind::Png => png::clean(&mut reader),
        PictureKind::WebP => webp::clean(&mut reader),
        PictureKind::Gif => gif::clean(&mut reader),
    }
}

/// What is left to read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PictureError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(PictureError::Damaged)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PictureError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(PictureError::Damaged)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, PictureError> {
        self.array().map(|[byte]| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_what_it_is_and_not_by_its_name() {
        assert_eq!(PictureKind::of(b"\xff\xd8\xff\xe0"), Some(PictureKind::Jpeg));
        assert_eq!(PictureKind::of(b"\x89PNG\r\n\x1a\n...."), Some(PictureKind::Png));
        assert_eq!(PictureKind::of(b"GIF89a"), Some(PictureKind::Gif));
        assert_eq!(PictureKind::of(b"RIFF\0\0\0\0WEBP"), Some(PictureKind::WebP));
        for other in [b"RIFF\0\0\0\0WAVE".as_slice(), b"", b"%PDF-1.7", b"\xff\xd8", b"GIF"] {
            assert_eq!(PictureKind::of(other), None);
        }
    }
}
