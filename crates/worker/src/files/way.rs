//! How one transfer gets on: what it says, when it rests, and whether it has to end; and its requests.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use kuvert_core::file::Answer;
use kuvert_core::{AttachmentId, BlobFailure, BlobOutcome};
use kuvert_wire::headers;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response,
};

use super::vault::VaultError;
use crate::{driver, scope, time};

/// Milliseconds for one request of a transfer.
const SLICE_WITHIN: i64 = 60_000;
/// Milliseconds between two words on how far it is.
const SAY_EVERY: i64 = 200;
/// First and longest pause before the relay is tried again, in milliseconds.
const REST_FIRST: i64 = 500;
const REST_LAST: i64 = 30_000;
/// So soon after it was told to, a resting transfer ends or goes on.
const LOOK_EVERY: i64 = 200;

/// Tells a transfer to end as soon as it can.
#[derive(Default)]
pub(crate) struct Stop {
    is_over: Cell<bool>,
    is_unwanted: Cell<bool>,
    request: RefCell<Option<AbortController>>,
}

impl Stop {
    /// Ends it for now: what there is of it stays.
    pub(crate) fn rest(&self) {
        self.is_over.set(true);
        if let Some(request) = self.request.borrow_mut().take() {
            request.abort();
        }
    }

    /// Ends it for good: what there is of it goes.
    pub(crate) fn stop(&self) {
        self.is_unwanted.set(true);
        self.rest();
    }

    /// Whether it has to end.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Whether nobody wants it any more, ever.
    pub(crate) fn is_unwanted(&self) -> bool {
        self.is_unwanted.get()
    }
}

/// Why a transfer ended before its end.
pub(crate) enum Ended {
    /// It was told to.
    Stopped,
    /// It will not get there.
    Failed(BlobFailure),
}

impl From<BlobFailure> for Ended {
    fn from(failure: BlobFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<VaultError> for Ended {
    fn from(error: VaultError) -> Self {
        Self::Failed(error.into())
    }
}

/// One transfer on its way.
pub(crate) struct Way {
    attachment: AttachmentId,
    stop: Rc<Stop>,
    /// Counts how often the connection came back.
    hurry: Rc<Cell<u32>>,
    said: Option<i64>,
    furthest: Option<u64>,
    pause: i64,
}

impl Way {
    pub(crate) fn new(attachment: AttachmentId, stop: Rc<Stop>, hurry: Rc<Cell<u32>>) -> Self {
        Self { attachment, stop, hurry, said: None, furthest: None, pause: REST_FIRST }
    }

    /// Says how far it is, now and then. Also ends what has to end.
    pub(crate) fn moved(&mut self, done: u64, of: u64) -> Result<(), Ended> {
        if self.furthest.is_none_or(|furthest| done > furthest) {
            self.furthest = Some(done);
            self.pause = REST_FIRST;
        }
        let now = time::now().0;
        if self.said.is_none_or(|said| now - said >= SAY_EVERY) {
            self.said = Some(now);
            driver::blob(BlobOutcome::Moved { attachment: self.attachment, done, of });
        }
        if self.stop.is_over.get() { Err(Ended::Stopped) } else { Ok(()) }
    }

    /// Rests before the relay is tried again, longer each time, but not when the connection came back meanwhile.
    pub(crate) async fn rest(&mut self) -> Result<(), Ended> {
        let mut chance = [0];
        let _ = getrandom::fill(&mut chance);
        let until = time::now().0 + self.pause - self.pause / 2 * i64::from(chance[0]) / 255;
        self.pause = (self.pause * 2).min(REST_LAST);
        let hurry = self.hurry.get();
        loop {
            let left = until - time::now().0;
            if self.stop.is_over.get() {
                return Err(Ended::Stopped);
            }
            if left <= 0 || self.hurry.get() != hurry {
                return Ok(());
            }
            time::sleep(left.min(LOOK_EVERY)).await;
        }
    }

    /// Makes a request, and says what the relay says of the blob; `None` where there was no answer.
    pub(crate) async fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, String)],
        body: Option<&[u8]>,
    ) -> Option<Answer> {
        let response = self.fetch(method, url, headers, body).await.ok()?;
        let offset = response.headers().get(headers::UPLOAD_OFFSET).ok()?;
        Some(Answer { status: response.status(), offset: offset.and_then(|value| value.parse().ok()) })
    }

    /// Asks for the bytes from `from` up to `until`; gives the status and at most so many bytes.
    pub(crate) async fn get(&self, url: &str, from: u64, until: u64) -> Option<(u16, Vec<u8>)> {
        let range = [("range", format!("bytes={from}-{}", until - 1))];
        let response = self.fetch("GET", url, &range, None).await.ok()?;
        if !matches!(response.status(), 200 | 206) {
            return Some((response.status(), Vec::new()));
        }
        let length =
            response.headers().get("content-length").ok()?.and_then(|value| value.parse::<u64>().ok());
        if length.is_none_or(|length| length > until - from) {
            return Some((response.status(), Vec::new()));
        }
        let body = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some((response.status(), Uint8Array::new(&body).to_vec()))
    }

    async fn fetch(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, String)],
        body: Option<&[u8]>,
    ) -> Result<Response, JsValue> {
        let init = RequestInit::new();
        init.set_method(method);
        init.set_credentials(RequestCredentials::Omit);
        init.set_redirect(RequestRedirect::Error);
        init.set_cache(RequestCache::NoStore);
        let fields = Headers::new()?;
        for (name, value) in headers {
            fields.set(name, value)?;
        }
        init.set_headers(&fields);
        if let Some(body) = body {
            init.set_body(&Uint8Array::from(body));
        }
        let controller = AbortController::new()?;
        init.set_signal(Some(&controller.signal()));
        self.stop.request.replace(Some(controller.clone()));
        // The body counts, too: a request that is over is not disturbed by this.
        spawn_local(async move {
            time::sleep(SLICE_WITHIN).await;
            controller.abort();
        });
        Ok(JsFuture::from(scope().fetch_with_str_and_init(url, &init)).await?.unchecked_into())
    }
}
