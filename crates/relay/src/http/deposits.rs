//! What other relays bring, and what they and devices ask about this one.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kuvert_wire::{SealedDeposits, encode, limits};
use tokio::time::timeout;

use super::{Client, Site, too_many_requests};
use crate::networks::Transfer;

const CBOR: &str = "application/cbor";

/// `GET /v1/relay`: the relay's origins and its key.
pub(super) async fn about(State(site): State<Site>) -> Response {
    let Some(federation) = &site.federation else { return alone() };
    let headers = [(header::CONTENT_TYPE, CBOR), (header::CACHE_CONTROL, "no-store")];
    (headers, federation.info.clone()).into_response()
}

/// `POST /v1/deposits`: sealed deposits, answered one by one and in order.
pub(super) async fn take(
    State(site): State<Site>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let Some(federation) = &site.federation else { return alone() };
    // Before the body is read: a slot bounds the memory that bodies take.
    let share = limits::MAX_FOREIGN_REQUESTS / limits::NETWORKS_SHARE;
    let (Ok(_slot), Some(_share)) =
        (federation.slots.try_acquire(), client.network.begin(Transfer::Deposits, share))
    else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many deposits at this moment\n").into_response();
    };
    // As long as another relay waits for its answer; a slot is too dear for who sends slower.
    let body = match timeout(limits::FOREIGN_PATIENCE, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => body,
        Ok(Err(refused)) => return refused.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let Ok(sealed) = SealedDeposits::from_bytes(&body) else {
        return (StatusCode::BAD_REQUEST, "the deposits could not be read\n").into_response();
    };
    drop(body);
    // The request itself was counted when it came, for the first of them.
    let more = u32::try_from(sealed.deposits.len().saturating_sub(1)).unwrap_or(u32::MAX);
    if !client.network.take_at_most(more) {
        return too_many_requests();
    }
    let results = federation.receive(sealed, &site.context.writer).await;
    ([(header::CONTENT_TYPE, CBOR)], encode(&results)).into_response()
}

fn alone() -> Response {
    (StatusCode::NOT_FOUND, "this relay does not speak with others\n").into_response()
}
