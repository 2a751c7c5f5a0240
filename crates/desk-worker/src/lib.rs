//! Browser driver of a business line's team: the same engine as everybody's, which works the desk, too.
//!
//! It is a module of its own, so that customers do not load it, and has a profile of its own beside the private one of whoever
//! sits there.

use kuvert_app::App;
use kuvert_worker::{Place, settle};
use wasm_bindgen::prelude::wasm_bindgen;

/// Called when the module is loaded, before `worker.js` has the profile opened.
#[wasm_bindgen(start)]
pub fn begin() {
    settle(Place { pool: "kuvert-desk", files: "kuvert-desk-files", prepare: App::with_desk });
}
