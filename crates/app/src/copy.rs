//! The copy of what was said in a conversation with a line, a part of bounded size at a time, and a customer's own wishes about it.

use kuvert_content::MessageId as MimiId;
use kuvert_core::{ClientError, Command, DataKind, Input, MessageId, MessageKind, MessageRow, Refusal};
use kuvert_core::{SenderKind, Timestamp};
use kuvert_desk::consent::Consent;
use kuvert_desk::form::Answers;
use kuvert_desk::line::LineProfile;
use kuvert_desk::papers::{Customer, Direction, Export, ExportedFile, ExportedMessage, ExportedRequest};
use kuvert_desk::request::RequestStatus;
use kuvert_desk::retention::Keep;
use kuvert_desk::templates;
use kuvert_view::{ConversationId, PaperFile, PaperView, ViewUpdate};

use crate::{App, files, line_profile, views};

/// Messages that are read from the database at once.
const PAGE: u32 = 200;
/// Messages of one part.
const MAX_MESSAGES: usize = 5_000;
/// Bytes of text of one part.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// A part of what was said.
#[derive(Default)]
pub(crate) struct Copied {
    pub(crate) messages: Vec<ExportedMessage>,
    pub(crate) requests: Vec<ExportedRequest>,
    /// Where the next part begins.
    pub(crate) next: Option<MessageId>,
    /// Requests of this part, by their messages.
    named: Vec<MimiId>,
    bytes: usize,
}

/// What is copied, and how.
pub(crate) struct Wanted<'a> {
    pub(crate) conversation: kuvert_core::ConversationId,
    pub(crate) after: Option<MessageId>,
    pub(crate) language: &'a str,
    /// What the line says of itself.
    pub(crate) line: Option<&'a LineProfile>,
    /// The copy is made by the line.
    pub(crate) by_line: bool,
}

impl App {
    /// Copies what was said, until the part is full.
    pub(crate) fn copied(&mut self, wanted: &Wanted<'_>) -> Result<Copied, ClientError> {
        let mut copied = Copied::default();
        let mut after = wanted.after.unwrap_or(MessageId(0));
        loop {
            let rows = self.client.messages_after(wanted.conversation, after, false, PAGE)?;
            let Some(last) = rows.last().map(|row| row.id) else { return Ok(copied) };
            for row in &rows {
                self.copy_message(&mut copied, wanted, row)?;
                if copied.messages.len() >= MAX_MESSAGES || copied.bytes >= MAX_TEXT {
                    copied.next = Some(row.id);
                    return Ok(copied);
                }
            }
            after = last;
        }
    }

    fn copy_message(
        &mut self,
        copied: &mut Copied,
        wanted: &Wanted<'_>,
        row: &MessageRow,
    ) -> Result<(), ClientError> {
        if row.sender == SenderKind::System || row.kind == MessageKind::Deleted {
            return Ok(());
        }
        let is_from_line = (row.sender == SenderKind::Own) == wanted.by_line;
        let file = |file: kuvert_view::FileView| ExportedFile {
            name: file.name,
            media_type: file.media_type,
            size: file.size,
        };
        let record = match self.desk_hooks {
            Some(hooks) if wanted.by_line => (hooks.record_of)(self, row)?,
            _ => None,
        };
        let keep = match (record, row.expires_at) {
            (Some(record), _) => Keep::Record(record.until),
            (None, Some(at)) => Keep::Until(at),
            (None, None) => Keep::WhileOpen,
        };
        copied.bytes += row.text.len();
        copied.messages.push(ExportedMessage {
            at: row.at,
            direction: if is_from_line { Direction::FromLine } else { Direction::FromCustomer },
            // Customers see the line, and nobody of it.
            author: String::new(),
            text: row.text.clone(),
            files: files::views(row.id, &mut self.client)?.into_iter().map(file).collect(),
            keep,
        });
        if row.kind == MessageKind::Structured {
            self.copy_data(copied, wanted, row)?;
        }
        Ok(())
    }

    fn copy_data(
        &mut self,
        copied: &mut Copied,
        wanted: &Wanted<'_>,
        row: &MessageRow,
    ) -> Result<(), ClientError> {
        match self.client.data(row.id)? {
            Some((DataKind::Request, bytes)) => {
                let (Ok(answers), Some(id)) = (Answers::decode(&bytes), MimiId::from_slice(&row.mimi)) else {
                    return Ok(());
                };
                let form = wanted.line.and_then(|line| line.form(&answers.form));
                let title = form.map(|form| form.title.get(wanted.language).to_owned());
                copied.named.push(id);
                copied.requests.push(ExportedRequest {
                    form: title.unwrap_or(answers.form),
                    at: row.at,
                    answers: row.text.clone(),
                    statuses: Vec::new(),
                    erase_at: row.expires_at,
                });
            }
            Some((DataKind::Status, bytes)) => {
                let Ok(status) = RequestStatus::decode(&bytes) else { return Ok(()) };
                let at = copied.named.iter().position(|id| *id == status.request);
                if let Some(request) = at.and_then(|at| copied.requests.get_mut(at)) {
                    request.statuses.push((status.at, row.text.clone(), String::new()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A customer's own copy of what was said with a line.
    pub(crate) fn export_own(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        language: &str,
        after: Option<kuvert_view::MessageId>,
        part: u32,
    ) -> Result<(), ClientError> {
        let row = views::conversation_row(conversation);
        let card = self.client.line_of(row)?.ok_or(Refusal::Unknown)?;
        let line = LineProfile::decode(&card).ok();
        let name = self.client.conversation(row)?.ok_or(Refusal::Unknown)?;
        let name = views::conversation(&name, now).title;
        let after = after.map(views::message_row);
        let wanted = Wanted { conversation: row, after, language, line: line.as_ref(), by_line: false };
        let copied = self.copied(&wanted)?;
        let own = self.profile().ok_or(Refusal::NoIdentity)?;
        let export = Export {
            line: name,
            controller: controller(line.as_ref()),
            made_at: now.0,
            customer: Customer { name: own.name, id: own.kuvert_id },
            messages: copied.messages,
            requests: copied.requests,
            consents: Vec::new(),
            notes: Vec::new(),
            labels: Vec::new(),
            metadata: Vec::new(),
            retention: line.as_ref().map(|line| templates::kept(line, language)).unwrap_or_default(),
            privacy: line.map(|line| line.privacy.text.get(language).to_owned()).unwrap_or_default(),
        };
        let next = copied.next.map(views::message_id);
        let paper = export_paper(&export, language, conversation, next, part);
        self.updates.push_back(ViewUpdate::Paper(paper));
        Ok(())
    }

    /// Deletes everything here, and asks the line to do the same.
    pub(crate) fn ask_erasure(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        words: String,
    ) -> Result<(), ClientError> {
        let conversation = views::conversation_row(conversation);
        self.client.line_of(conversation)?.ok_or(Refusal::Unknown)?;
        let ask = Command::SendData {
            conversation,
            kind: DataKind::Consent,
            data: Consent::Erase.encode(),
            text: words,
            files: Vec::new(),
            reply_to: None,
        };
        // What is refused deletes nothing: so the question is asked first, and what came before it goes. Given again after a crash,
        // the command is carried out once.
        self.client.handle(now, Input::Command(Command::EraseHere { conversation, ask: Box::new(ask) }))?;
        self.show_done();
        Ok(())
    }
}

/// The files of a copy.
pub(crate) fn export_paper(
    export: &Export,
    language: &str,
    conversation: ConversationId,
    next: Option<kuvert_view::MessageId>,
    part: u32,
) -> PaperView {
    let name = if part > 1 || next.is_some() { format!("kuvert-{part}") } else { "kuvert".to_owned() };
    paper(&name, export.html(language), export.json(), Some(conversation), (next, part))
}

/// A page, and the same for programs.
pub(crate) fn paper(
    name: &str,
    html: String,
    json: String,
    conversation: Option<ConversationId>,
    (next, part): (Option<kuvert_view::MessageId>, u32),
) -> PaperView {
    let file = |ending: &str, media_type: &str, text: String| PaperFile {
        name: format!("{name}.{ending}"),
        media_type: media_type.to_owned(),
        text,
    };
    let files = vec![file("html", "text/html; charset=utf-8", html), file("json", "application/json", json)];
    PaperView { files, conversation, next, part }
}

/// Who is responsible for a line.
pub(crate) fn controller(line: Option<&LineProfile>) -> String {
    line.map(|line| line_profile::imprint_lines(&line.imprint).join("\n")).unwrap_or_default()
}
