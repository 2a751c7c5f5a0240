//! What the relay answers over HTTP: the session path, cards, a health check, and the web app if it serves one.

mod cards;
mod web;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State, WebSocketUpgrade};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kuvert_wire::limits;
use tokio::sync::Semaphore;

use crate::session::{self, Context};

/// Bytes that an idle session's socket may buffer, each way.
const SOCKET_BUFFER: usize = 8 * 1024;

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
        .route("/v1/cards/{id}", get(cards::read).put(cards::store))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(limits::MAX_CARD))
        .layer(map_response_with_state(headers, add_headers))
        .with_state(site)
}

async fn open_session(State(site): State<Site>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(slot) = Arc::clone(&site.slots).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many sessions\n").into_response();
    };
    upgrade
        .max_message_size(limits::MAX_FRAME)
        .max_frame_size(limits::MAX_FRAME)
        .read_buffer_size(SOCKET_BUFFER)
        .write_buffer_size(SOCKET_BUFFER)
        .on_upgrade(move |socket| async move {
            session::serve(socket, site.context).await;
            drop(slot);
        })
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
