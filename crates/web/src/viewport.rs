//! The part of the window that a keyboard on the screen leaves free.
//!
//! Most browsers make the page smaller by `interactive-widget` in `index.html`. Where that is not known, the page lies partly
//! behind the keyboard: then this module says how high the visible part is, and the style sheet follows.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlElement;

/// Pixels that only a keyboard takes.
const KEYBOARD: f64 = 80.0;

/// Follows the visible part of the window from now on.
pub(crate) fn follow() {
    let Some(viewport) = window().visual_viewport() else { return };
    let follow = Closure::<dyn Fn()>::new(|| {
        let _ = apply();
    });
    for event in ["resize", "scroll"] {
        let _ = viewport.add_event_listener_with_callback(event, follow.as_ref().unchecked_ref());
    }
    follow.forget();
}

fn apply() -> Option<()> {
    let viewport = window().visual_viewport()?;
    let inner = window().inner_height().ok()?.as_f64()?;
    let root = document().document_element()?.dyn_into::<HtmlElement>().ok()?;
    // Who zooms in wants to see a part of the page, not a smaller page.
    let is_covered = inner - viewport.height() > KEYBOARD && (viewport.scale() - 1.0).abs() < 0.01;
    let style = root.style();
    if is_covered {
        style.set_property("--visible-height", &format!("{}px", viewport.height().round())).ok()?;
        window().scroll_to_with_x_and_y(0.0, 0.0);
    } else {
        style.remove_property("--visible-height").ok()?;
    }
    Some(())
}
