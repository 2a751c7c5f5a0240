//! Requests that go on by themselves: one is offered to the team when it comes, another gets its seats.
//!
//! What is to be done follows from what the team knows and from the conversations alone, so that a device which was off goes on where
//! it stopped, and any agent's device can do it. They take turns: the first one, by duty and key, at once, each further one a while
//! later if it was not done by then. What two do at once counts once, in the order of the desk room.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_content::{DataKind, MessageId as ContentId};
use kuvert_core::{ClientError, MessageId as RowId, MessageKind, MessageRow, SenderKind, Timestamp};
use kuvert_desk::room::{self, CaseEvent, DeviceKey, Event, Outcome, Reason};
use kuvert_view::{Connection, DeskUpdate};
use kuvert_wire::ChannelId;

use crate::desk_views::name_of;
use crate::{App, views};

/// Messages among which requests are looked for when a profile is opened.
const LOOKED_AT: u32 = 20_000;
/// Requests that are tended at one time.
const MAX_PENDING: usize = 1024;
/// Messages that came and are not looked at yet.
const MAX_CAME: usize = 4096;
/// Requests older than this are left to people: milliseconds.
const STALE: i64 = 24 * 60 * 60 * 1000;
/// From one device's turn to the next one's: milliseconds.
const TURN: i64 = 6_000;
/// Turns that are waited for at most.
const MAX_TURNS: i64 = 20;
/// What did not come back from the desk room is said again after so long: milliseconds.
const AGAIN: i64 = 60_000;

/// What this device knows of requests that go on by themselves. Nothing of it is written down.
#[derive(Default)]
pub(crate) struct Tending {
    /// The database was looked through.
    is_read: bool,
    /// The relay's entries are all here.
    is_online: bool,
    pending: BTreeSet<RowId>,
    /// What this device said, and has not come back or not led anywhere: since when.
    asked: BTreeMap<ContentId, i64>,
    /// Requests for which this device reserved something.
    pub(crate) reserved: BTreeSet<ContentId>,
    /// When there may be something to do.
    wake: Option<i64>,
    /// When the card was renewed last because of seats.
    pub(crate) renewed_at: Option<i64>,
}

/// How a request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// By people only.
    Done,
    /// When something comes.
    Waits,
    /// At a time.
    At(i64),
}

impl Tending {
    /// There may be something to do at a time.
    pub(crate) fn look_at(&mut self, at: i64) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// Whether this device said something about a request that did not lead anywhere yet.
    pub(crate) fn has_asked(&self, request: ContentId, now: i64) -> bool {
        self.asked.get(&request).is_some_and(|at| (0..AGAIN).contains(&(now - at)))
    }
}

impl App {
    /// A message came, or changed. Whether it is a request is looked at later.
    pub(crate) fn note_came(&mut self, message: RowId) {
        if self.desk_hooks.is_some() && self.came.len() < MAX_CAME {
            self.came.push(message);
        }
    }

    /// Looks at what came since the last time, and at the clock: whether there may be something to do.
    pub(crate) fn look_for_requests(&mut self, now: Timestamp) -> Result<(), ClientError> {
        let came = std::mem::take(&mut self.came);
        let is_online = self.connection() == Connection::Online;
        let Some(tending) = self.desk.as_mut().map(|desk| &mut desk.tending) else { return Ok(()) };
        let is_due = tending.wake.is_some_and(|at| at <= now.0);
        if is_due {
            tending.wake = None;
        }
        self.desk_changed |= is_due || is_online != tending.is_online;
        tending.is_online = is_online;
        for message in came {
            let Some(row) = self.client.message(message)? else { continue };
            if let Some(desk) = self.desk.as_mut().filter(|desk| desk.is_limited) {
                desk.unsaid.note(row.conversation, now.0);
                self.desk_changed = true;
            }
            if row.sender == SenderKind::Contact
                && let Some(desk) = &mut self.desk
                && desk.looked_at.insert(row.conversation)
            {
                desk.unstaffed.insert(views::conversation_id(row.conversation));
                self.desk_changed = true;
            }
            if !is_by_customer(&row) {
                continue;
            }
            if let Some(desk) = self.desk.as_mut().filter(|desk| desk.tending.pending.len() < MAX_PENDING) {
                self.desk_changed |= desk.tending.pending.insert(row.id);
            }
        }
        Ok(())
    }

    /// Does what is this device's turn.
    pub(crate) fn tend_requests(&mut self, now: Timestamp) -> Result<(), ClientError> {
        let me = self.me()?;
        if self.connection() != Connection::Online || !self.desk()?.team.answers(me) {
            return Ok(());
        }
        if !std::mem::replace(&mut self.tending()?.is_read, true) {
            let mut rows = self.client.data_of_contacts(LOOKED_AT)?;
            rows.retain(|row| now.0.saturating_sub(row.at) < STALE);
            let skipped = rows.len().saturating_sub(MAX_PENDING);
            self.tending()?.pending.extend(rows.iter().skip(skipped).map(|row| row.id));
        }
        let turn = self.turn(me)?;
        let pending: Vec<_> = self.tending()?.pending.iter().copied().collect();
        for message in pending {
            let next = match self.tend_request(now, me, message, turn) {
                Err(ClientError::Refused(_)) => Next::Done,
                next => next?,
            };
            match next {
                Next::Done => {
                    self.tending()?.pending.remove(&message);
                }
                Next::Waits => {}
                Next::At(at) => self.tending()?.look_at(at),
            }
        }
        self.escalate_what_is_due(now, turn)?;
        let wake = self.tending()?.wake;
        if let Some(at) = wake {
            self.wake_at(Timestamp(at));
        }
        Ok(())
    }

    /// How long this device leaves the others the first move: milliseconds.
    fn turn(&mut self, me: DeviceKey) -> Result<i64, ClientError> {
        let team = &self.desk()?.team;
        let mut able: Vec<_> = team
            .members()
            .map(|(device, _)| device)
            .filter(|device| team.answers(*device))
            .map(|device| (!team.is_on_duty(device), device))
            .collect();
        able.sort_unstable();
        let place = able.iter().position(|(_, device)| *device == me).unwrap_or_default();
        Ok(i64::try_from(place).unwrap_or(MAX_TURNS).min(MAX_TURNS) * TURN)
    }

    fn tend_request(
        &mut self,
        now: Timestamp,
        me: DeviceKey,
        message: RowId,
        turn: i64,
    ) -> Result<Next, ClientError> {
        let Some(row) = self.client.message(message)?.filter(is_by_customer) else { return Ok(Next::Done) };
        if !matches!(self.client.data(row.id)?, Some((DataKind::Request, _))) {
            return Ok(Next::Done);
        }
        // A clock that is set back does not make a device wait for ever.
        let since = row.at.min(now.0);
        if now.0 - since >= STALE {
            return Ok(Next::Done);
        }
        let (standing, form) = self.request_of(&row)?;
        if standing.status.is_some() {
            return Ok(Next::Done);
        }
        if form.dispatch {
            return self.tend_offer(now, me, &row, &form, since + turn);
        }
        self.tend_seats(now, &row, &standing.answers, &form, since + turn)
    }

    /// Says about a request what this device's turn is to say.
    pub(crate) fn say(
        &mut self,
        now: Timestamp,
        request: ContentId,
        channel: ChannelId,
        event: CaseEvent,
    ) -> Result<(), ClientError> {
        let asked = &mut self.tending()?.asked;
        if asked.len() >= MAX_PENDING {
            asked.pop_first();
        }
        asked.insert(request, now.0);
        self.post(now, &Event::case(channel, event))
    }

    fn escalate_what_is_due(&mut self, now: Timestamp, turn: i64) -> Result<(), ClientError> {
        let due = room::due(&self.desk()?.cases, now.0);
        for (channel, request) in due.offers {
            let offer = self.desk()?.cases.get(channel).and_then(|case| case.offers.get(&request));
            let at = offer.map_or(now.0, |offer| offer.until.min(now.0)) + turn;
            if now.0 < at {
                self.tending()?.look_at(at);
            } else if !self.tending()?.has_asked(request, now.0) {
                self.say(now, request, channel, CaseEvent::Escalated { request })?;
            }
        }
        if let Some(next) = due.next {
            self.tending()?.look_at(next);
        }
        Ok(())
    }

    /// What this device said came back: it counts, or not.
    pub(crate) fn heard_own(&mut self, event: &Event, outcome: Outcome) -> Result<(), ClientError> {
        let Event::Case { conversation, event } = event else { return Ok(()) };
        let request = match event {
            CaseEvent::OfferOnce { request, .. }
            | CaseEvent::Escalated { request }
            | CaseEvent::Take { request }
            | CaseEvent::Confirm { request, .. } => *request,
            // What was refused is looked at again.
            CaseEvent::Reserve { request, .. } if outcome != Outcome::Applied => *request,
            _ => return Ok(()),
        };
        self.tending()?.asked.remove(&request);
        if matches!(event, CaseEvent::Take { .. }) && outcome == Outcome::Ignored(Reason::Taken) {
            self.tell_taken(*conversation, request)?;
        }
        Ok(())
    }

    /// Tells who tried to take a request who has it.
    fn tell_taken(&mut self, channel: ChannelId, request: ContentId) -> Result<(), ClientError> {
        let desk = self.desk()?;
        let offer = desk.cases.get(channel).and_then(|case| case.offers.get(&request));
        if let Some(by) = offer.and_then(|offer| offer.taken_by) {
            let name = name_of(desk, by);
            self.desk_update(DeskUpdate::TakenBy(name));
        }
        Ok(())
    }

    pub(crate) fn tending(&mut self) -> Result<&mut Tending, ClientError> {
        self.desk()?;
        let desk = self.desk.as_mut().ok_or(ClientError::Damaged("the desk's state"))?;
        Ok(&mut desk.tending)
    }

    /// The message that made a request, in its conversation.
    pub(crate) fn row_of(
        &mut self,
        channel: ChannelId,
        request: ContentId,
    ) -> Result<Option<MessageRow>, ClientError> {
        let Some(conversation) = self.desk()?.conversations.get(&channel).copied() else { return Ok(None) };
        let rows = self.client.with_data(views::conversation_row(conversation), MAX_OF_CUSTOMER)?;
        Ok(rows.into_iter().find(|row| row.mimi == request.as_bytes()))
    }
}

/// Messages with data of one customer among which a request is looked for.
const MAX_OF_CUSTOMER: u32 = 256;

/// Whether a customer sent data.
fn is_by_customer(row: &MessageRow) -> bool {
    row.kind == MessageKind::Structured && row.sender == SenderKind::Contact
}
