//! Forms of a line: what a customer fills in becomes a message, and what the line says about it is read from those that answer it.

use kuvert_content::{DataKind, MessageId as ContentId};
use kuvert_core::{
    ClientError, Command, Input, MessageKind, MessageRow, NewFile, Refusal, SenderKind, ShownMessage,
    Timestamp,
};
use kuvert_desk::form::{self, AnswerFault, Answers, Form};
use kuvert_desk::line::LineProfile;
use kuvert_desk::request::{RequestStatus, StatusFlow, latest};
use kuvert_desk::text::Text;
use kuvert_view::{
    AnswerFaultView, AppointmentView, ConversationId, DataView, FilledForm, RequestView, StatusView,
    TicketView, Todo, UiCommand, ViewUpdate,
};

use crate::{App, views};

/// A request of a customer, with all that is known of where it stands.
pub(crate) struct Standing {
    /// What was answered.
    pub(crate) answers: Answers,
    /// The form as the line has it now; `None` if it is gone.
    pub(crate) form: Option<Form>,
    /// What the line said last.
    pub(crate) status: Option<RequestStatus>,
}

impl App {
    /// Sends a form that the user filled in, with files that belong to it.
    pub(crate) fn submit_form(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        form: &FilledForm,
    ) -> Result<(), ClientError> {
        let command = self.form_command(conversation, form, Vec::new())?;
        self.client.handle(now, Input::Command(command))?;
        self.show_done();
        Ok(())
    }

    /// The engine's command for a form that was filled in. The answers are held against the form as the line has it: a page may be
    /// older than that.
    pub(crate) fn form_command(
        &mut self,
        conversation: ConversationId,
        filled: &FilledForm,
        files: Vec<NewFile>,
    ) -> Result<Command, ClientError> {
        let conversation = views::conversation_row(conversation);
        let line = self.client.line_of(conversation)?.and_then(|card| LineProfile::decode(&card).ok());
        let line = line.ok_or(Refusal::NoLine)?;
        let form = line.form(&filled.answers.form).ok_or(Refusal::FormChanged)?;
        let answers = agreed(form, filled);
        form.validate(&answers, files.len()).map_err(|_| Refusal::FormChanged)?;
        let text = answers.text(form, &filled.language);
        if self.is_refused(
            &text,
            &UiCommand::SubmitForm {
                conversation: views::conversation_id(conversation),
                form: filled.clone(),
            },
        ) {
            return Err(Refusal::TextInvalid.into());
        }
        Ok(Command::SendData {
            conversation,
            kind: DataKind::Request,
            data: answers.encode(),
            text,
            files,
            reply_to: None,
        })
    }

    /// Says what is wrong with what the user filled in.
    pub(crate) fn check_form(
        &mut self,
        conversation: ConversationId,
        filled: &FilledForm,
        files: u8,
    ) -> Result<(), ClientError> {
        let card = self.client.line_of(views::conversation_row(conversation))?;
        let line = card.and_then(|card| LineProfile::decode(&card).ok()).ok_or(Refusal::NoLine)?;
        let form = line.form(&filled.answers.form).ok_or(Refusal::FormChanged)?;
        let answers = agreed(form, filled);
        let wish = UiCommand::CheckForm { conversation, form: filled.clone(), files };
        if self.is_refused(&answers.text(form, &filled.language), &wish) {
            return Ok(());
        }
        let faults = form.validate(&answers, usize::from(files)).err().unwrap_or_default();
        let faults = faults.iter().map(fault).collect();
        self.updates.push_back(ViewUpdate::FormChecked { conversation, faults });
        Ok(())
    }

    /// What a message brings beside its text, if it is something that this version shows in its own way.
    pub(crate) fn data_view(&mut self, message: &ShownMessage) -> Result<Option<DataView>, ClientError> {
        let row = &message.row;
        if row.kind != MessageKind::Structured {
            return Ok(None);
        }
        match self.client.data(row.id)? {
            Some((DataKind::Request, data)) => self.request_view(row, &data),
            Some((DataKind::Status, data)) => {
                let Ok(status) = RequestStatus::decode(&data) else { return Ok(None) };
                let form = match &message.answered {
                    Some(request) => {
                        self.client.data(request.id)?.and_then(|(_, data)| Answers::decode(&data).ok())
                    }
                    None => None,
                };
                let form = match (&message.answered, form) {
                    (Some(request), Some(answers)) => self.form_of(request, &answers)?,
                    _ => None,
                };
                let flow = form.as_ref().map(|form| &form.statuses);
                Ok(Some(DataView::Status(shown(&status, flow, &row.text))))
            }
            Some((DataKind::Form | DataKind::Consent | DataKind::Score, _)) | None => Ok(None),
        }
    }

    fn request_view(&mut self, row: &MessageRow, data: &[u8]) -> Result<Option<DataView>, ClientError> {
        let Some(standing) = self.standing(row, data)? else { return Ok(None) };
        let flow = standing.form.as_ref().map(|form| &form.statuses);
        let label = |state: u8| flow.and_then(|flow| flow.state(state)).map(|state| state.label.clone());
        let current = standing.status.as_ref().map_or(0, |status| status.state);
        // The line answers what came from the customer, and not the other way round.
        let is_answered_here = row.sender == SenderKind::Contact && self.desk_hooks.is_some();
        let ways = flow.into_iter().filter(|_| is_answered_here).flat_map(|flow| {
            flow.next(current).filter_map(|state| Some((state, flow.state(state)?.label.clone())))
        });
        Ok(Some(DataView::Request(RequestView {
            form: standing.answers.form.clone(),
            status: standing.status.as_ref().map(|status| shown(status, flow, "")),
            first: label(0).unwrap_or_default(),
            ways: ways.collect(),
            is_dispatched: standing.form.as_ref().is_some_and(|form| form.dispatch),
        })))
    }

    /// Where a request stands that a message brings; `None` if these are no answers to a form.
    pub(crate) fn standing(
        &mut self,
        row: &MessageRow,
        data: &[u8],
    ) -> Result<Option<Standing>, ClientError> {
        let Ok(answers) = Answers::decode(data) else { return Ok(None) };
        let form = self.form_of(row, &answers)?;
        let Some(request) = ContentId::from_slice(&row.mimi) else { return Ok(None) };
        // What the line says counts, which is the other side of who asked.
        let by_line = if row.sender == SenderKind::Own { SenderKind::Contact } else { SenderKind::Own };
        let statuses: Vec<_> = self
            .client
            .data_answering(row)?
            .into_iter()
            .filter(|(sender, kind, _)| *sender == by_line && *kind == DataKind::Status)
            .filter_map(|(_, _, data)| RequestStatus::decode(&data).ok())
            .collect();
        let status = form.as_ref().and_then(|form| latest(&form.statuses, request, &statuses)).cloned();
        Ok(Some(Standing { answers, form, status }))
    }

    /// The form that was answered, as its line has it now.
    fn form_of(&mut self, row: &MessageRow, answers: &Answers) -> Result<Option<Form>, ClientError> {
        let profile = match self.desk_hooks.filter(|_| row.sender == SenderKind::Contact) {
            Some(hooks) => (hooks.settings)(self)?,
            None => self.client.line_of(row.conversation)?.unwrap_or_default(),
        };
        let line = LineProfile::decode(&profile).ok();
        Ok(line.and_then(|line| line.form(&answers.form).cloned()))
    }

    /// A status came, or was sent: the request that it answers stands elsewhere.
    pub(crate) fn tell_answered(&mut self, row: &MessageRow) -> Result<(), ClientError> {
        if row.kind != MessageKind::Structured || row.reply_to.is_none() {
            return Ok(());
        }
        let context = self.client.with_context(vec![row.clone()])?.pop();
        if let Some(request) = context.and_then(|message| message.answered) {
            let conversation = views::conversation_id(request.conversation);
            if let Some(message) = self.messages(vec![request])?.pop() {
                self.updates.push_back(ViewUpdate::Message { conversation, message });
            }
        }
        Ok(())
    }
}

/// The answers with what says to which text somebody consented: it was shown as it stands in this form.
fn agreed(form: &Form, filled: &FilledForm) -> Answers {
    let mut answers = filled.answers.clone();
    answers.agree(form, &filled.language);
    answers
}

fn fault(fault: &AnswerFault) -> AnswerFaultView {
    let most = |most: &usize| (0, i64::try_from(*most).unwrap_or(i64::MAX));
    let (todo, (min, max)) = match &fault.todo {
        form::Todo::FillInAgain | form::Todo::LeaveOut | form::Todo::Once => (Todo::OpenAgain, (0, 0)),
        form::Todo::ShortenAll => (Todo::Shorten, (0, 0)),
        form::Todo::FillIn | form::Todo::AnswerAgain => (Todo::FillIn, (0, 0)),
        form::Todo::Update => (Todo::Update, (0, 0)),
        form::Todo::Characters(count) => (Todo::Characters, most(count)),
        form::Todo::Lines(count) => (Todo::Lines, most(count)),
        form::Todo::Visible => (Todo::Visible, (0, 0)),
        form::Todo::FromOptions | form::Todo::One | form::Todo::Slot => (Todo::Choose, (0, 0)),
        form::Todo::Between { min, max } => (Todo::Between, (*min, *max)),
        form::Todo::Day => (Todo::Day, (0, 0)),
        form::Todo::Time => (Todo::Time, (0, 0)),
        form::Todo::Position => (Todo::FillIn, (0, 0)),
        form::Todo::Attach => (Todo::Attach, (0, 0)),
        form::Todo::Most(count) => (Todo::Most, most(count)),
        form::Todo::Product => (Todo::Product, (0, 0)),
        form::Todo::Agree => (Todo::Agree, (0, 0)),
    };
    AnswerFaultView { field: fault.field.clone(), todo, min, max }
}

/// A status for the eyes. Where the form is not known, the first line of the message's own words says what the state is called.
fn shown(status: &RequestStatus, flow: Option<&StatusFlow>, words: &str) -> StatusView {
    let state = flow.and_then(|flow| flow.state(status.state));
    let first = words.lines().next().unwrap_or_default();
    StatusView {
        state: state.map_or_else(|| Text::one("", first), |state| state.label.clone()),
        is_final: state.is_some_and(|state| state.is_final),
        note: status.note.clone(),
        at: status.at,
        erase_at: status.erase_at,
        appointment: status.appointment.as_ref().map(|one| AppointmentView {
            from: one.from,
            to: one.to,
            place: one.place.clone(),
        }),
        ticket: status.ticket.as_ref().map(|ticket| TicketView {
            code: ticket.code.clone(),
            title: ticket.title.clone(),
            seats: ticket.seats.clone(),
        }),
    }
}
