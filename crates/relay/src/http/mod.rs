//! What the relay answers over HTTP: the session path, cards, what its operator asks, and the web app if it serves one.

mod admission;
mod blobs;
mod cards;
pub(crate) mod cors;
mod deposits;
mod headers;
mod status;
mod web;

pub use web::WebFile;
pub(crate) use web::{START_PAGE, Web};

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kuvert_wire::limits;
use tokio::sync::Semaphore;
use tungstenite::handshake::derive_accept_key;

use crate::blobs::Blobs;
use crate::config::{ByteLen, Config};
use crate::federation::Federation;
use crate::listen::{Patient, Peer, Stream};
use crate::networks::{Network, Networks, came_by_proxy};
use crate::session::{self, Context, Transport};
use crate::tally::Tallies;

/// What every request handler may use.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) context: Context,
    pub(crate) blobs: Arc<Blobs>,
    /// Not there if this relay keeps to itself.
    pub(crate) federation: Option<Arc<Federation>>,
    /// One permit per session.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) web: Option<Web>,
    pub(crate) networks: Arc<Networks>,
    /// Whose pages may use the relay.
    pub(crate) pages: cors::Origins,
    pub(crate) tallies: Tallies,
    pub(crate) settings: Arc<Settings>,
}

impl Site {
    /// Without tallies yet.
    pub(crate) fn new(
        context: Context,
        blobs: Arc<Blobs>,
        federation: Option<Arc<Federation>>,
        networks: Arc<Networks>,
        config: &Config,
    ) -> Self {
        let settings = Settings {
            data: config.data.clone(),
            free_disk: config.limits.free_disk,
            metrics_elsewhere: config.metrics.listen.is_some(),
        };
        Self {
            slots: Arc::new(Semaphore::new(config.limits.sessions)),
            web: None,
            networks,
            pages: cors::Origins::new(&context.origins, &config.allowed_origins),
            tallies: Tallies::default(),
            settings: Arc::new(settings),
            blobs,
            federation,
            context,
        }
    }
}

/// Settings that requests look at.
pub(crate) struct Settings {
    pub(crate) data: PathBuf,
    pub(crate) free_disk: ByteLen,
    /// Metrics have an address of their own.
    pub(crate) metrics_elsewhere: bool,
}

/// For whom a request comes.
#[derive(Clone)]
struct Client {
    network: Arc<Network>,
    /// The connection's place is a trusted proxy's; it counts for `network` only as a session.
    is_proxied: bool,
    /// From this machine, and not for somebody else.
    is_local: bool,
}

/// All routes.
pub(crate) fn router(site: Site) -> Router {
    let headers = headers::of(&site.context.origins);
    let shared = Router::new()
        .route("/v1/cards/{id}", get(cards::read).put(cards::store).delete(cards::delete))
        .layer(DefaultBodyLimit::max(limits::MAX_CARD))
        .route("/v1/relay", get(deposits::about))
        .layer(from_fn(in_time))
        // Blobs have bounds of their own, in size and in time.
        .route(
            "/v1/blobs/{id}",
            get(blobs::read).put(blobs::create).patch(blobs::append).delete(blobs::delete),
        )
        .layer(from_fn_with_state(site.pages.clone(), cors::share));
    let relays = Router::new()
        .route("/v1/deposits", post(deposits::take))
        .layer(DefaultBodyLimit::max(limits::MAX_FOREIGN_BYTES))
        .layer(from_fn(in_time))
        .layer(from_fn_with_state(site.pages.clone(), cors::share));
    Router::new()
        .route("/v1/session", get(open_session))
        .merge(shared)
        .merge(relays)
        .route("/metrics", get(status::local_metrics))
        .fallback(web::serve)
        .layer(from_fn_with_state(site.clone(), admit))
        // Asked by who watches the relay, however busy it is.
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .layer(map_response_with_state(headers, headers::add))
        .with_state(site)
}

/// The routes of the address for metrics.
pub(crate) fn metrics_router(site: Site) -> Router {
    Router::new()
        .route("/metrics", get(status::metrics))
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .with_state(site)
}

/// Finds out for whom a request comes, and turns it away if its network asked too often.
async fn admit(
    State(site): State<Site>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    site.context.metrics.http_requests.inc();
    let network = site.networks.behind(peer.address, request.headers());
    if !network.take(1) {
        return site.pages.reveal(request.headers(), too_many_requests());
    }
    let is_local = peer.address.is_loopback() && !came_by_proxy(request.headers());
    let is_proxied = site.networks.is_trusted(peer.address);
    request.extensions_mut().insert(Client { network, is_proxied, is_local });
    next.run(request).await
}

/// Cuts off who sends a request, or takes its answer, in no reasonable time.
async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(limits::REQUEST_WITHIN, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

fn too_many_requests() -> Response {
    let headers = [(header::RETRY_AFTER, "1")];
    (StatusCode::TOO_MANY_REQUESTS, headers, "too many requests from this network\n").into_response()
}

/// `GET /v1/session`: upgrades to a WebSocket (RFC 6455, section 4.2) and serves it on the connection itself.
async fn open_session(
    State(site): State<Site>,
    Extension(client): Extension<Client>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
) -> Response {
    let Some(accept) = websocket_accept(request.headers()) else {
        let headers = [(header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_VERSION, "13")];
        return (StatusCode::UPGRADE_REQUIRED, headers, "this path speaks WebSocket, version 13\n")
            .into_response();
    };
    if !site.pages.allow(request.headers()) {
        return (StatusCode::FORBIDDEN, "pages of this origin may not use this relay\n").into_response();
    }
    let connected = client.is_proxied.then(|| client.network.connect());
    if matches!(connected, Some(None)) {
        site.context.metrics.connections_refused.inc();
        return too_many_requests();
    }
    let Ok(slot) = Arc::clone(&site.slots).try_acquire_owned() else {
        site.context.metrics.connections_refused.inc();
        return (StatusCode::SERVICE_UNAVAILABLE, "too many sessions\n").into_response();
    };
    let context = Context { network: client.network, ..site.context };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Some((stream, read_ahead)) = upgrade.await.ok().and_then(taken_over) {
            session::serve(stream, read_ahead, context).await;
        }
        drop((slot, peer.place, connected));
    });
    let headers = [
        (header::UPGRADE, "websocket".to_owned()),
        (header::CONNECTION, "upgrade".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// The connection itself, and what was read of it already.
fn taken_over(upgraded: Upgraded) -> Option<(Transport, Vec<u8>)> {
    let parts = upgraded.downcast::<TokioIo<Patient<Stream>>>().ok()?;
    // A copy, so that the request's whole buffer does not stay as long as the session.
    Some((parts.io.into_inner().into_inner().into_transport(), parts.read_buf.to_vec()))
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
