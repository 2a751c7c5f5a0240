//! The device's camera, and pictures as pixels. What the browser refuses is a [`Trouble`] or nothing, never a panic.

use js_sys::{Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

use crate::scan::{SIDE_MAX, scaled};

/// Longest side of a chosen picture in which a code is looked for: photographs of posters have small codes.
const CHOSEN_SIDE_MAX: u32 = 1280;
/// From here on a video has a picture to show (`HAVE_CURRENT_DATA`).
const HAS_PICTURE: u16 = 2;

/// Why there is no camera to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The user, or the device, does not allow it.
    Denied,
    /// The device has none.
    NoCamera,
    /// Another program has it.
    Busy,
    /// The browser gives none to this page.
    Unsupported,
}

/// A picture.
pub(crate) struct Picture {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Red, green, blue and opacity of each.
    pub(crate) pixels: Vec<u8>,
}

/// A camera that is on.
pub(crate) struct Camera(MediaStream);

impl Camera {
    /// Turns the camera on that looks away from the user, or the one there is. The browser asks the user first.
    pub(crate) async fn open() -> Result<Self, Trouble> {
        let devices = window().navigator().media_devices().map_err(|_| Trouble::Unsupported)?;
        // Pages without TLS have none, although the type says so.
        if !devices.is_object() {
            return Err(Trouble::Unsupported);
        }
        let asked =
            devices.get_user_media_with_constraints(&constraints()).map_err(|_| Trouble::Unsupported)?;
        let stream = JsFuture::from(asked).await.map_err(|error| trouble(&error))?;
        stream.dyn_into().map(Self).map_err(|_| Trouble::Unsupported)
    }

    /// Shows what it sees.
    pub(crate) fn show_in(&self, video: &HtmlVideoElement) {
        // Safari plays only what is silent, and asks the property.
        video.set_muted(true);
        video.set_src_object(Some(&self.0));
        if let Ok(playing) = video.play() {
            leptos::task::spawn_local(async move {
                // A screen that is left while the video starts ends it; that is no failure.
                let _ = JsFuture::from(playing).await;
            });
        }
    }

    /// Turns it off.
    pub(crate) fn close(self) {
        for track in self.0.get_tracks() {
            if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
                track.stop();
            }
        }
    }
}

fn constraints() -> MediaStreamConstraints {
    let ideal = |value: JsValue| {
        let wish = Object::new();
        let _ = Reflect::set(&wish, &"ideal".into(), &value);
        wish
    };
    let video = Object::new();
    let wishes = [("facingMode", "environment".into()), ("width", 1280.into()), ("height", 720.into())];
    for (name, value) in wishes {
        let _ = Reflect::set(&video, &name.into(), &ideal(value));
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&video);
    constraints
}

fn trouble(error: &JsValue) -> Trouble {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("NotAllowedError" | "SecurityError") => Trouble::Denied,
        Some("NotFoundError" | "OverconstrainedError") => Trouble::NoCamera,
        Some("NotReadableError" | "AbortError") => Trouble::Busy,
        _ => Trouble::Unsupported,
    }
}

/// What a video shows now.
pub(crate) fn frame(video: &HtmlVideoElement) -> Option<Picture> {
    if video.ready_state() < HAS_PICTURE {
        return None;
    }
    let (width, height) = scaled(video.video_width(), video.video_height(), SIDE_MAX);
    drawn(width, height, |canvas| {
        canvas.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width.into(), height.into())
    })
}

/// A picture in a file; `None` if it is none that the browser knows.
pub(crate) async fn picture(file: &File) -> Option<Picture> {
    let opening = window().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(opening).await.ok()?.dyn_into().ok()?;
    let (width, height) = scaled(bitmap.width(), bitmap.height(), CHOSEN_SIDE_MAX);
    let picture = drawn(width, height, |canvas| {
        canvas.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width.into(), height.into())
    });
    bitmap.close();
    picture
}

/// The pixels of what is drawn on a canvas of this size.
fn drawn(
    width: u32,
    height: u32,
    draw: impl FnOnce(&CanvasRenderingContext2d) -> Result<(), JsValue>,
) -> Option<Picture> {
    if width == 0 || height == 0 {
        return None;
    }
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let options = Object::new();
    let _ = Reflect::set(&options, &"willReadFrequently".into(), &true.into());
    let context = canvas.get_context_with_context_options("2d", &options).ok()??;
    let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
    // What is transparent is paper.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width.into(), height.into());
    draw(&context).ok()?;
    let data = context.get_image_data(0.0, 0.0, width.into(), height.into()).ok()?;
    Some(Picture { width, height, pixels: data.data().0 })
}
