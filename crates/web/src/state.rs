//! What all screens share. [`AppState::apply`] is the only place where an update of the engine changes it.
//!
//! Fields are read through [`Signal`]s; the other writers are the few methods for what the user does on the page itself
//! (typing, sending, opening, dismissing). Nothing here waits: a command is posted, and its answer is an update.

use kuvert_view::{
    AnswerFaultView, CardView, Connection, ConversationId, ConversationView, Failure, GuardedView, MessageId,
    ProfileView, Storage, UiCommand, ViewUpdate,
};
use leptos::prelude::*;

use crate::files::FilesState;
use crate::line::{self, Team};
use crate::navigation::Navigation;
use crate::notices::Notices;
use crate::people::People;
use crate::route::Route;
use crate::shell::Shell;
use crate::talk::Talk;
use crate::{bridge, harmless, model, rights};

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
    talk: Talk,
    link: RwSignal<Option<String>>,
    card: RwSignal<Option<CardView>>,
    requested: RwSignal<Option<ConversationId>>,
    connection: RwSignal<Option<Connection>>,
    storage: RwSignal<Option<Storage>>,
    alerts: RwSignal<Vec<Alert>>,
    failures: RwSignal<u32>,
    files: FilesState,
    broken: RwSignal<bool>,
    door: RwSignal<Option<Door>>,
    passed_by: RwSignal<bool>,
    shell: Shell,
    people: People,
    notices: Notices,
    guarded: RwSignal<Option<GuardedView>>,
    team: Option<Team>,
    /// What is wrong with the form that is being filled in.
    checked: RwSignal<Option<(ConversationId, Vec<AnswerFaultView>)>>,
    /// The form of the opened line that is to be filled in next, by its place.
    wanted_form: RwSignal<Option<u8>>,
}

impl AppState {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            profile: RwSignal::new(Profile::Unknown),
            conversations: RwSignal::new(None),
            talk: Talk::new(),
            link: RwSignal::new(None),
            card: RwSignal::new(None),
            requested: RwSignal::new(None),
            connection: RwSignal::new(None),
            storage: RwSignal::new(None),
            alerts: RwSignal::new(Vec::new()),
            failures: RwSignal::new(0),
            files: FilesState::new(),
            broken: RwSignal::new(false),
            door: RwSignal::new(None),
            passed_by: RwSignal::new(false),
            shell: Shell::new(),
            people: People::new(),
            notices: Notices::new(),
            checked: RwSignal::new(None),
            wanted_form: RwSignal::new(None),
            guarded: RwSignal::new(None),
            team: line::hooks().map(|hooks| (hooks.team)()),
        }
    }

    /// Takes updates of the engine, in their order; what follows from all of them is laid out once.
    pub(crate) fn apply_all(self, updates: impl IntoIterator<Item = ViewUpdate>) {
        for update in updates {
            self.apply(update);
        }
        self.talk.commit();
    }

    fn apply(self, update: ViewUpdate) {
        self.apply_with(update, None);
    }

    /// Takes an update of the engine, and what came beside it: an address within this page, and its size.
    pub(crate) fn apply_with(self, mut update: ViewUpdate, beside: Option<(String, u64)>) {
        harmless::update(&mut update);
        match update {
            ViewUpdate::Profile(profile) => {
                self.profile.set(profile.map_or(Profile::Missing, Profile::Known));
            }
            ViewUpdate::Conversations(list) => self.conversations.set(Some(list)),
            ViewUpdate::Conversation(changed) => self.apply_conversation(changed),
            ViewUpdate::Push(push) => self.notices.apply(push),
            update @ (ViewUpdate::Opened { .. }
            | ViewUpdate::Timeline { .. }
            | ViewUpdate::Older { .. }
            | ViewUpdate::Newer { .. }
            | ViewUpdate::Around { .. }
            | ViewUpdate::Message { .. }
            | ViewUpdate::MessageGone { .. }
            | ViewUpdate::Details(_)
            | ViewUpdate::Composing(_)) => {
                if let ViewUpdate::Timeline { conversation, .. } = &update {
                    self.files.turn_to(*conversation);
                }
                self.talk.apply(update);
            }
            ViewUpdate::Link { link } => self.link.set(Some(link)),
            ViewUpdate::Card(card) => self.card.set(Some(card)),
            ViewUpdate::Requested { conversation } => self.requested.set(Some(conversation)),
            ViewUpdate::Connection(connection) => self.apply_connection(connection),
            ViewUpdate::Storage(storage) => self.apply_storage(storage),
            ViewUpdate::Gate(gate) => self.shell.apply_gate(gate),
            ViewUpdate::Lock(lock) => self.shell.apply_lock(lock),
            ViewUpdate::Move(moved) => self.shell.apply_move(moved),
            ViewUpdate::Failed(failure) => self.apply_failure(failure, None),
            ViewUpdate::Refused { number, failure } => self.apply_failure(failure, Some(number)),
            // Of the own relay the connection tells, and to others a page does not speak (WEB-1).
            ViewUpdate::RelayUnreachable { .. } => {}
            update @ (ViewUpdate::Transfer(_)
            | ViewUpdate::FilesSealing { .. }
            | ViewUpdate::FilesTaken { .. }
            | ViewUpdate::FilesNotTaken { .. }
            | ViewUpdate::Preview { .. }
            | ViewUpdate::FileShown { .. }
            | ViewUpdate::FileNotShown { .. }
            | ViewUpdate::FileSaved { .. }) => {
                if let Some(parcel) = self.files.apply(update, beside) {
                    self.talk.bring_back(parcel.conversation, &parcel.text, parcel.reply);
                }
            }
            ViewUpdate::Lost { entries } => self.apply_lost(entries),
            ViewUpdate::ConversationGone { conversation } => self.apply_gone(conversation),
            answer @ (ViewUpdate::Found { .. }
            | ViewUpdate::Verification(_)
            | ViewUpdate::Settings(_)
            | ViewUpdate::GroupCreated { .. }
            | ViewUpdate::Members { .. }
            | ViewUpdate::Contact(_)) => self.people.apply(answer),
            ViewUpdate::Desk(update) => self.apply_desk(&update),
            ViewUpdate::FormChecked { conversation, faults } => self.checked.set(Some((conversation, faults))),
            ViewUpdate::Paper(paper) => rights::save(&paper),
            ViewUpdate::Guarded(guarded) => self.apply_guarded(guarded),
            // Answers to questions that this page does not ask, or what was gone with the wish.
            ViewUpdate::LinkRevoked
            | ViewUpdate::Changed { .. }
            | ViewUpdate::Progressed { .. }
            // The bridge's.
            | ViewUpdate::Done { .. } => {}
        }
    }

    fn apply_connection(self, connection: Connection) {
        if connection == Connection::Online {
            self.door.set(None);
        }
        self.connection.set(Some(connection));
    }

    fn apply_lost(self, entries: u64) {
        self.alert(if entries == 0 { Alert::Forgotten } else { Alert::Lost });
    }

    fn apply_guarded(self, guarded: GuardedView) {
        self.talk.withheld(&guarded.wish);
        self.guarded.set(Some(guarded));
        // Whoever waits for the answer has it.
        self.failures.update(|count| *count += 1);
    }

    fn apply_desk(self, update: &[u8]) {
        if let (Some(hooks), Some(team)) = (line::hooks(), self.team) {
            (hooks.apply)(team, update);
        }
    }

    fn apply_conversation(self, changed: ConversationView) {
        self.people.touched();
        if self.team.is_none() {
            self.conversations.with_untracked(|list| self.notices.changes(list.as_deref(), &changed));
        }
        self.conversations.update(|list| {
            model::put_conversation(list.get_or_insert_default(), changed);
        });
    }

    fn apply_gone(self, conversation: ConversationId) {
        self.talk.conversation_gone(conversation);
        self.conversations.update(|list| {
            list.get_or_insert_default().retain(|shown| shown.id != conversation);
        });
    }

    fn apply_storage(self, storage: Storage) {
        let before = self.storage.get_untracked();
        if before == Some(Storage::HeldElsewhere) && storage == Storage::Lasting {
            // The other tab may have changed anything.
            self.talk.changed_elsewhere();
        }
        self.storage.set(Some(storage));
    }

    /// Shows a failure. `number`: of the command that was refused.
    fn apply_failure(self, failure: Failure, number: Option<u64>) {
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
        self.talk.refused(number);
        self.alert(Alert::Failure(failure));
        self.failures.update(|count| *count += 1);
    }

    /// The engine's bytes are not those of this version.
    pub(crate) fn version_differs(self) {
        self.alert(Alert::Version);
    }

    /// The engine was started again, and knows nothing of what is shown.
    pub(crate) fn engine_started_again(self) {
        self.talk.engine_started_again();
        self.shell.started_again();
        self.files.engine_started_again();
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
        self.wanted_form.set(None);
        bridge::post(&UiCommand::OpenLink { link });
    }

    /// Shows a message in its conversation, wherever that is and however long ago it was written.
    pub(crate) fn show_message(
        self,
        navigation: Navigation,
        conversation: ConversationId,
        message: MessageId,
    ) {
        let route = Route::Conversation(conversation);
        let is_shown = navigation.route().with_untracked(|shown| *shown == route);
        self.talk.want(conversation, message, is_shown);
        navigation.go(route);
    }

    /// The conversation that is shown, and what is being written.
    pub(crate) fn talk(self) -> Talk {
        self.talk
    }

    /// What the pages about people share.
    pub(crate) fn people(self) -> People {
        self.people
    }

    /// The own identity.
    pub(crate) fn profile(self) -> Signal<Profile> {
        self.profile.into()
    }

    /// What is wrong with the form that is being filled in for a conversation, once that was asked.
    pub(crate) fn checked(self) -> RwSignal<Option<(ConversationId, Vec<AnswerFaultView>)>> {
        self.checked
    }

    /// The form of the opened line that is to be filled in next, by its place.
    pub(crate) fn wanted_form(self) -> RwSignal<Option<u8>> {
        self.wanted_form
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

    /// What the app knows of itself: its build, and how the browser keeps it.
    pub(crate) fn shell(self) -> Shell {
        self.shell
    }

    /// What is known of files.
    pub(crate) fn files(self) -> FilesState {
        self.files
    }

    /// A text that was not sent because of what stands in it, as long as the user has not decided.
    pub(crate) fn guarded(self) -> RwSignal<Option<GuardedView>> {
        self.guarded
    }

    /// Notifications.
    pub(crate) fn notices(self) -> Notices {
        self.notices
    }

    /// What a line's team shares, on its page.
    pub(crate) fn team(self) -> Option<Team> {
        self.team
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
