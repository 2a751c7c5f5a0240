//! Small pictures that stand in the message.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};

use super::{CleanPicture, Orientation, PictureKind};
use crate::limits::{MAX_PICTURE_MEMORY, MAX_PICTURE_SIDE};

/// Longest side in pixels, and quality from 1 to 100: the first that fits is taken.
const FORMS: [(u32, u8); 5] = [(320, 70), (320, 50), (240, 45), (160, 40), (96, 30)];

/// A JPEG of at most `room` bytes that shows a picture upright; `None` if the picture cannot be read within its limits.
pub fn preview(kind: PictureKind, picture: &CleanPicture, room: usize) -> Option<Vec<u8>> {
    let format = match kind {
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Png => ImageFormat::Png,
        PictureKind::WebP => ImageFormat::WebP,
        PictureKind::Gif => ImageFormat::Gif,
    };
    let mut reader = ImageReader::with_format(Cursor::new(&picture.bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_PICTURE_SIDE);
    limits.max_image_height = Some(MAX_PICTURE_SIDE);
    limits.max_alloc = Some(MAX_PICTURE_MEMORY);
    reader.limits(limits);
    // Of two kinds of pixels only: the code for each of the others would have to be fetched by every browser.
    let small = match reader.decode().ok()? {
        DynamicImage::ImageRgb8(picture) => shrunk(&picture, FORMS[0].0),
        other => {
            let picture = other.into_rgba8();
            let (width, height) = within(picture.dimensions(), FORMS[0].0);
            on_white(&imageops::thumbnail(&picture, width, height))
        }
    };
    let small = upright(small, picture.orientation);
    FORMS.iter().find_map(|(side, quality)| {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, *quality).encode_image(&shrunk(&small, *side)).ok()?;
        (jpeg.len() <= room).then_some(jpeg)
    })
}

fn shrunk(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = within(picture.dimensions(), side);
    imageops::thumbnail(picture, width, height)
}

/// Width and height with the same proportions and no side longer than `side`; what is small stays as it is.
fn within((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= side {
        return (width, height);
    }
    // At most `side`.
    let scaled = |length: u32| {
        ((u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest)).max(1) as u32
    };
    (scaled(width), scaled(height))
}

/// As EXIF says that it is to be shown.
fn upright(picture: RgbImage, orientation: Orientation) -> RgbImage {
    match orientation.number() {
        2 => flip_horizontal(&picture),
        3 => rotate180(&picture),
        4 => flip_vertical(&picture),
        5 => flip_horizontal(&rotate90(&picture)),
        6 => rotate90(&picture),
        7 => flip_horizontal(&rotate270(&picture)),
        8 => rotate270(&picture),
        _ => picture,
    }
}

/// JPEG knows no transparency.
fn on_white(picture: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0;
        // At most 255.
        image::Rgb(
            [r, g, b].map(|c| ((u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255) as u8),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Orientation, clean};
    use image::{ImageEncoder, Rgba, RgbaImage};

    /// Half red, half transparent, wider than high.
    fn picture() -> RgbaImage {
        RgbaImage::from_fn(800, 400, |x, _| if x < 400 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 0, 0]) })
    }

    fn png(exif: Option<&[u8]>) -> Vec<u8> {
        let mut png = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif.to_vec()).expect("PNG has EXIF");
        }
        encoder.write_image(&picture(), 800, 400, image::ExtendedColorType::Rgba8).expect("encodes");
        png
    }

    #[test]
    fn a_preview_is_upright_small_and_on_white() {
        let turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let cleaned = clean(PictureKind::Png, &png(Some(turned))).expect("a picture");
        assert_eq!(cleaned.orientation.number(), 6);
        let jpeg = preview(PictureKind::Png, &cleaned, 24 * 1024).expect("a preview");
        let shown = image::load_from_memory(&jpeg).expect("a JPEG").to_rgb8();
        assert_eq!(shown.dimensions(), (160, 320));
        let is_near = |at: (u32, u32), colour: [u8; 3]| {
            let found = shown.get_pixel(at.0, at.1).0;
            assert!(found.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 40), "{found:?} at {at:?}");
        };
        is_near((80, 40), [255, 0, 0]);
        is_near((80, 280), [255, 255, 255]);
        let tiny = preview(PictureKind::Png, &cleaned, 2500).expect("a smaller one");
        assert!(tiny.len() <= 2500);
        assert_eq!(preview(PictureKind::Png, &cleaned, 100), None);
    }

    #[test]
    fn a_picture_is_turned_as_its_field_says() {
        // Red on the left half, white on the right: where red ends up tells how it was turned.
        let corner = |orientation: u8, at: (u32, u32)| {
            let exif =
                [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation][..], &[0; 7]].concat();
            let cleaned = clean(PictureKind::Png, &png(Some(&exif))).expect("a picture");
            let jpeg = preview(PictureKind::Png, &cleaned, 24 * 1024).expect("a preview");
            let shown = image::load_from_memory(&jpeg).expect("a JPEG").to_rgb8();
            let (x, y) = (at.0 * (shown.width() - 1), at.1 * (shown.height() - 1));
            shown.get_pixel(x, y).0[1] < 128
        };
        let red_at = |orientation| [(0, 0), (1, 0), (0, 1)].map(|at| corner(orientation, at));
        for orientation in [1, 4] {
            assert_eq!(red_at(orientation), [true, false, true], "left, {orientation}");
        }
        for orientation in [2, 3] {
            assert_eq!(red_at(orientation), [false, true, false], "right, {orientation}");
        }
        for orientation in [5, 6] {
            assert_eq!(red_at(orientation), [true, true, false], "above, {orientation}");
        }
        for orientation in [7, 8] {
            assert_eq!(red_at(orientation), [false, false, true], "below, {orientation}");
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up() {
        assert_eq!(within((20, 10), 320), (20, 10));
        assert_eq!(within((641, 1), 320), (320, 1));
        assert_eq!(within((300, 30_000), 320), (3, 320));
    }

    #[test]
    fn cleaning_changes_no_pixel() {
        let before = png(Some(b"II*\0\x08\0\0\0\0\0\0\0\0\0"));
        let after = clean(PictureKind::Png, &before).expect("a picture").bytes;
        assert!(after.len() < before.len());
        assert_eq!(image::load_from_memory(&after).expect("a PNG").to_rgba8(), picture());
        let mut jpeg = Vec::new();
        let small = DynamicImage::ImageRgba8(picture()).to_rgb8();
        JpegEncoder::new(&mut jpeg).encode_image(&small).expect("encodes");
        let cleaned = clean(PictureKind::Jpeg, &jpeg).expect("a picture").bytes;
        let pixels = |jpeg: &[u8]| image::load_from_memory(jpeg).expect("a JPEG").to_rgb8();
        assert_eq!(pixels(&cleaned), pixels(&jpeg));
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_takes_no_memory() {
        let mut png = png(None);
        png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let picture = CleanPicture { bytes: png, orientation: Orientation::UPRIGHT };
        assert_eq!(preview(PictureKind::Png, &picture, 24 * 1024), None);
        for length in 0..200 {
            let bytes = picture.bytes[..length].to_vec();
            let cut = CleanPicture { bytes, ..picture.clone() };
            assert_eq!(preview(PictureKind::Png, &cut, 24 * 1024), None);
        }
    }
}
