//! Browser driver: the engine in a dedicated worker, over OPFS, WebSocket and fetch.
//!
//! `worker.js` starts it with the database key once this worker holds the profile's lock. From then on everything runs
//! on this one thread: [`receive`] takes the page's commands, sockets and timers bring inputs, and after each of them
//! the driver posts what is to be shown and does what is to be done. It decides nothing itself.

mod driver;
mod fetch;
mod socket;
mod storage;
mod time;

use js_sys::Uint8Array;
use kuvert_view::ViewUpdate;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::DedicatedWorkerGlobalScope;

/// Opens the profile, in memory where there is no key or no lasting storage.
#[wasm_bindgen]
pub async fn start(key: Option<Uint8Array>) {
    driver::start(key).await;
}

/// Takes a command from the page: bytes of [`kuvert_view::encode_posted`].
#[wasm_bindgen]
pub fn receive(command: &Uint8Array) {
    driver::command(&command.to_vec());
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(update: &ViewUpdate) {
    let bytes = Uint8Array::from(kuvert_view::encode_update(update).as_slice());
    // Fails only if the page is gone, and then nobody is left to tell.
    let _ = scope().post_message(&bytes);
}
