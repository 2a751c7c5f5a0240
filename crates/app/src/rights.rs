//! What a line owes to who writes to it, at the desk: copies, erasure, business records, consents, and the log of who did what.
//!
//! What is kept and what goes is decided by `kuvert-desk`; this carries it out on both sides, and says what was done.

use kuvert_content::MessageId as MimiId;
use kuvert_core::{
    ClientError, Command, ContactRow, DeletionScope, Input, LineCommand, MessageId, MessageRow, Refusal,
    SenderKind, Timestamp,
};
use kuvert_desk::limits::MAX_REASON;
use kuvert_desk::line::LineProfile;
use kuvert_desk::papers::{
    Activities, Customer, Erased, Export, ExportedConsent, Facts, Kept, Note, Receipt, What,
};
use kuvert_desk::retention::kept_until;
use kuvert_desk::room::{Case, CaseEvent, Event, Hash, Role, Status, conversation_hash};
use kuvert_desk::templates;
use kuvert_view::{
    AuditEntryView, AuditView, ConversationId, DeskUpdate, PaperFile, PaperView, RecordView, RightsUpdate,
    RightsWish, ViewUpdate, audit_word,
};
use kuvert_wire::ChannelId;

use crate::App;
use crate::consents;
use crate::copy::{Wanted, controller, export_paper, paper};
use crate::desk::{Desk, Duties};
use crate::desk_views as shown;
use crate::views;

/// Years for which a business record can be kept.
const YEARS: [u8; 3] = [6, 8, 10];
/// Messages that are read from the database at once.
const PAGE: u32 = 200;
/// Entries of the log that are shown at once.
const MAX_ENTRIES: usize = 100;

/// An erasure that was asked for.
struct Erasure {
    conversation: ConversationId,
    language: String,
    words: String,
}

impl App {
    /// Fulfils a wish about the rights of customers.
    pub(crate) fn rights(&mut self, now: Timestamp, wish: RightsWish) -> Result<(), ClientError> {
        match wish {
            RightsWish::Keep { message, years, reason } => {
                self.check_answers()?;
                let reason: String = reason.trim().chars().take(MAX_REASON).collect();
                if !YEARS.contains(&years) || reason.is_empty() {
                    return Err(Refusal::TextInvalid.into());
                }
                self.mark(now, message, Some((years, reason)))
            }
            RightsWish::Unkeep { message } => {
                self.check_role(Role::Supervisor)?;
                self.mark(now, message, None)
            }
            RightsWish::Export { conversation, language, after, part } => {
                self.check_answers()?;
                self.export_customer(now, conversation, &language, (after, part))
            }
            RightsWish::Erase { conversation, language, words } => {
                self.check_role(Role::Supervisor)?;
                self.erase_customer(now, Erasure { conversation, language, words })
            }
            RightsWish::ShowAudit { before } => {
                self.check_role(Role::Supervisor)?;
                self.show_audit(before)
            }
            RightsWish::ExportAudit => {
                self.check_role(Role::Supervisor)?;
                self.export_audit()
            }
            RightsWish::Activities { language, officer, operator } => {
                self.check_role(Role::Owner)?;
                self.activities(now, &language, officer, operator)
            }
        }
    }

    fn check_role(&mut self, role: Role) -> Result<(), ClientError> {
        self.check_answers()?;
        let me = self.me()?;
        let may = self.desk()?.team.role(me).is_some_and(|own| own >= role);
        if may { Ok(()) } else { Err(Refusal::NotOwner.into()) }
    }

    /// A message becomes a business record, or is none any more. What was to go with its conversation stays, and the other way round.
    fn mark(
        &mut self,
        now: Timestamp,
        message: kuvert_view::MessageId,
        tag: Option<(u8, String)>,
    ) -> Result<(), ClientError> {
        let row = self.client.message(views::message_row(message))?.ok_or(Refusal::Unknown)?;
        let id = MimiId::from_slice(&row.mimi).ok_or(Refusal::Unknown)?;
        let conversation = row.conversation;
        let channel = self.channel(views::conversation_id(conversation))?;
        let mut kept = self.records_of(conversation)?;
        kept.retain(|one| one != id.as_bytes());
        let event = match tag {
            Some((years, reason)) => {
                kept.push(*id.as_bytes());
                CaseEvent::Tag { message: id, years, reason }
            }
            None => CaseEvent::Untag { message: id },
        };
        let event = Event::case(channel, event);
        self.begin_anew(now, &event)?;
        self.post(now, &event)?;
        let erase_at = self.client.erase_at(conversation)?.filter(|at| *at > now.0);
        let Some(at) = erase_at.and_then(|at| u32::try_from(at / 1000).ok()) else { return Ok(()) };
        self.line(now, LineCommand::Retain { conversation, erase_at: Some(at), kept })
    }

    /// Shows messages that became business records, or are none any more. One that stayed only as a record goes.
    pub(crate) fn show_marked(&mut self, now: Timestamp, duties: &Duties) -> Result<(), ClientError> {
        for (channel, id) in &duties.marked {
            let Some(conversation) = self.conversation_of(*channel)? else { continue };
            let at = views::conversation_row(conversation);
            let Some(row) = self.client.message_named(at, id.as_bytes())? else { continue };
            let is_record = self.desk()?.cases.get(*channel).is_some_and(|case| case.tags.contains_key(id));
            let erased = self.client.erase_at(at)?.filter(|at| *at <= now.0);
            if !is_record && erased.is_some_and(|erased| row.at < erased) {
                let gone = Command::Delete { message: row.id, scope: DeletionScope::Here };
                self.client.handle(now, Input::Command(gone))?;
                self.drain()?;
            } else if let Some(message) = self.messages(vec![row])?.pop() {
                self.updates.push_back(ViewUpdate::Message { conversation, message });
            }
        }
        Ok(())
    }

    /// The conversation that a channel carries here.
    fn conversation_of(&mut self, channel: ChannelId) -> Result<Option<ConversationId>, ClientError> {
        if !self.desk()?.conversations.contains_key(&channel) {
            self.read_facts()?;
        }
        Ok(self.desk()?.conversations.get(&channel).copied())
    }

    /// Whether a message is a business record.
    pub(crate) fn record_of(&mut self, row: &MessageRow) -> Result<Option<RecordView>, ClientError> {
        if self.client.desk()?.is_none() {
            return Ok(None);
        }
        let (Ok(channel), Some(id)) =
            (self.channel(views::conversation_id(row.conversation)), MimiId::from_slice(&row.mimi))
        else {
            return Ok(None);
        };
        let tag = self.desk()?.cases.get(channel).and_then(|case| case.tags.get(&id));
        Ok(tag.map(|tag| RecordView {
            years: tag.years,
            reason: tag.reason.clone(),
            until: kept_until(row.at, tag.years),
        }))
    }

    /// Who was erased and comes again is begun anew, on purpose, by the first thing that somebody does about them.
    pub(crate) fn begin_anew(&mut self, now: Timestamp, event: &Event) -> Result<(), ClientError> {
        let Event::Case { conversation, event } = event else { return Ok(()) };
        let is_free = matches!(
            event,
            CaseEvent::SetStatus { status: Status::Open } | CaseEvent::Untag { .. } | CaseEvent::Erase
        );
        let cases = &self.desk()?.cases;
        let is_over = cases.erased_at(*conversation).is_some()
            && cases
                .get(*conversation)
                .is_none_or(|case| case.status == Status::Done && case.turns.is_empty());
        if is_free || !is_over {
            return Ok(());
        }
        let open = CaseEvent::SetStatus { status: Status::Open };
        self.post(now, &Event::case(*conversation, open))
    }

    /// What the line says of itself, if it says something.
    pub(crate) fn own_profile(&mut self) -> Result<Option<LineProfile>, ClientError> {
        Ok(LineProfile::decode(&self.desk()?.team.settings().bytes).ok())
    }

    fn line_name(&self) -> String {
        self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default()
    }

    fn customer(&mut self, conversation: ConversationId) -> Result<(Customer, ContactRow), ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        let summary = summary.ok_or(Refusal::Unknown)?;
        let contact = summary.contact().cloned().ok_or(Refusal::Unknown)?;
        let view = views::conversation(&summary, self.now);
        Ok((Customer { name: view.title, id: view.kuvert_id }, contact))
    }

    fn export_customer(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        language: &str,
        (after, part): (Option<kuvert_view::MessageId>, u32),
    ) -> Result<(), ClientError> {
        let channel = self.channel(conversation)?;
        let (customer, _) = self.customer(conversation)?;
        let line = self.own_profile()?;
        let row = views::conversation_row(conversation);
        let wanted = Wanted {
            conversation: row,
            after: after.map(views::message_row),
            language,
            line: line.as_ref(),
            by_line: true,
        };
        let copied = self.copied(&wanted)?;
        let next = copied.next.map(views::message_id);
        let line_name = self.line_name();
        let desk = self.desk()?;
        // What belongs to no message stands in the first part.
        let case = desk.cases.get(channel).filter(|_| after.is_none());
        let export = Export {
            line: line_name,
            controller: controller(line.as_ref()),
            made_at: now.0,
            customer,
            messages: copied.messages,
            requests: copied.requests,
            consents: case.map(|case| exported_consents(desk, case)).unwrap_or_default(),
            notes: case.map(notes_of).unwrap_or_default(),
            labels: case
                .into_iter()
                .flat_map(|case| desk.team.labels_of(case))
                .map(|(_, one)| one.name.clone())
                .collect(),
            metadata: case.map(|case| metadata(case, language)).unwrap_or_default(),
            retention: line.as_ref().map(|line| templates::kept(line, language)).unwrap_or_default(),
            privacy: line.map(|line| line.privacy.text.get(language).to_owned()).unwrap_or_default(),
        };
        self.say_paper(export_paper(&export, language, conversation, next, part));
        Ok(())
    }

    /// Erases a customer on both sides, but for business records, and makes the receipt.
    fn erase_customer(&mut self, now: Timestamp, erasure: Erasure) -> Result<(), ClientError> {
        let Erasure { conversation, language, words } = erasure;
        let channel = self.channel(conversation)?;
        let row = views::conversation_row(conversation);
        let receipt = self.receipt(now, conversation, channel)?;
        let kept = self.records_of(row)?;
        let erase_at = u32::try_from(now.0 / 1000).ok();
        self.line(now, LineCommand::Retain { conversation: row, erase_at, kept })?;
        self.post(now, &Event::case(channel, CaseEvent::Erase))?;
        if !words.trim().is_empty() {
            let told = Command::Send { conversation: row, text: words };
            match self.client.handle(now, Input::Command(told)) {
                // Who blocked the line, or left, is not told.
                Ok(()) | Err(ClientError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
            self.drain()?;
        }
        let (html, json) = (receipt.html(&language), receipt.json());
        self.say_paper(paper("kuvert-receipt", html, json, Some(conversation), (None, 1)));
        Ok(())
    }

    /// What is erased, and what has to stay. It holds nothing of what is erased.
    fn receipt(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        channel: ChannelId,
    ) -> Result<Receipt, ClientError> {
        let (customer, _) = self.customer(conversation)?;
        let controller = controller(self.own_profile()?.as_ref());
        let line = self.line_name();
        let mut receipt = Receipt {
            line,
            controller,
            customer: customer.id,
            asked_at: None,
            made_at: now.0,
            erased: Vec::new(),
            kept: Vec::new(),
        };
        let (mut messages, mut files) = (0, 0);
        let mut after = MessageId(0);
        loop {
            let rows =
                self.client.messages_after(views::conversation_row(conversation), after, false, PAGE)?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows.iter().filter(|row| row.sender != SenderKind::System) {
                let brought = self.client.attachments(row.id)?.len();
                match self.record_of(row)? {
                    Some(record) => {
                        receipt.keep(What::Messages, 1, &record);
                        receipt.keep(What::Files, brought, &record);
                    }
                    None => {
                        messages += 1;
                        files += brought;
                    }
                }
            }
        }
        let mut erase = |what, count: usize| {
            if let (Ok(count), true) = (u32::try_from(count), count > 0) {
                receipt.erased.push(Erased { what, count, at: now.0 });
            }
        };
        erase(What::Messages, messages);
        erase(What::Files, files);
        if let Some(case) = self.desk()?.cases.get(channel) {
            erase(What::Requests, case.requests.len());
            erase(What::Notes, case.notes.len());
            erase(What::Labels, case.labels.len());
            erase(What::Consents, case.consents.len());
            receipt.asked_at = case.asked_erasure;
        }
        Ok(receipt)
    }

    fn show_audit(&mut self, before: Option<u64>) -> Result<(), ClientError> {
        self.read_facts()?;
        let desk = self.desk()?;
        let log = desk.team.audit();
        let tampered = log.verify().err().map(|tampered| tampered.number);
        let head = log.head().map(|head| hex(head.as_bytes())).unwrap_or_default();
        let older = log.entries().rev().filter(|entry| before.is_none_or(|before| entry.number < before));
        let mut chosen: Vec<_> = older.take(MAX_ENTRIES + 1).copied().collect();
        let has_older = chosen.len() > MAX_ENTRIES;
        chosen.truncate(MAX_ENTRIES);
        let known: Vec<(Hash, ConversationId)> =
            desk.conversations.iter().map(|(channel, id)| (conversation_hash(*channel), *id)).collect();
        let mut entries = Vec::new();
        for entry in chosen {
            let found = known.iter().find(|(hash, _)| Some(*hash) == entry.conversation);
            let customer = match found {
                Some((_, id)) => self.customer(*id).ok().map(|(customer, _)| customer.name),
                None => None,
            };
            entries.push(AuditEntryView {
                number: entry.number,
                word: audit_word(entry.kind).to_owned(),
                by: shown::name_of(self.desk()?, entry.by),
                at: entry.at,
                customer,
            });
        }
        let view = AuditView { entries, has_older, tampered, head };
        self.desk_update(DeskUpdate::Rights(RightsUpdate::Audit(view)));
        Ok(())
    }

    /// The log as lines that each say one entry, without names of customers: those stand in it as hashes.
    fn export_audit(&mut self) -> Result<(), ClientError> {
        let desk = self.desk()?;
        let log = desk.team.audit();
        let mut text = String::from("number,at,kind,word,by,device,conversation,previous,hash\r\n");
        for entry in log.entries() {
            let conversation = entry.conversation.map(|hash| hex(hash.as_bytes())).unwrap_or_default();
            let by = cell(&shown::name_of(desk, entry.by));
            text.push_str(&format!(
                "{},{},{},{},{by},{},{conversation},{},{}\r\n",
                entry.number,
                entry.at,
                entry.kind,
                audit_word(entry.kind),
                hex(entry.by.as_bytes()),
                hex(entry.previous.as_bytes()),
                hex(entry.hash.as_bytes()),
            ));
        }
        let file = PaperFile {
            name: "kuvert-audit.csv".to_owned(),
            media_type: "text/csv; charset=utf-8".to_owned(),
            text,
        };
        self.say_paper(PaperView { files: vec![file], conversation: None, next: None, part: 1 });
        Ok(())
    }

    fn activities(
        &mut self,
        now: Timestamp,
        language: &str,
        officer: String,
        operator: String,
    ) -> Result<(), ClientError> {
        let line = self.own_profile()?.ok_or(Refusal::TooEarly)?;
        let facts = Facts { made_at: now.0, officer, relay_operator: operator, ..Facts::default() };
        let list = Activities { line: &line, facts: &facts };
        let (html, json) = (list.html(language), list.json(language));
        self.say_paper(paper("kuvert-activities", html, json, None, (None, 1)));
        Ok(())
    }

    fn say_paper(&mut self, paper: PaperView) {
        self.desk_update(DeskUpdate::Rights(RightsUpdate::Paper(paper)));
    }
}

fn exported_consents(desk: &Desk, case: &Case) -> Vec<ExportedConsent> {
    let shown = consents::consents(desk, case);
    let all = case.consents.iter().zip(shown).map(|(consent, shown)| ExportedConsent {
        purpose: shown.purpose,
        text: shown.text,
        hash: *consent.text.as_bytes(),
        version: consent.version,
        given_at: consent.at,
        withdrawn_at: consent.withdrawn_at,
    });
    all.collect()
}

fn notes_of(case: &Case) -> Vec<Note> {
    case.notes.iter().map(|note| Note { at: note.at, text: note.text.clone() }).collect()
}

/// What else is known of a conversation.
fn metadata(case: &Case, language: &str) -> Vec<(String, String)> {
    let german = language.starts_with("de");
    let say = |both: [&str; 2]| both[usize::from(!german)].to_owned();
    let began = kuvert_desk::time::LocalTime::of(case.opened_at).to_string();
    vec![
        (say(["Begonnen", "Begun"]), began),
        (
            say(["So oft wechselte, wer zuständig ist", "Changes of who looks after it"]),
            case.past_claims.len().to_string(),
        ),
    ]
}

/// A cell of a table; nothing in it is taken for a formula.
fn cell(text: &str) -> String {
    let text = text.replace('"', "\"\"");
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{text}\"")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts what is kept together with the same of one reason.
trait Keeps {
    fn keep(&mut self, what: What, count: usize, record: &RecordView);
}

impl Keeps for Receipt {
    fn keep(&mut self, what: What, count: usize, record: &RecordView) {
        let Some(count) = u32::try_from(count).ok().filter(|count| *count > 0) else { return };
        let same =
            |one: &&mut Kept| one.what == what && one.reason == record.reason && one.until == record.until;
        match self.kept.iter_mut().find(same) {
            Some(known) => known.count = known.count.saturating_add(count),
            None => {
                self.kept.push(Kept { what, count, reason: record.reason.clone(), until: record.until });
            }
        }
    }
}
