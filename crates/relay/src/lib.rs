//! The Kuvert relay: takes sealed envelopes, orders the posts of each conversation, and keeps everything until it was
//! delivered.
//!
//! It guarantees that what it answered with `Accepted` is on disk, that each inbox gets its entries in order and once, and
//! that at most one commit wins per channel and epoch. It knows no accounts and cannot read what it carries: this crate
//! links neither the message format nor MLS. See `docs/protocol/relay.md` for the published behaviour.

pub mod admin;
mod backup;
mod blobs;
pub mod config;
mod data;
mod day;
mod disk;
mod federation;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod key_file;
mod listen;
mod metrics;
pub mod model;
mod networks;
mod push;
mod seal;
mod service;
mod session;
mod store;
mod tally;
mod tls;
mod writer;

#[cfg(test)]
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../tests/protocol/http.rs"]
mod http_client;
#[cfg(test)]
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../tests/protocol/support.rs"]
mod support;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use kuvert_wire::limits;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use backup::{BackupError, BackupFile};
pub use config::{Config, ConfigError};
pub use data::DataError;
pub use http::WebFile;
pub use store::StoreError;
pub use tls::TlsError;

use crate::admin::Desk;
use crate::blobs::Blobs;
use crate::data::DataDir;
use crate::federation::Federation;
use crate::listen::Door;
use crate::metrics::Metrics;
use crate::networks::Networks;
use crate::push::Push;
use crate::service::{Answer, Op, Service, SweepFrom};
use crate::session::{Context, Phase, Sessions};
use crate::store::{Embedded, RelayStore};
use crate::tally::Tallies;
use crate::tls::Tls;
use crate::writer::Writer;

/// The web app that a relay serves.
fn web_app(config: &Config, app: Vec<WebFile>) -> Option<http::Web> {
    match &config.web {
        _ if config.no_web => None,
        Some(directory) => Some(http::Web::directory(directory)),
        None if app.is_empty() => None,
        None => Some(http::Web::embedded(app)),
    }
}

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The store in it cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay's key cannot be read or made.
    #[error("the relay's key cannot be used: {0}")]
    RelayKey(std::io::Error),
    /// TLS towards other relays cannot be set up.
    #[error("TLS to other relays cannot be set up: {0}")]
    TlsClient(rustls::Error),
    /// The directory of blobs cannot be used.
    #[error("the directory of blobs cannot be used: {0}")]
    Blobs(std::io::Error),
    /// The operating system refused a thread.
    #[error("the writer thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// A running relay.
pub struct Relay {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    phase: watch::Sender<Phase>,
    room: Arc<Semaphore>,
    places: u32,
    writer: Arc<Writer>,
    store: Arc<dyn RelayStore>,
    tls: Option<Tls>,
    metrics: Arc<Metrics>,
    /// Keeps other relays out of it.
    data: Arc<DataDir>,
    tasks: JoinSet<()>,
}

impl Relay {
    /// Opens the data directory and listens. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, Vec::new()).await
    }

    /// Like [`Self::start`], with a web app that is a part of the program, where the settings name no other one and allow it.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start_with(config: Config, app: Vec<WebFile>) -> Result<Self, StartError> {
        config.check()?;
        config.check_web()?;
        let data = DataDir::open(&config.data)?;
        let path = config.data.clone();
        let store = tokio::task::spawn_blocking(move || Embedded::open(&path)).await;
        let store = store.unwrap_or(Err(StoreError::Closed))?;
        Self::start_over(Arc::new(store), data, config, app).await
    }

    /// Like [`Self::start`], over a store that is open.
    async fn start_over(
        store: Arc<dyn RelayStore>,
        data: DataDir,
        config: Config,
        app: Vec<WebFile>,
    ) -> Result<Self, StartError> {
        let data = Arc::new(data);
        let tls = Tls::open(&config.tls)?;
        let (listener, address) = bind(config.listen).await?;
        let metrics_listener = bind_if(config.metrics.listen).await?;
        let origins = config.origins_at(address)?;
        let sessions = Arc::new(Sessions::default());
        let federation = Federation::open(&config, &origins)?;
        let outbox = federation.as_ref().map(|federation| federation.outbox());
        let push = Push::open(&config, &origins)?;
        let reserve = disk::Reserve::new(config.data.clone(), config.limits.free_disk.0);
        let service = Service::new(origins.clone(), config.registration)
            .with_outbox(outbox)
            .with_push(push.clone())
            .with_reserve(reserve);
        let metrics = figures(&store).await?;
        let writer = Writer::start(Arc::clone(&store), service, Arc::clone(&sessions), Arc::clone(&metrics));
        let writer = Arc::new(writer.map_err(StartError::Thread)?);
        let networks = Arc::new(Networks::new(&config, Arc::clone(&metrics)));
        let (phase, phases) = watch::channel(Phase::Open);
        let blobs = Blobs::open(&config, &store, &writer, Arc::clone(&metrics), phases.clone())
            .map_err(StartError::Blobs)?;
        let context = Context {
            store: Arc::clone(&store),
            writer: Arc::clone(&writer),
            sessions,
            origins: origins.into(),
            relay_key: federation.as_deref().map(Federation::key),
            push_key: push.as_deref().map(Push::key),
            phase: phases.clone(),
            room: Arc::default(),
            network: networks.of(address.ip()),
            metrics: Arc::clone(&metrics),
        };
        let mut site = http::Site::new(context, blobs, federation.clone(), Arc::clone(&networks), &config);
        site.web = web_app(&config, app);
        let places = config.limits.sessions.saturating_add(limits::MAX_HTTP_CONNECTIONS);
        let room = Arc::new(Semaphore::new(places));
        let mut tasks = JoinSet::new();
        tasks.spawn(Sweeper::of(&site).run());
        hand_over(&site.context, federation, push, &mut tasks);
        if let Some(tls) = tls.clone() {
            tasks.spawn(watch_certificate(tls, Arc::clone(&metrics)));
        }
        let desk = Desk::of(&site.context, &data);
        answer_operator(desk, &mut tasks);
        let door = Door {
            router: http::router(site.clone()),
            tls: tls.clone(),
            networks,
            metrics: Arc::clone(&metrics),
            room: Arc::clone(&room),
            phase: phases,
        };
        let metrics_address = metrics_listener.map(|(listener, address)| {
            tasks.spawn(listen::serve(listener, door.for_metrics(http::metrics_router(site))));
            address
        });
        tasks.spawn(listen::serve(listener, door));
        tracing::info!(files = disk::raise_open_files(places as u64 + SPARE_FILES), "the relay is open");
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        Ok(Self { address, metrics_address, phase, room, places, writer, store, tls, metrics, data, tasks })
    }

    /// The address that the relay listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address at which it answers metrics, if they have one of their own.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Reads the TLS certificate anew. The former one stays in use if the files cannot be used.
    pub fn reload(&self) {
        if let Some(tls) = &self.tls {
            tls.reload(true, &self.metrics);
        }
    }

    /// Stops: takes no new connection, answers what was asked, tells every session, and releases the data directory.
    /// Takes at most about [`limits::DRAIN`].
    pub async fn stop(mut self) {
        self.phase.send_replace(Phase::Draining);
        let drained = tokio::time::timeout(limits::DRAIN, self.room.acquire_many(self.places)).await;
        if drained.is_err() {
            tracing::warn!("some connections did not end in time and were cut");
        }
        drop(drained);
        self.phase.send_replace(Phase::Closed);
        self.tasks.shutdown().await;
        let (writer, store, data) = (self.writer, self.store, self.data);
        let closed = tokio::task::spawn_blocking(move || {
            writer.stop();
            store.close();
            drop(data);
        });
        if closed.await.is_ok() {
            tracing::info!("the relay is closed");
        }
    }
}

/// Figures that begin with what the store holds.
async fn figures(store: &Arc<dyn RelayStore>) -> Result<Arc<Metrics>, StoreError> {
    let (store, metrics) = (Arc::clone(store), Arc::new(Metrics::default()));
    let figures = Arc::clone(&metrics);
    let counted = tokio::task::spawn_blocking(move || tally::begin(&*store, &figures)).await;
    counted.unwrap_or(Err(StoreError::Closed)).map(|()| metrics)
}

/// Files that are open beside connections: the store's, blobs, the web app's.
const SPARE_FILES: u64 = 1024;

/// Answers what the operator asks at the control socket.
fn answer_operator(desk: Desk, tasks: &mut JoinSet<()>) {
    match desk.listen() {
        Ok(listener) => {
            tasks.spawn(admin::serve(listener, desk));
        }
        Err(error) => tracing::warn!(
            kind = ?error.kind(),
            "the control socket cannot be made: inventory, backup and invitations need the relay stopped"
        ),
    }
}

/// Hands over what goes elsewhere: deposits to other relays, pushes to push services.
fn hand_over(
    context: &Context,
    federation: Option<Arc<Federation>>,
    push: Option<Arc<Push>>,
    tasks: &mut JoinSet<()>,
) {
    let Context { store, writer, sessions, metrics, .. } = context.clone();
    if let Some(push) = push {
        tasks.spawn(push.sender(store.clone(), writer.clone(), sessions, metrics.clone()).run());
    }
    if let Some(federation) = federation {
        tasks.spawn(federation.forwarder(store, writer, metrics).run());
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

async fn bind_if(address: Option<SocketAddr>) -> Result<Option<(TcpListener, SocketAddr)>, StartError> {
    match address {
        Some(address) => bind(address).await.map(Some),
        None => Ok(None),
    }
}

/// Looks every [`limits::TLS_POLL`] whether the certificate was renewed.
async fn watch_certificate(tls: Tls, metrics: Arc<Metrics>) {
    let mut every = tokio::time::interval(limits::TLS_POLL);
    loop {
        every.tick().await;
        let (tls, metrics) = (tls.clone(), Arc::clone(&metrics));
        let _ = tokio::task::spawn_blocking(move || tls.reload(false, &metrics)).await;
    }
}

/// What has to be done now and then.
struct Sweeper {
    blobs: Arc<Blobs>,
    writer: Arc<Writer>,
    store: Arc<dyn RelayStore>,
    sessions: Arc<Sessions>,
    tallies: Tallies,
    networks: Arc<Networks>,
    metrics: Arc<Metrics>,
}

impl Sweeper {
    /// For the relay of this site.
    fn of(site: &http::Site) -> Self {
        Self {
            blobs: Arc::clone(&site.blobs),
            writer: Arc::clone(&site.context.writer),
            store: Arc::clone(&site.context.store),
            sessions: Arc::clone(&site.context.sessions),
            tallies: site.tallies.clone(),
            networks: Arc::clone(&site.networks),
            metrics: Arc::clone(&site.context.metrics),
        }
    }

    /// Removes what is too old, now and then every [`limits::SWEEP_EVERY`], and counts what is left.
    async fn run(self) {
        let mut every = tokio::time::interval(limits::SWEEP_EVERY);
        loop {
            every.tick().await;
            self.metrics.sweeps.inc();
            // A session that lasts for months keeps its inbox from looking unused.
            for inboxes in self.sessions.owned().chunks(limits::MAX_SWEEP) {
                let _ = self.writer.perform(Op::UseInbox(inboxes.to_vec()), 0).await;
            }
            let mut next = Some(SweepFrom::default());
            while let Some(from) = next.take() {
                if let Ok(Answer::Swept(more)) = self.writer.perform(Op::Sweep(from), 0).await {
                    next = more;
                }
            }
            if self.blobs.sweep().await.is_err() {
                tracing::warn!("not all blobs could be swept; the next sweep goes on");
            }
            self.networks.sweep();
            let store = Arc::clone(&self.store);
            if let Ok(Ok(counted)) = tokio::task::spawn_blocking(move || tally::count(&*store)).await {
                self.tallies.set(counted);
            }
        }
    }
}
