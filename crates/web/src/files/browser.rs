//! What files ask of the browser: addresses within this page, and places to save to.

use std::time::Duration;

use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, FileList, HtmlAnchorElement, Url};

/// How long a browser may take to read what it was told to save.
const SAVING: Duration = Duration::from_secs(60);

/// An address within this page for a file.
pub(crate) fn url_of(blob: &Blob) -> Option<String> {
    Url::create_object_url_with_blob(blob).ok()
}

/// An address within this page for bytes.
pub(crate) fn url_of_bytes(bytes: &[u8], media_type: &str) -> Option<String> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    url_of(&Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?)
}

/// Takes an address back.
pub(crate) fn revoke(url: &str) {
    let _ = Url::revoke_object_url(url);
}

/// Takes an address back once the browser has saved what it leads to.
pub(crate) fn revoke_later(url: String) {
    set_timeout(move || revoke(&url), SAVING);
}

/// Hands a file to the browser, which puts it among its downloads.
pub(crate) fn save(url: &str, name: &str) {
    let Ok(anchor) = document().create_element("a") else {
        return;
    };
    let anchor: HtmlAnchorElement = anchor.unchecked_into();
    anchor.set_href(url);
    anchor.set_download(name);
    anchor.click();
}

/// Hands a text to the browser as a file.
pub(crate) fn save_text(text: &str, media_type: &str, name: &str) {
    if let Some(url) = url_of_bytes(text.as_bytes(), media_type) {
        save(&url, name);
        revoke_later(url);
    }
}

/// Why there is no place for a file.
pub(crate) enum NoPlace {
    /// The user closed the question.
    Closed,
    /// The browser does not ask.
    Unsupported,
}

/// Asks the user where a file is to be written to.
pub(crate) async fn place_for(name: &str) -> Result<JsValue, NoPlace> {
    let ask = Reflect::get(&window(), &JsValue::from_str("showSaveFilePicker")).unwrap_or_default();
    let ask: Function = ask.dyn_into().map_err(|_| NoPlace::Unsupported)?;
    let options = Object::new();
    let _ = Reflect::set(&options, &JsValue::from_str("suggestedName"), &JsValue::from_str(name));
    let asked = ask.call1(&window(), &options).map_err(|_| NoPlace::Closed)?;
    JsFuture::from(js_sys::Promise::resolve(&asked)).await.map_err(|_| NoPlace::Closed)
}

/// The files of a list.
pub(crate) fn files_of(list: Option<FileList>) -> Vec<File> {
    let list = list.as_ref();
    let length = list.map_or(0, FileList::length);
    (0..length).filter_map(|at| list.and_then(|list| list.get(at))).collect()
}
