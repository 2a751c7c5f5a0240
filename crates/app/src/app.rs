//! The application: one engine and what is shown of it.

use std::collections::VecDeque;

use kuvert_core::{
    Admission, BlobTask, ChangeSet, Client, ClientError, Command, Config, Event, FetchRequest, Input, Line,
    Link, Origin, Output, Ticket, Timestamp,
};
use kuvert_view::{
    Connection, ConversationId, ConversationView, Failure, MessageId, MessageView, ProfileView, UiCommand,
    ViewUpdate,
};
use kuvert_wire::ErrorCode;

use crate::desk::{self, Desk, DeskHooks};
use crate::files;
use crate::people::LineFacts;
use crate::push;
use crate::views;
use crate::wishes;

/// Messages of one page of a timeline.
pub(crate) const PAGE: u32 = 50;

/// Messages that are looked at for consents at once; the others are when their conversation is shown.
pub(crate) const MAX_CAME: usize = 1_000;

/// For which conversations a user interface wants to see every message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// The one that was shown last.
    Shown,
    /// All of them; for a terminal that lists what comes.
    All,
}

/// What a driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Keep this session open to the relay with this origin, and open it again after every loss.
    Connect(Line, Origin),
    /// Close this session, and keep it closed.
    Disconnect(Line),
    /// Send a frame.
    Transmit(Line, Vec<u8>),
    /// Close this session and open it again: what came over it makes no sense.
    Reconnect(Line),
    /// Keep all sessions closed: another program uses this profile.
    Rest,
    /// Fetch, and answer with [`Input::Fetched`].
    Fetch(FetchRequest),
    /// Move a file, or delete a blob, and answer with [`Input::Blob`].
    Blob(BlobTask),
    /// Give [`Input::Wake`] at this time.
    WakeAt(Timestamp),
}

/// An engine with its user interface's state.
pub struct App {
    pub(crate) client: Client,
    relay: String,
    watch: Watch,
    stays_at_own_relay: bool,
    refused: Option<ErrorCode>,
    /// Is being read: what comes there is not unread.
    shown: Option<ConversationId>,
    /// Was shown last, and may be held by the user interface still: it is told of changes, also while nobody looks.
    watched: Option<ConversationId>,
    /// What was said last of the line that the watched conversation is with.
    pub(crate) told_line: Option<LineFacts>,
    /// What the team of a business line knows.
    pub(crate) desk: Option<Box<Desk>>,
    /// What works the desk, where this is for a team.
    pub(crate) desk_hooks: Option<&'static DeskHooks>,
    /// Events came to the desk room, or it stands otherwise with it.
    pub(crate) desk_changed: bool,
    /// Another device of the line asks for what this one knows.
    pub(crate) desk_wanted: bool,
    /// Messages that came at a desk, and may say something about consents.
    pub(crate) desk_came: Vec<kuvert_core::MessageId>,
    /// Messages that came since requests were looked for.
    pub(crate) came: Vec<kuvert_core::MessageId>,
    /// The user interface has asked for the desk: it is told of every change.
    pub(crate) desk_shown: bool,
    connection: Connection,
    pub(crate) updates: VecDeque<ViewUpdate>,
    effects: VecDeque<Effect>,
    /// When something happened last.
    pub(crate) now: Timestamp,
}

impl App {
    /// Opens a profile. `relay` is where a new identity will have its inbox.
    ///
    /// # Errors
    /// [`ClientError`] if the profile does not open.
    pub fn open(config: &Config<'_>, relay: &str, watch: Watch) -> Result<Self, ClientError> {
        let mut app = Self {
            client: Client::open(config)?,
            relay: relay.to_owned(),
            watch,
            stays_at_own_relay: false,
            refused: None,
            shown: None,
            watched: None,
            told_line: None,
            desk: None,
            desk_hooks: None,
            // What came before a crash is still to be folded.
            desk_changed: true,
            desk_wanted: false,
            desk_came: Vec::new(),
            came: Vec::new(),
            desk_shown: false,
            connection: Connection::Connecting,
            updates: VecDeque::new(),
            effects: VecDeque::new(),
            now: Timestamp(0),
        };
        app.drain()?;
        Ok(app)
    }

    /// Speaks to its own relay only, from now on and for good, as a web page has to (WEB-1). To be called before the first
    /// command or input.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn stay_at_own_relay(&mut self) -> Result<(), ClientError> {
        self.stays_at_own_relay = true;
        self.client.stay_at_own_relay()
    }

    /// Works the desk of a business line, too, if the profile is one of a line's. Who serves customers only leaves this out, and is so much
    /// smaller in a browser. To be called before the first command or input.
    pub fn with_desk(mut self) -> Self {
        self.desk_hooks = Some(&desk::HOOKS);
        self
    }

    fn tend_desk(&mut self, now: Timestamp) -> Result<(), ClientError> {
        match self.desk_hooks {
            Some(hooks) => (hooks.tend)(self, now),
            None => Ok(()),
        }
    }

    /// Why a relay last refused something for good, since the profile was opened.
    pub fn last_refusal(&self) -> Option<ErrorCode> {
        self.refused
    }

    /// Fulfils a wish of the user. What cannot be fulfilled comes back as [`ViewUpdate::Failed`].
    pub fn command(&mut self, now: Timestamp, command: UiCommand) {
        self.look(now);
        let done = self.try_command(now, command).and_then(|()| self.tend_desk(now));
        if let Err(error) = done {
            self.updates.push_back(ViewUpdate::Failed(views::failure(&error)));
        }
    }

    /// Like [`Self::command`], for who gives a command again when its answer was lost in a crash: it is carried out once. What
    /// cannot be fulfilled comes back as [`ViewUpdate::Refused`].
    pub fn command_once(&mut self, now: Timestamp, ticket: Ticket, command: UiCommand) {
        self.client.once(Some(ticket));
        self.look(now);
        if let Err(error) = self.try_command(now, command) {
            let failure = views::failure(&error);
            self.updates.push_back(ViewUpdate::Refused { number: ticket.number, failure });
        }
        self.client.once(None);
    }

    /// Says at which time the questions that follow are asked: what has expired by then is neither shown nor found, and goes.
    /// To be called after opening, and before questions that are not a [`UiCommand`].
    pub fn look(&mut self, now: Timestamp) {
        self.now = now;
        // What cannot go, as on a full disk, is not shown all the same; it goes with a later input.
        let _ = self.client.look(now).and_then(|()| self.drain());
    }

    /// Takes what happened at a session, a fetch or a timer.
    ///
    /// # Errors
    /// [`ClientError`] if the profile's database or MLS state failed. A frame that could not be handled leads to
    /// [`Effect::Reconnect`], and a relay's fault to nothing else.
    pub fn input(&mut self, now: Timestamp, input: Input) -> Result<(), ClientError> {
        self.now = now;
        let line = match &input {
            Input::Frame(line, _) => Some(line.clone()),
            _ => None,
        };
        match &input {
            Input::Connected(Line::Owner) => self.connected(Connection::Connecting),
            Input::Disconnected(Line::Owner) => self.connected(Connection::Offline),
            _ => {}
        }
        match (self.client.handle(now, input), line) {
            (Err(error), Some(line)) => {
                // Also if the fault is here: what follows on this session must not be taken, and so acknowledged, in
                // the place of the frame that failed. A new session begins with that frame again.
                self.effects.push_back(Effect::Reconnect(line));
                if matches!(error, ClientError::PeerFault(_)) { Ok(()) } else { Err(error) }
            }
            (result, _) => {
                result?;
                self.drain()?;
                self.tend_desk(now)?;
                self.mark_shown_read(now)
            }
        }
    }

    /// The next change to what is shown.
    pub fn poll_update(&mut self) -> Option<ViewUpdate> {
        self.updates.pop_front()
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether everything that the user sent is at the relay.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn is_all_sent(&mut self) -> Result<bool, ClientError> {
        Ok(self.client.waiting()? == 0)
    }

    /// How a profile that did not open is shown.
    pub fn open_failure(error: &ClientError) -> ViewUpdate {
        ViewUpdate::Failed(views::failure(error))
    }

    /// The user's own identity, if there is one.
    pub fn profile(&self) -> Option<ProfileView> {
        self.client.profile().map(|(name, id, relay)| ProfileView {
            name: name.to_owned(),
            kuvert_id: id.to_string(),
            relay: relay.to_owned(),
        })
    }

    /// Origin of the own relay, or of what is to be.
    pub(crate) fn relay(&self) -> &str {
        &self.relay
    }

    /// State of the connection to the relay.
    pub fn connection(&self) -> Connection {
        self.connection
    }

    /// All conversations, the most recent first.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn conversations(&mut self) -> Result<Vec<ConversationView>, ClientError> {
        let now = self.now;
        Ok(self.client.conversations()?.iter().map(|row| views::conversation(row, now)).collect())
    }

    /// One conversation; `None` if there is no such one.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn conversation(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Option<ConversationView>, ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        Ok(summary.as_ref().map(|row| views::conversation(row, self.now)))
    }

    fn try_command(&mut self, now: Timestamp, command: UiCommand) -> Result<(), ClientError> {
        let (command, anyway) = match command {
            UiCommand::Anyway(wish) => (*wish, true),
            command => (command, false),
        };
        if !self.may_leave(&command, anyway)? {
            return Ok(());
        }
        let command = match command {
            UiCommand::Start => return self.start(),
            UiCommand::OpenConversation { conversation } => return self.show(now, conversation),
            UiCommand::CloseConversation => {
                self.shown = None;
                return Ok(());
            }
            UiCommand::LoadOlder { conversation, before } => return self.older(conversation, before),
            UiCommand::LoadNewer { conversation, after } => return self.newer(conversation, after),
            UiCommand::LoadAround { conversation, message } => return self.around(conversation, message),
            UiCommand::LoadSince { conversation, at } => return self.since(conversation, Timestamp(at)),
            UiCommand::ShowMembers { conversation } => return self.show_members(conversation),
            UiCommand::ShowContact { conversation } => return self.show_contact(conversation),
            UiCommand::ShowDetails { message } => return self.details(message),
            UiCommand::Search { words, conversation, before } => {
                return self.search(words, conversation, before);
            }
            UiCommand::ShowVerification { conversation } => return self.verification(conversation),
            UiCommand::ShowSettings => return self.settings(),
            UiCommand::ShowPreview { file } => return self.show_preview(file),
            UiCommand::ShowPush => return self.show_push(),
            UiCommand::Desk(wish) => {
                let hooks = self.desk_hooks.ok_or(kuvert_core::Refusal::NoLine)?;
                return (hooks.command)(self, now, &wish);
            }
            UiCommand::SubmitForm { conversation, form } => {
                return self.submit_form(now, conversation, &form);
            }
            UiCommand::CheckForm { conversation, form, files } => {
                return self.check_form(conversation, &form, files);
            }
            UiCommand::Rate { conversation, score, words } => {
                return self.rate(now, conversation, score, words);
            }
            UiCommand::AskErasure { conversation, words } => {
                return self.ask_erasure(now, conversation, words);
            }
            UiCommand::Export { conversation, language, after, part } => {
                return self.export_own(now, conversation, &language, after, part);
            }
            UiCommand::SetPush { subscription } => Some(push::command(subscription)?),
            UiCommand::SetReadReports { on } => {
                self.client.handle(now, Input::Command(Command::SetReadReports { on }))?;
                self.drain()?;
                return self.settings();
            }
            // The page may not even fetch a card elsewhere.
            UiCommand::OpenLink { link } if self.is_out_of_reach(&link) => {
                return Err(kuvert_core::Refusal::OtherRelay.into());
            }
            wish => match self.group_command(&wish)? {
                Some(command) => Some(command),
                None => wishes::command(wish, &self.relay),
            },
        };
        // Questions were answered above.
        let Some(command) = command else { return Ok(()) };
        self.client.handle(now, Input::Command(command))?;
        self.show_done();
        Ok(())
    }

    /// Shows what follows from a wish that was written down. A fault in that is no reason to take the wish for refused.
    pub(crate) fn show_done(&mut self) {
        if let Err(error) = self.drain() {
            self.updates.push_back(ViewUpdate::Failed(views::failure(&error)));
        }
    }

    /// Whether a link leads to another relay, to which this profile does not speak.
    fn is_out_of_reach(&self, link: &str) -> bool {
        self.stays_at_own_relay && Link::parse(link).is_ok_and(|link| link.origin() != self.relay)
    }

    fn start(&mut self) -> Result<(), ClientError> {
        self.updates.push_back(ViewUpdate::Profile(self.profile()));
        let conversations = self.conversations()?;
        self.updates.push_back(ViewUpdate::Conversations(conversations));
        self.show_composing()?;
        self.updates.push_back(ViewUpdate::Connection(self.connection));
        Ok(())
    }

    fn show(&mut self, now: Timestamp, conversation: ConversationId) -> Result<(), ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        let row = summary.ok_or(kuvert_core::Refusal::Unknown)?.conversation;
        (self.shown, self.watched) = (Some(conversation), Some(conversation));
        self.told_line = None;
        self.tell_line(conversation)?;
        let (read_to, unread) = (views::message_id(row.read_to), row.unread);
        self.updates.push_back(ViewUpdate::Opened { conversation, read_to, unread });
        let (messages, has_older) = self.page(conversation, None)?;
        self.updates.push_back(ViewUpdate::Timeline { conversation, messages, has_older });
        self.mark_read(now, conversation)
    }

    /// Shows what is being written.
    fn show_composing(&mut self) -> Result<(), ClientError> {
        let composing = self.client.composing()?.into_iter().map(views::composing).collect();
        self.updates.push_back(ViewUpdate::Composing(composing));
        Ok(())
    }

    fn older(&mut self, conversation: ConversationId, before: MessageId) -> Result<(), ClientError> {
        let (messages, has_older) = self.page(conversation, Some(before))?;
        self.updates.push_back(ViewUpdate::Older { conversation, messages, has_older });
        Ok(())
    }

    /// One page of messages before `before` (or the newest), oldest first, and whether there are older ones. Marks
    /// nothing read.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn page(
        &mut self,
        conversation: ConversationId,
        before: Option<MessageId>,
    ) -> Result<(Vec<MessageView>, bool), ClientError> {
        let row = views::conversation_row(conversation);
        let mut rows = self.client.messages(row, before.map(views::message_row), PAGE + 1)?;
        let has_older = rows.len() > PAGE as usize;
        if has_older {
            rows.remove(0);
        }
        Ok((self.messages(rows)?, has_older))
    }

    /// What comes while its conversation is shown is not unread.
    fn mark_shown_read(&mut self, now: Timestamp) -> Result<(), ClientError> {
        let Some(shown) = self.shown else { return Ok(()) };
        let summary = self.client.conversation(views::conversation_row(shown))?;
        match summary {
            Some(summary) if summary.conversation.unread > 0 => self.mark_read(now, shown),
            _ => Ok(()),
        }
    }

    /// Everything in a conversation was seen, without showing it.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn mark_read(&mut self, now: Timestamp, conversation: ConversationId) -> Result<(), ClientError> {
        let command = Command::MarkRead { conversation: views::conversation_row(conversation) };
        self.client.handle(now, Input::Command(command))?;
        self.drain()
    }

    pub(crate) fn drain(&mut self) -> Result<(), ClientError> {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Connect(line, origin) => self.effects.push_back(Effect::Connect(line, origin)),
                Output::Disconnect(line) => self.effects.push_back(Effect::Disconnect(line)),
                Output::Transmit(line, frame) => self.effects.push_back(Effect::Transmit(line, frame)),
                Output::Fetch(request) => self.effects.push_back(Effect::Fetch(request)),
                Output::Blob(task) => self.effects.push_back(Effect::Blob(task)),
                Output::WakeAt(at) => self.effects.push_back(Effect::WakeAt(at)),
                Output::Changes(changes) => self.changed(&changes)?,
                Output::Event(event) => self.event(event)?,
            }
        }
        Ok(())
    }

    /// There will be something to do at a time.
    pub(crate) fn wake_at(&mut self, at: Timestamp) {
        self.effects.push_back(Effect::WakeAt(at));
    }

    /// Whether the user interface wants to see every message of a conversation.
    fn watches(&self, conversation: ConversationId) -> bool {
        self.watch == Watch::All || self.watched == Some(conversation)
    }

    fn changed(&mut self, changes: &ChangeSet) -> Result<(), ClientError> {
        self.desk_changed |= changes.desk;
        if changes.profile {
            self.updates.push_back(ViewUpdate::Profile(self.profile()));
        }
        for (conversation, message) in &changes.messages {
            if self.desk_hooks.is_some() && self.desk_came.len() < MAX_CAME {
                self.desk_came.push(*message);
            }
            self.note_came(*message);
            let conversation = views::conversation_id(*conversation);
            if !self.watches(conversation) {
                continue;
            }
            let row = self.client.message(*message)?;
            if let Some(row) = &row {
                self.tell_answered(row)?;
            }
            match self.messages(row.into_iter().collect())?.pop() {
                Some(message) => self.updates.push_back(ViewUpdate::Message { conversation, message }),
                None => {
                    let message = views::message_id(*message);
                    self.updates.push_back(ViewUpdate::MessageGone { conversation, message });
                }
            }
        }
        for conversation in &changes.removed {
            let conversation = views::conversation_id(*conversation);
            self.shown = self.shown.filter(|shown| *shown != conversation);
            self.watched = self.watched.filter(|watched| *watched != conversation);
            self.updates.push_back(ViewUpdate::ConversationGone { conversation });
        }
        for conversation in changes.conversations.difference(&changes.removed) {
            if let Some(summary) = self.client.conversation(*conversation)? {
                let view = views::conversation(&summary, self.now);
                self.updates.push_back(ViewUpdate::Conversation(view));
                let conversation = views::conversation_id(*conversation);
                if self.watched == Some(conversation) {
                    self.tell_line(conversation)?;
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event) -> Result<(), ClientError> {
        match event {
            Event::OwnLink(link) => self.updates.push_back(ViewUpdate::Link { link }),
            Event::LinkRevoked => self.updates.push_back(ViewUpdate::LinkRevoked),
            Event::CardOpened(info) => self.updates.push_back(ViewUpdate::Card(views::card(&info, self.now))),
            Event::Requested(conversation) => {
                let conversation = views::conversation_id(conversation);
                self.updates.push_back(ViewUpdate::Requested { conversation });
            }
            Event::LinkFailed { reason, .. } => {
                self.updates.push_back(ViewUpdate::Failed(views::link_failure(reason)));
            }
            // Of the own relay the connection tells.
            Event::Unreachable(relay) => {
                if self.client.profile().is_some_and(|(_, _, own)| own != relay.as_str()) {
                    let relay = relay.as_str().to_owned();
                    self.updates.push_back(ViewUpdate::RelayUnreachable { relay });
                }
            }
            Event::CaughtUp => self.connected(Connection::Online),
            Event::TakenOver => {
                self.connected(Connection::Elsewhere);
                self.effects.push_back(Effect::Rest);
            }
            Event::NotAdmitted(admission) => {
                self.updates.push_back(ViewUpdate::Failed(match admission {
                    Admission::Closed => Failure::RelayClosed,
                    Admission::InviteNeeded => Failure::InviteNeeded,
                }));
            }
            Event::Gap { lost } => self.updates.push_back(ViewUpdate::Lost { entries: lost }),
            Event::Transfer(transfer) => {
                self.updates.push_back(ViewUpdate::Transfer(files::transfer(&transfer)));
            }
            Event::GroupCreated(conversation) => {
                let conversation = views::conversation_id(conversation);
                self.updates.push_back(ViewUpdate::GroupCreated { conversation });
            }
            // The conversation's line and its notices say it.
            Event::GroupJoined(_) | Event::GroupLost(_) => {}
            Event::Progressed { conversation, message, state } => {
                let conversation = views::conversation_id(conversation);
                if self.watches(conversation) {
                    let (message, delivery) = (views::message_id(message), views::delivery(state));
                    self.updates.push_back(ViewUpdate::Progressed { conversation, message, delivery });
                }
            }
            Event::Changed { conversation, message, by, change } => {
                let conversation = views::conversation_id(conversation);
                if self.watches(conversation) {
                    let by = self.client.name_of(&by.0)?;
                    let (message, change) = (views::message_id(message), views::change(change));
                    self.updates.push_back(ViewUpdate::Changed { conversation, message, by, change });
                }
            }
            // The messages that failed say that; why is asked for by who is to give advice.
            Event::Refused(code) => self.refused = Some(code),
            // What was dropped had no effect.
            Event::Dropped(_) => {}
            Event::Push => self.show_push()?,
            Event::Line(event) => {
                if let Some(hooks) = self.desk_hooks {
                    (hooks.event)(self, event);
                }
            }
        }
        Ok(())
    }

    fn connected(&mut self, connection: Connection) {
        let at_rest = self.connection == Connection::Elsewhere;
        if self.connection != connection && !at_rest {
            self.connection = connection;
            self.updates.push_back(ViewUpdate::Connection(connection));
        }
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
