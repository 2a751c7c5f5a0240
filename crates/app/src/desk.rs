//! The desk of a business line: events of the desk room are folded as they come, and what follows from them is done.
//!
//! The folded state is in memory, and written down part by part together with how far the room was folded; after a crash the
//! rest is folded again. What a member may ask for becomes an event, which counts when it comes back in the room's order.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_core::{
    ClientError, Command, DeskStanding, Fold, Input, LineCommand, LineDevice, LineEvent, MessageId,
    MessageRow, Refusal, Timestamp,
};
use kuvert_desk::poster::{self, Poster};
use kuvert_desk::room::{self, CaseEvent, Cases, DeviceKey, Event, EventId, Facts, Meta, Role, Team};
use kuvert_view::{
    CaseStatus, ConversationId, DeskCommand, DeskUpdate, LineDraft, QueueFilter, RecordView, TeamRole,
    ViewUpdate,
};
use kuvert_wire::ChannelId;

mod insight;
mod outside;
mod staffing;
mod tools;

use crate::App;
use crate::desk_requests::Said;
use crate::desk_tend::Tending;
use crate::desk_views as shown;
use crate::line_profile;
use crate::views;

/// Events that are folded before what they led to is written down.
const AT_ONCE: u32 = 256;
/// Conversations of a queue that are shown.
const MAX_ROWS: usize = 500;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// Devices on the line's card: customers write to these, which let the others in.
const ON_CARD: usize = 16;

/// What the team knows, as far as this device has folded it.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) team: Team,
    pub(crate) cases: Cases,
    /// Which conversation a channel carries here.
    pub(crate) conversations: BTreeMap<ChannelId, ConversationId>,
    pub(crate) facts: BTreeMap<ChannelId, Facts>,
    /// Customers who wait longer than they are to.
    pub(crate) overdue: BTreeSet<ChannelId>,
    /// How this device is reached was said since it was started.
    said_reach: bool,
    /// Messages whose consents were looked at since it was started.
    pub(crate) noted: BTreeSet<MessageId>,
    presence: room::Presence,
    /// To whom the user was last said to write, and when.
    said_answering: Option<(ChannelId, i64)>,
    /// When the user was last said to sit at the desk.
    said_here: Option<i64>,
    /// Conversations with new messages, whose devices are to be looked at.
    pub(crate) unstaffed: BTreeSet<ConversationId>,
    /// Conversations in which that was done since it was started, or is to be.
    pub(crate) looked_at: BTreeSet<kuvert_core::ConversationId>,
    pub(crate) tending: Tending,
    /// Only those are in a conversation who look after it, and those who lead the team.
    pub(crate) is_limited: bool,
    /// Who is to be in which conversation was looked at since it was started.
    was_let_in: bool,
    pub(crate) unsaid: outside::Unsaid,
}

/// The desk's entrances. Behind pointers, so that a program which never calls [`App::with_desk`] does not hold what is behind them.
pub(crate) struct DeskHooks {
    /// Fulfils a wish.
    pub(crate) command: fn(&mut App, Timestamp, &[u8]) -> Result<(), ClientError>,
    /// Takes an event of the engine.
    pub(crate) event: fn(&mut App, LineEvent),
    /// Folds what came, and does what follows.
    pub(crate) tend: fn(&mut App, Timestamp) -> Result<(), ClientError>,
    /// What the line says of itself; empty as long as it says nothing.
    pub(crate) settings: fn(&mut App) -> Result<Vec<u8>, ClientError>,
    /// Whether a message is a business record.
    pub(crate) record_of: fn(&mut App, &MessageRow) -> Result<Option<RecordView>, ClientError>,
    /// The name of a colleague, by the key of their device.
    pub(crate) name_of: fn(&mut App, [u8; 32]) -> Result<String, ClientError>,
}

pub(crate) const HOOKS: DeskHooks = DeskHooks {
    command: |app, now, bytes| {
        // Whoever gives commands is of the same version.
        let wish = DeskCommand::decode(bytes).map_err(|_| Refusal::Unknown)?;
        app.desk_command(now, wish)
    },
    event: App::line_event,
    tend: |app, now| {
        app.look_for_requests(now)?;
        app.fold_and_do(now)?;
        app.note_consents(now)
    },
    record_of: App::record_of,
    name_of: App::name_colleague,
    settings: |app| Ok(app.desk()?.team.settings().bytes.clone()),
};

/// What folded events ask this device to do.
#[derive(Default)]
pub(crate) struct Duties {
    /// The devices of the line are other ones.
    restaff: bool,
    /// What the line shows is another.
    publish: bool,
    /// Members who belong to the line no longer.
    dismissed: Vec<DeviceKey>,
    /// Messages that became business records, or are none any more.
    pub(crate) marked: Vec<(ChannelId, kuvert_content::MessageId)>,
    /// The canned answers are other ones.
    canned: bool,
    /// Conversations that somebody else looks after, or nobody any more.
    recased: BTreeSet<ChannelId>,
    /// Members may do other things.
    roles: bool,
}

impl App {
    /// Fulfils a wish of somebody at the desk.
    fn desk_command(&mut self, now: Timestamp, wish: DeskCommand) -> Result<(), ClientError> {
        match wish {
            DeskCommand::CreateLine { name, person, invite } => {
                let relay = self.relay().to_owned();
                self.line(now, LineCommand::Create { name, relay, invite })?;
                self.post(now, &Event::Founded { name: person })
            }
            DeskCommand::JoinLine { invitation, person, invite } => {
                self.line(now, LineCommand::Join { invitation, name: person, invite })
            }
            DeskCommand::Invite { role } => {
                // What the device becomes stands in the ticket, which comes back when it joins.
                let mut ticket = self.client.fresh_id();
                ticket[0] = role as u8;
                self.line(now, LineCommand::Invite { ticket, owner: role == TeamRole::Owner })
            }
            DeskCommand::ShowDesk => self.show_desk(),
            DeskCommand::ShowQueue { filter } => self.show_queue(filter),
            DeskCommand::ShowCase { conversation } => self.show_case(conversation),
            DeskCommand::EraseAt { conversation, at } => {
                self.check_answers()?;
                let conversation = views::conversation_row(conversation);
                let kept = self.records_of(conversation)?;
                self.line(now, LineCommand::Retain { conversation, erase_at: at, kept })
            }
            DeskCommand::SetStatus { conversation, status } => self.set_status(now, conversation, status),
            DeskCommand::Publish { draft } => self.describe(now, *draft),
            DeskCommand::ShowDescription { kind } => {
                let name = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
                let draft = line_profile::draft(&name, &self.desk()?.team.settings().bytes, &kind);
                self.desk_update(DeskUpdate::Description(Box::new(draft)));
                Ok(())
            }
            DeskCommand::ShowPoster { link, sentence, small } => self.show_poster(&link, sentence, small),
            DeskCommand::SetRequest { message, state, note, appointment } => {
                self.set_request(now, message, Said { state, note, appointment })
            }
            DeskCommand::Dispatch(wish) => self.dispatch_command(now, wish),
            DeskCommand::Seats(wish) => self.seats_command(now, wish),
            DeskCommand::ShowFormTemplates { kind } => {
                self.show_form_templates(&kind);
                Ok(())
            }
            DeskCommand::Rights(wish) => self.rights(now, wish),
            DeskCommand::Tool(tool) => self.desk_tool(now, tool),
            DeskCommand::ClaimOutside { case } => {
                self.check_member()?;
                self.post(now, &Event::case(ChannelId::new(case.0), CaseEvent::Claim))
            }
            wish => {
                self.check_member()?;
                let event = self.event_of(wish)?;
                self.begin_anew(now, &event)?;
                self.post(now, &event)
            }
        }
    }

    /// What the owner says of the line becomes its settings, and from there its card.
    fn describe(&mut self, now: Timestamp, draft: LineDraft) -> Result<(), ClientError> {
        if !self.client.desk()?.ok_or(Refusal::NoLine)?.is_owner {
            return Err(Refusal::NotOwner.into());
        }
        let version = self.desk()?.team.settings().version + 1;
        let name = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        let before = self.desk()?.team.settings().bytes.clone();
        match line_profile::profile(&name, version, draft, &before) {
            Ok(profile) => self.post(now, &Event::SetSettings { version, bytes: profile.encode() }),
            Err(faults) => {
                self.desk_update(DeskUpdate::NotPublished { faults });
                Ok(())
            }
        }
    }

    /// A conversation stands elsewhere. What was said in one that is over is erased on both sides after the line's period.
    fn set_status(
        &mut self,
        now: Timestamp,
        conversation: ConversationId,
        status: CaseStatus,
    ) -> Result<(), ClientError> {
        self.check_answers()?;
        let event = Event::case(
            self.channel(conversation)?,
            CaseEvent::SetStatus { status: shown::status_of(status) },
        );
        self.begin_anew(now, &event)?;
        self.post(now, &event)?;
        let row = views::conversation_row(conversation);
        let days = self.retention_of(row)?;
        let erase_at = match (status, days) {
            (CaseStatus::Done, Some(days)) => {
                u32::try_from(now.0 / 1000 + i64::from(days) * DAY_SECONDS).ok()
            }
            _ => None,
        };
        if erase_at.is_some() || self.client.erase_at(row)?.is_some() {
            let kept = self.records_of(row)?;
            self.line(now, LineCommand::Retain { conversation: row, erase_at, kept })?;
        }
        Ok(())
    }

    fn show_poster(&mut self, link: &str, sentence: String, small: bool) -> Result<(), ClientError> {
        let name = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        let address = link.split('#').next().unwrap_or_default().to_owned();
        let poster = Poster { name, sentence, link: link.to_owned(), address };
        let size = if small { poster::Size::A6 } else { poster::Size::A4 };
        let pdf = poster::pdf(&poster, size).map_err(|_| Refusal::DataInvalid)?;
        self.desk_update(DeskUpdate::Poster { pdf, small });
        Ok(())
    }

    /// Whether the user may act on conversations: what goes to customers is not undone where the team does not take an event.
    pub(crate) fn check_answers(&mut self) -> Result<(), ClientError> {
        self.check_member()?;
        let me = self.me()?;
        let may = self.desk()?.team.role(me).is_some_and(|role| role != Role::ReadOnly);
        if may { Ok(()) } else { Err(Refusal::NoMember.into()) }
    }

    fn check_member(&mut self) -> Result<(), ClientError> {
        let is_member = self.client.desk()?.ok_or(Refusal::NoLine)?.is_member;
        if is_member { Ok(()) } else { Err(Refusal::NoMember.into()) }
    }

    /// The event that a wish becomes.
    fn event_of(&mut self, wish: DeskCommand) -> Result<Event, ClientError> {
        let case = |conversation, event| Ok(Event::case(conversation, event));
        match wish {
            DeskCommand::Claim { conversation } => case(self.channel(conversation)?, CaseEvent::Claim),
            DeskCommand::Release { conversation } => case(self.channel(conversation)?, CaseEvent::Release),
            DeskCommand::HandOver { conversation, to, note } => {
                case(self.channel(conversation)?, CaseEvent::HandOver { to: DeviceKey::new(to.0), note })
            }
            DeskCommand::TakeOver { conversation } => case(self.channel(conversation)?, CaseEvent::TakeOver),
            DeskCommand::AddNote { conversation, text, mentions } => {
                let mentions = mentions.into_iter().map(|member| DeviceKey::new(member.0)).collect();
                case(self.channel(conversation)?, CaseEvent::AddNote { text, mentions })
            }
            DeskCommand::DeleteNote { conversation, note } => {
                case(self.channel(conversation)?, CaseEvent::DeleteNote { note: EventId::new(note.0) })
            }
            DeskCommand::Label { conversation, label, on } => {
                let label = room::LabelId::new(label.0);
                let event = if on { CaseEvent::AddLabel { label } } else { CaseEvent::RemoveLabel { label } };
                case(self.channel(conversation)?, event)
            }
            DeskCommand::SetLabel { label, name, colour } => {
                let label = label.map_or_else(|| self.client.fresh_id(), |label| label.0);
                Ok(Event::SetLabel { label: room::LabelId::new(label), name, colour })
            }
            DeskCommand::Duty { member, on } => {
                let device = match member {
                    Some(member) => DeviceKey::new(member.0),
                    None => self.me()?,
                };
                Ok(Event::Duty { device, on })
            }
            DeskCommand::Dismiss { member } => Ok(Event::Dismiss { device: DeviceKey::new(member.0) }),
            DeskCommand::SetRole { member, role } => {
                Ok(Event::SetRole { device: DeviceKey::new(member.0), role: shown::role_of(role) })
            }
            DeskCommand::Dispatch(_)
            | DeskCommand::Seats(_)
            | DeskCommand::Publish { .. }
            | DeskCommand::SetStatus { .. }
            | DeskCommand::ShowDescription { .. }
            | DeskCommand::ShowPoster { .. }
            | DeskCommand::SetRequest { .. }
            | DeskCommand::ShowFormTemplates { .. }
            | DeskCommand::Rights(_)
            | DeskCommand::CreateLine { .. }
            | DeskCommand::JoinLine { .. }
            | DeskCommand::Invite { .. }
            | DeskCommand::ShowDesk
            | DeskCommand::ShowQueue { .. }
            | DeskCommand::ShowCase { .. }
            | DeskCommand::Tool(_)
            | DeskCommand::ClaimOutside { .. }
            | DeskCommand::EraseAt { .. } => Err(Refusal::Unknown.into()),
        }
    }

    fn line_event(&mut self, event: LineEvent) {
        match event {
            LineEvent::Invitation(link) => self.desk_update(DeskUpdate::Invitation { link }),
            LineEvent::Dismissed => self.desk_update(DeskUpdate::Dismissed),
            LineEvent::StateWanted => self.desk_wanted = true,
            // The desk changed with it.
            LineEvent::Admitted | LineEvent::Joined | LineEvent::NotStaffed { .. } => {}
        }
        self.desk_changed = true;
    }

    /// Folds what came to the desk room, and does what follows from it.
    fn fold_and_do(&mut self, now: Timestamp) -> Result<(), ClientError> {
        while std::mem::take(&mut self.desk_changed) {
            let Some(standing) = self.client.desk()? else { return Ok(()) };
            if self.client.desk_state_came()? {
                self.line(now, LineCommand::Adopt)?;
                self.desk = None;
            }
            let mut duties = self.fold_desk(now)?;
            self.owed_from_before(&standing, &mut duties)?;
            self.show_marked(now, &duties)?;
            self.do_duties(now, &standing, &duties)?;
            if std::mem::take(&mut self.desk_wanted) {
                self.line(now, LineCommand::Share)?;
            }
            if self.desk_shown {
                self.show_desk()?;
                if duties.canned {
                    self.show_canned()?;
                }
            }
        }
        Ok(())
    }

    fn fold_desk(&mut self, now: Timestamp) -> Result<Duties, ClientError> {
        let mut duties = Duties::default();
        let was_limited = self.desk()?.is_limited;
        let is_owner = self.client.desk()?.is_some_and(|standing| standing.is_owner);
        loop {
            let events = self.client.desk_events(AT_ONCE)?;
            let Some(last) = events.last() else {
                let is_limited = self.desk()?.is_limited;
                duties.restaff |= is_limited != was_limited || (is_limited && duties.roles);
                return Ok(duties);
            };
            let position = last.position;
            let (me, mut own) = (self.me().ok(), Vec::new());
            self.desk()?;
            let Some(desk) = self.desk.as_mut() else { return Ok(duties) };
            for event in &events {
                let meta =
                    Meta { id: EventId::new(event.id), by: DeviceKey::new(event.device), at: event.at };
                // What no version can read is passed over by all.
                let Ok(event) = Event::decode(&event.body) else { continue };
                let outcome = desk.team.apply(&mut desk.cases, meta, &event);
                if outcome == room::Outcome::Applied {
                    duties.note(&event);
                }
                desk.note_presence(meta.by, meta.at, &event, now.0);
                if me == Some(meta.by) {
                    own.push((event, outcome));
                }
            }
            for (event, outcome) in own {
                self.heard_own(&event, outcome)?;
            }
            let Some(desk) = self.desk.as_mut() else { return Ok(duties) };
            if duties.publish {
                desk.is_limited = staffing::is_limited(&desk.team);
            }
            let restaff =
                desk.is_limited != was_limited || (desk.is_limited && duties.roles) || duties.restaff;
            let owes = if is_owner { duties.owes(restaff) } else { 0 };
            let touched = desk.cases.take_touched();
            let row = |part: room::Part| (part.key(), part.encode(&desk.team, &desk.cases));
            let rows = touched.into_iter().map(row).collect();
            let folded = self.line(now, LineCommand::Fold(Fold { position, rows, owes }));
            // What was not written down is folded again.
            folded.inspect_err(|_| self.desk = None)?;
        }
    }

    fn do_duties(
        &mut self,
        now: Timestamp,
        standing: &DeskStanding,
        duties: &Duties,
    ) -> Result<(), ClientError> {
        if standing.is_behind || !standing.is_member {
            return Ok(());
        }
        self.say_reach(now)?;
        self.tend_requests(now)?;
        let (crew, me) = (self.crew(&standing.device)?, DeviceKey::new(standing.device));
        let desk = self.desk()?;
        if desk.is_limited && desk.leads(me) {
            self.let_in(now, &crew, duties)?;
            self.say_who_waits(now, me)?;
        }
        if !standing.is_owner {
            return Ok(());
        }
        for joined in self.client.joined()? {
            let role = [Role::ReadOnly, Role::Agent, Role::Supervisor, Role::Owner];
            let role = if joined.owner { Role::Owner } else { role[usize::from(joined.ticket[0]) % 3] };
            let device = DeviceKey::new(joined.device.key);
            self.post(now, &Event::Join { device, name: joined.name, role })?;
            self.line(now, LineCommand::Welcomed { ticket: joined.ticket })?;
        }
        for member in &duties.dismissed {
            let gone = self.line(now, LineCommand::Dismiss { device: *member.as_bytes() });
            match gone {
                Ok(()) | Err(ClientError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.staff(now, &crew, duties)?;
        if duties.publish || duties.restaff || self.renews_card(now)? {
            self.publish(now, crew.all)?;
        }
        if self.client.desk_owes()? != 0 {
            self.line(now, LineCommand::Settled)?;
        }
        Ok(())
    }

    /// Puts what the line shows, and the devices that customers write to, onto its card.
    fn publish(&mut self, now: Timestamp, mut devices: Vec<LineDevice>) -> Result<(), ClientError> {
        let profile = self.profile_with_seats(now)?;
        if profile.is_empty() {
            return Ok(());
        }
        let name = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        devices.truncate(ON_CARD);
        self.line(now, LineCommand::Publish { name, profile, devices })
    }

    fn show_desk(&mut self) -> Result<(), ClientError> {
        self.desk_shown = true;
        let Some(standing) = self.client.desk()? else {
            self.desk_update(DeskUpdate::Desk(None));
            return Ok(());
        };
        let staffing = self.client.staffing()?;
        let name = self.client.profile().map(|(name, _, _)| name.to_owned()).unwrap_or_default();
        let counts = self.counts(&standing)?;
        let now = self.now.0;
        let view = shown::desk(self.desk()?, &standing, name, staffing, counts, now);
        self.desk_update(DeskUpdate::Desk(Some(view)));
        Ok(())
    }

    fn counts(&mut self, standing: &DeskStanding) -> Result<[u32; 5], ClientError> {
        let now = self.now.0;
        self.read_facts()?;
        let me = DeviceKey::new(standing.device);
        let desk = self.desk()?;
        let queue = room::queue(&desk.team, &desk.cases, &desk.facts, me, now, room::View::New);
        Ok(shown::counts(&queue.counts))
    }

    fn show_queue(&mut self, filter: QueueFilter) -> Result<(), ClientError> {
        let (me, now) = (self.me()?, self.now.0);
        self.read_facts()?;
        let desk = self.desk()?;
        let queue = room::queue(&desk.team, &desk.cases, &desk.facts, me, now, shown::view(filter));
        let (mut rows, mut outside) = (Vec::new(), Vec::new());
        for row in queue.rows.iter().take(MAX_ROWS) {
            let desk = self.desk()?;
            let Some(id) = desk.conversations.get(&row.conversation).copied() else {
                outside.push(shown::outside(desk, row, me));
                continue;
            };
            if let Some(summary) = self.client.conversation(views::conversation_row(id))? {
                let conversation = views::conversation(&summary, self.now);
                rows.push(shown::row(self.desk()?, row, me, conversation, now));
            }
        }
        let counts = shown::counts(&queue.counts);
        self.desk_update(DeskUpdate::Queue(kuvert_view::QueueView { filter, rows, counts, outside }));
        Ok(())
    }

    fn show_case(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let (me, channel, now) = (self.me()?, self.channel(conversation)?, self.now.0);
        let erase_at = self.client.erase_at(views::conversation_row(conversation))?;
        self.look_for_consents(conversation)?;
        let desk = self.desk()?;
        let mut view = shown::case(desk, channel, conversation, me, erase_at);
        view.answering = desk.answering(channel, me, now);
        self.desk_update(DeskUpdate::Case(view));
        Ok(())
    }

    /// Gives messages that colleagues wrote their names.
    fn name_colleague(&mut self, device: [u8; 32]) -> Result<String, ClientError> {
        Ok(shown::name_of(self.desk()?, DeviceKey::new(device)))
    }

    /// What the team knows, loaded where it is not yet.
    pub(crate) fn desk(&mut self) -> Result<&Desk, ClientError> {
        if self.desk.is_none() {
            let state = self.client.desk_state()?;
            let parts = state.iter().map(|(key, value)| (key.as_slice(), value.as_slice()));
            let (team, cases) = room::load(parts).map_err(|_| ClientError::Damaged("the desk's state"))?;
            let is_limited = staffing::is_limited(&team);
            self.desk = Some(Box::new(Desk { team, cases, is_limited, ..Desk::default() }));
        }
        self.desk.as_deref().ok_or(ClientError::Damaged("the desk's state"))
    }

    pub(crate) fn me(&mut self) -> Result<DeviceKey, ClientError> {
        let standing = self.client.desk()?.ok_or(Refusal::NoLine)?;
        Ok(DeviceKey::new(standing.device))
    }

    /// What names a conversation with a customer on all devices.
    pub(crate) fn channel(&mut self, conversation: ConversationId) -> Result<ChannelId, ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        let summary = summary.filter(|summary| summary.contact().is_some());
        let channel = summary.and_then(|summary| summary.conversation.channel);
        Ok(ChannelId::new(channel.ok_or(Refusal::Unknown)?))
    }

    /// Messages of a conversation that are business records.
    pub(crate) fn records_of(
        &mut self,
        conversation: kuvert_core::ConversationId,
    ) -> Result<Vec<[u8; 32]>, ClientError> {
        let channel = self.channel(views::conversation_id(conversation))?;
        let tags = self.desk()?.cases.get(channel).map(|case| case.tags.keys().copied().collect::<Vec<_>>());
        Ok(tags.unwrap_or_default().iter().map(|id| *id.as_bytes()).collect())
    }

    pub(crate) fn post(&mut self, now: Timestamp, event: &Event) -> Result<(), ClientError> {
        self.line(now, LineCommand::Post { event: event.encode() })
    }

    pub(crate) fn line(&mut self, now: Timestamp, command: LineCommand) -> Result<(), ClientError> {
        self.client.handle(now, Input::Command(Command::Line(command)))?;
        self.drain()
    }

    pub(crate) fn desk_update(&mut self, update: DeskUpdate) {
        self.updates.push_back(ViewUpdate::Desk(update.encode()));
    }
}

impl Duties {
    fn note(&mut self, event: &Event) {
        if let Event::Case { conversation, event } = event
            && matches!(
                event,
                CaseEvent::Claim
                    | CaseEvent::Release
                    | CaseEvent::HandOver { .. }
                    | CaseEvent::TakeOver
                    | CaseEvent::SetStatus { .. }
                    | CaseEvent::Take { .. }
            )
        {
            self.recased.insert(*conversation);
        }
        match event {
            Event::SetReach { .. } => self.restaff = true,
            Event::Dismiss { device } => {
                self.restaff = true;
                self.dismissed.push(*device);
            }
            Event::SetSettings { .. } => self.publish = true,
            Event::SetRole { .. } => self.roles = true,
            Event::Case {
                conversation,
                event: CaseEvent::Tag { message, .. } | CaseEvent::Untag { message },
            } => self.marked.push((*conversation, *message)),
            Event::SetCanned { .. } | Event::DropCanned { .. } => self.canned = true,
            _ => {}
        }
    }
}
