//! Requests about blobs: no redirects, no proxy, no cookies, each bounded in time.

use std::io::Read;

use kuvert_core::Deletion;
use kuvert_core::file::Answer;
use kuvert_wire::headers;
use ureq::http::Response;
use ureq::{Body, RequestBuilder};

use crate::limits;

pub(super) type Headers = Vec<(&'static str, String)>;

pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("")
        .timeout_connect(Some(limits::OPEN_WITHIN))
        .timeout_global(Some(limits::SLICE_WITHIN))
        .build();
    config.into()
}

/// `None` where there was no answer.
fn answer(response: Result<Response<Body>, ureq::Error>) -> Option<Answer> {
    let mut response = response.ok()?;
    let offset = response.headers().get(headers::UPLOAD_OFFSET);
    let offset = offset.and_then(|value| value.to_str().ok()?.parse().ok());
    // Read, so that the connection can be used again.
    let _ = response.body_mut().with_config().limit(limits::MAX_ANSWER).read_to_vec();
    Some(Answer { status: response.status().as_u16(), offset })
}

fn with_headers<B>(builder: RequestBuilder<B>, headers: Headers) -> RequestBuilder<B> {
    headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value))
}

/// Asks how far an upload is.
pub(super) fn head(agent: &ureq::Agent, url: &str) -> Option<Answer> {
    answer(agent.head(url).call())
}

/// Announces a blob.
pub(super) fn put(agent: &ureq::Agent, url: &str, headers: Headers) -> Option<Answer> {
    answer(with_headers(agent.put(url), headers).send_empty())
}

/// Appends bytes to an upload.
pub(super) fn patch(agent: &ureq::Agent, url: &str, headers: Headers, bytes: &[u8]) -> Option<Answer> {
    answer(with_headers(agent.patch(url), headers).send(bytes))
}

/// Deletes a blob, and says whether there is nothing left that this device could delete.
pub(super) fn delete(agent: &ureq::Agent, deletion: &Deletion) -> bool {
    let answer = answer(with_headers(agent.delete(&deletion.url), deletion.headers()).call());
    matches!(answer, Some(Answer { status: 204 | 403 | 404, .. }))
}

/// Asks for the bytes from `from` up to `until`.
pub(super) fn get(agent: &ureq::Agent, url: &str, from: u64, until: u64) -> Option<(u16, impl Read + use<>)> {
    let range = format!("bytes={from}-{}", until - 1);
    let response = agent.get(url).header("range", range).call().ok()?;
    let status = response.status().as_u16();
    Some((status, response.into_body().into_reader().take(until - from)))
}
