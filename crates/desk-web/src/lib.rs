//! The web app of a business line's team: the same page as everybody's, with what only a team needs.
//!
//! It is a module of its own, so that customers do not load it.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called when the module is loaded, before `boot.js` has the page shown.
#[wasm_bindgen(start)]
pub fn begin() {
    kuvert_web::with_desk();
}
