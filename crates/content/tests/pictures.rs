//! Pictures, built piece by piece: what goes, what stays, and what cannot be read.

use kuvert_content::{PictureError, PictureKind, clean};
use proptest::prelude::*;

/// Stands wherever a picture can tell something beside the picture.
const SECRET: &[u8] = b"SECRET 52.5N 13.4E";

fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0]);
    tiff.extend(b"\x0f\x01\x02\0\x12\0\0\0\x26\0\0\0\0\0\0\0");
    tiff.extend(SECRET);
    tiff
}

fn segment(marker: u8, data: &[&[u8]]) -> Vec<u8> {
    let data = data.concat();
    [[0xff, marker].as_slice(), &(data.len() as u16 + 2).to_be_bytes(), &data].concat()
}

/// A JPEG of two scans. The parts that show nothing stand between `kept`.
fn jpeg(with_secrets: bool, orientation: u8) -> Vec<u8> {
    let thumbnail: &[u8] = if with_secrets { b"\x01\x01abc" } else { b"\0\0" };
    let mut parts = vec![b"\xff\xd8".to_vec(), segment(0xe0, &[b"JFIF\0\x01\x02\0\0\x01\0\x01", thumbnail])];
    let secret = |parts: &mut Vec<Vec<u8>>, marker, data: &[&[u8]]| {
        if with_secrets {
            parts.push(segment(marker, data));
        }
    };
    secret(&mut parts, 0xe1, &[b"Exif\0\0", &exif(orientation)]);
    if !with_secrets && orientation != 1 {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        parts.push(segment(0xe1, &[b"Exif\0\0", &tiff]));
    }
    secret(&mut parts, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET]);
    secret(&mut parts, 0xed, &[b"Photoshop 3.0\0", SECRET]);
    secret(&mut parts, 0xe2, &[b"MPF\0", SECRET]);
    parts.push(segment(0xe2, &[b"ICC_PROFILE\0\x01\x01colours"]));
    let transform: &[u8] = b"Adobe\0\x64\0\0\0\0\x01";
    parts.push(segment(0xee, &[transform, if with_secrets { SECRET } else { b"" }]));
    secret(&mut parts, 0xfe, &[SECRET]);
    parts.push(segment(0xdb, &[&[1; 65]]));
    parts.push(segment(0xc2, &[&[8, 0, 1, 0, 1, 1, 1, 0x11, 0]]));
    parts.push(segment(0xda, &[&[1, 1, 0, 0, 63, 0]]));
    parts.push(b"one\xff\x00\xff\xd0two".to_vec());
    secret(&mut parts, 0xfe, &[SECRET]);
    parts.push(segment(0xda, &[&[1, 1, 0, 0, 63, 0]]));
    parts.push(b"three\xff\xd9".to_vec());
    if with_secrets {
        parts.push(SECRET.to_vec());
    }
    parts.concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name, data].concat();
    [(data.len() as u32).to_be_bytes().as_slice(), &named, &crc(&named).to_be_bytes()].concat()
}

fn png(with_secrets: bool, orientation: u8) -> Vec<u8> {
    let mut parts =
        vec![b"\x89PNG\r\n\x1a\n".to_vec(), png_chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 3, 0, 0, 0])];
    if with_secrets {
        for name in [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"prVt"] {
            parts.push(png_chunk(name, SECRET));
        }
        parts.push(png_chunk(b"eXIf", &exif(orientation)));
    } else if orientation != 1 {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        parts.push(png_chunk(b"eXIf", &tiff));
    }
    for (name, data) in [(b"PLTE", b"abc".as_slice()), (b"tRNS", b"\0"), (b"IDAT", b"pixels"), (b"IEND", b"")]
    {
        parts.push(png_chunk(name, data));
    }
    if with_secrets {
        parts.push(SECRET.to_vec());
    }
    parts.concat()
}

fn riff_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let filling: &[u8] = if data.len() % 2 == 1 { &[0] } else { &[] };
    [name.as_slice(), &(data.len() as u32).to_le_bytes(), data, filling].concat()
}

fn webp(with_secrets: bool, orientation: u8) -> Vec<u8> {
    let has_exif = with_secrets || orientation != 1;
    let flags = 0x32 | if has_exif { 0x08 } else { 0 } | if with_secrets { 0x04 } else { 0 };
    let mut frame = [vec![0; 16], riff_chunk(b"ALPH", b"abc"), riff_chunk(b"VP8 ", b"pixels")].concat();
    let mut parts = vec![
        riff_chunk(b"VP8X", &[flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        riff_chunk(b"ICCP", b"colours"),
        riff_chunk(b"ANIM", &[0; 6]),
    ];
    if with_secrets {
        frame.extend(riff_chunk(b"prvt", SECRET));
        parts.push(riff_chunk(b"XMP ", SECRET));
        parts.push(riff_chunk(b"EXIF", &exif(orientation)));
        parts.push(riff_chunk(b"prvt", SECRET));
    }
    parts.push(riff_chunk(b"ANMF", &frame));
    if !with_secrets && orientation != 1 {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        parts.push(riff_chunk(b"EXIF", &tiff));
    }
    let inside = [b"WEBP".to_vec(), parts.concat()].concat();
    let behind: &[u8] = if with_secrets { SECRET } else { b"" };
    [b"RIFF".as_slice(), &(inside.len() as u32).to_le_bytes(), &inside, behind].concat()
}

fn gif(with_secrets: bool) -> Vec<u8> {
    let mut parts = vec![b"GIF89a\x01\0\x01\0\x80\0\0abcdef".to_vec()];
    let blocks = [&[SECRET.len() as u8], SECRET, &[0]].concat();
    if with_secrets {
        parts.push([b"\x21\xfe".as_slice(), &blocks].concat());
        parts.push([b"\x21\xff\x0bXMP DataXMP".as_slice(), &blocks].concat());
        parts.push([b"\x21\x01".as_slice(), &blocks].concat());
        parts.push([b"\x21\xff\x0bNETSCAPE2.0".as_slice(), &blocks].concat());
    }
    parts.push(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0".to_vec());
    parts.push(b"\x21\xf9\x04\0\x01\0\0\0".to_vec());
    parts.push(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0".to_vec());
    parts.push(b"\x3b".to_vec());
    if with_secrets {
        parts.push(SECRET.to_vec());
    }
    parts.concat()
}

fn all(with_secrets: bool, orientation: u8) -> [(PictureKind, Vec<u8>); 4] {
    [
        (PictureKind::Jpeg, jpeg(with_secrets, orientation)),
        (PictureKind::Png, png(with_secrets, orientation)),
        (PictureKind::WebP, webp(with_secrets, orientation)),
        (PictureKind::Gif, gif(with_secrets)),
    ]
}

#[test]
fn what_a_picture_tells_goes_and_what_it_shows_stays() {
    for orientation in [1, 6] {
        for ((kind, told), (_, shown)) in all(true, orientation).into_iter().zip(all(false, orientation)) {
            assert_eq!(PictureKind::of(&told), Some(kind));
            let cleaned = clean(kind, &told).expect("a picture");
            assert!(told.windows(SECRET.len()).any(|bytes| bytes == SECRET));
            assert!(!cleaned.bytes.windows(6).any(|bytes| bytes == &SECRET[..6]), "{kind:?}");
            assert!(cleaned.bytes == shown, "{kind:?}, orientation {orientation}");
            let turned = if kind == PictureKind::Gif { 1 } else { orientation };
            assert_eq!(cleaned.orientation.number(), turned, "{kind:?}");
        }
    }
}

#[test]
fn a_picture_that_ends_too_early_is_refused_or_still_clean() {
    for (kind, picture) in all(true, 6) {
        for length in 0..picture.len() {
            match clean(kind, &picture[..length]) {
                Ok(cleaned) => assert!(!cleaned.bytes.windows(6).any(|bytes| bytes == &SECRET[..6])),
                Err(error) => assert_eq!(error, PictureError::Damaged),
            }
        }
    }
}

#[test]
fn a_length_that_lies_is_refused() {
    let mut picture = png(false, 1);
    picture[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(clean(PictureKind::Png, &picture), Err(PictureError::Damaged));
    let mut picture = webp(false, 1);
    picture[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(clean(PictureKind::WebP, &picture), Err(PictureError::Damaged));
    assert_eq!(clean(PictureKind::Jpeg, b"\xff\xd8\xff\xe0\0\x01"), Err(PictureError::Damaged));
    // A part that must not be left out, and that nobody here knows.
    let unknown = [&png(false, 1)[..33], &png_chunk(b"ABCD", b"x"), &png(false, 1)[33..]].concat();
    assert_eq!(clean(PictureKind::Png, &unknown), Err(PictureError::Damaged));
}

#[test]
fn a_picture_beyond_the_limit_is_refused() {
    let large = vec![0; kuvert_content::limits::MAX_PICTURE + 1];
    assert_eq!(clean(PictureKind::Gif, &large), Err(PictureError::TooLarge));
}

/// What somebody may do to a picture.
#[derive(Debug, Clone)]
enum Change {
    Set(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<usize>(), 1usize..40).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<usize>(), 1usize..200).prop_map(|(at, count)| Change::Repeat(at, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_picture_panics_grows_or_changes_when_cleaned_twice(
        which in 0usize..4,
        orientation in 0u8..12,
        changes in prop::collection::vec(change(), 0..8),
    ) {
        let (kind, mut bytes) = all(true, orientation)[which].clone();
        for change in changes {
            if bytes.is_empty() {
                break;
            }
            match change {
                Change::Set(at, byte) => {
                    let at = at % bytes.len();
                    bytes[at] = byte;
                }
                Change::Remove(at, count) => {
                    let at = at % bytes.len();
                    bytes.drain(at..bytes.len().min(at + count));
                }
                Change::Repeat(at, count) => {
                    let at = at % bytes.len();
                    let copy = bytes[at..bytes.len().min(at + count)].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        if let Ok(cleaned) = clean(kind, &bytes) {
            prop_assert!(cleaned.bytes.len() <= bytes.len() + 64);
            let again = clean(kind, &cleaned.bytes);
            prop_assert!(again.as_ref() == Ok(&cleaned), "{again:?} {cleaned:?}");
        }
    }
}
