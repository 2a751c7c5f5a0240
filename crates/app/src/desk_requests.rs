//! Requests at the desk: a member says where one stands, and the customer is told.

use kuvert_content::{DataKind, MessageId as ContentId};
use kuvert_core::{ClientError, Command, Input, MessageRow, Refusal, SenderKind, Timestamp};
use kuvert_desk::form::Form;
use kuvert_desk::line::{LineKind, LineProfile};
use kuvert_desk::request::{Appointment, RequestStatus};
use kuvert_desk::room::{CaseEvent, Event};
use kuvert_desk::templates;
use kuvert_desk::time::LocalTime;
use kuvert_view::{AppointmentView, DeskUpdate, MessageId};

use crate::forms::Standing;
use crate::{App, views};

/// Requests of a conversation that are looked at when it is done.
const MAX_LOOKED_AT: u32 = 64;

/// What a member says about a request.
pub(crate) struct Said {
    /// Where it stands.
    pub(crate) state: u8,
    /// What to say about it; perhaps empty.
    pub(crate) note: String,
    /// What was agreed on.
    pub(crate) appointment: Option<AppointmentView>,
}

impl App {
    /// A request stands elsewhere: the team hears it in the desk room, the customer in the conversation.
    pub(crate) fn set_request(
        &mut self,
        now: Timestamp,
        message: MessageId,
        said: Said,
    ) -> Result<(), ClientError> {
        self.check_answers()?;
        let row = self.client.message(views::message_row(message))?.ok_or(Refusal::Unknown)?;
        let (standing, form) = self.request_of(&row)?;
        let current = standing.status.as_ref().map_or(0, |status| status.state);
        let says_more = !said.note.trim().is_empty() || said.appointment.is_some();
        let may = form.statuses.can_go(current, said.state) || (current == said.state && says_more);
        if !may {
            return Err(Refusal::Unknown.into());
        }
        let request = ContentId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
        let channel = self.channel(views::conversation_id(row.conversation))?;
        let state = form.statuses.state(said.state).ok_or(Refusal::Unknown)?;
        let (of_seats, ticket) = self.seats_follow(now, channel, request, &state.id)?;
        let said_one =
            said.appointment.map(|one| Appointment { from: one.from, to: one.to, place: one.place });
        // What was agreed on stays, unless it is over.
        let before = standing.status.as_ref().and_then(|status| status.appointment.clone());
        let status = RequestStatus {
            request,
            revision: standing.status.as_ref().map_or(1, |status| status.revision.saturating_add(1)),
            state: said.state,
            note: said.note.trim().to_owned(),
            at: now.0,
            erase_at: None,
            appointment: said_one.or(before).or(of_seats),
            ticket,
        };
        let data = status.encode();
        // What the other side would not read is not sent.
        RequestStatus::decode(&data).map_err(|_| Refusal::DataInvalid)?;
        let text = words(&form, &status, &row.text);
        self.post(now, &Event::case(channel, CaseEvent::SetRequest { request, state: said.state }))?;
        let send = Command::SendData {
            conversation: row.conversation,
            kind: DataKind::Status,
            data,
            text,
            files: Vec::new(),
            reply_to: Some(row.id),
        };
        self.client.handle(now, Input::Command(send))?;
        self.drain()
    }

    /// The request that a customer's message makes, with its form.
    pub(crate) fn request_of(&mut self, row: &MessageRow) -> Result<(Standing, Form), ClientError> {
        let data = match self.client.data(row.id)? {
            Some((DataKind::Request, data)) if row.sender == SenderKind::Contact => data,
            _ => return Err(Refusal::Unknown.into()),
        };
        let mut standing = self.standing(row, &data)?.ok_or(Refusal::Unknown)?;
        let form = standing.form.take().ok_or(Refusal::FormChanged)?;
        Ok((standing, form))
    }

    /// Days for which a conversation stays after it is done: those of the forms that were filled in there, the longest of them, or
    /// else the line's; `None` as long as the line says nothing.
    pub(crate) fn retention_of(
        &mut self,
        conversation: kuvert_core::ConversationId,
    ) -> Result<Option<u16>, ClientError> {
        let settings = self.desk()?.team.settings().bytes.clone();
        let Ok(line) = LineProfile::decode(&settings) else { return Ok(None) };
        let mut longest = None;
        for row in self.client.with_data(conversation, MAX_LOOKED_AT)? {
            let Some((DataKind::Request, data)) = self.client.data(row.id)? else { continue };
            let Some(standing) = self.standing(&row, &data)? else { continue };
            let days = standing.form.and_then(|form| form.retention).unwrap_or(line.retention);
            longest = longest.max(Some(days.0));
        }
        Ok(longest.or(Some(line.retention.0)))
    }

    /// Forms that a line of a kind could begin with.
    pub(crate) fn show_form_templates(&mut self, kind: &str) {
        let kind = LineKind::of_word(kind).unwrap_or(LineKind::Other);
        let others = LineKind::ALL.into_iter().filter(|other| *other != kind);
        let mut forms: Vec<Form> = Vec::new();
        for form in std::iter::once(kind).chain(others).flat_map(templates::forms) {
            if forms.iter().all(|known| known.id != form.id) {
                forms.push(form);
            }
        }
        self.desk_update(DeskUpdate::FormTemplates(forms));
    }
}

/// What a status says to who reads, in the language in which the customer saw the form.
fn words(form: &Form, status: &RequestStatus, asked: &str) -> String {
    let language = language_of(form, asked);
    let mut words =
        form.statuses.state(status.state).map_or("", |state| state.label.get(language)).to_owned();
    let is_german = is_german(language);
    let appointment = status.appointment.as_ref();
    let when = appointment.map(|one| time_words(one.from, one.to, is_german)).unwrap_or_default();
    let ticket = status.ticket.as_ref().map(|ticket| {
        let word = if is_german { "Karte" } else { "Ticket" };
        format!("{word}: {}, {}, {}", ticket.title, ticket.seats, ticket.code)
    });
    let place = appointment.map_or("", |one| &one.place);
    for more in [status.note.as_str(), &when, place, &ticket.unwrap_or_default()] {
        if !more.is_empty() {
            words.push('\n');
            words.push_str(more);
        }
    }
    words
}

/// The language in which the customer saw the form; empty if that cannot be told.
pub(crate) fn language_of<'a>(form: &'a Form, asked: &str) -> &'a str {
    let title = asked.lines().next().unwrap_or_default();
    form.title.languages().find(|language| form.title.get(language) == title).unwrap_or("")
}

/// Whether somebody reads German, as they do where nothing else is known.
pub(crate) fn is_german(language: &str) -> bool {
    language.split('-').next().is_none_or(|main| main.is_empty() || main == "de")
}

/// A day and times of day, as clocks show them in Germany.
fn time_words(from: i64, to: i64, is_german: bool) -> String {
    let (from, to) = (LocalTime::of(from), LocalTime::of(to));
    let (date, times) =
        (from.date(), format!("{:02}:{:02}–{:02}:{:02}", from.hour(), from.minute(), to.hour(), to.minute()));
    if is_german {
        format!("{:02}.{:02}.{:04}, {times} Uhr", date.day(), date.month(), date.year())
    } else {
        format!("{date}, {times}")
    }
}
