//! A relay without sockets, threads and clock: one that a simulation moves by hand.
//!
//! Sessions, service, writer and what they write are those of the running relay. What is left out is the way there:
//! TCP, TLS, WebSocket frames, HTTP, time-outs, limits per network. Whoever holds a [`Model`] decides when what came is
//! worked off and which day it is, and drops the model to crash it: its [`Disk`] keeps exactly the batches that were
//! committed.

mod cards;
mod disk;
mod parcels;

use std::collections::BTreeMap;
use std::sync::Arc;

use kuvert_wire::{InboxId, RelayKeyPair};
use tokio::sync::watch;

use crate::config::{Config, ConfigError, Registration};
use crate::day::Day;
use crate::metrics::Metrics;
use crate::networks::Networks;
use crate::service::{Op, Outbox, Service, SweepFrom};
use crate::session::{Context, Phase, Sessions, Stepped};
use crate::writer::{Thread, Writer};

pub use parcels::Parcel;

pub use disk::{Disk, Fate, Meddler, Written};

/// A connection to a [`Model`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// See the [module](self).
pub struct Model {
    context: Context,
    writer: Thread,
    connections: BTreeMap<ConnectionId, Stepped>,
    opened: u64,
    today: Day,
    /// Opens what other relays hand over.
    pair: Option<RelayKeyPair>,
    /// Keeps the sessions from ending.
    _phase: watch::Sender<Phase>,
}

/// What a relay says on a connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Frames, in their order.
    pub frames: Vec<Vec<u8>>,
    /// The relay closes the connection behind them.
    pub closed: bool,
    /// Frames of this connection waited for these to be said: call [`Model::work`] once more.
    pub goes_on: bool,
}

impl Model {
    /// Starts over what `disk` holds, known under `origin`, on the day that began so many days after 1 January 1970. It keeps to
    /// itself.
    ///
    /// # Errors
    /// [`ConfigError`] if the defaults of the configuration cannot be used.
    pub fn start(origin: &str, disk: &Disk, today: u32) -> Result<Self, ConfigError> {
        Self::begin(origin, disk, today, None)
    }

    /// Like [`Self::start`], for a relay that speaks with others; they seal to the key that follows from `secret`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_among_others(
        origin: &str,
        disk: &Disk,
        today: u32,
        secret: [u8; 32],
    ) -> Result<Self, ConfigError> {
        Self::begin(origin, disk, today, Some(RelayKeyPair::from_bytes(secret)))
    }

    fn begin(origin: &str, disk: &Disk, today: u32, pair: Option<RelayKeyPair>) -> Result<Self, ConfigError> {
        let store = disk.store();
        // Nobody is woken: what waits is looked for.
        let outbox = pair.as_ref().map(|_| Outbox::new(Arc::default(), true));
        let service = Service::new(vec![origin.to_owned()], Registration::Open).with_outbox(outbox);
        let (sessions, metrics) = (Arc::new(Sessions::default()), Arc::new(Metrics::default()));
        let (way, writer) =
            Writer::new(Arc::clone(&store), service, Arc::clone(&sessions), Arc::clone(&metrics));
        let config = Config::new("data")?;
        // Loopback is not limited.
        let networks = Networks::new(&config, Arc::clone(&metrics));
        let (phase, phases) = watch::channel(Phase::Open);
        let context = Context {
            store,
            writer: Arc::new(way),
            sessions,
            origins: [origin.to_owned()].into(),
            relay_key: pair.as_ref().map(RelayKeyPair::public),
            // Nobody is pushed to.
            push_key: None,
            phase: phases,
            room: Arc::default(),
            metrics,
            network: networks.of(std::net::Ipv4Addr::LOCALHOST.into()),
        };
        let today = Day(today);
        Ok(Self { context, writer, connections: BTreeMap::new(), opened: 0, today, pair, _phase: phase })
    }

    /// From now on it is this day.
    pub fn set_day(&mut self, today: u32) {
        self.today = Day(today);
    }

    /// Opens a connection; the relay has greeted.
    pub fn connect(&mut self) -> ConnectionId {
        self.opened += 1;
        let id = ConnectionId(self.opened);
        self.connections.insert(id, Stepped::new(self.context.clone()));
        id
    }

    /// A connection is gone. What it asked for and was read is done all the same.
    pub fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// Takes one frame that came on a connection; it is read by [`Self::work`].
    pub fn receive(&mut self, id: ConnectionId, frame: Vec<u8>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.receive(frame);
        }
    }

    /// Reads what came, and commits what it asks for. What is answered by [`Self::take`] is on the disk then.
    pub fn work(&mut self) {
        for connection in self.connections.values_mut() {
            connection.read(&mut self.writer, self.today);
        }
        self.writer.work_off(self.today);
    }

    /// Takes what the relay says on a connection, which is forgotten once it is closed.
    pub fn take(&mut self, id: ConnectionId) -> Said {
        let Some(connection) = self.connections.get_mut(&id) else { return Said::default() };
        let Ok(frames) = connection.take() else {
            self.connections.remove(&id);
            return Said { closed: true, ..Said::default() };
        };
        let (closed, goes_on) = (connection.is_over(), connection.may_go_on());
        if closed {
            self.connections.remove(&id);
        }
        Said { frames, closed, goes_on }
    }

    /// Removes what is too old, as a running relay does now and then.
    pub fn sweep(&mut self) {
        let inboxes = self.context.sessions.owned();
        self.perform(Op::UseInbox(inboxes));
        let mut next = Some(SweepFrom::default());
        while let Some(from) = next.take() {
            if let Some(crate::service::Answer::Swept(more)) = self.perform(Op::Sweep(from)) {
                next = more;
            }
        }
    }

    /// How many entries wait in an inbox; `None` if there is no such inbox, or it cannot be read.
    pub fn waiting(&self, inbox: InboxId) -> Option<u64> {
        let row = self.context.store.inbox(inbox).ok().flatten()?;
        Some(row.next - row.head)
    }

    /// How many entries gave way to gaps or notices since this model was started, or were given up for another relay.
    pub fn entries_lost(&self) -> u64 {
        let metrics = &self.context.metrics;
        metrics.entries_lost.get() + metrics.outbox_replaced.get() + metrics.outbox_dropped.get()
    }

    /// Does an operation at once; `None` if it could not be stored.
    fn perform(&mut self, op: Op) -> Option<crate::service::Answer> {
        let way = Arc::clone(&self.context.writer);
        crate::session::wait(way.perform(op, 0), &mut self.writer, self.today).ok()
    }
}

#[cfg(test)]
mod tests;
