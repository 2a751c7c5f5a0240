//! The way between page and engine: bytes of `kuvert-view`, posted to the worker that `boot.js` started.
//!
//! `boot.js` keeps what the worker says before this module runs in the worker's property `kuvertWaiting`, and a
//! failure to start in `kuvertFailed`.

use js_sys::{Array, Reflect, Uint8Array};
use kuvert_view::{UiCommand, decode_update, encode_command};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, Worker};

use crate::batch;
use crate::state::AppState;

fn worker() -> Option<Worker> {
    Reflect::get(&js_sys::global(), &JsValue::from_str("kuvertWorker")).ok()?.dyn_into().ok()
}

/// Posts a command to the engine. A worker that is gone has said so by its `error` event.
pub(crate) fn post(command: &UiCommand) {
    if let Some(worker) = worker() {
        let bytes = Uint8Array::from(encode_command(command).as_slice());
        let _ = worker.post_message(&bytes);
    }
}

/// Applies everything the engine says, from the first word on.
pub(crate) fn connect(state: AppState) {
    let Some(worker) = worker() else {
        state.engine_stopped();
        return;
    };
    let on_message =
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| receive(state, event.data()));
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn(Event)>::new(move |_| state.engine_stopped());
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();

    let property = |name: &str| Reflect::get(&worker, &JsValue::from_str(name)).unwrap_or_default();
    if let Ok(waiting) = property("kuvertWaiting").dyn_into::<Array>() {
        waiting.iter().for_each(|data| receive(state, data));
    }
    if property("kuvertFailed").is_truthy() {
        state.engine_stopped();
    }
}

fn receive(state: AppState, data: JsValue) {
    let update = data.dyn_into::<Uint8Array>().ok().map(|bytes| decode_update(&bytes.to_vec()));
    match update {
        Some(Ok(update)) => batch::receive(state, update),
        _ => state.version_differs(),
    }
}
