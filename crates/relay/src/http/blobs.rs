//! Announcing, uploading, reading and deleting blobs: resumable uploads in the manner of
//! draft-ietf-httpbis-resumable-upload, ranges of RFC 9110.

use std::io::Read;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kuvert_wire::{BlobId, BlobSecret, BlobSecretHash, headers, limits};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::admission::{self, admission};
use super::{Client, Site};
use crate::blobs::{Announcement, BlobError, Download, Progress, settle};
use crate::metrics::Metrics;
use crate::service::Admission;

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static(headers::UPLOAD_OFFSET);
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static(headers::UPLOAD_LENGTH);
const UPLOAD_COMPLETE: HeaderName = HeaderName::from_static("upload-complete");
const SECRET: HeaderName = HeaderName::from_static(headers::SECRET);
const SECRET_HASH: HeaderName = HeaderName::from_static(headers::SECRET_HASH);

/// A request that could not be served.
pub(super) enum Refused {
    /// A header is missing or malformed.
    Header(HeaderName),
    Blob(BlobError),
}

impl From<BlobError> for Refused {
    fn from(error: BlobError) -> Self {
        Self::Blob(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        match self {
            Self::Header(name) => {
                let text = format!("the header {name} is missing or cannot be read\n");
                (StatusCode::BAD_REQUEST, no_store, text).into_response()
            }
            Self::Blob(error) => {
                let text = format!("{error}\n");
                let mut response = (status(error), no_store, text).into_response();
                if let BlobError::WrongOffset(progress) = error {
                    add_progress(response.headers_mut(), progress);
                }
                response
            }
        }
    }
}

fn status(error: BlobError) -> StatusCode {
    match error {
        BlobError::NoSuchBlob => StatusCode::NOT_FOUND,
        BlobError::BadToken | BlobError::BadSecret => StatusCode::FORBIDDEN,
        BlobError::Taken | BlobError::WrongOffset(_) => StatusCode::CONFLICT,
        BlobError::Empty | BlobError::BrokenOff => StatusCode::BAD_REQUEST,
        BlobError::TooLarge(_) | BlobError::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        BlobError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BlobError::OverAllowance => StatusCode::TOO_MANY_REQUESTS,
        BlobError::OverQuota | BlobError::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        BlobError::Crowded | BlobError::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// `PUT /v1/blobs/{id}`: announces a blob.
pub(super) async fn create(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let id = blob(&id)?;
    let Admission { inbox, token } = admission(&headers).map_err(Refused::Header)?;
    let announced = Announcement {
        inbox,
        token,
        size: number_of(&headers, UPLOAD_LENGTH)?,
        secret: bytes_of(&headers, SECRET_HASH, BlobSecretHash::from_slice)?,
    };
    let progress = site.blobs.create(id, announced).await?;
    Ok(with_progress(StatusCode::CREATED, progress))
}

/// `PATCH /v1/blobs/{id}`: goes on with an upload.
pub(super) async fn append(
    State(site): State<Site>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let id = blob(&id)?;
    let secret = bytes_of(&headers, SECRET, BlobSecret::from_slice)?;
    let offset = number_of(&headers, UPLOAD_OFFSET)?;
    let progress = Arc::clone(&site.blobs).append(id, secret, offset, body, client.network).await?;
    Ok(with_progress(StatusCode::NO_CONTENT, progress))
}

/// `DELETE /v1/blobs/{id}`: deletes a blob, complete or not.
pub(super) async fn delete(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refused> {
    let id = blob(&id)?;
    let secret = bytes_of(&headers, SECRET, BlobSecret::from_slice)?;
    site.blobs.delete(id, &secret).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `HEAD /v1/blobs/{id}`: how far the upload is; `GET`: a complete blob or one range of it.
pub(super) async fn read(
    State(site): State<Site>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let id = blob(&id)?;
    let progress = site.blobs.progress(id).await?;
    if !progress.is_complete() {
        return match method {
            Method::HEAD => Ok(with_progress(StatusCode::NO_CONTENT, progress)),
            _ => Err(BlobError::NoSuchBlob.into()),
        };
    }
    let size = progress.size;
    let Some((from, until)) = range(&headers, size) else {
        let headers = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
    };
    let body = match method {
        Method::HEAD => Body::empty(),
        _ => {
            let download = site.blobs.read(id, from, &client.network).await?;
            send(download, until - from, Arc::clone(&site.context.metrics))
        }
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if (from, until) != (0, size) {
        let range = format!("bytes {from}-{}/{size}", until - 1);
        headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(range).map_err(|_| BlobError::Busy)?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(until - from));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    add_progress(headers, progress);
    Ok(response)
}

/// Streams `length` bytes of a file, a buffer at a time and no faster than they are taken.
fn send(download: Download, length: u64, metrics: Arc<Metrics>) -> Body {
    let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(1);
    tokio::spawn(async move {
        let Download { file, slot } = download;
        let file = Arc::new(file);
        let mut left = length;
        while left > 0 {
            let reading = Arc::clone(&file);
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(limits::BLOB_BUFFER);
            let read = spawn_blocking(move || {
                let mut buffer = vec![0; want];
                (&*reading).read_exact(&mut buffer).map(|()| Bytes::from(buffer))
            });
            let read = read.await.unwrap_or_else(|error| Err(error.into()));
            left = if read.is_ok() { left - want as u64 } else { 0 };
            // Who takes nothing for so long gives its place to others; the response then ends too early.
            if sender.send_timeout(read, limits::BLOB_PATIENCE).await.is_err() {
                break;
            }
            metrics.blob_bytes_sent.add(want as u64);
        }
        let _ = spawn_blocking(move || settle(&file)).await;
        drop(slot);
    });
    Body::from_stream(stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|bytes| (bytes, receiver))
    }))
}

/// Which bytes are asked for: all where nothing or nothing intelligible is, `None` where there are none of those.
fn range(headers: &HeaderMap, size: u64) -> Option<(u64, u64)> {
    let all = Some((0, size));
    // Blobs have no validators, so none can match. Several ranges may be answered by the whole (RFC 9110, 14.2).
    let asked = headers.get(header::RANGE).filter(|_| !headers.contains_key(header::IF_RANGE));
    let asked = asked.and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = asked else { return all };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return all;
    }
    // What is too long to be a number is beyond every blob.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    match (first.is_empty(), last.is_empty()) {
        (true, true) => all,
        (true, false) => Some(number(last)).filter(|&n| n > 0).map(|n| (size.saturating_sub(n), size)),
        (false, true) => Some((number(first), size)).filter(|(from, _)| *from < size),
        (false, false) if number(last) < number(first) => all,
        (false, false) => {
            let until = number(last).saturating_add(1).min(size);
            Some((number(first), until)).filter(|(from, _)| *from < size)
        }
    }
}

fn with_progress(status: StatusCode, progress: Progress) -> Response {
    let mut response = status.into_response();
    add_progress(response.headers_mut(), progress);
    response
}

fn add_progress(headers: &mut HeaderMap, progress: Progress) {
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(progress.stored));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(progress.size));
    let complete = if progress.is_complete() { "?1" } else { "?0" };
    headers.insert(UPLOAD_COMPLETE, HeaderValue::from_static(complete));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn blob(id: &str) -> Result<BlobId, Refused> {
    BlobId::from_text(id).ok_or(Refused::Blob(BlobError::NoSuchBlob))
}

fn bytes_of<T>(
    headers: &HeaderMap,
    name: HeaderName,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<T, Refused> {
    admission::bytes_of(headers, name, read).map_err(Refused::Header)
}

fn number_of(headers: &HeaderMap, name: HeaderName) -> Result<u64, Refused> {
    let value = headers.get(&name).and_then(|value| value.to_str().ok());
    let digits = value.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).ok_or(Refused::Header(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<(u64, u64)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(value).expect("a value"));
        range(&headers, 100)
    }

    #[test]
    fn a_range_is_read_as_rfc_9110_says() {
        for (value, expected) in [
            ("bytes=0-0", Some((0, 1))),
            ("bytes=10-19", Some((10, 20))),
            ("bytes=90-", Some((90, 100))),
            ("bytes=90-1000", Some((90, 100))),
            ("bytes=-10", Some((90, 100))),
            ("bytes=-1000", Some((0, 100))),
            ("bytes=99-99999999999999999999999", Some((99, 100))),
            ("bytes=100-", None),
            ("bytes=100-200", None),
            ("bytes=99999999999999999999999-", None),
            ("bytes=-0", None),
            ("bytes=5-4", Some((0, 100))),
            ("bytes=-", Some((0, 100))),
            ("bytes=0-1,5-6", Some((0, 100))),
            ("bytes=+1-2", Some((0, 100))),
            ("lines=0-1", Some((0, 100))),
            ("bytes", Some((0, 100))),
        ] {
            assert_eq!(asked(value), expected, "{value}");
        }
    }

    #[test]
    fn a_range_with_a_condition_that_cannot_hold_is_ignored() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=1-2"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"tag\""));
        assert_eq!(range(&headers, 100), Some((0, 100)));
    }
}
