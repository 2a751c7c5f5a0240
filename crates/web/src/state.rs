//! What all screens share. [`AppState::apply`] is the only place where an update of the engine changes it.
//!
//! Fields are read through [`Signal`]s; the other writers are the few methods for what the user does on the page itself
//! (typing, sending, opening, dismissing). Nothing here waits: a command is posted, and its answer is an update.

use kuvert_view::{
    CardView, Connection, ConversationId, ConversationView, Failure, MessageView, ProfileView, Sender,
    Storage, UiCommand, ViewUpdate,
};
use leptos::prelude::*;

use crate::model::{self, Drafts, Outgoing, Timeline};
use crate::{bridge, harmless};

/// What is known of the user's own identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The engine has not answered yet.
    Unknown,
    /// No identity was made yet.
    Missing,
    /// The identity.
    Known(ProfileView),
}

/// What is shown as an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alert {
    /// A wish could not be fulfilled.
    Failure(Failure),
    /// Page and engine are of different versions.
    Version,
    /// Something was lost at the relay.
    Lost,
    /// The relay had forgotten this device.
    Forgotten,
}

/// Why the relay makes no inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// It wants an invitation that was not used yet.
    Invitation,
    /// It takes nobody new.
    Closed,
}

/// The shared state; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct AppState {
    profile: RwSignal<Profile>,
    conversations: RwSignal<Option<Vec<ConversationView>>>,
    timeline: RwSignal<Timeline>,
    link: RwSignal<Option<String>>,
    card: RwSignal<Option<CardView>>,
    requested: RwSignal<Option<ConversationId>>,
    connection: RwSignal<Option<Connection>>,
    storage: RwSignal<Option<Storage>>,
    alerts: RwSignal<Vec<Alert>>,
    failures: RwSignal<u32>,
    outgoing: RwSignal<Outgoing>,
    drafts: RwSignal<Drafts>,
    arrived: RwSignal<Option<MessageView>>,
    broken: RwSignal<bool>,
    door: RwSignal<Option<Door>>,
    passed_by: RwSignal<bool>,
}

impl AppState {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            profile: RwSignal::new(Profile::Unknown),
            conversations: RwSignal::new(None),
            timeline: RwSignal::new(Timeline::default()),
            link: RwSignal::new(None),
            card: RwSignal::new(None),
            requested: RwSignal::new(None),
            connection: RwSignal::new(None),
            storage: RwSignal::new(None),
            alerts: RwSignal::new(Vec::new()),
            failures: RwSignal::new(0),
            outgoing: RwSignal::new(Outgoing::default()),
            drafts: RwSignal::new(Drafts::default()),
            arrived: RwSignal::new(None),
            broken: RwSignal::new(false),
            door: RwSignal::new(None),
            passed_by: RwSignal::new(false),
        }
    }

    /// Takes an update of the engine.
    pub(crate) fn apply(self, mut update: ViewUpdate) {
        harmless::update(&mut update);
        match update {
            ViewUpdate::Profile(profile) => {
                self.profile.set(profile.map_or(Profile::Missing, Profile::Known));
            }
            ViewUpdate::Conversations(list) => self.conversations.set(Some(list)),
            ViewUpdate::Conversation(changed) => self.conversations.update(|list| {
                model::put_conversation(list.get_or_insert_default(), changed);
            }),
            ViewUpdate::Timeline { conversation, messages, has_older } => {
                self.outgoing.update(|outgoing| outgoing.opened(conversation));
                self.timeline.update(|timeline| timeline.show(conversation, messages, has_older));
            }
            ViewUpdate::Older { conversation, messages, has_older } => {
                self.timeline.update(|timeline| timeline.prepend(conversation, messages, has_older));
            }
            ViewUpdate::Message { conversation, message } => self.apply_message(conversation, message),
            ViewUpdate::Link { link } => self.link.set(Some(link)),
            // It was gone from the page with the wish.
            ViewUpdate::LinkRevoked => {}
            ViewUpdate::Card(card) => self.card.set(Some(card)),
            ViewUpdate::Requested { conversation } => self.requested.set(Some(conversation)),
            ViewUpdate::Connection(connection) => {
                if connection == Connection::Online {
                    self.door.set(None);
                }
                self.connection.set(Some(connection));
            }
            ViewUpdate::Storage(storage) => self.storage.set(Some(storage)),
            ViewUpdate::Failed(failure) => self.apply_failure(failure),
            // Of the own relay the connection tells, and to others a page does not speak (WEB-1).
            ViewUpdate::RelayUnreachable { .. } => {}
            // The page moves no files yet.
            ViewUpdate::Transfer(_) => {}
            ViewUpdate::Lost { entries: 0 } => self.alert(Alert::Forgotten),
            ViewUpdate::Lost { .. } => self.alert(Alert::Lost),
            ViewUpdate::MessageGone { conversation, message } => {
                self.timeline.update(|timeline| timeline.remove(conversation, message));
            }
            ViewUpdate::ConversationGone { conversation } => self.conversations.update(|list| {
                list.get_or_insert_default().retain(|shown| shown.id != conversation);
            }),
            // Answers to questions that this page does not ask.
            ViewUpdate::Details(_)
            | ViewUpdate::Found { .. }
            | ViewUpdate::Verification(_)
            | ViewUpdate::Settings(_)
            | ViewUpdate::GroupCreated { .. }
            | ViewUpdate::Changed { .. }
            | ViewUpdate::Progressed { .. }
            | ViewUpdate::Members { .. } => {}
        }
    }

    fn apply_message(self, conversation: ConversationId, message: MessageView) {
        self.outgoing.update(|outgoing| outgoing.shown(conversation, &message));
        if self.timeline.with_untracked(|timeline| timeline.conversation != Some(conversation)) {
            return;
        }
        let from = message.from;
        let copy = message.clone();
        let is_new = self.timeline.try_update(|timeline| timeline.put(message)).unwrap_or(false);
        if is_new && from == Sender::Contact {
            self.arrived.set(Some(copy));
        }
    }

    fn apply_failure(self, failure: Failure) {
        let door = match failure {
            Failure::InviteNeeded => Some(Door::Invitation),
            Failure::RelayClosed => Some(Door::Closed),
            _ => None,
        };
        if door.is_some() && !self.passed_by.get_untracked() {
            self.door.set(door);
            self.failures.update(|count| *count += 1);
            return;
        }
        if let Some(refused) = self.outgoing.try_update(|outgoing| outgoing.refused(failure)).flatten() {
            self.drafts.update(|drafts| drafts.bring_back(refused.conversation, &refused.text));
        }
        self.alert(Alert::Failure(failure));
        self.failures.update(|count| *count += 1);
    }

    /// The engine's bytes are not those of this version.
    pub(crate) fn version_differs(self) {
        self.alert(Alert::Version);
    }

    /// The engine stopped.
    pub(crate) fn engine_stopped(self) {
        self.broken.set(true);
    }

    fn alert(self, alert: Alert) {
        self.alerts.update(|alerts| {
            // Said again, it moves to the end and is read out again.
            alerts.retain(|shown| *shown != alert);
            alerts.push(alert);
        });
    }

    /// The user has read an alert.
    pub(crate) fn dismiss(self, alert: Alert) {
        self.alerts.update(|alerts| alerts.retain(|shown| *shown != alert));
    }

    /// The user goes on without an inbox, for now.
    pub(crate) fn pass_by(self) {
        self.passed_by.set(true);
        self.door.set(None);
    }

    /// The user takes the own link back, for another one.
    pub(crate) fn renew_link(self) {
        self.link.set(None);
        bridge::post(&UiCommand::RevokeLink);
        bridge::post(&UiCommand::ShowLink);
    }

    /// The user opens somebody's link.
    pub(crate) fn open_link(self, link: String) {
        self.card.set(None);
        self.requested.set(None);
        bridge::post(&UiCommand::OpenLink { link });
    }

    /// The user opens a conversation, or looks at it again.
    pub(crate) fn open_conversation(self, conversation: ConversationId) {
        self.outgoing.update(|outgoing| outgoing.opening(conversation));
        bridge::post(&UiCommand::OpenConversation { conversation });
    }

    /// The user typed.
    pub(crate) fn typed(self, conversation: ConversationId, text: String) {
        self.drafts.update(|drafts| drafts.set(conversation, text));
    }

    /// The user sends a text that was found valid. The input is empty at once.
    pub(crate) fn send(self, conversation: ConversationId, text: String) {
        self.drafts.update(|drafts| drafts.set(conversation, String::new()));
        self.timeline.update(Timeline::trim);
        self.outgoing.update(|outgoing| outgoing.sent(conversation, text.clone()));
        bridge::post(&UiCommand::Send { conversation, text });
    }

    /// The own identity.
    pub(crate) fn profile(self) -> Signal<Profile> {
        self.profile.into()
    }

    /// All conversations, once known.
    pub(crate) fn conversations(self) -> Signal<Option<Vec<ConversationView>>> {
        self.conversations.into()
    }

    /// One conversation, which follows its changes.
    pub(crate) fn conversation(self, id: ConversationId) -> Memo<Option<ConversationView>> {
        Memo::new(move |_| {
            self.conversations.with(|list| list.as_ref()?.iter().find(|shown| shown.id == id).cloned())
        })
    }

    /// The timeline that is shown.
    pub(crate) fn timeline(self) -> Signal<Timeline> {
        self.timeline.into()
    }

    /// The own link, once the relay holds the card.
    pub(crate) fn link(self) -> Signal<Option<String>> {
        self.link.into()
    }

    /// What the relay wants before it makes an inbox, if it does not.
    pub(crate) fn door(self) -> Signal<Option<Door>> {
        self.door.into()
    }

    /// The card of the link that was opened.
    pub(crate) fn card(self) -> Signal<Option<CardView>> {
        self.card.into()
    }

    /// The conversation that a request has just begun.
    pub(crate) fn requested(self) -> Signal<Option<ConversationId>> {
        self.requested.into()
    }

    /// The connection to the relay, once known.
    pub(crate) fn connection(self) -> Signal<Option<Connection>> {
        self.connection.into()
    }

    /// Where data is kept, once known.
    pub(crate) fn storage(self) -> Signal<Option<Storage>> {
        self.storage.into()
    }

    /// Alerts that the user has not dismissed, the newest last.
    pub(crate) fn alerts(self) -> Signal<Vec<Alert>> {
        self.alerts.into()
    }

    /// How many failures there were: whoever waits for an answer watches this.
    pub(crate) fn failures(self) -> Signal<u32> {
        self.failures.into()
    }

    /// Texts of a conversation that the engine has not shown yet.
    pub(crate) fn outgoing(self, conversation: ConversationId) -> Memo<Vec<String>> {
        Memo::new(move |_| self.outgoing.with(|outgoing| outgoing.of(conversation)))
    }

    /// The draft of a conversation.
    pub(crate) fn draft(self, conversation: ConversationId) -> Memo<String> {
        Memo::new(move |_| self.drafts.with(|drafts| drafts.of(conversation).to_owned()))
    }

    /// The newest message that arrived in the shown conversation.
    pub(crate) fn arrived(self) -> Signal<Option<MessageView>> {
        self.arrived.into()
    }

    /// Whether the engine stopped.
    pub(crate) fn broken(self) -> Signal<bool> {
        self.broken.into()
    }
}

/// The shared state, for everything below the root of the app.
pub(crate) fn state() -> AppState {
    expect_context::<AppState>()
}
