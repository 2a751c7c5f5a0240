//! Who may store something over HTTP: who shows a token of an inbox at this relay. So a relay keeps nothing for strangers,
//! and a relay that takes nobody new keeps nothing for anybody new.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use kuvert_wire::{InboxId, Token, headers};

use crate::service::Admission;

const INBOX: HeaderName = HeaderName::from_static(headers::INBOX);
const TOKEN: HeaderName = HeaderName::from_static(headers::TOKEN);

/// Reads the right to store something.
///
/// # Errors
/// The header that is missing or cannot be read.
pub(super) fn admission(headers: &HeaderMap) -> Result<Admission, HeaderName> {
    let inbox = bytes_of(headers, INBOX, InboxId::from_slice)?;
    let token = bytes_of(headers, TOKEN, Token::from_slice)?;
    Ok(Admission { inbox, token })
}

/// Reads a header in unpadded base64url.
///
/// # Errors
/// The header's name, if it is missing or cannot be read.
pub(super) fn bytes_of<T>(
    headers: &HeaderMap,
    name: HeaderName,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<T, HeaderName> {
    let value = headers.get(&name).and_then(|value| BASE64URL_NOPAD.decode(value.as_bytes()).ok());
    value.and_then(|bytes| read(&bytes)).ok_or(name)
}

/// 401: nothing was shown, or nothing that can be read.
pub(super) fn not_shown(missing: &HeaderName) -> Response {
    let headers = [(header::WWW_AUTHENTICATE, "Kuvert-Token"), (header::CACHE_CONTROL, "no-store")];
    let text = format!(
        "the header {missing} is missing or cannot be read: an inbox at this relay and a token of it are needed\n"
    );
    (StatusCode::UNAUTHORIZED, headers, text).into_response()
}

/// 403: what was shown does not hold.
pub(super) fn not_admitted() -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let text = "there is no such inbox at this relay, or the token does not hold for it\n";
    (StatusCode::FORBIDDEN, headers, text).into_response()
}
