//! The Kuvert web app: Leptos, client-side rendered.
//!
//! The page shows what the engine says and posts what the user wishes; both are plain data of `kuvert-view`. Pure rules
//! (order, bounds, texts, QR codes) stand in modules of their own and are tested natively: [`model`], [`window`], [`compose`],
//! [`markdown`], [`route`], [`text`], [`qr`], [`i18n`], [`dates`]. [`state`] holds what the screens share, [`bridge`] the way to the engine,
//! [`screens`] and [`components`] what one sees.

#![allow(unreachable_pub, reason = "the component macro makes the properties of every component public")]

mod app;
mod batch;
mod bridge;
mod browser;
mod camera;
mod components;
mod compose;
mod dates;
mod files;
mod find;
mod harmless;
mod i18n;
mod keeping;
mod line;
mod markdown;
mod model;
mod navigation;
mod notices;
mod people;
mod pwa;
mod qr;
mod rights;
mod route;
mod scan;
mod screens;
mod shell;
mod state;
mod talk;
mod text;
mod theme;
mod unanswered;
mod viewport;
mod window;

pub use line::with_desk;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

/// Shows the app in the element `app` of `index.html`. Called by `boot.js` after it started the engine and
/// the page was parsed, with the language that it chose and the texts of that.
#[wasm_bindgen]
pub fn show(language: &str, texts: String) {
    let lang = i18n::Lang::from_wishes([language]);
    i18n::load(lang, texts);
    let root = leptos::prelude::document()
        .get_element_by_id("app")
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let Some(root) = root else {
        wasm_bindgen::throw_str("there is no element `app` to show Kuvert in");
    };
    viewport::follow();
    // The picture that the page shows while it loads.
    root.set_text_content(None);
    leptos::mount::mount_to(root, app::App).forget();
}
