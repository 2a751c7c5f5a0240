//! Whether the browser keeps what lies in it: browsers throw data away when space runs out, but for what they promised to keep.

use js_sys::{Function, Promise, Reflect};
use kuvert_view::Storage;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser;
use crate::i18n::Lang;
use crate::line;
use crate::shell::Shell;
use crate::state::{AppState, Profile};

/// That an identity was made here. The browser keeps this note elsewhere than the identity, so that the loss of the one is noticed
/// by the other; `boot.js` hands it to the engine.
fn remembered() -> &'static str {
    line::one_of("kuvert-kept", "kuvert-desk-kept")
}

/// What is known of the browser's promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Whether it promised to keep everything; `None` if it does not say.
    pub(crate) promised: Option<bool>,
    /// It was asked to and did not.
    pub(crate) refused: bool,
    /// Bytes that lie here.
    pub(crate) used: Option<u64>,
}

/// Remembers that there is an identity, and asks the browser to keep it when it has just been made.
pub(crate) fn follow(state: AppState) {
    let shell = state.shell();
    Effect::new(move |before: Option<Profile>| {
        let profile = state.profile().get();
        let lasts = state.storage().get() == Some(Storage::Lasting);
        if matches!(profile, Profile::Known(_)) && lasts {
            browser::store(remembered(), "1");
            if before == Some(Profile::Missing) {
                ask(shell);
            }
        }
        profile
    });
}

/// The user begins anew: nothing is missed any more.
pub(crate) fn forget() {
    browser::forget(remembered());
}

/// Looks how things stand.
pub(crate) fn look(shell: Shell) {
    leptos::task::spawn_local(async move {
        let promised = call("persisted").await.and_then(|answer| answer.as_bool());
        let estimate = call("estimate").await;
        let used = estimate.and_then(|estimate| Reflect::get(&estimate, &"usage".into()).ok()?.as_f64());
        // Bytes are whole, not negative, and far fewer than 2^53.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let used = used.map(|bytes| bytes as u64);
        shell.set_kept(Kept { promised, used, refused: false });
    });
}

/// Asks the browser to keep everything.
pub(crate) fn ask(shell: Shell) {
    leptos::task::spawn_local(async move {
        let promised = call("persist").await.and_then(|answer| answer.as_bool());
        let before = shell.kept().get_untracked();
        shell.set_kept(Kept { promised, refused: promised == Some(false), ..before });
    });
}

/// Calls a function of the browser's storage manager, where it has one.
async fn call(name: &str) -> Option<JsValue> {
    let storage = Reflect::get(&window().navigator(), &"storage".into()).ok().filter(JsValue::is_object)?;
    let function: Function = Reflect::get(&storage, &name.into()).ok()?.dyn_into().ok()?;
    let promise = function.call0(&storage).ok()?;
    JsFuture::from(Promise::resolve(&promise)).await.ok()
}

/// A number of bytes for people: 1 MB is 1,000,000 bytes.
pub(crate) fn size(bytes: u64, lang: Lang) -> String {
    let tenths = bytes.div_ceil(100_000);
    let point = match lang {
        Lang::De => ',',
        Lang::En => '.',
    };
    format!("{}{point}{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_language_of_the_screens() {
        assert_eq!(size(1_234_567, Lang::En), "1.3 MB");
        assert_eq!(size(1_234_567, Lang::De), "1,3 MB");
        assert_eq!(size(0, Lang::En), "0.0 MB");
        assert_eq!(size(1, Lang::En), "0.1 MB", "something is never nothing");
    }
}
