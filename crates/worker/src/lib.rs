//! Browser driver: the engine in a dedicated worker, over OPFS, WebSocket and fetch.
//!
//! `worker.js` starts it with the database key once this worker holds the profile's lock. From then on everything runs
//! on this one thread: [`receive`] takes the page's commands, sockets and timers bring inputs, and after each of them
//! the driver posts what is to be shown and does what is to be done. It decides nothing itself.

mod driver;
mod fetch;
mod files;
mod keeper;
mod moving;
mod profile;
mod socket;
mod storage;
mod time;

use std::cell::Cell;

use js_sys::{Array, Uint8Array};
use kuvert_app::App;
use kuvert_view::{Failure, ViewUpdate};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DedicatedWorkerGlobalScope};
use zeroize::Zeroizing;

/// What this engine is for, and where its files lie in the browser's private file system.
#[derive(Clone, Copy)]
pub struct Place {
    /// The directory of the database.
    pub pool: &'static str,
    /// The directory of files.
    pub files: &'static str,
    /// Makes an application ready.
    pub prepare: fn(App) -> App,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place { pool: "kuvert", files: "kuvert-files", prepare: |app| app }) };
}

/// Makes this another engine than that for everybody. Called before [`start`].
pub fn settle(place: Place) {
    PLACE.set(place);
}

pub(crate) fn place() -> Place {
    PLACE.get()
}

/// Opens the profile, or says why not. `keeper` are the functions of `worker.js` that keep the database key, `found` is what
/// they found; `page_remembers` that an identity was made here.
#[wasm_bindgen]
pub async fn start(keeper: Option<js_sys::Object>, found: JsValue, page_remembers: bool) {
    profile::begin(keeper.map(JsValue::from), &found, page_remembers).await;
}

/// Takes a command from the page: bytes of [`kuvert_view::encode_posted`], or an array of them and what travels beside
/// them, as files do.
#[wasm_bindgen]
pub fn receive(command: &JsValue) {
    let mut parts: Vec<JsValue> = match command.dyn_ref::<Array>() {
        Some(parts) => parts.to_vec(),
        None => vec![command.clone()],
    };
    let beside = parts.split_off(parts.len().min(1));
    // What is no command is answered like one of another version.
    let command = parts.pop().and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok()).unwrap_or_default();
    // It may be a passphrase.
    let bytes = Zeroizing::new(command.to_vec());
    command.fill(0, 0, command.length());
    match kuvert_view::decode_posted(&bytes) {
        Ok(posted) => profile::command(posted, beside),
        Err(_) => post(&ViewUpdate::Failed(Failure::Unknown)),
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(update: &ViewUpdate) {
    let bytes = Uint8Array::from(kuvert_view::encode_update(update).as_slice());
    // Fails only if the page is gone, and then nobody is left to tell.
    let _ = scope().post_message(&bytes);
}

/// Posts an update with a file beside it, which is not copied.
fn post_with(update: &ViewUpdate, file: &Blob) {
    let bytes = Uint8Array::from(kuvert_view::encode_update(update).as_slice());
    let _ = scope().post_message(&Array::of2(&bytes, file));
}
