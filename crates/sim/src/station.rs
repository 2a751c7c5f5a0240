//! The relays of a world: each a model that runs or does not, and the disk that outlives it.

use std::collections::BTreeSet;

use kuvert_core::Line;
use kuvert_relay::model::{Disk, Model, Parcel};

use crate::device::DeviceId;
use crate::faults::Plant;
use crate::network::{Happening, LinkId};
use crate::run::SimError;
use crate::world::World;

/// Names a relay of a world.
pub(crate) type RelayId = usize;

/// See the [module](self).
pub(crate) struct Station {
    /// Under which it is known.
    pub(crate) origin: String,
    /// The relay, while it runs.
    pub(crate) model: Option<Model>,
    /// What outlives it.
    pub(crate) disk: Disk,
    /// How often it was opened.
    pub(crate) openings: u32,
    /// Entries that runs of it lost which are over.
    lost_before: u64,
    pub(crate) work_planned: bool,
    pub(crate) speak_planned: bool,
    forward_planned: bool,
    /// Other relays to which something is on its way.
    handing: BTreeSet<RelayId>,
    /// Its key, if it speaks with others.
    secret: Option<[u8; 32]>,
}

impl Station {
    /// The first, or one of several which speak with each other.
    pub(crate) fn new(id: RelayId, speaks: bool) -> Self {
        let number = u8::try_from(id).unwrap_or(u8::MAX);
        Self {
            origin: format!("http://localhost:{}", 8787 + id),
            model: None,
            disk: Disk::default(),
            openings: 0,
            lost_before: 0,
            work_planned: false,
            speak_planned: false,
            forward_planned: false,
            handing: BTreeSet::new(),
            secret: speaks.then_some([number + 1; 32]),
        }
    }

    /// Entries that it lost so far.
    pub(crate) fn entries_lost(&self) -> u64 {
        self.lost_before + self.model.as_ref().map_or(0, Model::entries_lost)
    }
}

impl World {
    /// The relay with which a line of a device is, if there is such a relay.
    pub(crate) fn relay_of(&self, id: DeviceId, line: &Line) -> Option<RelayId> {
        match line {
            Line::Owner => Some(self.devices[id].home),
            Line::Anonymous(origin) => self.relays.iter().position(|relay| relay.origin == origin.as_str()),
        }
    }

    /// Entries that were lost at relays so far.
    pub(crate) fn entries_lost(&self) -> u64 {
        self.relays.iter().map(Station::entries_lost).sum()
    }

    /// One of the relays.
    pub(crate) fn any_relay(&mut self) -> RelayId {
        if self.relays.len() == 1 { 0 } else { self.rng.below(self.relays.len()) }
    }

    /// Opens a relay over what its disk holds, if it is not open.
    ///
    /// # Errors
    /// [`SimError`] if it does not start.
    pub(crate) fn open_relay(&mut self, id: RelayId) -> Result<(), SimError> {
        let today = self.today();
        let relay = &mut self.relays[id];
        if relay.model.is_some() {
            return Ok(());
        }
        self.trace.note(self.now, format_args!("relay {id} opens"));
        let mut model = match relay.secret {
            Some(secret) => Model::start_among_others(&relay.origin, &relay.disk, today, secret)?,
            None => Model::start(&relay.origin, &relay.disk, today)?,
        };
        // As a relay does whenever it starts.
        model.sweep();
        relay.model = Some(model);
        relay.openings += 1;
        self.forward_soon(id, 0);
        Ok(())
    }

    /// A relay is gone from one moment to the next.
    pub(crate) fn crash_relay(&mut self, id: RelayId) {
        let Some(model) = self.relays[id].model.take() else { return };
        self.trace.note(self.now, format_args!("relay {id} is killed"));
        let relay = &mut self.relays[id];
        relay.lost_before += model.entries_lost();
        relay.handing.clear();
        drop(model);
        Plant::at_crash(self, id);
        let links = self.network.links.iter().filter(|(_, there)| there.relay == id);
        let links: Vec<LinkId> = links.map(|(link, _)| *link).collect();
        for link in links {
            self.cut(link);
        }
        self.network.forget(|what| {
            matches!(
                what,
                Happening::Work { relay } | Happening::Speak { relay } | Happening::Forward { relay } if *relay == id
            )
        });
        let relay = &mut self.relays[id];
        (relay.work_planned, relay.speak_planned, relay.forward_planned) = (false, false, false);
        let is_long = self.relays.len() > 1 && self.rng.chance(250);
        let after = if is_long { self.rng.between(60_000, 7_200_000) } else { self.rng.between(0, 15_000) };
        self.network.plan(self.now + after, Happening::Open { relay: id });
    }

    /// A relay will look at what came.
    pub(crate) fn work_soon(&mut self, id: RelayId) {
        if !std::mem::replace(&mut self.relays[id].work_planned, true) {
            let at = self.now + self.rng.between(0, 15);
            self.network.plan(at, Happening::Work { relay: id });
        }
    }

    /// A relay will say what it has to say.
    pub(crate) fn speak_soon(&mut self, id: RelayId) {
        if !std::mem::replace(&mut self.relays[id].speak_planned, true) {
            let at = self.now + self.rng.between(0, 10);
            self.network.plan(at, Happening::Speak { relay: id });
        }
    }

    /// A relay will hand over what it has for others, not before some time.
    pub(crate) fn forward_soon(&mut self, id: RelayId, after: i64) {
        if self.relays.len() > 1 && !std::mem::replace(&mut self.relays[id].forward_planned, true) {
            let at = self.now + after + self.rng.between(0, 50);
            self.network.plan(at, Happening::Forward { relay: id });
        }
    }

    /// A relay hands over what it has for others: one request at a time to each.
    pub(crate) fn forward(&mut self, id: RelayId) {
        self.relays[id].forward_planned = false;
        let Some(model) = &self.relays[id].model else { return };
        for parcel in model.parcels() {
            let Some(to) = self.relays.iter().position(|relay| relay.origin == parcel.to) else { continue };
            if !self.relays[id].handing.insert(to) {
                continue;
            }
            let opening = self.relays[id].openings;
            let at = self.now + self.delay();
            self.network.plan(at, Happening::Parcel { from: id, to, opening, parcel: Box::new(parcel) });
        }
    }

    /// Something from another relay arrives.
    pub(crate) fn parcel_arrives(&mut self, from: RelayId, to: RelayId, opening: u32, parcel: Box<Parcel>) {
        let body = Plant::on_parcel(self, &parcel.body);
        let answer = match (&mut self.relays[to].model, body) {
            (Some(model), Some(body)) => model.take_parcel(&body),
            (Some(_), None) => Plant::pretended_answer(&parcel.body),
            (None, _) => None,
        };
        self.trace.note(self.now, format_args!("relay {from} => relay {to}: {}", answer.is_some()));
        self.speak_soon(to);
        let is_lost = !self.calm && Plant::loses_answer(self);
        let answer = answer.filter(|_| !is_lost);
        let at = self.now + self.delay();
        self.network.plan(at, Happening::Answer { from, to, opening, parcel, answer });
    }

    /// Another relay has answered, or has not.
    pub(crate) fn parcel_answered(
        &mut self,
        (from, to): (RelayId, RelayId),
        opening: u32,
        parcel: &Parcel,
        answer: Option<Vec<u8>>,
    ) {
        let relay = &mut self.relays[from];
        let Some(model) = relay.model.as_mut().filter(|_| relay.openings == opening) else { return };
        relay.handing.remove(&to);
        let is_done = answer.is_some_and(|answer| model.parcel_answered(parcel, &answer));
        let rest = if is_done {
            0
        } else if self.calm {
            500
        } else {
            self.rng.between(500, 15_000)
        };
        self.forward_soon(from, rest);
    }
}
