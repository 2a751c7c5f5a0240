//! Seats and appointments at the desk: a customer gets them by their request alone, and never one that another one has.

use std::collections::BTreeMap;

use kuvert_content::MessageId as ContentId;
use kuvert_core::{ClientError, MessageRow, Refusal, Timestamp};
use kuvert_desk::form::{Answers, Form};
use kuvert_desk::limits::MAX_HOLD;
use kuvert_desk::line::LineProfile;
use kuvert_desk::request::{Appointment, StatusFlow, Ticket};
use kuvert_desk::room::{CapacityId, CaseEvent, Event};
use kuvert_desk::seats::{self, Slot, Wanted};
use kuvert_view::{AppointmentView, MessageId};
use kuvert_wire::ChannelId;

use crate::desk_requests::{Said, is_german, language_of};
use crate::desk_tend::Next;
use crate::{App, views};

/// How long seats are held that are to be confirmed at once: milliseconds.
const HOLD: i64 = 15 * 60 * 1000;
/// How long seats are held where a form's requests can be held, and not confirmed at once.
const LONG_HOLD: i64 = 48 * 60 * 60 * 1000;
/// What was reserved by a device that has not told the customer is told by another after so long: milliseconds.
const TELLS: i64 = 30_000;
/// Kinds of seats, or times, that are named to who came too late.
const NAMED: usize = 8;
/// The card is renewed because of seats at most once in so long: milliseconds.
const RENEWAL: i64 = 60_000;
/// States in which seats are the customer's, are held, and are free again.
const CONFIRMED: &str = "confirmed";
const HELD: &str = "held";
const NOT_TO_BE_HAD: &str = "declined";
const FREES: [&str; 4] = ["declined", "cancelled", "expired", "no-show"];

/// Where a form's requests can go from the first state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Goals {
    /// The state of who has seats, and whether they are theirs.
    given: Option<(u8, bool)>,
    /// The state of who has none.
    refused: Option<u8>,
}

/// What a request has of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Has {
    pub(crate) capacity: CapacityId,
    pub(crate) title: String,
    pub(crate) lot: String,
    pub(crate) quantity: u32,
    pub(crate) is_confirmed: bool,
    from: i64,
    until: i64,
}

impl App {
    /// A request that takes seats: they are reserved, and the customer is told what became of that.
    pub(crate) fn tend_seats(
        &mut self,
        now: Timestamp,
        row: &MessageRow,
        answers: &Answers,
        form: &Form,
        turn_at: i64,
    ) -> Result<Next, ClientError> {
        let Some(wanted) = seats::wanted(form, answers, &self.desk()?.team, now.0) else {
            return Ok(Next::Done);
        };
        let request = ContentId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
        let goals = goals(&form.statuses);
        let Some((state, confirms)) = goals.given else { return Ok(Next::Done) };
        let message = views::message_id(row.id);
        let asked = self.tending()?.has_asked(request, now.0);
        let has = self.has(request, now.0)?;
        if has.iter().any(|has| has.is_confirmed || !confirms) {
            // Who reserved it tells the customer; if that device is gone since, the next one does.
            let at =
                if asked || self.tending()?.reserved.contains(&request) { now.0 } else { turn_at + TELLS };
            if now.0 < at {
                return Ok(Next::At(at));
            }
            self.set_request(now, message, Said { state, note: String::new(), appointment: None })?;
            return Ok(Next::Done);
        }
        if now.0 < turn_at {
            return Ok(Next::At(turn_at));
        }
        if asked {
            return Ok(Next::Waits);
        }
        let channel = self.channel(views::conversation_id(row.conversation))?;
        if has.is_empty() && !self.can_have(&wanted, now.0)? {
            let note = self.what_is_left(&wanted, language_of(form, &row.text), now.0)?;
            if let Some(state) = goals.refused {
                self.set_request(now, message, Said { state, note, appointment: None })?;
            }
            return Ok(Next::Done);
        }
        self.reserve(now, request, channel, &wanted, (has.is_empty(), confirms))?;
        Ok(Next::Waits)
    }

    /// Reserves what is wanted, `(if nothing is held yet, and confirms that at once)`.
    fn reserve(
        &mut self,
        now: Timestamp,
        request: ContentId,
        channel: ChannelId,
        wanted: &Wanted,
        (is_new, confirms): (bool, bool),
    ) -> Result<(), ClientError> {
        let capacity = wanted.capacity;
        if let (true, Some(lot)) = (is_new, wanted.lot.clone()) {
            let hold_until = now.0 + if confirms { HOLD } else { LONG_HOLD.min(MAX_HOLD) };
            let quantity = wanted.quantity;
            let event = CaseEvent::Reserve { capacity, lot, quantity, request, hold_until };
            self.say(now, request, channel, event)?;
        }
        if confirms {
            self.say(now, request, channel, CaseEvent::Confirm { capacity, request })?;
        }
        self.tending()?.reserved.insert(request);
        Ok(())
    }

    /// Whether there is enough of what is wanted.
    fn can_have(&mut self, wanted: &Wanted, now: i64) -> Result<bool, ClientError> {
        let capacity = self.desk()?.team.capacity(wanted.capacity);
        Ok(capacity.zip(wanted.lot.as_ref()).is_some_and(|(capacity, lot)| {
            let is_open = now < capacity.closes_at && seats::is_coming(lot, now);
            wanted.quantity > 0 && is_open && capacity.free(lot, now) >= wanted.quantity
        }))
    }

    /// What to say to a customer who came too late.
    fn what_is_left(&mut self, wanted: &Wanted, language: &str, now: i64) -> Result<String, ClientError> {
        let capacity = self.desk()?.team.capacity(wanted.capacity);
        let free: Vec<_> = capacity
            .filter(|capacity| now < capacity.closes_at)
            .into_iter()
            .flat_map(|capacity| capacity.lots.keys().map(|lot| (lot, capacity.free(lot, now))))
            .filter(|(lot, free)| *free > 0 && seats::is_coming(lot, now))
            .take(NAMED)
            .map(|(lot, free)| format!("{lot} ({free})"))
            .collect();
        let (gone, left) = match is_german(language) {
            true => ("Das ist leider schon vergeben.", "Noch frei:"),
            false => ("Sorry, that is already taken.", "Still free:"),
        };
        Ok(if free.is_empty() { gone.to_owned() } else { format!("{gone} {left} {}", free.join(", ")) })
    }

    /// What a request has, or holds.
    pub(crate) fn has(&mut self, request: ContentId, now: i64) -> Result<Vec<Has>, ClientError> {
        let mut all = Vec::new();
        for (id, capacity) in self.desk()?.team.capacities() {
            for one in capacity.reservations.iter().filter(|one| one.request == request && one.stands(now)) {
                all.push(Has {
                    capacity: id,
                    title: capacity.title.clone(),
                    lot: one.lot.clone(),
                    quantity: one.quantity,
                    is_confirmed: one.hold_until.is_none(),
                    from: capacity.from,
                    until: capacity.until,
                });
            }
        }
        Ok(all)
    }

    /// A request stands elsewhere: its seats are confirmed with it, or free again. Gives what the customer gets with the new state:
    /// when it is, and a ticket.
    pub(crate) fn seats_follow(
        &mut self,
        now: Timestamp,
        channel: ChannelId,
        request: ContentId,
        state: &str,
    ) -> Result<(Option<Appointment>, Option<Ticket>), ClientError> {
        let has = self.has(request, now.0)?;
        let Some(first) = has.first() else { return Ok((None, None)) };
        let capacities: BTreeMap<CapacityId, bool> =
            has.iter().map(|has| (has.capacity, has.is_confirmed)).collect();
        if FREES.contains(&state) {
            for capacity in capacities.into_keys() {
                self.post(now, &Event::case(channel, CaseEvent::Cancel { capacity, request }))?;
            }
            return Ok((None, None));
        }
        if state == CONFIRMED {
            for capacity in capacities.iter().filter(|(_, is_confirmed)| !**is_confirmed).map(|(id, _)| *id) {
                self.post(now, &Event::case(channel, CaseEvent::Confirm { capacity, request }))?;
            }
        }
        let (from, to) = first.time();
        let appointment = (from < to).then(|| Appointment { from, to, place: String::new() });
        let is_theirs = state == CONFIRMED || has.iter().all(|has| has.is_confirmed);
        let ticket = is_theirs.then(|| Ticket {
            code: seats::ticket_code(request),
            title: first.title.clone(),
            seats: has.iter().map(Has::words).collect::<Vec<_>>().join(", "),
            until: to.max(from),
        });
        Ok((appointment, ticket))
    }

    /// What a request has is free again.
    pub(crate) fn free_seats(&mut self, now: Timestamp, message: MessageId) -> Result<(), ClientError> {
        self.check_answers()?;
        let (channel, request) = self.named_request(message)?;
        let capacities: std::collections::BTreeSet<_> =
            self.has(request, now.0)?.into_iter().map(|has| has.capacity).collect();
        for capacity in capacities {
            self.post(now, &Event::case(channel, CaseEvent::Cancel { capacity, request }))?;
        }
        Ok(())
    }

    /// What the card is to say: the settings, with what is free now.
    pub(crate) fn profile_with_seats(&mut self, now: Timestamp) -> Result<Vec<u8>, ClientError> {
        let desk = self.desk()?;
        let settings = desk.team.settings().bytes.clone();
        let Ok(mut line) = LineProfile::decode(&settings) else { return Ok(settings) };
        let mut free = seats::free(&desk.team, &line.forms, now.0);
        while !free.is_empty() {
            line.seats = Some(free.clone());
            let bytes = line.encode();
            if LineProfile::decode(&bytes).is_ok() {
                return Ok(bytes);
            }
            // What comes last is left out where it is too much.
            free.pop();
        }
        Ok(settings)
    }

    /// Whether what is free is another than what the card says, and it is time to say so.
    pub(crate) fn renews_card(&mut self, now: Timestamp) -> Result<bool, ClientError> {
        let Some(published) = self.client.published_line()? else { return Ok(false) };
        let seats = |bytes: &[u8]| LineProfile::decode(bytes).ok().and_then(|line| line.seats);
        let profile = self.profile_with_seats(now)?;
        if seats(&published) == seats(&profile) {
            return Ok(false);
        }
        let tending = self.tending()?;
        match tending.renewed_at.map(|at| at + RENEWAL) {
            Some(at) if now.0 < at => {
                tending.look_at(at);
                self.wake_at(Timestamp(at));
                Ok(false)
            }
            _ => {
                tending.renewed_at = Some(now.0);
                Ok(true)
            }
        }
    }
}

impl Has {
    /// When it is: the slot's time, or that of the whole.
    fn time(&self) -> (i64, i64) {
        match Slot::parse(&self.lot) {
            Some(slot) => (slot.from(), slot.to().unwrap_or(slot.from())),
            None => (self.from, self.until),
        }
    }

    /// How many of which kind.
    pub(crate) fn words(&self) -> String {
        format!("{} × {}", self.quantity, self.lot)
    }
}

/// What an appointment says that has a time.
pub(crate) fn shown(appointment: &Appointment) -> AppointmentView {
    AppointmentView { from: appointment.from, to: appointment.to, place: appointment.place.clone() }
}

/// Where a form's requests go that get seats, or none: the states by their ids, or else the first way that fits.
fn goals(flow: &StatusFlow) -> Goals {
    let ways = || flow.next(0).filter_map(|state| Some((state, flow.state(state)?)));
    let by_id = |id: &str| ways().find(|(_, state)| state.id == id).map(|(state, _)| state);
    let first = |is_final: bool| {
        ways()
            .find(|(_, state)| state.is_final == is_final && state.id != "cancelled")
            .map(|(state, _)| state)
    };
    let given =
        by_id(CONFIRMED).map(|state| (state, true)).or_else(|| by_id(HELD).map(|state| (state, false)));
    Goals {
        given: given.or_else(|| first(false).map(|state| (state, true))),
        refused: by_id(NOT_TO_BE_HAD).or_else(|| first(true)),
    }
}

#[cfg(test)]
mod tests {
    use kuvert_desk::line::LineKind;
    use kuvert_desk::templates;

    use super::*;

    #[test]
    fn who_gets_seats_has_them_and_who_gets_none_is_declined() {
        for kind in [LineKind::Cinema, LineKind::Restaurant, LineKind::Practice] {
            let flow = templates::forms(kind).swap_remove(0).statuses;
            let goals = goals(&flow);
            let id = |state: u8| flow.state(state).map(|state| state.id.as_str());
            let (given, confirms) = goals.given.expect("a state");
            assert_eq!((id(given), confirms), (Some(CONFIRMED), true), "{kind:?}");
            assert_eq!(goals.refused.and_then(id), Some(NOT_TO_BE_HAD), "{kind:?}");
        }
    }

    #[test]
    fn a_slot_says_when_it_is_and_a_seat_is_for_the_whole() {
        let has = |lot: &str| Has {
            capacity: CapacityId::new([1; 16]),
            title: "Casablanca".into(),
            lot: lot.into(),
            quantity: 2,
            is_confirmed: true,
            from: 5,
            until: 9,
        };
        assert_eq!(has("Parkett").time(), (5, 9));
        let (from, to) = has("2026-11-24 09:30-10:00").time();
        assert_eq!(to - from, 30 * 60_000);
        assert_eq!(has("Parkett").words(), "2 × Parkett");
    }
}
