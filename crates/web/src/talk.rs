//! The conversation that is shown: its window of messages, what is being written, and what lies above it. A part of
//! [`crate::state::AppState`], of the same kind: [`Talk::apply`] takes updates of the engine, the other writers are for what
//! the user does on the page itself.
//!
//! Each message has a signal of its own, and rows are laid out once after all updates of a frame ([`Talk::commit`]): a
//! message that comes costs the same however many are shown.

mod guarded;
mod seek;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use kuvert_view::{ConversationId, DetailsView, MessageId, MessageView, Sender, UiCommand, ViewUpdate};
use leptos::prelude::*;

pub(crate) use self::seek::Place;

use self::seek::Goal;
use crate::compose::{Composing, Desk, Quoted, Sent};
use crate::model::Outgoing;
use crate::window::{Put, Row, Window};
use crate::{bridge, dates};

/// How long after the last key a draft is handed to the engine.
const SAVE_AFTER: Duration = Duration::from_millis(400);

/// How long a few words about what was done stand.
const SAID_FOR: Duration = Duration::from_secs(3);

/// What lies above the conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Overlay {
    /// The menu of a message, at a place of the page; as a sheet from below if it was opened with a finger.
    Menu { message: MessageView, at: (f64, f64), by_finger: bool },
    /// More reactions to a message.
    Reactions { message: MessageId },
    /// Whether a message is really to be deleted, and where.
    Delete { message: MessageView },
    /// Who has a message, and since when; `None` until the engine answered.
    Details { message: MessageId, details: Option<DetailsView> },
    /// For how long messages are kept.
    Timer,
    /// A day to go to.
    Day,
}

/// The rows of the timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Of which conversation.
    pub(crate) conversation: Option<ConversationId>,
    /// From the top to the end.
    pub(crate) rows: Vec<Row>,
    /// Whether there are messages before these.
    pub(crate) has_older: bool,
    /// Whether there are messages after these.
    pub(crate) has_newer: bool,
}

/// The part of the shared state that is about the shown conversation; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Talk {
    window: StoredValue<Window>,
    cells: StoredValue<HashMap<MessageId, ArcRwSignal<MessageView>>>,
    is_stale: StoredValue<bool>,
    at_end: StoredValue<bool>,
    wanted: StoredValue<Option<(ConversationId, Goal)>>,
    opened: StoredValue<Option<(ConversationId, MessageId)>>,
    rows: RwSignal<Rows>,
    place: RwSignal<Option<Place>>,
    beyond: RwSignal<u32>,
    overlay: RwSignal<Option<Overlay>>,
    desk: RwSignal<Desk>,
    drafts: RwSignal<BTreeMap<ConversationId, String>>,
    unsaved: StoredValue<BTreeSet<ConversationId>>,
    outgoing: RwSignal<Outgoing>,
    arrived: RwSignal<Option<MessageView>>,
    said: RwSignal<Option<&'static str>>,
}

impl Talk {
    /// Nothing is shown yet.
    pub(crate) fn new() -> Self {
        Self {
            window: StoredValue::new(Window::default()),
            cells: StoredValue::new(HashMap::new()),
            is_stale: StoredValue::new(false),
            at_end: StoredValue::new(true),
            wanted: StoredValue::new(None),
            opened: StoredValue::new(None),
            rows: RwSignal::new(Rows::default()),
            place: RwSignal::new(None),
            beyond: RwSignal::new(0),
            overlay: RwSignal::new(None),
            desk: RwSignal::new(Desk::default()),
            drafts: RwSignal::new(BTreeMap::new()),
            unsaved: StoredValue::new(BTreeSet::new()),
            outgoing: RwSignal::new(Outgoing::default()),
            arrived: RwSignal::new(None),
            said: RwSignal::new(None),
        }
    }

    /// Takes an update of the engine that is about a conversation. Others have no effect.
    pub(crate) fn apply(self, update: ViewUpdate) {
        match update {
            ViewUpdate::Opened { conversation, read_to, unread } => {
                self.opened.set_value((unread > 0).then_some((conversation, read_to)));
            }
            ViewUpdate::Timeline { conversation, messages, has_older } => {
                self.apply_timeline(conversation, messages, has_older);
            }
            ViewUpdate::Older { conversation, messages, has_older } => self.change(|window| {
                window.prepend(conversation, messages, has_older, dates::local_day);
            }),
            ViewUpdate::Newer { conversation, messages, has_newer } => self.change(|window| {
                window.append(conversation, messages, has_newer, dates::local_day);
            }),
            ViewUpdate::Around { conversation, message, messages, has_older, has_newer } => {
                let is_taken = self.change(|window| {
                    window.replace(conversation, messages, has_older, has_newer, dates::local_day)
                });
                if is_taken {
                    self.refresh();
                    self.arrive(message);
                }
            }
            ViewUpdate::Message { conversation, message } => self.apply_message(conversation, message),
            ViewUpdate::MessageGone { conversation, message } => {
                self.change(|window| window.remove(conversation, message));
                self.arrived.update(|arrived| *arrived = arrived.take().filter(|shown| shown.id != message));
                self.desk.update(|desk| desk.gone(conversation, message));
            }
            ViewUpdate::Details(details) => self.apply_details(details),
            ViewUpdate::Composing(all) => {
                let drafts = all.iter().map(|one| (one.conversation, one.draft.clone()));
                self.drafts.set(drafts.filter(|(_, draft)| !draft.is_empty()).collect());
                self.desk.update(|desk| desk.kept(all));
            }
            _ => {}
        }
    }

    fn apply_timeline(self, conversation: ConversationId, messages: Vec<MessageView>, has_older: bool) {
        self.outgoing.update(|outgoing| outgoing.opened(conversation));
        let read_to = self.take_opened(conversation);
        let is_fresh = self.change(|window| {
            let is_fresh = window.show(conversation, messages, has_older, dates::local_day);
            if read_to.is_some() {
                window.set_read_to(read_to);
            }
            is_fresh
        });
        self.refresh();
        if is_fresh {
            self.at_end.set_value(true);
            self.beyond.set(0);
        }
        match self.wanted.get_value() {
            Some((wanted, _)) if wanted == conversation => self.seek(),
            _ if !is_fresh => {
                if self.window.with_value(|window| window.doubtful().is_some()) {
                    self.wanted.set_value(Some((conversation, Goal::Same)));
                    self.seek();
                }
            }
            _ if read_to.is_none() => self.place.set(Some(Place::End)),
            _ if self.window.with_value(Window::unread_is_older) => {
                self.wanted.set_value(Some((conversation, Goal::Unread)));
                self.seek();
            }
            _ => self.place.set(Some(Place::Unread)),
        }
    }

    /// Up to where the conversation had been read when it was opened, if something in it was not.
    fn take_opened(self, conversation: ConversationId) -> Option<MessageId> {
        let opened = self.opened.get_value().filter(|(opened, _)| *opened == conversation);
        self.opened.set_value(None);
        opened.map(|(_, read_to)| read_to)
    }

    fn apply_message(self, conversation: ConversationId, message: MessageView) {
        self.outgoing.update(|outgoing| outgoing.shown(conversation, &message));
        if self.window.with_value(|window| window.conversation() != Some(conversation)) {
            return;
        }
        if self.overlay.with_untracked(|overlay| is_details_of(overlay.as_ref(), message.id)) {
            bridge::post(&UiCommand::ShowDetails { message: message.id });
        }
        let at_end = self.at_end.get_value();
        let is_of_other = message.from == Sender::Contact;
        let copy = message.clone();
        let put = self.window.try_update_value(|window| window.put(message, at_end, dates::local_day));
        match put {
            Some(Put::Changed) => {
                let cell = self.cells.with_value(|cells| cells.get(&copy.id).cloned());
                if let Some(cell) = cell {
                    cell.set(copy);
                }
            }
            Some(put @ (Put::Added | Put::Beyond)) => {
                self.is_stale.set_value(true);
                if is_of_other && (put == Put::Beyond || !at_end) {
                    self.beyond.update(|count| *count += 1);
                }
                if is_of_other {
                    self.arrived.set(Some(copy));
                }
            }
            Some(Put::Ignored) | None => {}
        }
    }

    /// Shows messages as the window holds them now.
    fn refresh(self) {
        self.cells.with_value(|cells| {
            self.window.with_value(|window| {
                for (id, cell) in cells {
                    if let Some(message) = window.find(*id)
                        && cell.with_untracked(|shown| shown != message)
                    {
                        cell.set(message.clone());
                    }
                }
            });
        });
    }

    fn apply_details(self, new: DetailsView) {
        self.overlay.update(|overlay| {
            if let Some(Overlay::Details { message, details }) = overlay
                && *message == new.message.id
            {
                *details = Some(new);
            }
        });
    }

    /// Changes the window; its rows are laid out anew by the next [`Self::commit`].
    fn change<T: Default>(self, work: impl FnOnce(&mut Window) -> T) -> T {
        self.is_stale.set_value(true);
        self.window.try_update_value(work).unwrap_or_default()
    }

    /// Lays out the rows, if something about them changed. Called after the updates of a frame.
    pub(crate) fn commit(self) {
        let is_waiting = self.wanted.with_value(|wanted| matches!(wanted, Some((_, Goal::Unread))));
        if !self.is_stale.get_value() || is_waiting {
            return;
        }
        self.is_stale.set_value(false);
        let rows = self.window.with_value(|window| Rows {
            conversation: window.conversation(),
            rows: window.rows(),
            has_older: window.has_older(),
            has_newer: window.has_newer(),
        });
        self.cells.update_value(|cells| {
            self.window.with_value(|window| cells.retain(|id, _| window.find(*id).is_some()));
        });
        self.rows.set(rows);
    }

    /// A wish could not be fulfilled. If it was the command with this number that sent a text, the text comes back.
    pub(crate) fn refused(self, number: Option<u64>) {
        let text =
            number.and_then(|number| self.outgoing.try_update(|outgoing| outgoing.refused(number)).flatten());
        if let Some(refused) = text {
            self.desk.update(|desk| desk.bring_back(refused.conversation, &refused.text));
            self.save_later(refused.conversation);
        }
        self.wanted.set_value(None);
        self.change(Window::forget_asked);
    }

    /// The engine was started again, and did not tell of what happened meanwhile.
    pub(crate) fn engine_started_again(self) {
        self.window.update_value(Window::doubt);
    }

    /// Another tab may have changed anything: what is shown is asked for anew, and in full.
    pub(crate) fn changed_elsewhere(self) {
        self.change(|window| *window = Window::default());
    }

    /// A conversation is gone, and with it what was being written.
    pub(crate) fn conversation_gone(self, conversation: ConversationId) {
        self.unsaved.update_value(|unsaved| {
            unsaved.remove(&conversation);
        });
        self.drafts.update(|drafts| {
            drafts.remove(&conversation);
        });
        self.desk.update(|desk| {
            desk.typed(conversation, String::new());
        });
    }

    /// The rows of the timeline.
    pub(crate) fn rows(self) -> Signal<Rows> {
        self.rows.into()
    }

    /// A message of the timeline, which follows its changes; `None` if it has left the window.
    pub(crate) fn message(self, id: MessageId) -> Option<ArcRwSignal<MessageView>> {
        if let Some(cell) = self.cells.with_value(|cells| cells.get(&id).cloned()) {
            return Some(cell);
        }
        let message = self.window.with_value(|window| window.find(id).cloned())?;
        let cell = ArcRwSignal::new(message);
        self.cells.update_value(|cells| {
            cells.insert(id, cell.clone());
        });
        Some(cell)
    }

    /// Where the timeline is to be moved to.
    pub(crate) fn place(self) -> RwSignal<Option<Place>> {
        self.place
    }

    /// Messages of others that came below what is being read.
    pub(crate) fn beyond(self) -> Signal<u32> {
        self.beyond.into()
    }

    /// Where the timeline stands now: whether its end is in view.
    pub(crate) fn set_at_end(self, at_end: bool) {
        let is_newest = self.window.with_value(|window| !window.has_newer());
        self.at_end.set_value(at_end && is_newest);
        if at_end && is_newest && self.beyond.get_untracked() > 0 {
            self.beyond.set(0);
        }
    }

    /// Loads the page before the first message, unless something is being loaded.
    pub(crate) fn load_older(self, conversation: ConversationId) {
        if let Some(before) = self.window.try_update_value(Window::ask_older).flatten() {
            bridge::post(&UiCommand::LoadOlder { conversation, before });
        }
    }

    /// Loads the page after the last message, unless something is being loaded.
    pub(crate) fn load_newer(self, conversation: ConversationId) {
        if let Some(after) = self.window.try_update_value(Window::ask_newer).flatten() {
            bridge::post(&UiCommand::LoadNewer { conversation, after });
        }
    }

    /// The user opens a conversation, or looks at it again.
    pub(crate) fn open(self, conversation: ConversationId) {
        self.outgoing.update(|outgoing| outgoing.opening(conversation));
        bridge::post(&UiCommand::OpenConversation { conversation });
    }

    /// The screen of a conversation is gone.
    pub(crate) fn leave(self, conversation: ConversationId) {
        self.overlay.set(None);
        if self.window.with_value(|window| window.conversation() == Some(conversation)) {
            self.change(|window| *window = Window::default());
            self.commit();
        }
        self.save();
    }

    /// What lies above the conversation.
    pub(crate) fn overlay(self) -> RwSignal<Option<Overlay>> {
        self.overlay
    }

    /// Shows who has a message, and since when.
    pub(crate) fn show_details(self, message: MessageId) {
        self.overlay.set(Some(Overlay::Details { message, details: None }));
        bridge::post(&UiCommand::ShowDetails { message });
    }

    /// Says in a few words what has just been done; the key of a text.
    pub(crate) fn say(self, key: &'static str) {
        self.said.set(Some(key));
        set_timeout(
            move || {
                self.said.try_set(None);
            },
            SAID_FOR,
        );
    }

    /// What has just been done, in a few words; the key of a text.
    pub(crate) fn said(self) -> Signal<Option<&'static str>> {
        self.said.into()
    }

    /// What is being written in a conversation.
    pub(crate) fn composing(self, conversation: ConversationId) -> Memo<Composing> {
        Memo::new(move |_| self.desk.with(|desk| desk.of(conversation)))
    }

    /// What stands in the field of a conversation.
    pub(crate) fn field(self, conversation: ConversationId) -> Memo<String> {
        Memo::new(move |_| self.desk.with(|desk| desk.text(conversation).to_owned()))
    }

    /// The draft of a conversation, for the list; empty if there is none.
    pub(crate) fn draft(self, conversation: ConversationId) -> Memo<String> {
        Memo::new(move |_| self.drafts.with(|drafts| drafts.get(&conversation).cloned().unwrap_or_default()))
    }

    /// The user typed. The draft is handed to the engine a moment later.
    pub(crate) fn typed(self, conversation: ConversationId, text: String) {
        if self.desk.try_update(|desk| desk.typed(conversation, text)).unwrap_or(false) {
            self.save_later(conversation);
        }
    }

    fn save_later(self, conversation: ConversationId) {
        let is_first = self.unsaved.with_value(BTreeSet::is_empty);
        self.unsaved.update_value(|unsaved| {
            unsaved.insert(conversation);
        });
        if is_first {
            set_timeout(move || self.save(), SAVE_AFTER);
        }
    }

    /// Hands drafts that changed to the engine.
    pub(crate) fn save(self) {
        let unsaved = self.unsaved.try_update_value(std::mem::take).unwrap_or_default();
        for conversation in unsaved {
            let text = self.desk.with_untracked(|desk| desk.of(conversation).draft().to_owned());
            self.drafts.update(|drafts| {
                drafts.remove(&conversation);
                if !text.trim().is_empty() {
                    drafts.insert(conversation, text.clone());
                }
            });
            bridge::post(&UiCommand::SetDraft { conversation, text });
        }
    }

    /// The user answers a message.
    pub(crate) fn reply(self, conversation: ConversationId, message: &MessageView) {
        self.desk.update(|desk| desk.reply(conversation, Quoted::of(message)));
    }

    /// The user edits a message.
    pub(crate) fn edit(self, conversation: ConversationId, message: &MessageView) {
        self.desk.update(|desk| desk.edit(conversation, message.id, message.text.clone()));
    }

    /// The user edits the newest own text; says whether there is one.
    pub(crate) fn edit_newest(self, conversation: ConversationId) -> bool {
        let newest = self.window.with_value(|window| {
            window.newest_own_text().filter(|_| window.conversation() == Some(conversation)).cloned()
        });
        if let Some(message) = &newest {
            self.edit(conversation, message);
        }
        newest.is_some()
    }

    /// The user leaves the edit or the answer; says whether there was one.
    pub(crate) fn leave_edit(self, conversation: ConversationId) -> bool {
        self.desk.try_update(|desk| desk.leave(conversation)).unwrap_or(false)
    }

    /// The user chooses for how long messages are kept.
    pub(crate) fn set_timer(self, conversation: ConversationId, expires_after: Option<u32>) {
        self.desk.update(|desk| desk.set_timer(conversation, expires_after));
        bridge::post(&UiCommand::SetTimer { conversation, expires_after });
    }

    /// The user sends a text that was found valid. The field is empty at once.
    pub(crate) fn send(self, conversation: ConversationId, text: String) {
        let sent = self.desk.try_update(|desk| desk.send(conversation));
        match sent {
            Some(Sent::Edited(message)) => bridge::post(&UiCommand::Edit { message, text }),
            Some(Sent::New { reply_to, expires_after }) => {
                let command = UiCommand::Write { conversation, text: text.clone(), reply_to, expires_after };
                let number = bridge::post_numbered(&command);
                self.outgoing.update(|outgoing| outgoing.sent(number, conversation, text));
                self.sent(conversation);
            }
            None => {}
        }
    }

    /// Takes what is sent with files beside them: their text, the message that they answer, and for how long they are kept.
    /// The field is empty afterwards. `None` while a message is being edited, which takes no files.
    pub(crate) fn take_for_files(
        self,
        conversation: ConversationId,
    ) -> Option<(String, Option<MessageId>, Option<u32>)> {
        let taken = self.desk.try_update(|desk| {
            let composing = desk.of(conversation);
            composing.editing().is_none().then(|| (composing.text().to_owned(), desk.send(conversation)))
        });
        let Some(Some((text, Sent::New { reply_to, expires_after }))) = taken else { return None };
        self.sent(conversation);
        Some((text, reply_to, expires_after))
    }

    /// What was to be sent with files comes back: its text, and the message that it answers.
    pub(crate) fn bring_back(self, conversation: ConversationId, text: &str, reply: Option<Quoted>) {
        self.desk.update(|desk| {
            if !text.is_empty() {
                desk.bring_back(conversation, text);
            }
            if let Some(reply) = reply {
                desk.reply(conversation, reply);
            }
        });
        self.save_later(conversation);
    }

    /// Something was sent: its draft is gone, nothing above it is unread, and it is to be seen.
    fn sent(self, conversation: ConversationId) {
        self.unsaved.update_value(|unsaved| {
            unsaved.remove(&conversation);
        });
        self.drafts.update(|drafts| {
            drafts.remove(&conversation);
        });
        self.change(|window| window.set_read_to(None));
        self.commit();
        self.to_end(conversation);
    }

    /// Texts of a conversation that the engine has not shown yet.
    pub(crate) fn outgoing(self, conversation: ConversationId) -> Memo<Vec<String>> {
        Memo::new(move |_| self.outgoing.with(|outgoing| outgoing.of(conversation)))
    }

    /// The newest message that arrived in the shown conversation.
    pub(crate) fn arrived(self) -> Signal<Option<MessageView>> {
        self.arrived.into()
    }
}

fn is_details_of(overlay: Option<&Overlay>, id: MessageId) -> bool {
    matches!(overlay, Some(Overlay::Details { message, .. }) if *message == id)
}
