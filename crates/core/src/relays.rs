//! Anonymous sessions: one with the own relay for good, and one with each other relay for as long as something waits for it.
//!
//! Each relay is on its own: what one does not take, or takes later, holds up nothing that is for another. Requests go to
//! a relay in their order, a bounded number at a time. Of other relays only so many have a session at once; those that do
//! not greet give their place to others that wait.

use std::collections::BTreeMap;

use kuvert_store::OutboxKind;
use kuvert_wire::{ClientFrame, ErrorCode, PostId, RelayFrame};

use crate::limits::REVIVE_AGAIN;
use crate::session::check_version;
use crate::step::Step;
use crate::{ClientError, Event, Line, Origin, Output, Timestamp};

/// Most other relays with a session at the same time.
const MAX_OTHERS: usize = 16;
/// Requests to one relay without an answer, after which others wait.
const WINDOW: usize = 128;
/// After so many milliseconds without anything for it, the session with another relay is closed.
const IDLE: i64 = 60_000;
/// After so many milliseconds without a greeting, another relay gives its place to one that waits.
const PATIENCE: i64 = 30_000;
/// Age in milliseconds of a request that its relay never took, after which it counts as refused: 30 days.
const GIVE_UP: i64 = 30 * 86_400_000;
/// First and longest pause after a relay was busy, in milliseconds; doubled each time.
const RETRY_FIRST: i64 = 1_000;
const RETRY_LAST: i64 = 60_000;

const _: () = assert!(WINDOW <= kuvert_wire::limits::MAX_IN_FLIGHT);

/// The anonymous sessions. In memory only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relays {
    own: Option<Origin>,
    links: BTreeMap<Origin, Link>,
    /// Other relays that gave their place away, and when.
    rested: BTreeMap<Origin, Timestamp>,
}

/// One session.
#[derive(Debug, Clone)]
struct Link {
    /// It was greeted.
    is_ready: bool,
    /// Place in the outbox up to which requests were sent on it.
    sent_to: i64,
    /// Requests without an answer.
    in_flight: usize,
    /// Channels that were made anew on it, and when.
    revived: BTreeMap<[u8; 16], Timestamp>,
    /// Pause after the relay was busy.
    retry_pause: i64,
    retry_at: Option<Timestamp>,
    /// The relay refuses everything on it until it is told that the refusals were heard.
    is_held: bool,
    /// When it was opened, lost or used last.
    used: Timestamp,
    /// The user knows that the relay cannot be reached.
    is_said: bool,
}

impl Link {
    fn new(now: Timestamp) -> Self {
        Self {
            is_ready: false,
            sent_to: 0,
            in_flight: 0,
            revived: BTreeMap::new(),
            retry_pause: 0,
            retry_at: None,
            is_held: false,
            used: now,
            is_said: false,
        }
    }

    /// Begins anew: what was sent and not answered goes out once more.
    fn lose(&mut self, now: Timestamp) {
        let Self { retry_pause, retry_at, is_said, .. } = *self;
        *self = Self { retry_pause, retry_at, is_said, ..Self::new(now) };
    }
}

impl Relays {
    /// Opens the session with the own relay, and with as many as may be of those for which something waits.
    pub(crate) fn begin(&mut self, own: &str, waiting: &[String]) -> Vec<Output> {
        self.own = Some(own.into());
        let others = waiting.iter().map(String::as_str).filter(|relay| *relay != own).take(MAX_OTHERS);
        let begun: Vec<Origin> = std::iter::once(own).chain(others).map(Origin::from).collect();
        begun.into_iter().map(|relay| self.open(relay, Timestamp(0))).collect()
    }

    fn open(&mut self, relay: Origin, now: Timestamp) -> Output {
        self.links.insert(relay.clone(), Link::new(now));
        Output::Connect(Line::Anonymous(relay.clone()), relay)
    }

    fn is_own(&self, relay: &Origin) -> bool {
        self.own.as_ref() == Some(relay)
    }

    fn others(&self) -> impl Iterator<Item = (&Origin, &Link)> {
        self.links.iter().filter(|(relay, _)| !self.is_own(relay))
    }

    /// Whether a channel may be made anew at a relay: once in a session, or a day.
    pub(crate) fn may_revive(&mut self, relay: &str, channel: [u8; 16], now: Timestamp) -> bool {
        let may = !self.is_revived(&Origin::from(relay), channel, now);
        if let Some(link) = self.links.get_mut(&Origin::from(relay)).filter(|_| may) {
            link.revived.insert(channel, now);
            return true;
        }
        false
    }

    /// Whether a channel was made anew in this session with a relay, not long ago.
    pub(crate) fn is_revived(&self, relay: &Origin, channel: [u8; 16], now: Timestamp) -> bool {
        let revived = self.links.get(relay).and_then(|link| link.revived.get(&channel));
        revived.is_some_and(|at| at.plus_millis(REVIVE_AGAIN) > now)
    }
}

impl Step<'_, '_> {
    pub(crate) fn relay_connected(&mut self, relay: &Origin) {
        match self.sessions.relays.links.get_mut(relay) {
            Some(link) => link.lose(self.now),
            None => self.outputs.push(Output::Disconnect(Line::Anonymous(relay.clone()))),
        }
    }

    /// A session was lost, or could not be opened.
    pub(crate) fn relay_lost(&mut self, relay: &Origin) -> Result<(), ClientError> {
        let Some(link) = self.sessions.relays.links.get_mut(relay) else { return Ok(()) };
        let was_ready = link.is_ready;
        let used = link.used;
        link.lose(self.now);
        self.asking_lost(relay);
        let Some(link) = self.sessions.relays.links.get_mut(relay) else { return Ok(()) };
        if !was_ready {
            // What counts is how long it has not greeted.
            link.used = used;
        }
        let Some(oldest) = self.tx.oldest_outbox(relay.as_str())? else {
            if !self.sessions.relays.is_own(relay) {
                self.close_relay(relay);
            }
            return Ok(());
        };
        if !was_ready && !std::mem::replace(&mut link.is_said, true) {
            self.event(Event::Unreachable(relay.clone()));
        }
        if !was_ready && self.now.0.saturating_sub(oldest.since) >= GIVE_UP {
            self.give_up(relay)?;
        }
        // Others may wait for its place.
        self.wake_for_relays();
        Ok(())
    }

    /// A frame on an anonymous session.
    pub(crate) fn anonymous_frame(&mut self, relay: &Origin, frame: RelayFrame) -> Result<(), ClientError> {
        let Some(link) = self.sessions.relays.links.get_mut(relay) else { return Ok(()) };
        let id = match &frame {
            RelayFrame::Hello(hello) => {
                check_version(hello)?;
                link.is_ready = true;
                link.is_said = false;
                self.transmit_to(relay)?;
                return self.relay_can_be_asked(relay);
            }
            RelayFrame::Accepted { id, .. } | RelayFrame::Refused { id, .. } => *id,
            RelayFrame::KeyPackage(reply) => reply.id,
            RelayFrame::ChannelInfo(info) => info.id,
            RelayFrame::Error { code: ErrorCode::Stopping | ErrorCode::Timeout } => return Ok(()),
            RelayFrame::Error { .. } => return Err(ClientError::PeerFault("the relay ended the session")),
            RelayFrame::Owned(_) | RelayFrame::Entries(_) | RelayFrame::Live => {
                return Err(ClientError::PeerFault("a frame does not belong on this session"));
            }
        };
        link.in_flight = link.in_flight.saturating_sub(1);
        link.used = self.now;
        if let RelayFrame::Refused { code: ErrorCode::Busy | ErrorCode::RateLimited, .. } = frame {
            link.is_held = true;
            self.retry_later(relay);
        }
        // What was asked of one relay is not answered by another.
        if self.is_asking(relay, id) {
            match frame {
                RelayFrame::ChannelInfo(info) => self.channel_info(info)?,
                RelayFrame::Refused { code, .. } => self.channel_refused(code)?,
                _ => {}
            }
        } else if self.tx.outbox_row(id.as_bytes())?.is_some_and(|row| row.relay == relay.as_str()) {
            self.answer(relay, id, frame)?;
        }
        self.pump(relay)
    }

    fn answer(&mut self, relay: &Origin, id: PostId, frame: RelayFrame) -> Result<(), ClientError> {
        match frame {
            RelayFrame::Accepted { .. } => {
                self.relay_took_a_request(relay);
                self.answered(id)
            }
            RelayFrame::KeyPackage(reply) => {
                self.relay_took_a_request(relay);
                self.key_package(&reply)
            }
            RelayFrame::Refused { code, epoch, .. } => self.refused(relay, id, code, epoch),
            _ => Ok(()),
        }
    }

    /// Whether requests can go to a relay: it greeted, and an inbox of this device is known to be at the own one. Without
    /// one, what others send back would be lost. The own relay was asked in this run; others need not wait until it can be
    /// reached.
    fn can_transmit(&self, relay: &Origin) -> Result<bool, ClientError> {
        let relays = &self.sessions.relays;
        let is_ready = relays.links.get(relay).is_some_and(|link| link.is_ready && link.retry_at.is_none());
        let has_inbox = self.sessions.has_inbox() || (!relays.is_own(relay) && self.generation()?.is_some());
        Ok(is_ready && has_inbox)
    }

    /// Asks a relay something that is not written down, if a session is there. If not, it opens one where there is a place.
    /// Says whether the question went out.
    pub(crate) fn ask(&mut self, relay: &str, frame: &ClientFrame) -> Result<bool, ClientError> {
        let relay = Origin::from(relay);
        if self.can_transmit(&relay)? {
            if let Some(link) = self.sessions.relays.links.get_mut(&relay) {
                link.in_flight += 1;
                link.used = self.now;
            }
            self.transmit(Line::Anonymous(relay), frame);
            return Ok(true);
        }
        let is_open = self.sessions.relays.links.contains_key(&relay);
        if !is_open && (self.sessions.relays.others().count() < MAX_OTHERS || self.make_place()?) {
            let connect = self.sessions.relays.open(relay, self.now);
            self.outputs.push(connect);
        }
        Ok(false)
    }

    /// Something was written down for a relay.
    pub(crate) fn waits_for(&mut self, relay: &str) -> Result<(), ClientError> {
        let relay = Origin::from(relay);
        if self.sessions.relays.links.contains_key(&relay) { self.pump(&relay) } else { self.open_relays() }
    }

    /// Sends what waits for a relay and was not sent on this session, as far as its window allows.
    fn pump(&mut self, relay: &Origin) -> Result<(), ClientError> {
        if !self.can_transmit(relay)? {
            return Ok(());
        }
        let Some(link) = self.sessions.relays.links.get_mut(relay) else { return Ok(()) };
        let room = WINDOW.saturating_sub(link.in_flight);
        if room == 0 {
            return Ok(());
        }
        for (position, frame) in self.tx.outbox_to(relay.as_str(), link.sent_to, room)? {
            link.sent_to = position;
            link.in_flight += 1;
            link.used = self.now;
            self.outputs.push(Output::Transmit(Line::Anonymous(relay.clone()), frame));
        }
        Ok(())
    }

    /// Sends everything that waits for a relay, in order. What it has already is answered like the first time.
    fn transmit_to(&mut self, relay: &Origin) -> Result<(), ClientError> {
        let may_begin = self.can_transmit(relay)?;
        if let Some(link) = self.sessions.relays.links.get_mut(relay) {
            (link.sent_to, link.in_flight) = (0, 0);
            if may_begin && std::mem::take(&mut link.is_held) {
                self.transmit(Line::Anonymous(relay.clone()), &ClientFrame::Resume);
            }
        }
        self.pump(relay)
    }

    /// Sends everything that waits.
    pub(crate) fn transmit_everywhere(&mut self) -> Result<(), ClientError> {
        let relays: Vec<Origin> = self.sessions.relays.links.keys().cloned().collect();
        relays.iter().try_for_each(|relay| self.transmit_to(relay))
    }

    /// Opens sessions with relays for which something waits, as far as there are places; those first that did not just
    /// give one away.
    fn open_relays(&mut self) -> Result<(), ClientError> {
        let mut waiting: Vec<Origin> =
            self.tx.outbox_relays()?.iter().map(|o| Origin::from(o.as_str())).collect();
        let relays = &mut self.sessions.relays;
        relays.rested.retain(|relay, _| waiting.contains(relay));
        waiting.retain(|relay| !relays.links.contains_key(relay));
        waiting.sort_by_key(|relay| relays.rested.get(relay).copied());
        for relay in waiting {
            if self.sessions.relays.others().count() >= MAX_OTHERS && !self.make_place()? {
                break;
            }
            let connect = self.sessions.relays.open(relay, self.now);
            self.outputs.push(connect);
        }
        self.wake_for_relays();
        Ok(())
    }

    /// Closes the session with another relay for which nothing waits, or that does not greet. Says whether there was one.
    fn make_place(&mut self) -> Result<bool, ClientError> {
        let others: Vec<_> =
            self.sessions.relays.others().map(|(relay, link)| (relay.clone(), link.clone())).collect();
        for (relay, link) in others {
            let is_late = !link.is_ready && link.used.plus_millis(PATIENCE) <= self.now;
            if is_late || self.tx.oldest_outbox(relay.as_str())?.is_none() {
                self.close_relay(&relay);
                if is_late {
                    self.sessions.relays.rested.insert(relay, self.now);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn close_relay(&mut self, relay: &Origin) {
        self.sessions.relays.links.remove(relay);
        self.outputs.push(Output::Disconnect(Line::Anonymous(relay.clone())));
    }

    /// The relay was not there for too long: what waits for it fails, as if it had been refused. But what makes a channel or
    /// moves it on waits further: it may have been accepted, and who gives up a commit that won cannot follow its group.
    fn give_up(&mut self, relay: &Origin) -> Result<(), ClientError> {
        let too_old = self.now.plus_millis(-GIVE_UP).0;
        for row in self.tx.outbox()? {
            if row.relay != relay.as_str() || row.since > too_old {
                continue;
            }
            match row.kind {
                OutboxKind::CreateChannel | OutboxKind::Commit => self.fail_waiting(row.conversation)?,
                OutboxKind::Post | OutboxKind::TakeKeyPackage | OutboxKind::Deposit => {
                    self.refused(relay, PostId::new(row.id), ErrorCode::NoSuchRelay, None)?;
                }
            }
        }
        Ok(())
    }

    /// The relay cannot take a request now: asks to be woken to try again.
    pub(crate) fn retry_later(&mut self, relay: &Origin) {
        let Some(link) = self.sessions.relays.links.get_mut(relay) else { return };
        // Many requests may be refused at once: one pause is enough for all of them.
        if link.retry_at.is_some_and(|at| at > self.now) {
            return;
        }
        link.retry_pause = (link.retry_pause * 2).clamp(RETRY_FIRST, RETRY_LAST);
        let at = self.now.plus_millis(link.retry_pause);
        link.retry_at = Some(at);
        self.outputs.push(Output::WakeAt(at));
    }

    fn relay_took_a_request(&mut self, relay: &Origin) {
        if let Some(link) = self.sessions.relays.links.get_mut(relay) {
            link.retry_pause = 0;
        }
    }

    /// Tries again where a relay was busy, and closes sessions that are not needed any more.
    pub(crate) fn tend_relays(&mut self) -> Result<(), ClientError> {
        let now = self.now;
        let mut rested = Vec::new();
        for (relay, link) in &mut self.sessions.relays.links {
            if link.retry_at.is_some_and(|at| at <= now) {
                link.retry_at = None;
                rested.push(relay.clone());
            }
        }
        rested.iter().try_for_each(|relay| self.transmit_to(relay))?;
        let idle = |link: &Link| link.used.plus_millis(IDLE) <= now;
        let others = self.sessions.relays.others().filter(|(_, link)| idle(link));
        for relay in others.map(|(relay, _)| relay.clone()).collect::<Vec<_>>() {
            if self.tx.oldest_outbox(relay.as_str())?.is_none() {
                self.close_relay(&relay);
            }
        }
        self.open_relays()
    }

    /// Asks to be woken for the next thing that [`Self::tend_relays`] has to do.
    fn wake_for_relays(&mut self) {
        let relays = &self.sessions.relays;
        let retries = relays.links.values().filter_map(|link| link.retry_at);
        let rests = relays.others().map(|(_, link)| {
            let rest = if link.is_ready { IDLE } else { PATIENCE };
            let at = link.used.plus_millis(rest);
            if at > self.now { at } else { self.now.plus_millis(PATIENCE) }
        });
        if let Some(at) = retries.chain(rests).min() {
            self.outputs.push(Output::WakeAt(at));
        }
    }

    /// The own relay has another key than before: members who post through other relays have to know it, or what they send
    /// is lost.
    pub(crate) fn move_in_groups(&mut self) -> Result<(), ClientError> {
        let own = self.account()?.relay.clone();
        for conversation in self.tx.conversations_elsewhere(&own)? {
            if let Some(channel) = self.tx.conversation(conversation)?.and_then(|row| row.channel) {
                // Where a commit is pending, the next message tries again.
                self.tx.set_rotated(&channel, 0)?;
            }
            self.rotate(conversation)?;
        }
        Ok(())
    }
}
