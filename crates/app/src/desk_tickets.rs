//! What somebody at the desk does with seats: makes them, gives them to a form, checks tickets, and has appointments for a calendar.

use kuvert_content::MessageId as ContentId;
use kuvert_core::{ClientError, Refusal, Timestamp};
use kuvert_desk::calendar::{self, Status};
use kuvert_desk::form::FieldKind;
use kuvert_desk::limits::{MAX_LOTS, MAX_TIME};
use kuvert_desk::line::LineProfile;
use kuvert_desk::request::RequestStatus;
use kuvert_desk::room::{CapacityId, Event, NewCapacity, Role};
use kuvert_desk::seats::{Series, Slot, ticket_code};
use kuvert_desk::time::Date;
use kuvert_view::{
    AgreedView, CapacityDraft, CapacityView, CheckedTicket, DeskUpdate, HolderView, LotView, SeatsCommand,
    SeriesDraft,
};
use kuvert_wire::ChannelId;

use crate::desk_requests::Said;
use crate::desk_seats::shown;
use crate::{App, views};

/// Messages among which appointments are looked for.
const LOOKED_AT: u32 = 20_000;
/// Customers of one performance that are shown.
const MAX_HOLDERS: usize = 500;
/// The state of a request whose ticket was used.
const USED: &str = "done";

impl App {
    /// How the user's own calendar elsewhere is reached. It holds a password.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn calendar(&mut self) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, ClientError> {
        self.client.calendar()
    }

    /// Says how the user's own calendar is reached; nothing for none.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn set_calendar(&mut self, settings: &[u8]) -> Result<(), ClientError> {
        self.client.set_calendar(settings)
    }

    /// What somebody at the desk does with seats.
    pub(crate) fn seats_command(&mut self, now: Timestamp, wish: SeatsCommand) -> Result<(), ClientError> {
        match wish {
            SeatsCommand::Show => self.show_capacities(now),
            SeatsCommand::Set(draft) => {
                let id = draft.id.unwrap_or_else(|| self.client.fresh_id());
                let new = performance(id, draft).ok_or(Refusal::DataInvalid)?;
                self.set_capacity(now, new)
            }
            SeatsCommand::Series(draft) => {
                let new = series(self.client.fresh_id(), draft).ok_or(Refusal::DataInvalid)?;
                self.set_capacity(now, new)
            }
            SeatsCommand::Drop { id } => {
                self.check_supervisor()?;
                self.post(now, &Event::DropCapacity { id: CapacityId::new(id) })
            }
            SeatsCommand::Use { id, form } => self.use_capacity(now, id, &form),
            SeatsCommand::Free { message } => self.free_seats(now, message),
            SeatsCommand::CheckTicket { code, admit } => {
                let checked = self.check_ticket(now, &code, admit)?;
                self.desk_update(DeskUpdate::Ticket(checked));
                Ok(())
            }
            SeatsCommand::ShowAgreed => {
                let agreed = self.agreed()?;
                self.desk_update(DeskUpdate::Agreed(agreed));
                Ok(())
            }
        }
    }

    fn check_supervisor(&mut self) -> Result<(), ClientError> {
        self.check_answers()?;
        let me = self.me()?;
        let may = self.desk()?.team.role(me) >= Some(Role::Supervisor);
        if may { Ok(()) } else { Err(Refusal::NoMember.into()) }
    }

    fn set_capacity(&mut self, now: Timestamp, new: NewCapacity) -> Result<(), ClientError> {
        self.check_supervisor()?;
        self.post(now, &Event::SetCapacities { capacities: vec![new] })
    }

    /// A form takes its slots from a capacity, if those are times, or else its seats.
    fn use_capacity(&mut self, now: Timestamp, id: [u8; 16], form: &str) -> Result<(), ClientError> {
        if !self.client.desk()?.ok_or(Refusal::NoLine)?.is_owner {
            return Err(Refusal::NotOwner.into());
        }
        let desk = self.desk()?;
        let capacity = desk.team.capacity(CapacityId::new(id)).ok_or(Refusal::Unknown)?;
        let are_times = capacity.lots.keys().all(|lot| Slot::parse(lot).is_some());
        // Where several seats are for the same time, the form's number of persons counts; an appointment is one.
        let counts = capacity.lots.values().any(|lot| lot.seats > 1);
        let settings = desk.team.settings();
        let version = settings.version + 1;
        let mut line = LineProfile::decode(&settings.bytes).map_err(|_| Refusal::DataInvalid)?;
        line.version = version;
        let form = line.forms.iter_mut().find(|known| known.id == form).ok_or(Refusal::Unknown)?;
        form.version += 1;
        let has_number = form.fields.iter().any(|field| matches!(field.kind, FieldKind::Quantity { .. }));
        form.capacity = (!are_times || (counts && has_number)).then_some(id);
        let when = form.fields.iter_mut().find_map(|field| match &mut field.kind {
            FieldKind::DateTime { slots, .. } => Some(slots),
            _ => None,
        });
        match when {
            Some(slots) => *slots = are_times.then_some(id),
            None if are_times => return Err(Refusal::DataInvalid.into()),
            None => {}
        }
        if !line.check().is_empty() {
            return Err(Refusal::DataInvalid.into());
        }
        self.post(now, &Event::SetSettings { version, bytes: line.encode() })
    }

    fn show_capacities(&mut self, now: Timestamp) -> Result<(), ClientError> {
        self.read_facts()?;
        let desk = self.desk()?;
        let forms =
            LineProfile::decode(&desk.team.settings().bytes).map(|line| line.forms).unwrap_or_default();
        let mut all: Vec<_> = desk.team.capacities().map(|(id, capacity)| (id, capacity.clone())).collect();
        all.sort_by_key(|(id, capacity)| (capacity.from, *id));
        let mut views = Vec::new();
        for (id, capacity) in all {
            let mut holders = Vec::new();
            let standing = capacity.reservations.iter().filter(|one| one.stands(now.0));
            for one in standing.take(MAX_HOLDERS) {
                let row = self.row_of(one.conversation, one.request)?;
                holders.push(HolderView {
                    message: row.map(|row| views::message_id(row.id)),
                    name: self.customer_name(one.conversation)?,
                    lot: one.lot.clone(),
                    quantity: one.quantity,
                    is_confirmed: one.hold_until.is_none(),
                });
            }
            let of = |name: &str, confirmed: bool| {
                let own = capacity.reservations.iter().filter(|one| one.lot == name && one.stands(now.0));
                own.filter(|one| one.hold_until.is_none() == confirmed).map(|one| one.quantity).sum::<u32>()
            };
            let lots = capacity.lots.iter().map(|(name, lot)| LotView {
                name: name.clone(),
                free: capacity.free(name, now.0),
                held: of(name, false),
                confirmed: of(name, true).saturating_add(lot.given),
            });
            let names = |slots: &Option<[u8; 16]>| slots.as_ref() == Some(id.as_bytes());
            let uses = forms.iter().filter(|form| {
                let in_field = form.fields.iter().any(|field| match &field.kind {
                    FieldKind::DateTime { slots, .. } => names(slots),
                    _ => false,
                });
                names(&form.capacity) || in_field
            });
            views.push(CapacityView {
                id: *id.as_bytes(),
                title: capacity.title.clone(),
                closes_at: capacity.closes_at,
                lots: lots.collect(),
                forms: uses.map(|form| form.id.clone()).collect(),
                holders,
            });
        }
        self.desk_update(DeskUpdate::Capacities(views));
        Ok(())
    }

    /// A customer's name; empty where this device does not have the conversation.
    fn customer_name(&mut self, channel: ChannelId) -> Result<String, ClientError> {
        let Some(conversation) = self.desk()?.conversations.get(&channel).copied() else {
            return Ok(String::new());
        };
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        Ok(summary.map(|summary| views::conversation(&summary, self.now).title).unwrap_or_default())
    }

    /// Whether seats belong to the code of a ticket, and whether it was used. One who is let in by it has used it.
    fn check_ticket(
        &mut self,
        now: Timestamp,
        code: &str,
        admit: bool,
    ) -> Result<CheckedTicket, ClientError> {
        self.check_answers()?;
        self.read_facts()?;
        let code = code.trim().to_ascii_uppercase();
        let found = self.desk()?.team.capacities().find_map(|(_, capacity)| {
            let own = |one: &&kuvert_desk::room::Reservation| {
                one.hold_until.is_none() && ticket_code(one.request) == code
            };
            capacity.reservations.iter().find(own).map(|one| (one.conversation, one.request))
        });
        let Some((channel, request)) = found else { return Ok(CheckedTicket::Unknown) };
        let name = self.customer_name(channel)?;
        let has = self.has(request, now.0)?;
        let title = has.first().map(|has| has.title.clone()).unwrap_or_default();
        let seats = has.iter().map(crate::desk_seats::Has::words).collect::<Vec<_>>().join(", ");
        let Some(row) = self.row_of(channel, request)? else { return Ok(CheckedTicket::Unknown) };
        let (standing, form) = self.request_of(&row)?;
        let status = standing.status;
        let is_final =
            |status: &&RequestStatus| form.statuses.state(status.state).is_some_and(|state| state.is_final);
        if let Some(over) = status.as_ref().filter(is_final) {
            return Ok(CheckedTicket::Used { title, name, at: over.at });
        }
        let current = status.as_ref().map_or(0, |status| status.state);
        let used = form.statuses.next(current).find(|state| {
            form.statuses.state(*state).is_some_and(|state| state.id == USED && state.is_final)
        });
        let is_admitted = admit && used.is_some();
        if let Some(state) = used.filter(|_| admit) {
            let said = Said { state, note: String::new(), appointment: None };
            self.set_request(now, views::message_id(row.id), said)?;
        }
        Ok(CheckedTicket::Valid { title, seats, name, is_admitted })
    }

    /// What was agreed on with customers whom the user looks after, as events for a calendar.
    fn agreed(&mut self) -> Result<Vec<AgreedView>, ClientError> {
        let me = self.me()?;
        let line = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        let mut all = Vec::new();
        for row in self.client.data_of_contacts(LOOKED_AT)? {
            let Ok((standing, form)) = self.request_of(&row) else { continue };
            let Some(status) = standing.status else { continue };
            let Some(appointment) = status.appointment.clone() else { continue };
            let channel = self.channel(views::conversation_id(row.conversation))?;
            let claim = self.desk()?.cases.get(channel).and_then(kuvert_desk::room::Case::claimed_by);
            if claim.is_some_and(|by| by != me) {
                continue;
            }
            let state = form.statuses.state(status.state);
            let is_cancelled = state.is_some_and(|state| state.is_final && state.id != USED);
            let customer = self.customer_name(channel)?;
            let request = ContentId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
            let uid = uid(request);
            let title = row.text.lines().next().unwrap_or_default();
            let event = calendar::Appointment {
                uid: uid.clone(),
                sequence: status.revision,
                stamp: status.at,
                start: appointment.from,
                end: appointment.to,
                summary: if customer.is_empty() { title.to_owned() } else { format!("{title}: {customer}") },
                description: status.note.clone(),
                location: if appointment.place.is_empty() { line.clone() } else { appointment.place.clone() },
                status: if is_cancelled { Status::Cancelled } else { Status::Confirmed },
                organizer: None,
                attendee: None,
                reminder: None,
            };
            let calendar = calendar::write(&event, None);
            all.push(AgreedView { uid, appointment: shown(&appointment), is_cancelled, calendar });
        }
        Ok(all)
    }
}

/// Names an appointment across all calendars. It cannot be led back to a message.
fn uid(request: ContentId) -> String {
    format!("{}@kuvert.invalid", ticket_code(request).to_ascii_lowercase())
}

/// Something with limited seats, as somebody described it; `None` if a part of that cannot be.
fn performance(id: [u8; 16], draft: CapacityDraft) -> Option<NewCapacity> {
    let when = draft.when.trim();
    let lots: std::collections::BTreeMap<String, u32> =
        draft.lots.into_iter().map(|(name, seats)| (name.trim().to_owned(), seats)).collect();
    let times: Vec<Slot> = lots.keys().filter_map(|lot| Slot::parse(lot)).collect();
    let (from, until) = match Slot::parse(when) {
        Some(slot) => (slot.from(), slot.to().unwrap_or(slot.from())),
        None if when.is_empty() && !lots.is_empty() && times.len() == lots.len() => span(&times)?,
        None => return None,
    };
    let closes_at = if times.len() == lots.len() { until.max(from) } else { from };
    let title = draft.title.trim().to_owned();
    Some(NewCapacity { id: CapacityId::new(id), title, lots, closes_at, from, until })
}

fn series(id: [u8; 16], draft: SeriesDraft) -> Option<NewCapacity> {
    let mut weekdays = [false; 7];
    for day in draft.weekdays {
        *weekdays.get_mut(usize::from(day))? = true;
    }
    let series = Series {
        first: Date::parse(draft.first.trim())?,
        last: Date::parse(draft.last.trim())?,
        weekdays,
        from: draft.from,
        to: draft.to,
        length: draft.length,
        gap: draft.gap,
    };
    let slots = series.slots(MAX_LOTS);
    if slots.len() > MAX_LOTS {
        return None;
    }
    let (from, until) = span(&slots)?;
    let lots = slots.iter().map(|slot| (slot.name(), draft.each)).collect();
    let title = draft.title.trim().to_owned();
    Some(NewCapacity { id: CapacityId::new(id), title, lots, closes_at: until, from, until })
}

/// From the first slot to the end of the last one.
fn span(slots: &[Slot]) -> Option<(i64, i64)> {
    let from = slots.iter().map(Slot::from).min()?;
    let until = slots.iter().map(|slot| slot.to().unwrap_or(slot.from())).max()?;
    (until <= MAX_TIME).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_performance_begins_when_it_is_said_to() {
        let draft = |when: &str, lots: &[(&str, u32)]| CapacityDraft {
            id: None,
            title: " Casablanca ".into(),
            lots: lots.iter().map(|(name, seats)| ((*name).to_owned(), *seats)).collect(),
            when: when.into(),
        };
        let new = performance([1; 16], draft("2026-11-24 20:00-22:10", &[("Parkett", 80)])).expect("one");
        assert_eq!((new.title.as_str(), new.closes_at), ("Casablanca", new.from));
        assert_eq!(new.until - new.from, 130 * 60_000);
        let lots = [("2026-11-24 20:00", 4), ("2026-11-25 20:00", 4)];
        let new = performance([1; 16], draft("", &lots)).expect("times say it themselves");
        assert!(new.closes_at > new.from);
        assert!(performance([1; 16], draft("", &[("Parkett", 80)])).is_none());
        assert!(performance([1; 16], draft("soon", &lots)).is_none());
    }

    #[test]
    fn a_series_that_is_too_long_is_none() {
        let draft = SeriesDraft {
            title: "Sprechstunde".into(),
            first: "2026-11-23".into(),
            last: "2026-11-27".into(),
            weekdays: vec![0, 1, 2, 3, 4],
            from: 9 * 60,
            to: 12 * 60,
            length: 15,
            gap: 0,
            each: 1,
        };
        assert_eq!(series([1; 16], draft.clone()).expect("60 slots").lots.len(), 60);
        assert!(series([1; 16], SeriesDraft { length: 1, ..draft.clone() }).is_none());
        assert!(series([1; 16], SeriesDraft { weekdays: vec![7], ..draft }).is_none());
    }
}
