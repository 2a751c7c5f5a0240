//! Which web pages may use this relay.
//!
//! Browsers ask on behalf of pages from other origins. What a page could do here takes keys and tokens that it must hold
//! itself; there is no cookie and nothing that comes with the visitor. So every origin is let in, unless the operator
//! names those that may.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// How long a browser may remember the answer, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS");
/// `*` covers all headers but `authorization`; the others are named for browsers that do not know `*`.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "*, authorization, content-type, range, upload-length, upload-offset, kuvert-inbox, kuvert-token, kuvert-secret, \
     kuvert-secret-hash",
);
/// What a page may read of an answer beside its body, its type and its length.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "*, upload-offset, upload-length, upload-complete, content-range, accept-ranges, retry-after",
);
const ALL: HeaderValue = HeaderValue::from_static("*");

pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The origins whose pages may use this relay.
#[derive(Clone)]
pub(crate) struct Origins(Arc<Allowed>);

struct Allowed {
    /// The relay's own.
    own: Vec<String>,
    /// `None` stands for all.
    others: Option<Vec<String>>,
}

impl Origins {
    /// The relay's own origins, and those of the configuration.
    pub(crate) fn new(own: &[String], allowed: &[String]) -> Self {
        let others = (!allowed.iter().any(|origin| origin == "*")).then(|| allowed.to_vec());
        Self(Arc::new(Allowed { own: own.to_vec(), others }))
    }

    /// Whether a request may come from where it says that it comes from. Only browsers say it, and they do not lie.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        headers.get(header::ORIGIN).is_none_or(|origin| self.contains(origin))
    }

    /// The origin from which a request comes, if its pages may use this relay.
    fn of(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        headers.get(header::ORIGIN).filter(|origin| self.contains(origin)).cloned()
    }

    /// Lets the page that asked read a response that comes before [`share`].
    pub(super) fn reveal(&self, asked: &HeaderMap, mut response: Response) -> Response {
        reveal(self, self.of(asked), &mut response);
        response
    }

    fn contains(&self, origin: &HeaderValue) -> bool {
        let Some(others) = &self.0.others else { return true };
        self.0.own.iter().chain(others).any(|allowed| allowed.as_bytes() == origin.as_bytes())
    }

    /// Whether any page of another origin may use this relay.
    fn is_shared(&self) -> bool {
        self.0.others.as_ref().is_none_or(|others| !others.is_empty())
    }
}

/// Answers preflights, and tells browsers which pages may read the response.
pub(super) async fn share(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let origin = origins.of(request.headers());
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let is_allowed = reveal(&origins, origin, &mut response);
    if is_preflight && is_allowed {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    response
}

/// Tells a browser whether a page of `origin` may read the response, and returns that.
fn reveal(origins: &Origins, origin: Option<HeaderValue>, response: &mut Response) -> bool {
    let headers = response.headers_mut();
    if origins.is_shared() {
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    if origins.0.others.is_some() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin else { return false };
    let open = origins.0.others.is_none();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, if open { ALL } else { origin });
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    true
}
