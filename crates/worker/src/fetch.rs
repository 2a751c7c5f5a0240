//! Fetches: no cookies, no redirects, no cache.

use js_sys::Uint8Array;
use kuvert_core::{BlobOutcome, Deletion, FetchId, FetchMethod, FetchOutcome, FetchRequest};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response};

use crate::scope;

/// Longest answer to the deletion of a blob: a sentence.
const MAX_ANSWER: usize = 4096;

pub(crate) async fn run(request: &FetchRequest) -> FetchOutcome {
    answer(request).await.unwrap_or(FetchOutcome::Failed)
}

async fn answer(request: &FetchRequest) -> Result<FetchOutcome, JsValue> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(RequestRedirect::Error);
    init.set_cache(RequestCache::NoStore);
    match &request.method {
        FetchMethod::Get => {}
        FetchMethod::Put(body) => send(&init, "PUT", body),
        FetchMethod::Patch(body) => send(&init, "PATCH", body),
        FetchMethod::Delete(body) => send(&init, "DELETE", body),
    }
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    init.set_headers(&headers);
    let response: Response =
        JsFuture::from(scope().fetch_with_str_and_init(&request.url, &init)).await?.unchecked_into();
    let body = Uint8Array::new(&JsFuture::from(response.array_buffer()?).await?);
    if body.length() as usize > request.limit {
        return Ok(FetchOutcome::Failed);
    }
    Ok(FetchOutcome::Answered { status: response.status(), body: body.to_vec() })
}

/// Deletes a blob at the relay.
pub(crate) async fn delete(deletion: Deletion) -> BlobOutcome {
    let request = FetchRequest {
        id: FetchId(0),
        method: FetchMethod::Delete(Vec::new()),
        url: deletion.url.clone(),
        headers: deletion.headers(),
        limit: MAX_ANSWER,
    };
    match run(&request).await {
        // 403 and 404: there is nothing that this device could delete.
        FetchOutcome::Answered { status: 204 | 403 | 404, .. } => BlobOutcome::Deleted { url: deletion.url },
        _ => BlobOutcome::NotDeleted { url: deletion.url },
    }
}

fn send(init: &RequestInit, method: &str, body: &[u8]) {
    init.set_method(method);
    init.set_body(&Uint8Array::from(body));
}
