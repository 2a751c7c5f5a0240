//! A link as a QR code, as the path of an SVG picture.

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code, as ISO/IEC 18004 asks for.
const QUIET_ZONE: usize = 4;

/// A QR code: squares of side 1 in a square picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QrPicture {
    /// Width and height, quiet zone included.
    pub(crate) side: usize,
    /// Data of an SVG path that covers the dark modules.
    pub(crate) path: String,
}

/// Draws a text; `None` if it is too long for a QR code (some 2,300 bytes).
pub(crate) fn picture(text: &str) -> Option<QrPicture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, line) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = line[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE));
            }
            x += run.max(1);
        }
    }
    Some(QrPicture { side: width + 2 * QUIET_ZONE, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_begins_with_the_finder_pattern() {
        let picture = picture("https://relay.example/c/abc#def").expect("short enough");
        assert_eq!((picture.side - 2 * QUIET_ZONE - 17) % 4, 0);
        assert!(picture.path.starts_with("M4 4h7v1h-7z"));
    }

    #[test]
    fn a_text_that_does_not_fit_has_no_code() {
        assert_eq!(picture(&"x".repeat(4000)), None);
    }
}
