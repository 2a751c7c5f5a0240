//! What other relays bring, and what they and devices ask about this one.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kuvert_wire::encode;

use super::Site;

const CBOR: &str = "application/cbor";

/// `GET /v1/relay`: the relay's origins and its key.
pub(super) async fn about(State(site): State<Site>) -> Response {
    let Some(federation) = &site.federation else { return alone() };
    let headers = [(header::CONTENT_TYPE, CBOR), (header::CACHE_CONTROL, "no-store")];
    (headers, federation.info.clone()).into_response()
}

/// `POST /v1/deposits`: sealed deposits, answered one by one and in order.
pub(super) async fn take(State(site): State<Site>, body: Bytes) -> Response {
    let Some(federation) = &site.federation else { return alone() };
    let Ok(_slot) = federation.slots.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many deposits at this moment\n").into_response();
    };
    match federation.receive(body, &site.context.writer).await {
        Ok(results) => ([(header::CONTENT_TYPE, CBOR)], encode(&results)).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "the deposits could not be read\n").into_response(),
    }
}

fn alone() -> Response {
    (StatusCode::NOT_FOUND, "this relay does not speak with others\n").into_response()
}
