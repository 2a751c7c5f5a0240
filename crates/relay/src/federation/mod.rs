//! Delivery to inboxes on other relays, and from other relays to inboxes here.
//!
//! What goes elsewhere waits in a durable outbox, sealed to the relay that it is for (see the service's part); the
//! [`Forwarder`] hands it over by HTTPS, per relay in order, and tries again until it was taken or is too old. There is no
//! trust between relays: who sends proves nothing, a deposit's token is all.

pub(crate) mod address;
pub(crate) mod client;
mod forward;
#[cfg(test)]
mod tests;
pub(crate) mod unwilling;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use kuvert_wire::{
    DepositResults, ErrorCode, RelayInfo, RelayKey, RelayKeyPair, SealedDeposits, encode, limits,
};
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, Semaphore};

pub(crate) use address::Origin;
use client::Client;
use forward::Forwarder;
pub(crate) use forward::{read, settled};

use crate::StartError;
use crate::config::{self, Config};
use crate::key_file::RELAY;
use crate::metrics::Metrics;
use crate::seal::random;
use crate::service::{Answer, Op, Outbox, OutboxAnswer, OutboxOp};
use crate::store::RelayStore;
use crate::writer::Writer;

/// How another relay is called on disk: a hash of its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RelayName([u8; 16]);

impl RelayName {
    /// The name of the relay that is reached at `origin`.
    pub(crate) fn of(origin: &str) -> Self {
        let digest = Sha256::new().chain_update(b"kuvert relay v1").chain_update(origin).finalize();
        let mut name = [0; 16];
        name.copy_from_slice(&digest[..16]);
        Self(name)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// What the forwarder is told about a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// Rows were added.
    Came,
    /// All rows may be gone.
    Gone,
}

/// Tells the forwarder for which relays rows were added. They need not be durable yet.
#[derive(Default)]
pub(crate) struct Wakes {
    names: Mutex<HashMap<RelayName, News>>,
    came: Notify,
}

impl Wakes {
    /// Something waits for this relay.
    pub(crate) fn wake(&self, relay: RelayName) {
        self.tell(relay, News::Came);
    }

    /// What waited for this relay was given up.
    pub(crate) fn gone(&self, relay: RelayName) {
        self.tell(relay, News::Gone);
    }

    fn tell(&self, relay: RelayName, news: News) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // That rows are gone is not forgotten: looking once more does no harm.
        let known = names.entry(relay).or_insert(news);
        if news == News::Gone {
            *known = news;
        }
        drop(names);
        self.came.notify_one();
    }

    /// Waits for relays to be named, and returns them.
    async fn next(&self) -> HashMap<RelayName, News> {
        loop {
            let names = std::mem::take(&mut *self.names.lock().unwrap_or_else(PoisonError::into_inner));
            if !names.is_empty() {
                return names;
            }
            self.came.notified().await;
        }
    }
}

/// This relay as others see it.
pub(crate) struct Federation {
    pair: RelayKeyPair,
    /// What `GET /v1/relay` says.
    pub(crate) info: Bytes,
    /// Bounds the memory of requests in work.
    pub(crate) slots: Semaphore,
    wakes: Arc<Wakes>,
    client: Arc<Client>,
    private_addresses: bool,
}

impl Federation {
    /// Reads the relay's key, or makes it. Nothing if this relay keeps to itself.
    ///
    /// # Errors
    /// If the key's file cannot be read or written, or TLS cannot be set up.
    pub(crate) fn open(config: &Config, origins: &[String]) -> Result<Option<Arc<Self>>, StartError> {
        let config::Federation { enabled, private_addresses } = config.federation;
        if !enabled {
            return Ok(None);
        }
        let secret = RELAY.load(&config.data, random).map_err(StartError::RelayKey)?;
        let pair = RelayKeyPair::from_bytes(*secret);
        let info =
            RelayInfo { version: limits::PROTOCOL_VERSION, origins: origins.to_vec(), key: pair.public() };
        Ok(Some(Arc::new(Self {
            pair,
            info: Bytes::from(encode(&info)),
            slots: Semaphore::new(limits::MAX_FOREIGN_REQUESTS),
            wakes: Arc::default(),
            client: Arc::new(Client::new(private_addresses).map_err(StartError::TlsClient)?),
            private_addresses,
        })))
    }

    /// What others seal to.
    pub(crate) fn key(&self) -> RelayKey {
        self.pair.public()
    }

    /// Where the service puts what goes elsewhere.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(Arc::clone(&self.wakes), self.private_addresses)
    }

    /// Who hands it over.
    pub(crate) fn forwarder(
        &self,
        store: Arc<dyn RelayStore>,
        writer: Arc<Writer>,
        metrics: Arc<Metrics>,
    ) -> Forwarder {
        Forwarder::new(Arc::clone(&self.client), store, writer, Arc::clone(&self.wakes), metrics)
    }

    /// Takes what another relay sent, in order: after one that could not be stored, none is.
    pub(crate) async fn receive(self: &Arc<Self>, sealed: SealedDeposits, writer: &Writer) -> DepositResults {
        let (here, count) = (Arc::clone(self), sealed.deposits.len());
        // An X25519 operation each.
        let opened = tokio::task::spawn_blocking(move || {
            sealed.deposits.iter().map(|sealed| here.pair.open(sealed)).collect::<Vec<_>>()
        });
        let Ok(opened) = opened.await else {
            return DepositResults { results: vec![Some(ErrorCode::Busy); count] };
        };
        let mut results = vec![Some(ErrorCode::BadFrame); count];
        let mut waiting = opened.into_iter().enumerate().filter_map(|(n, opened)| Some((n, opened.ok()?)));
        let mut next = waiting.next();
        while let Some((first, deposit)) = next.take() {
            // As many at once as one batch of the writer should hold.
            let (mut places, mut part, mut size) = (vec![first], Vec::new(), weight(&deposit));
            part.push(deposit);
            for (n, deposit) in waiting.by_ref() {
                size += weight(&deposit);
                if size > limits::MAX_BATCH_BYTES {
                    next = Some((n, deposit));
                    break;
                }
                places.push(n);
                part.push(deposit);
            }
            let op = Op::Outbox(OutboxOp::Receive(part));
            let Ok(Answer::Outbox(OutboxAnswer::Received(received))) = writer.perform(op, 0).await else {
                results[first..].iter_mut().for_each(|result| *result = Some(ErrorCode::Busy));
                break;
            };
            for (n, result) in places.into_iter().zip(received) {
                results[n] = result;
            }
        }
        DepositResults { results }
    }
}

/// Bytes that a deposit becomes when it is queued, roughly.
fn weight(deposit: &kuvert_wire::ForeignDeposit) -> usize {
    deposit.targets.len() * (encode(&deposit.entry).len() + 256)
}
