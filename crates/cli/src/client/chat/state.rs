//! What the full-screen client shows, as plain data. [`Chat::apply`] takes what the engine says, the keys what the
//! user does; both only change this state and leave wishes to be fulfilled. No clock, no network, no terminal.

use std::collections::{BTreeMap, VecDeque};

use jiff::tz::TimeZone;
use kuvert_view::{
    CardView, Connection, ConversationId, ConversationView, FoundView, MemberView, MessageId, MessageView,
    ProfileView, UiCommand, VerificationView, ViewUpdate,
};
use ratatui::text::Line;

use super::draft::{Aim, Draft};
use super::editor::Editor;
use super::files::FileWish;
use super::group::GroupWindow;
use super::overlay::{AddStep, Hit, LinkState, Overlay, Verify};
use super::timeline::Timeline;
use crate::client::{Failure, guard};

/// Which part takes the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// The list of conversations.
    List,
    /// The text that is written, or the answer to a request.
    Write,
    /// The messages: one of them is chosen.
    Messages,
}

/// What the terminal has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ScreenWish {
    /// A text goes to the clipboard.
    Copy(String),
    /// Another program wrote over the picture.
    Redraw,
    /// Back to the shell, until it continues this program.
    Pause,
}

/// One line for the user, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) is_failure: bool,
}

/// All that is shown.
pub(super) struct Chat {
    pub(super) own: ProfileView,
    /// The most recent first.
    pub(super) list: Vec<ConversationView>,
    /// The conversation in the list that keys act on.
    pub(super) cursor: Option<ConversationId>,
    pub(super) timeline: Option<Timeline<Line<'static>>>,
    drafts: BTreeMap<ConversationId, Draft>,
    /// What was handed to the engine last, until it took it.
    pub(super) sending: Option<(ConversationId, Draft)>,
    /// A message to be shown as soon as it is loaded.
    sought: Option<MessageId>,
    pub(super) connection: Connection,
    pub(super) focus: Focus,
    pub(super) overlay: Option<Overlay>,
    pub(super) notice: Option<Notice>,
    /// Columns and rows of the terminal.
    pub(super) size: (u16, u16),
    pub(super) zone: TimeZone,
    /// Milliseconds since 1970 (UTC), for what is said in relation to today.
    pub(super) now: i64,
    /// No colours, as `NO_COLOR` asks for.
    pub(super) is_plain: bool,
    /// For the engine.
    pub(super) wishes: VecDeque<UiCommand>,
    /// For the engine's driver.
    pub(super) file_wish: Option<FileWish>,
    /// For the terminal.
    pub(super) screen_wish: Option<ScreenWish>,
    pub(super) is_over: bool,
    /// The user was told that a draft would be lost.
    pub(super) is_warned: bool,
}

impl Chat {
    pub(super) fn new(own: ProfileView, zone: TimeZone, size: (u16, u16)) -> Self {
        Self {
            own,
            list: Vec::new(),
            cursor: None,
            timeline: None,
            drafts: BTreeMap::new(),
            sending: None,
            sought: None,
            connection: Connection::Connecting,
            focus: Focus::List,
            overlay: None,
            notice: None,
            size,
            zone,
            now: 0,
            is_plain: false,
            wishes: VecDeque::from([UiCommand::Start]),
            file_wish: None,
            screen_wish: None,
            is_over: false,
            is_warned: false,
        }
    }

    /// The conversation that is shown.
    pub(super) fn shown(&self) -> Option<&ConversationView> {
        self.timeline.as_ref().and_then(|timeline| self.conversation(timeline.conversation))
    }

    pub(super) fn conversation(&self, id: ConversationId) -> Option<&ConversationView> {
        self.list.iter().find(|one| one.id == id)
    }

    /// The text that is written in the conversation that is shown.
    pub(super) fn draft(&self) -> Option<&Draft> {
        self.drafts.get(&self.shown()?.id)
    }

    /// What is written in a conversation and not sent, if anything is.
    pub(super) fn draft_of(&self, conversation: ConversationId) -> Option<&str> {
        self.drafts.get(&conversation).map(|draft| draft.editor.text()).filter(|text| !text.is_empty())
    }

    pub(super) fn draft_mut(&mut self) -> Option<&mut Draft> {
        let id = self.shown()?.id;
        Some(self.drafts.entry(id).or_default())
    }

    /// Whether a text was written and not sent.
    pub(super) fn has_drafts(&self) -> bool {
        self.drafts.values().any(|draft| !draft.editor.is_empty())
    }

    /// Whether something can be written in the conversation that is shown.
    pub(super) fn can_write(&self) -> bool {
        self.shown().is_some_and(|one| super::words::waiting(one).is_none())
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_failure: false });
    }

    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_failure: true });
    }

    /// Shows a conversation.
    pub(super) fn open(&mut self, conversation: ConversationId) {
        self.cursor = Some(conversation);
        self.focus = Focus::Write;
        self.wishes.push_back(UiCommand::OpenConversation { conversation });
    }

    /// Goes back to the list, and on a narrow terminal away from the messages, which are not read there.
    pub(super) fn leave(&mut self) {
        self.focus = Focus::List;
        if let Some(timeline) = &mut self.timeline {
            timeline.selected = None;
        }
        if super::layout::is_narrow(self.size) {
            self.timeline = None;
            self.wishes.push_back(UiCommand::CloseConversation);
        }
    }

    /// Shows a message, wherever it stands.
    pub(super) fn seek(&mut self, conversation: ConversationId, message: MessageId) {
        self.sought = Some(message);
        self.open(conversation);
        self.focus = Focus::Messages;
    }

    /// Takes what the engine answered to a wish at once.
    pub(super) fn answered(&mut self, wish: &UiCommand, updates: Vec<ViewUpdate>) {
        let is_text =
            matches!(wish, UiCommand::Send { .. } | UiCommand::Write { .. } | UiCommand::Edit { .. });
        let failed =
            updates.iter().any(|update| matches!(update, ViewUpdate::Failed(_) | ViewUpdate::Guarded(_)));
        if is_text
            && let Some((conversation, mut draft)) = self.sending.take()
            && failed
        {
            // Nothing that was written is lost: it stands before what was typed since.
            let since = self.drafts.remove(&conversation).unwrap_or_default();
            if !since.editor.is_empty() && since.aim == Aim::New {
                draft.editor = Editor::new(&format!("{}\n{}", draft.editor.text(), since.editor.text()));
            }
            self.drafts.insert(conversation, draft);
        }
        if let (false, Some(Overlay::Verify(_)), UiCommand::Verify { .. }) = (failed, &self.overlay, wish) {
            self.overlay = None;
            self.say(super::words::VERIFIED);
        }
        for update in updates {
            self.apply(update);
        }
    }

    /// Takes a change to what is shown.
    pub(super) fn apply(&mut self, update: ViewUpdate) {
        match update {
            ViewUpdate::Profile(Some(own)) => self.own = own,
            ViewUpdate::Conversations(list) => {
                self.list = list;
                self.cursor = self.cursor.or_else(|| self.list.first().map(|one| one.id));
            }
            ViewUpdate::Conversation(changed) => self.put(changed),
            ViewUpdate::Timeline { conversation, messages, has_older } => {
                let unread = self.conversation(conversation).map_or(0, |one| one.unread);
                self.timeline = Some(Timeline::new(conversation, messages, has_older, unread));
                self.seek_further();
            }
            ViewUpdate::Older { conversation, messages, has_older } => {
                self.older(conversation, messages, has_older);
            }
            ViewUpdate::Message { conversation, message } => {
                if let Some(timeline) = self.timeline_of(conversation) {
                    timeline.put(message);
                }
            }
            ViewUpdate::Link { link } => self.link(LinkState::Shown(link)),
            ViewUpdate::LinkRevoked => self.link(LinkState::Revoked),
            ViewUpdate::Card(card) => self.card(card),
            ViewUpdate::Requested { conversation } | ViewUpdate::GroupCreated { conversation } => {
                self.overlay = None;
                self.open(conversation);
            }
            ViewUpdate::Connection(connection) => self.connection = connection,
            ViewUpdate::Failed(failure) => self.failed(&Failure::from(failure).to_string()),
            ViewUpdate::Guarded(guarded) => self.failed(&guard::failure(&guarded).to_string()),
            ViewUpdate::RelayUnreachable { relay } => self.fail(super::words::unreachable(&relay)),
            ViewUpdate::Lost { entries } => self.fail(super::words::lost(entries)),
            ViewUpdate::MessageGone { conversation, message } => self.message_gone(conversation, message),
            ViewUpdate::ConversationGone { conversation } => self.gone(conversation),
            ViewUpdate::Details(details) => self.overlay = Some(Overlay::Message(Box::new(details), 0)),
            ViewUpdate::Found { words, messages, .. } => self.found(&words, messages),
            ViewUpdate::Verification(shown) => self.verification(shown),
            ViewUpdate::Members { conversation, members } => self.members(conversation, members),
            ViewUpdate::Settings(settings) => self.overlay = Some(Overlay::Settings(settings)),
            ViewUpdate::Transfer(transfer) => self.transfer(&transfer),
            ViewUpdate::Profile(None)
            | ViewUpdate::Contact(_)
            | ViewUpdate::Paper(_)
            | ViewUpdate::Storage(_)
            | ViewUpdate::Changed { .. }
            | ViewUpdate::Done { .. }
            | ViewUpdate::Refused { .. }
            | ViewUpdate::Gate(_)
            | ViewUpdate::Lock(_)
            | ViewUpdate::Move(_)
            | ViewUpdate::Progressed { .. }
            | ViewUpdate::Composing(_)
            | ViewUpdate::Push(_)
            // The desk is shown by commands of its own.
            | ViewUpdate::Desk(_)
            | ViewUpdate::Newer { .. }
            | ViewUpdate::Around { .. }
            | ViewUpdate::Opened { .. }
            // Files come and go by the session here, and not by commands.
            | ViewUpdate::FilesSealing { .. }
            | ViewUpdate::FilesTaken { .. }
            | ViewUpdate::FormChecked { .. }
            | ViewUpdate::FilesNotTaken { .. }
            | ViewUpdate::Preview { .. }
            | ViewUpdate::FileShown { .. }
            | ViewUpdate::FileNotShown { .. }
            | ViewUpdate::FileSaved { .. } => {}
        }
    }

    fn message_gone(&mut self, conversation: ConversationId, message: MessageId) {
        self.timeline_of(conversation).into_iter().for_each(|timeline| timeline.remove(message));
    }

    /// The card of the link that was typed.
    fn card(&mut self, card: CardView) {
        if let Some(Overlay::Add(add)) = &mut self.overlay
            && matches!(add.step, AddStep::Waiting)
        {
            let greeting = super::words::greeting(&self.own.name);
            add.step = AddStep::Message(card, Editor::new(&greeting));
        }
    }

    /// What is needed to verify a contact.
    fn verification(&mut self, shown: VerificationView) {
        self.overlay = Some(Overlay::Verify(Verify { shown, code: None, failure: None }));
    }

    /// A conversation is not there any more.
    fn gone(&mut self, conversation: ConversationId) {
        let place = self.list.iter().position(|one| one.id == conversation);
        self.list.retain(|one| one.id != conversation);
        self.drafts.remove(&conversation);
        if self.timeline.take_if(|timeline| timeline.conversation == conversation).is_some() {
            self.focus = Focus::List;
        }
        if self.cursor == Some(conversation) {
            let next = place.map(|place| place.min(self.list.len().saturating_sub(1)));
            self.cursor = next.and_then(|next| self.list.get(next)).map(|one| one.id);
        }
    }

    /// Shows who is in a group, or renews what is shown.
    fn members(&mut self, conversation: ConversationId, members: Vec<MemberView>) {
        let chosen = match &self.overlay {
            Some(Overlay::Group(GroupWindow::Members(shown, _, chosen))) if *shown == conversation => *chosen,
            _ => 0,
        };
        let chosen = chosen.min(members.len().saturating_sub(1));
        self.overlay = Some(Overlay::Group(GroupWindow::Members(conversation, members, chosen)));
    }

    /// What a search found: conversations by their names first.
    fn found(&mut self, words: &str, messages: Vec<FoundView>) {
        let Some(Overlay::Search(search)) = &mut self.overlay else { return };
        if search.words.text() != words {
            return;
        }
        let name = words.trim().to_lowercase();
        let is_named = |one: &&ConversationView| !name.is_empty() && one.title.to_lowercase().contains(&name);
        let conversations = self.list.iter().filter(is_named).map(|one| Hit::Conversation(one.id));
        search.hits = conversations.collect();
        search.hits.extend(messages.into_iter().map(|found| Hit::Message(Box::new(found))));
        search.chosen = 0;
    }

    /// Shows the message that is sought, or asks for the part of the conversation in which it stands.
    fn seek_further(&mut self) {
        let (Some(sought), Some(timeline)) = (self.sought, &mut self.timeline) else { return };
        match timeline.seek(sought) {
            Some(before) => {
                let conversation = timeline.conversation;
                self.wishes.push_back(UiCommand::LoadOlder { conversation, before });
            }
            None => self.sought = None,
        }
    }

    fn older(&mut self, conversation: ConversationId, messages: Vec<MessageView>, has_older: bool) {
        if let Some(timeline) = self.timeline_of(conversation) {
            timeline.prepend(messages, has_older);
            self.seek_further();
        }
    }

    fn timeline_of(&mut self, conversation: ConversationId) -> Option<&mut Timeline<Line<'static>>> {
        self.timeline.as_mut().filter(|timeline| timeline.conversation == conversation)
    }

    /// Puts a new or changed conversation where its newest message says.
    fn put(&mut self, changed: ConversationView) {
        let before = self.list.iter().position(|one| one.id == changed.id).map(|at| self.list.remove(at));
        if before.is_some_and(|before| before.title != changed.title)
            && let Some(timeline) = self.timeline_of(changed.id)
        {
            timeline.forget_layout();
        }
        if let Some(Overlay::Group(GroupWindow::Members(conversation, ..))) = &self.overlay
            && *conversation == changed.id
        {
            self.wishes.push_back(UiCommand::ShowMembers { conversation: changed.id });
        }
        let newest = |one: &ConversationView| (one.last.as_ref().map_or(i64::MAX, |last| last.at), one.id);
        let place = self.list.partition_point(|one| newest(one) > newest(&changed));
        self.cursor = self.cursor.or(Some(changed.id));
        self.list.insert(place, changed);
    }

    fn link(&mut self, state: LinkState) {
        if let Some(Overlay::Link(shown)) = &mut self.overlay {
            *shown = state;
        }
    }

    /// Says what did not work where the user looks.
    fn failed(&mut self, why: &str) {
        match &mut self.overlay {
            Some(Overlay::Link(state)) => *state = LinkState::Failed(why.to_owned()),
            Some(Overlay::Add(add)) => {
                add.failure = Some(why.to_owned());
                if matches!(add.step, AddStep::Waiting) {
                    add.step = AddStep::Link;
                }
            }
            Some(Overlay::Verify(verify)) => verify.failure = Some(why.to_owned()),
            _ => self.fail(why),
        }
    }
}
