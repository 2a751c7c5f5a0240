//! How frames and fetches get from devices to the relay and back.

use kuvert_core::{FetchMethod, FetchOutcome, FetchRequest, Input, Line, Output};
use kuvert_wire::{CardId, ClientFrame, RelayFrame, decode, limits};

use crate::device::DeviceId;
use crate::faults::Plant;
use crate::network::{Happening, Link, LinkId};
use crate::run::SimError;
use crate::station::RelayId;
use crate::world::{World, line_name};

impl World {
    /// How long something is on its way, in milliseconds.
    pub(crate) fn delay(&mut self) -> i64 {
        if self.rng.chance(30) { self.rng.between(500, 8_000) } else { self.rng.between(2, 90) }
    }

    /// Plans to open a line.
    pub(crate) fn dial(&mut self, id: DeviceId, line: Line, after: i64) {
        let (start, at) = (self.devices[id].starts, self.now + after);
        self.network.plan(at, Happening::Dial { device: id, start, line });
    }

    /// Breaks a connection; both sides learn of it in their time.
    pub(crate) fn cut(&mut self, link: LinkId) {
        self.end(link, false);
    }

    /// Ends a connection, with or without what is still on its way to the relay.
    pub(crate) fn end(&mut self, link: LinkId, drains: bool) {
        let (lost, mut hung) = (self.rng.between(0, 3_000), self.rng.between(0, 6_000));
        let Some(there) = self.network.links.get_mut(&link) else { return };
        if std::mem::replace(&mut there.cut, true) {
            return;
        }
        there.drains = drains;
        if drains {
            hung = hung.max(there.up_until - self.now + 1);
        }
        self.trace.note(self.now, format_args!("cut {} of {}", line_name(&there.line), there.device));
        self.network.plan(self.now + lost, Happening::Lost { link });
        self.network.plan(self.now + hung, Happening::Hung { link });
    }

    /// Sends a frame of a device on its way.
    ///
    /// # Errors
    /// [`SimError`] if its engine cannot be asked what it sends.
    pub(crate) fn transmit(&mut self, id: DeviceId, line: &Line, frame: Vec<u8>) -> Result<(), SimError> {
        if self.features.groups
            && let Ok(ClientFrame::Post(post)) = decode(&frame, limits::MAX_FRAME)
        {
            crate::oracle::note_post(self, id, &post)?;
        }
        let Some(link) = self.devices[id].links.get(line).copied() else { return Ok(()) };
        for frame in Plant::on_transmit(self, id, frame) {
            self.send_up(link, frame);
        }
        Ok(())
    }

    /// Puts a frame on a connection to the relay.
    pub(crate) fn send_up(&mut self, link: LinkId, frame: Vec<u8>) {
        let at = self.now + self.delay();
        let Some(there) = self.network.links.get_mut(&link) else { return };
        if there.cut {
            return;
        }
        there.up_until = there.up_until.max(at);
        let at = there.up_until;
        self.network.plan(at, Happening::Up { link, frame });
    }

    /// Puts a frame on a connection to a device.
    pub(crate) fn send_down(&mut self, link: LinkId, frame: Vec<u8>) {
        let at = self.now + self.delay();
        let Some(there) = self.network.links.get_mut(&link) else { return };
        there.down_until = there.down_until.max(at);
        let at = there.down_until;
        self.network.plan(at, Happening::Down { link, frame });
    }

    /// Everything that concerns connections.
    pub(crate) fn carry(&mut self, what: Happening) -> Result<(), SimError> {
        match what {
            Happening::Dial { device, start, line } => self.connect(device, start, line),
            Happening::Opened { link } => self.opened(link)?,
            Happening::Up { link, frame } => self.up(link, frame),
            Happening::Down { link, frame } => self.down(link, frame)?,
            Happening::Lost { link } => self.lost(link)?,
            Happening::Hung { link } => {
                if let Some(there) = self.network.links.remove(&link)
                    && there.opening == self.relays[there.relay].openings
                    && let Some(relay) = &mut self.relays[there.relay].model
                {
                    relay.disconnect(there.there);
                }
            }
            Happening::Work { relay } => {
                self.relays[relay].work_planned = false;
                Plant::before_commit(self, relay);
                if let Some(model) = &mut self.relays[relay].model {
                    model.work();
                    self.speak_soon(relay);
                    self.forward_soon(relay, 0);
                }
            }
            Happening::Speak { relay } => self.speak(relay),
            Happening::Fetch { device, start, request } => self.fetch(device, start, &request),
            _ => {}
        }
        Ok(())
    }

    fn connect(&mut self, id: DeviceId, start: u32, line: Line) {
        let device = &self.devices[id];
        if device.starts != start || device.client.is_none() || !device.wanted.contains(&line) {
            return;
        }
        if device.links.contains_key(&line) {
            return;
        }
        let relay = self.relay_of(id, &line);
        let is_online = device.online;
        let model = relay.and_then(|relay| self.relays[relay].model.as_mut()).filter(|_| is_online);
        let (Some(relay), Some(model)) = (relay, model) else {
            let tries = self.devices[id].tries.min(5);
            self.devices[id].tries += 1;
            let after = if self.calm { 500 } else { self.rng.between(500, 1_000 << tries) };
            return self.dial(id, line, after);
        };
        let there = model.connect();
        self.devices[id].tries = 0;
        let at = self.now + self.delay();
        let opening = self.relays[relay].openings;
        let link = Link {
            device: id,
            start,
            line: line.clone(),
            relay,
            there,
            opening,
            cut: false,
            drains: false,
            up_until: at,
            down_until: at,
        };
        let link = self.network.open(link);
        self.network.plan(at, Happening::Opened { link });
        self.devices[id].links.insert(line, link);
        self.speak_soon(relay);
    }

    fn opened(&mut self, link: LinkId) -> Result<(), SimError> {
        let Some(there) = self.alive(link) else { return Ok(()) };
        self.input(there.device, Input::Connected(there.line))?;
        Ok(())
    }

    /// A connection that works, of a process that runs.
    fn alive(&self, link: LinkId) -> Option<Link> {
        let there = self.network.links.get(&link).filter(|there| !there.cut)?;
        let device = &self.devices[there.device];
        (device.starts == there.start && device.client.is_some()).then(|| there.clone())
    }

    fn up(&mut self, link: LinkId, frame: Vec<u8>) {
        let there = self.network.links.get(&link).filter(|there| !there.cut || there.drains);
        let Some(there) = there.filter(|there| there.opening == self.relays[there.relay].openings) else {
            return;
        };
        let there = there.clone();
        if let Ok(asked) = decode::<ClientFrame>(&frame, limits::MAX_FRAME) {
            self.watch.asked(&asked);
            if self.features.groups {
                self.rolls.reached(there.device, there.relay, &asked);
            }
            if let ClientFrame::Own(own) = &asked {
                self.devices[there.device].inbox = Some(kuvert_wire::InboxId::of(&own.owner));
            }
        }
        let frame = Plant::on_arrival(self, Some(there.device), frame);
        if let Some(relay) = &mut self.relays[there.relay].model {
            relay.receive(there.there, frame);
            self.work_soon(there.relay);
        }
    }

    fn down(&mut self, link: LinkId, frame: Vec<u8>) -> Result<(), SimError> {
        let Some(there) = self.alive(link) else { return Ok(()) };
        let line = there.line;
        if Plant::on_delivery(self, there.device, link, &frame)? {
            return Ok(());
        }
        self.input(there.device, Input::Frame(line.clone(), frame.clone()))?;
        if !self.calm && line == Line::Owner && self.rng.chance(30) {
            self.again(link, frame)?;
        }
        Ok(())
    }

    /// CORE-3: entries that come again change nothing.
    fn again(&mut self, link: LinkId, frame: Vec<u8>) -> Result<(), SimError> {
        let is_entries = matches!(decode(&frame, limits::MAX_FRAME), Ok(RelayFrame::Entries(_)));
        let Some(there) = self.alive(link).filter(|_| is_entries) else { return Ok(()) };
        let Some(client) = &mut self.devices[there.device].client else { return Ok(()) };
        let handled = client.handle(kuvert_core::Timestamp(self.now), Input::Frame(Line::Owner, frame));
        let mut changed = handled.is_err();
        while let Some(output) = client.poll_output() {
            // To ask once more to be woken is no change either.
            changed |= !matches!(output, Output::Transmit(Line::Owner, _) | Output::WakeAt(_));
        }
        self.trace.note(self.now, format_args!("{} <- the same again", there.device));
        if changed {
            self.violation("CORE-3", format!("entries that came again changed device {}", there.device));
        }
        Ok(())
    }

    fn lost(&mut self, link: LinkId) -> Result<(), SimError> {
        // The relay's side may have learned of it before.
        for id in 0..self.devices.len() {
            let found =
                self.devices[id].links.iter().find(|(_, of)| **of == link).map(|(line, _)| line.clone());
            let Some(line) = found else { continue };
            self.devices[id].links.remove(&line);
            let after = if self.calm { 200 } else { self.rng.between(100, 3_000) };
            self.dial(id, line.clone(), after);
            self.input(id, Input::Disconnected(line))?;
        }
        Ok(())
    }

    fn speak(&mut self, id: RelayId) {
        self.relays[id].speak_planned = false;
        let links: Vec<LinkId> = self.network.links.keys().copied().collect();
        for link in links {
            let there = self
                .network
                .links
                .get(&link)
                .filter(|there| there.relay == id && there.opening == self.relays[id].openings);
            let Some(there) = there.cloned() else { continue };
            let Some(relay) = &mut self.relays[id].model else { return };
            let said = relay.take(there.there);
            for frame in said.frames {
                for frame in Plant::on_speech(self, link, frame) {
                    self.hear(&there, link, &frame);
                    if !there.cut {
                        self.send_down(link, frame);
                    }
                }
            }
            if said.closed {
                self.cut(link);
            }
            if said.goes_on {
                self.work_soon(id);
            }
        }
    }

    /// What the relay says is looked at, whether or not it arrives.
    fn hear(&mut self, there: &Link, link: LinkId, frame: &[u8]) {
        let Ok(said) = decode::<RelayFrame>(frame, limits::MAX_FRAME) else {
            return self.violation("frames", "the relay says what cannot be read".into());
        };
        self.trace.note(
            self.now,
            format_args!(
                "relay {} -> {} {}: {}",
                there.relay,
                there.device,
                line_name(&there.line),
                crate::oracle::sketch(&said)
            ),
        );
        let lost = self.entries_lost();
        if let Some(violation) = self.watch.said(link, &said, lost) {
            self.violation(violation.rule, violation.what);
        }
        if let RelayFrame::Accepted { id, .. } = &said
            && let Some(violation) = self.rolls.accepted(*id)
        {
            self.violation(violation.rule, violation.what);
        }
    }

    /// What the relay says to somebody who has no right to anything.
    pub(crate) fn heard_by_stranger(&mut self, frame: &[u8]) {
        let Ok(said) = decode::<RelayFrame>(frame, limits::MAX_FRAME) else { return };
        self.trace.note(self.now, format_args!("relay -> a stranger: {}", crate::oracle::sketch(&said)));
        if let Some(violation) = self.watch.said_to_stranger(&said) {
            self.violation(violation.rule, violation.what);
        }
    }

    fn fetch(&mut self, id: DeviceId, start: u32, request: &FetchRequest) {
        let answer_lost = !self.calm && self.rng.chance(50);
        let reachable = self.devices[id].online && self.devices[id].starts == start;
        let card = request.url.rsplit('/').next().and_then(CardId::from_text);
        let relay = self.relays.iter().position(|relay| {
            request.url.strip_prefix(&relay.origin).is_some_and(|path| path.starts_with('/'))
        });
        let model = relay.and_then(|relay| self.relays[relay].model.as_mut());
        let outcome = match (model, card) {
            (Some(relay), Some(card)) if reachable => {
                let (status, body) = match &request.method {
                    FetchMethod::Get => relay.card(card),
                    FetchMethod::Put(record) => (relay.put_card(card, &request.headers, record), Vec::new()),
                    // Groups of two have no blobs.
                    FetchMethod::Patch(_) => (404, Vec::new()),
                    FetchMethod::Delete(deletion) => (relay.delete_card(card, deletion), Vec::new()),
                };
                FetchOutcome::Answered { status, body }
            }
            _ => FetchOutcome::Failed,
        };
        self.speak_soon(relay.unwrap_or_default());
        let outcome = if answer_lost { FetchOutcome::Failed } else { outcome };
        let at = self.now + self.delay();
        self.network.plan(at, Happening::Fetched { device: id, start, id: request.id, outcome });
    }
}
