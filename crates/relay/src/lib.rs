//! The Kuvert relay: takes sealed envelopes, orders the posts of each conversation, and keeps everything until it was
//! delivered.
//!
//! It guarantees that what it answered with `Accepted` is on disk, that each inbox gets its entries in order and once, and
//! that at most one commit wins per channel and epoch. It knows no accounts and cannot read what it carries: this crate
//! links neither the message format nor MLS. See `docs/protocol/relay.md` for the published behaviour.

mod config;
mod day;
mod http;
mod seal;
mod service;
mod session;
mod store;
mod writer;

#[cfg(test)]
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../tests/protocol/support.rs"]
mod support;
#[cfg(test)]
mod tests;

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::serve::ListenerExt;
use kuvert_wire::limits;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub use config::{Config, ConfigError};
pub use store::StoreError;

use crate::service::{Answer, Op, Registration, Service, SweepFrom};
use crate::session::{Context, Phase, Sessions};
use crate::store::{Embedded, RelayStore};
use crate::writer::Writer;

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
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system refused a thread.
    #[error("the writer thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// A running relay.
pub struct Relay {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    slots: Arc<Semaphore>,
    writer: Arc<Writer>,
    store: Arc<dyn RelayStore>,
    server: JoinHandle<()>,
    sweeper: JoinHandle<()>,
}

impl Relay {
    /// Opens the data directory and listens. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let data = config.data.clone();
        let store = tokio::task::spawn_blocking(move || Embedded::open(&data)).await;
        let store = store.unwrap_or(Err(StoreError::Closed))?;
        Self::start_over(Arc::new(store), config).await
    }

    /// Like [`Self::start`], over a store that is open.
    async fn start_over(store: Arc<dyn RelayStore>, config: Config) -> Result<Self, StartError> {
        let listen = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let origins = config.origins_at(address)?;
        let sessions = Arc::new(Sessions::default());
        let service = Service::new(origins.clone(), Registration::Open);
        let writer =
            Writer::start(Arc::clone(&store), service, Arc::clone(&sessions)).map_err(StartError::Thread)?;
        let writer = Arc::new(writer);
        let (phase, phases) = watch::channel(Phase::Open);
        let slots = Arc::new(Semaphore::new(limits::MAX_SESSIONS));
        let context = Context {
            store: Arc::clone(&store),
            writer: Arc::clone(&writer),
            sessions,
            origins: origins.into(),
            phase: phases.clone(),
            partial: Arc::new(Semaphore::new(limits::MAX_PARTIAL_FRAMES / 1024)),
        };
        let site = http::Site { context, slots: Arc::clone(&slots), web: config.web.map(Arc::new) };
        let server = tokio::spawn(serve(listener, site, phases));
        let sweeper = tokio::spawn(sweep(Arc::clone(&writer)));
        tracing::info!("the relay is open");
        Ok(Self { address, phase, slots, writer, store, server, sweeper })
    }

    /// The address that the relay listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops: takes no new connection, answers what was asked, tells every session, and releases the data directory.
    /// Takes at most about [`limits::DRAIN`].
    pub async fn stop(self) {
        let began = Instant::now();
        self.sweeper.abort();
        self.phase.send_replace(Phase::Draining);
        let all = u32::try_from(limits::MAX_SESSIONS).unwrap_or(u32::MAX);
        let drained = tokio::time::timeout(limits::DRAIN, self.slots.acquire_many(all)).await;
        if drained.is_err() {
            tracing::warn!("some sessions did not end in time and were cut");
        }
        self.phase.send_replace(Phase::Closed);
        let patience = limits::DRAIN.saturating_sub(began.elapsed());
        let server = self.server.abort_handle();
        if tokio::time::timeout(patience, self.server).await.is_err() {
            server.abort();
        }
        let (writer, store) = (self.writer, self.store);
        let closed = tokio::task::spawn_blocking(move || {
            writer.stop();
            store.close();
        });
        if closed.await.is_ok() {
            tracing::info!("the relay is closed");
        }
    }
}

async fn serve(listener: TcpListener, site: http::Site, mut phases: watch::Receiver<Phase>) {
    // Frames are small and answered at once: waiting to fill a packet would only delay them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let draining = async move {
        let _ = phases.wait_for(|phase| *phase >= Phase::Draining).await;
    };
    if axum::serve(listener, http::router(site)).with_graceful_shutdown(draining).into_future().await.is_err()
    {
        tracing::error!("the listener failed");
    }
}

/// Removes what is too old, now and then every [`limits::SWEEP_EVERY`].
async fn sweep(writer: Arc<Writer>) {
    let mut every = tokio::time::interval(limits::SWEEP_EVERY);
    loop {
        every.tick().await;
        let mut next = Some(SweepFrom::default());
        while let Some(from) = next.take() {
            if let Ok(Answer::Swept(more)) = writer.perform(Op::Sweep(from), 0).await {
                next = more;
            }
        }
    }
}
