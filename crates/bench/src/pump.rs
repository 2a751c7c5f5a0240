//! Engines of devices, and what carries their frames: sockets over loopback, requests over HTTP, and the clock. All on one thread.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use kuvert_app::Effect;
use kuvert_core::{Input, Line, Timestamp};
use kuvert_wire::{ClientFrame, decode, limits};

use crate::http;
use crate::net::{Id, Net, Outbox, Peer};
use crate::relay::Relay;
use crate::session::TURN;
use crate::traffic::Traffic;

/// Devices that wait for nothing in particular for so long have nothing to say.
const QUIET: Duration = Duration::from_millis(500);

/// What a device runs on.
pub(crate) trait Engine {
    /// Takes what happened.
    fn input(&mut self, now: Timestamp, input: Input) -> Result<()>;

    /// The next thing to do.
    fn effect(&mut self) -> Result<Option<Effect>>;
}

/// Engines by number. One that ended leaves its number to the next.
pub(crate) struct Pump<E> {
    relay: SocketAddr,
    pub(crate) origin: String,
    engines: Vec<Option<E>>,
    /// Which session each connection is; `None` once it is closed.
    sessions: Vec<Option<(usize, Line)>>,
    connections: BTreeMap<(usize, Line), Id>,
    /// Sessions on which something came already.
    greeted: BTreeSet<Id>,
    /// Sessions that are to be opened.
    wanted: VecDeque<(usize, Line)>,
    wakes: BTreeSet<(Timestamp, usize)>,
    http: Traffic,
    /// Commits that left.
    commits: u32,
    /// When the last input was handled.
    last: Instant,
}

impl<E: Engine> Pump<E> {
    pub(crate) fn new(relay: &Relay) -> Self {
        Self {
            relay: relay.address,
            origin: relay.origin.clone(),
            engines: Vec::new(),
            sessions: Vec::new(),
            connections: BTreeMap::new(),
            greeted: BTreeSet::new(),
            wanted: VecDeque::new(),
            wakes: BTreeSet::new(),
            http: Traffic::default(),
            commits: 0,
            last: Instant::now(),
        }
    }

    /// Lets an engine begin. Returns its number.
    pub(crate) fn begin(&mut self, engine: E) -> usize {
        let free = self.engines.iter().position(Option::is_none);
        let at = free.unwrap_or(self.engines.len());
        match self.engines.get_mut(at) {
            Some(place) => *place = Some(engine),
            None => self.engines.push(Some(engine)),
        }
        at
    }

    /// Ends an engine and closes its sessions, as when a program is closed.
    pub(crate) fn end(&mut self, net: &mut Net, at: usize) {
        self.engines[at] = None;
        self.wanted.retain(|(of, _)| *of != at);
        self.wakes.retain(|(_, of)| *of != at);
        self.connections.retain(|(of, _), id| {
            if *of == at {
                self.sessions[*id] = None;
                net.close(*id);
            }
            *of != at
        });
    }

    /// An engine that runs.
    pub(crate) fn engine(&mut self, at: usize) -> Result<&mut E> {
        self.engines.get_mut(at).and_then(Option::as_mut).context("a device does not run")
    }

    /// All engines that run, by their numbers.
    pub(crate) fn engines(&mut self) -> impl Iterator<Item = (usize, &mut E)> {
        self.engines.iter_mut().enumerate().filter_map(|(at, engine)| Some((at, engine.as_mut()?)))
    }

    /// Lets an engine do something, and carries what comes of it.
    pub(crate) fn act<T>(
        &mut self,
        out: &mut Outbox,
        at: usize,
        act: impl FnOnce(&mut E, Timestamp) -> Result<T>,
    ) -> Result<T> {
        self.last = Instant::now();
        let done = act(self.engine(at)?, now())?;
        let mut inputs = VecDeque::new();
        loop {
            while let Some(effect) = self.engine(at)?.effect()? {
                inputs.extend(self.effect(out, at, effect)?);
            }
            let Some(input) = inputs.pop_front() else { return Ok(done) };
            self.engine(at)?.input(now(), input)?;
        }
    }

    /// Commits that left until now.
    pub(crate) fn commits(&self) -> u32 {
        self.commits
    }

    /// Bytes until now.
    pub(crate) fn traffic(&self, net: &Net) -> Traffic {
        self.http + Traffic { up: net.written(), down: net.read() }
    }

    /// Goes on until nobody has anything to say.
    pub(crate) fn rest(&mut self, net: &mut Net) -> Result<()> {
        self.last = Instant::now();
        while self.last.elapsed() < QUIET {
            self.turn(net)?;
        }
        Ok(())
    }

    /// Carries what waits, and lets those have their turn whose time came.
    pub(crate) fn turn(&mut self, net: &mut Net) -> Result<()> {
        while let Some(wanted) = self.wanted.pop_front() {
            let id = net.connect(self.relay)?;
            ensure!(id == self.sessions.len(), "a connection out of order");
            self.sessions.push(Some(wanted.clone()));
            self.connections.insert(wanted, id);
        }
        net.turn(TURN, self)?;
        let (time, mut due) = (now(), BTreeSet::new());
        while let Some((wake, at)) = self.wakes.first().copied().filter(|(wake, _)| *wake <= time) {
            self.wakes.remove(&(wake, at));
            due.insert(at);
        }
        for at in due {
            self.act(&mut net.out, at, |engine, now| engine.input(now, Input::Wake))?;
        }
        Ok(())
    }

    fn effect(&mut self, out: &mut Outbox, at: usize, effect: Effect) -> Result<Option<Input>> {
        match effect {
            Effect::Connect(line, _) => self.wanted.push_back((at, line)),
            Effect::Transmit(line, frame) => {
                let is_commit = matches!(decode(&frame, limits::MAX_FRAME), Ok(ClientFrame::Commit(_)));
                self.commits += u32::from(is_commit);
                let id = self.connections.get(&(at, line)).context("a frame without a session")?;
                out.send(*id, &frame);
            }
            Effect::Fetch(request) => {
                let outcome = http::fetch(self.relay, &request, &mut self.http)?;
                return Ok(Some(Input::Fetched(request.id, outcome)));
            }
            Effect::WakeAt(time) => {
                self.wakes.insert((time, at));
            }
            Effect::Disconnect(_) | Effect::Reconnect(_) | Effect::Rest | Effect::Blob(_) => {
                bail!("device {at} does what nobody asked for: {effect:?}")
            }
        }
        Ok(None)
    }
}

impl<E: Engine> Peer for Pump<E> {
    fn frame(&mut self, out: &mut Outbox, id: Id, payload: &mut [u8]) -> Result<()> {
        let Some((at, line)) = self.sessions[id].clone() else { return Ok(()) };
        if self.greeted.insert(id) {
            self.act(out, at, |engine, now| engine.input(now, Input::Connected(line.clone())))?;
        }
        self.act(out, at, |engine, now| engine.input(now, Input::Frame(line, payload.to_vec())))
    }

    fn settled(&mut self, _: &mut Outbox, _: Id) -> Result<()> {
        Ok(())
    }

    fn closed(&mut self, id: Id) -> Result<()> {
        match &self.sessions[id] {
            Some((at, line)) => bail!("the relay closed the session {line:?} of device {at}"),
            None => Ok(()),
        }
    }
}

/// The wall clock.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
