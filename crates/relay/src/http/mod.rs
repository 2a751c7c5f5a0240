//! What the relay answers over HTTP: the session path, cards, a health check, and the web app if it serves one.

mod cards;
mod web;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use kuvert_wire::limits;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tungstenite::handshake::derive_accept_key;

use crate::session::{self, Context, Transport};

/// What every request handler may use.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) context: Context,
    /// One permit per session.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) web: Option<Arc<PathBuf>>,
}

/// All routes.
pub(crate) fn router(site: Site) -> Router {
    let headers = security_headers(&site.context.origins);
    Router::new()
        .route("/v1/session", get(open_session))
        .route("/v1/cards/{id}", get(cards::read).put(cards::store).delete(cards::delete))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(limits::MAX_CARD))
        .layer(map_response_with_state(headers, add_headers))
        .with_state(site)
}

/// `GET /v1/session`: upgrades to a WebSocket (RFC 6455, section 4.2) and serves it on the connection itself.
async fn open_session(State(site): State<Site>, mut request: Request) -> Response {
    let Some(accept) = websocket_accept(request.headers()) else {
        let headers = [(header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_VERSION, "13")];
        return (StatusCode::UPGRADE_REQUIRED, headers, "this path speaks WebSocket, version 13\n")
            .into_response();
    };
    let Ok(slot) = Arc::clone(&site.slots).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many sessions\n").into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let parts = upgrade.await.ok().and_then(|upgraded| downcast::<TokioIo<TcpStream>>(upgraded).ok());
        // A copy, so that the request's whole buffer does not stay as long as the session.
        let stream = parts.map(|parts| (Transport::Plain(parts.io.into_inner()), parts.read_buf.to_vec()));
        if let Some((transport, read_ahead)) = stream {
            session::serve(transport, read_ahead, site.context).await;
        }
        drop(slot);
    });
    let headers = [
        (header::UPGRADE, "websocket".to_owned()),
        (header::CONNECTION, "upgrade".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// The answer to the key in a WebSocket upgrade request, if it is one.
fn websocket_accept(headers: &HeaderMap) -> Option<String> {
    let has = |name, token: &str| {
        headers.get_all(name).iter().any(|value| {
            let mut tokens = value.as_bytes().split(|byte| *byte == b',');
            tokens.any(|other| other.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
        })
    };
    let upgrades = has(header::CONNECTION, "upgrade") && has(header::UPGRADE, "websocket");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    (upgrades && has(header::SEC_WEBSOCKET_VERSION, "13")).then(|| derive_accept_key(key.as_bytes()))
}

type Headers = Arc<[(HeaderName, HeaderValue)]>;

/// Headers of every response. WEB-1: the page may talk to its own relay only.
fn security_headers(origins: &[String]) -> Headers {
    // 'self' covers a WebSocket to the same host in current browsers; older ones want it named.
    let sockets: String = origins
        .iter()
        .filter_map(|origin| origin.strip_prefix("http"))
        .map(|rest| format!(" ws{rest}"))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'{sockets}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let fixed = HeaderValue::from_static;
    // Origins were checked to be plain ASCII when the relay started.
    let policy = HeaderValue::try_from(policy).unwrap_or(fixed("default-src 'none'"));
    Arc::new([
        (header::CONTENT_SECURITY_POLICY, policy),
        (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
        (
            HeaderName::from_static("permissions-policy"),
            fixed("camera=(self), microphone=(self), geolocation=(self), payment=(), usb=()"),
        ),
    ])
}

async fn add_headers(State(headers): State<Headers>, mut response: Response) -> Response {
    for (name, value) in headers.iter() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}
