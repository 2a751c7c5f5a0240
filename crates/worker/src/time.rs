//! The browser's clock and timers.

use js_sys::Promise;
use kuvert_core::Timestamp;
use wasm_bindgen_futures::JsFuture;

use crate::scope;

pub(crate) fn now() -> Timestamp {
    // Whole milliseconds, far below 2^53.
    #[allow(clippy::cast_possible_truncation)]
    Timestamp(js_sys::Date::now() as i64)
}

/// Waits; timers of longer than a day come early, which is harmless.
pub(crate) async fn sleep(millis: i64) {
    let millis = i32::try_from(millis.clamp(0, 86_400_000)).unwrap_or(0);
    let promise = Promise::new(&mut |resolve, _| {
        let _ = scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    let _ = JsFuture::from(promise).await;
}
