//! Reads QR codes out of pictures.
//!
//! Pictures come from a camera or a file, so that they are whatever somebody holds before it. The decoder has assertions that
//! some of them meet; [`apart`] keeps these from ending the app.

/// Longest side, in pixels, of the pictures in which a code is looked for; larger ones are made smaller before.
pub(crate) const SIDE_MAX: u32 = 720;
/// Longest text that is taken from a code: a link or a verification code has about 150 bytes.
const TEXT_MAX: usize = 1024;

/// The size of a picture with the same shape that is at most `side` long.
pub(crate) fn scaled(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = width.max(height).max(1);
    let scale = |length: u32| {
        let scaled = u64::from(length) * u64::from(side) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(side).max(1)
    };
    if longest <= side { (width, height) } else { (scale(width), scale(height)) }
}

/// The text of the first code in a picture; `pixels` holds red, green, blue and opacity of each.
pub(crate) fn read(width: u32, height: u32, pixels: &[u8]) -> Option<String> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    if width == 0 || height == 0 || pixels.len() != width.checked_mul(height)?.checked_mul(4)? {
        return None;
    }
    let grey: Vec<u8> = pixels
        .chunks_exact(4)
        .map(|pixel| {
            let [red, green, blue] = [0, 1, 2].map(|part| u16::from(pixel[part]));
            // The weights of ITU-R BT.601, in 256ths: at most 255 again.
            u8::try_from((77 * red + 150 * green + 29 * blue) >> 8).unwrap_or(u8::MAX)
        })
        .collect();
    let mut reader = quircs::Quirc::default();
    reader
        .identify(width, height, &grey)
        .filter_map(|code| code.ok()?.decode().ok())
        .filter(|code| code.payload.len() <= TEXT_MAX)
        .find_map(|code| String::from_utf8(code.payload).ok())
}

/// Does something that may panic. In the browser a panic is an exception of the module, which ends only what is done here:
/// JavaScript hands it back, and nothing that the rest of the app holds was in its way. Where the work did not end, `None`.
#[cfg(target_arch = "wasm32")]
pub(crate) fn apart<T: 'static>(work: impl FnOnce() -> T + 'static) -> Option<T> {
    use std::{cell::RefCell, rc::Rc};

    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    let done = Rc::new(RefCell::new(None));
    let result = Rc::clone(&done);
    let work = Closure::once(move || {
        let value = work();
        *result.borrow_mut() = Some(value);
    });
    let call: &js_sys::Function = work.as_ref().unchecked_ref();
    call.call0(&JsValue::NULL).ok()?;
    done.borrow_mut().take()
}

/// Natively nothing has to go on after a panic.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn apart<T: 'static>(work: impl FnOnce() -> T + 'static) -> Option<T> {
    Some(work())
}

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// A link of Kuvert.
    Link(String),
    /// What somebody shows to be verified.
    Verification(String),
    /// Something else.
    Other,
}

/// Tells links and verification codes from anything else.
pub(crate) fn scanned(text: &str) -> Scanned {
    let text = text.trim();
    let is_web = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    if is_web && text.contains("/c/") {
        Scanned::Link(text.to_owned())
    } else if text.to_ascii_uppercase().starts_with("KUVERT:VERIFY:") {
        Scanned::Verification(text.to_owned())
    } else {
        Scanned::Other
    }
}

#[cfg(test)]
mod tests {
    use qrcode::{Color, EcLevel, QrCode};

    use super::*;

    const LINK: &str =
        "https://relay.example/c/AAAAAAAAAAAAAAAAAAAAAA#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    /// A code in a grey picture, `scale` pixels for each of its squares.
    fn picture(text: &str, scale: usize) -> (u32, u32, Vec<u8>) {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("short enough");
        let (modules, colors) = (code.width(), code.to_colors());
        let side = (modules + 12) * scale;
        let mut pixels = vec![0xff; side * side * 4];
        for y in 0..modules * scale {
            for x in 0..modules * scale {
                if colors[y / scale * modules + x / scale] == Color::Dark {
                    let at = 4 * ((y + 6 * scale) * side + x + 6 * scale);
                    pixels[at..at + 3].fill(0x20);
                }
            }
        }
        let side = u32::try_from(side).expect("small");
        (side, side, pixels)
    }

    #[test]
    fn a_code_is_read_as_it_was_drawn() {
        for scale in [3, 4, 9] {
            let (width, height, pixels) = picture(LINK, scale);
            assert_eq!(read(width, height, &pixels).as_deref(), Some(LINK), "{scale} pixels");
        }
        let code = format!("KUVERT:VERIFY:1:{}", "A".repeat(103));
        let (width, height, pixels) = picture(&code, 4);
        assert_eq!(read(width, height, &pixels), Some(code));
    }

    #[test]
    fn a_picture_without_a_code_or_of_the_wrong_size_has_no_text() {
        assert_eq!(read(64, 64, &vec![0x80; 64 * 64 * 4]), None);
        assert_eq!(read(64, 64, &[0; 5]), None);
        assert_eq!(read(0, 0, &[]), None);
        assert_eq!(read(1, 1, &[0; 4]), None);
    }

    #[test]
    fn a_long_text_is_not_taken() {
        let (width, height, pixels) = picture(&"x".repeat(TEXT_MAX + 1), 3);
        assert_eq!(read(width, height, &pixels), None);
    }

    #[test]
    fn large_pictures_are_made_smaller_and_keep_their_shape() {
        assert_eq!(scaled(1920, 1080, 720), (720, 405));
        assert_eq!(scaled(300, 4000, 720), (54, 720));
        assert_eq!(scaled(640, 480, 720), (640, 480));
        assert_eq!(scaled(1, u32::MAX, 720), (1, 720));
        assert_eq!(scaled(0, 0, 720), (0, 0));
    }

    #[test]
    fn a_link_is_told_from_a_verification_code_and_from_anything_else() {
        assert_eq!(scanned(&format!(" {LINK}\n")), Scanned::Link(LINK.into()));
        assert!(matches!(scanned("kuvert:verify:1:ABC"), Scanned::Verification(_)));
        for other in ["", "javascript:alert(1)/c/x", "WIFI:S:x;;", "https://example.org"] {
            assert_eq!(scanned(other), Scanned::Other, "{other}");
        }
    }
}
