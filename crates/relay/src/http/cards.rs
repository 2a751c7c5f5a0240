//! Reading and storing cards.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kuvert_wire::{CardDeletion, CardId, CardRecord};

use super::Site;
use super::admission::{admission, not_admitted, not_shown};
use crate::day::Day;
use crate::service::{Answer, CardAnswer, Op};

/// `GET /v1/cards/{id}`: the record as it was stored.
pub(super) async fn read(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some(card) = CardId::from_text(&id) else { return no_such_card() };
    let store = Arc::clone(&site.context.store);
    match tokio::task::spawn_blocking(move || store.card(card)).await {
        Ok(Ok(Some(row))) if row.record.is_empty() => deleted_card(),
        Ok(Ok(Some(row))) => {
            if row.used != Day::today() {
                // Only keeps the card from growing old; the next reader repeats it.
                site.context.writer.note(Op::UseCard(card)).await;
            }
            let headers = [(header::CONTENT_TYPE, "application/cbor"), (header::CACHE_CONTROL, "no-store")];
            (headers, row.record).into_response()
        }
        Ok(Ok(None)) => no_such_card(),
        Ok(Err(_)) | Err(_) => busy(),
    }
}

/// `PUT /v1/cards/{id}`: a record signed by the card's own key, for somebody with an inbox here.
pub(super) async fn store(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(card) = CardId::from_text(&id) else { return no_such_card() };
    let admission = match admission(&headers) {
        Ok(admission) => admission,
        Err(missing) => return not_shown(&missing),
    };
    let version = match CardRecord::verified(card, &body) {
        Ok(record) => record.version,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let op = Op::PutCard { admission, card, version, record: body.to_vec() };
    match site.context.writer.perform(op, body.len()).await {
        Ok(Answer::Card(CardAnswer::Created)) => StatusCode::CREATED.into_response(),
        Ok(Answer::Card(CardAnswer::Replaced)) => StatusCode::OK.into_response(),
        Ok(Answer::Card(CardAnswer::NotAdmitted)) => not_admitted(),
        Ok(Answer::Card(CardAnswer::Outdated)) => {
            (StatusCode::CONFLICT, "the stored card is as new or newer\n").into_response()
        }
        _ => busy(),
    }
}

/// `DELETE /v1/cards/{id}`: a deletion signed by the card's own key.
pub(super) async fn delete(State(site): State<Site>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(card) = CardId::from_text(&id) else { return no_such_card() };
    let version = match CardDeletion::verified(card, &body) {
        Ok(deletion) => deletion.version,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    match site.context.writer.perform(Op::DeleteCard { card, version }, body.len()).await {
        Ok(Answer::Card(CardAnswer::Deleted)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Answer::Card(CardAnswer::Absent)) => no_such_card(),
        Ok(Answer::Card(CardAnswer::Outdated)) => {
            (StatusCode::CONFLICT, "the stored card is newer\n").into_response()
        }
        _ => busy(),
    }
}

fn deleted_card() -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::GONE, headers, "this card was deleted\n").into_response()
}

fn no_such_card() -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, "there is no such card\n").into_response()
}

fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "the relay is busy\n").into_response()
}
