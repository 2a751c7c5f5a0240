//! Small pictures that stand in the message.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation as Turn;
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbImage};
use kuvert_core::file::{CleanPicture, PictureKind};

/// Longest side in pixels, and quality from 1 to 100: the first that fits is taken.
const FORMS: [(u32, u8); 5] = [(320, 70), (320, 50), (240, 45), (160, 40), (96, 30)];

/// A JPEG of at most `room` bytes that shows a picture upright; `None` if the picture cannot be read within its limits.
pub(super) fn preview(kind: PictureKind, picture: &CleanPicture, room: usize) -> Option<Vec<u8>> {
    let format = match kind {
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Png => ImageFormat::Png,
        PictureKind::WebP => ImageFormat::WebP,
        PictureKind::Gif => ImageFormat::Gif,
    };
    let mut reader = ImageReader::with_format(Cursor::new(&picture.bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(crate::limits::MAX_PICTURE_SIDE);
    limits.max_image_height = Some(crate::limits::MAX_PICTURE_SIDE);
    limits.max_alloc = Some(crate::limits::MAX_PICTURE_MEMORY);
    reader.limits(limits);
    let mut small = reader.decode().ok()?.thumbnail(FORMS[0].0, FORMS[0].0);
    small.apply_orientation(Turn::from_exif(picture.orientation.number())?);
    let small = on_white(&small);
    FORMS.iter().find_map(|(side, quality)| {
        let form = DynamicImage::ImageRgb8(small.clone()).thumbnail(*side, *side);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, *quality).encode_image(&form.to_rgb8()).ok()?;
        (jpeg.len() <= room).then_some(jpeg)
    })
}

/// JPEG knows no transparency.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
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
    use image::{ImageEncoder, Rgba, RgbaImage};
    use kuvert_core::file::clean;

    use super::*;

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
        let picture = CleanPicture { bytes: png, orientation: kuvert_core::file::Orientation::UPRIGHT };
        assert_eq!(preview(PictureKind::Png, &picture, 24 * 1024), None);
        for length in 0..200 {
            let bytes = picture.bytes[..length].to_vec();
            let cut = CleanPicture { bytes, ..picture.clone() };
            assert_eq!(preview(PictureKind::Png, &cut, 24 * 1024), None);
        }
    }
}
