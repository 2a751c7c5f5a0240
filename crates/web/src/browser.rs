//! The few things that the app asks of the browser. What a browser refuses (storage in a private window, the clipboard
//! without permission) is an `Option` or a `bool`, never a panic.

use js_sys::{Function, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, Storage};

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// A setting of this browser.
pub(crate) fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Keeps a setting in this browser, as far as it allows that.
pub(crate) fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets a setting of this browser.
pub(crate) fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// Sets an attribute of the root element.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// The origin of this page, which is its relay's; empty if the browser does not say.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Opens the browser's dialog for printing.
pub(crate) fn print() {
    let _ = window().print();
}

/// Loads the page again.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// Moves the keyboard's focus to the element with this id, without scrolling.
pub(crate) fn focus(id: &str) {
    let Some(element) = document().get_element_by_id(id) else {
        return;
    };
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Moves the keyboard's focus to the first element that a selector finds, which comes into view.
pub(crate) fn focus_first(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the keyboard's focus to an element, which stays where it is.
pub(crate) fn focus_in_place(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Whether some text of the page is selected.
pub(crate) fn has_selection() -> bool {
    window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed())
}

/// Whether the page has a fine pointer, so that a focused text field brings up no keyboard on the screen.
pub(crate) fn has_keyboard() -> bool {
    matches("(hover: hover) and (pointer: fine)")
}

/// Whether the person asked for less motion, or the query holds otherwise.
pub(crate) fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|media| media.matches())
}

/// Whether the tab is in view.
pub(crate) fn is_visible() -> bool {
    !document().hidden()
}

/// Writes a text to the clipboard and says whether that worked.
pub(crate) async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Pages without TLS have no clipboard, although the type says so.
    match Reflect::get(&navigator, &JsValue::from_str("clipboard")) {
        Ok(clipboard) if clipboard.is_object() => {
            JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
        }
        _ => false,
    }
}

/// The browser's own share sheet, if it has one.
fn share_function() -> Option<Function> {
    Reflect::get(&window().navigator(), &JsValue::from_str("share")).ok()?.dyn_into().ok()
}

/// Whether the browser can share.
pub(crate) fn can_share() -> bool {
    share_function().is_some()
}

/// Opens the browser's share sheet.
pub(crate) fn share(title: &str, url: &str) {
    let Some(share) = share_function() else {
        return;
    };
    let data = Object::new();
    for (name, value) in [("title", title), ("url", url)] {
        let _ = Reflect::set(&data, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    if let Ok(promise) = share.call1(&window().navigator(), &data) {
        leptos::task::spawn_local(async move {
            // Whoever closes the sheet has decided; that is no failure.
            let _ = JsFuture::from(js_sys::Promise::resolve(&promise)).await;
        });
    }
}

/// The languages that the browser asks for, the dearest first.
pub(crate) fn languages() -> Vec<String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect()
}
