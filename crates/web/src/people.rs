//! What the pages about people share: who is in a group, what verifies a contact, what a search found.
//!
//! [`People::apply`] takes the engine's answers, on behalf of [`crate::state::AppState::apply`].

use kuvert_view::{
    ContactView, ConversationId, MemberView, MessageId, SettingsView, UiCommand, VerificationView, ViewUpdate,
};
use leptos::prelude::*;

use crate::bridge;
use crate::find::{Findings, Scope, Search};

/// A part of the shared state; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct People {
    members: RwSignal<Option<(ConversationId, Vec<MemberView>)>>,
    contact: RwSignal<Option<ContactView>>,
    verification: RwSignal<Option<VerificationView>>,
    settings: RwSignal<Option<SettingsView>>,
    created: RwSignal<Option<ConversationId>>,
    search: RwSignal<Search>,
    touched: RwSignal<u32>,
}

impl People {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            members: RwSignal::new(None),
            contact: RwSignal::new(None),
            verification: RwSignal::new(None),
            settings: RwSignal::new(None),
            created: RwSignal::new(None),
            search: RwSignal::new(Search::default()),
            touched: RwSignal::new(0),
        }
    }

    /// Takes an answer of the engine; any other update is not for here.
    pub(crate) fn apply(self, update: ViewUpdate) {
        match update {
            ViewUpdate::Members { conversation, members } => self.members.set(Some((conversation, members))),
            ViewUpdate::Contact(contact) => self.contact.set(Some(contact)),
            ViewUpdate::Verification(shown) => self.verification.set(Some(shown)),
            ViewUpdate::Settings(settings) => self.settings.set(Some(settings)),
            ViewUpdate::GroupCreated { conversation } => self.created.set(Some(conversation)),
            ViewUpdate::Found { words, messages, has_older } => {
                self.search.update(|search| search.answer(words, messages, has_older));
            }
            _ => {}
        }
    }

    /// Something happened in a conversation, although its line may say the same as before.
    pub(crate) fn touched(self) {
        self.touched.update(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever something happened in a conversation.
    pub(crate) fn changes(self) -> Signal<u32> {
        self.touched.into()
    }

    /// Asks who is in a group, now and whenever something happened.
    pub(crate) fn follow_members(self, conversation: ConversationId) {
        Effect::new(move |_| {
            self.touched.track();
            self.ask_members(conversation);
        });
    }

    /// Asks who is in a group.
    pub(crate) fn ask_members(self, conversation: ConversationId) {
        bridge::post(&UiCommand::ShowMembers { conversation });
    }

    /// Who is in a group, once known.
    pub(crate) fn members(self, conversation: ConversationId) -> Memo<Option<Vec<MemberView>>> {
        Memo::new(move |_| {
            self.members.with(|known| {
                known.as_ref().filter(|(of, _)| *of == conversation).map(|(_, members)| members.clone())
            })
        })
    }

    /// Asks for what the page of a contact shows.
    pub(crate) fn ask_contact(self, conversation: ConversationId) {
        bridge::post(&UiCommand::ShowContact { conversation });
    }

    /// What the page of a contact shows, once known; of a line it is known as soon as the conversation with it is shown.
    pub(crate) fn contact(self, conversation: ConversationId) -> Memo<Option<ContactView>> {
        Memo::new(move |_| {
            self.contact
                .with(|known| known.as_ref().filter(|known| known.conversation == conversation).cloned())
        })
    }

    /// Asks for what verifies a contact.
    pub(crate) fn ask_verification(self, conversation: ConversationId) {
        bridge::post(&UiCommand::ShowVerification { conversation });
    }

    /// What verifies a contact, once known.
    pub(crate) fn verification(self, conversation: ConversationId) -> Memo<Option<VerificationView>> {
        Memo::new(move |_| {
            self.verification
                .with(|known| known.as_ref().filter(|known| known.conversation == conversation).cloned())
        })
    }

    /// Asks for what the user has decided.
    pub(crate) fn ask_settings(self) {
        bridge::post(&UiCommand::ShowSettings);
    }

    /// What the user has decided, once known.
    pub(crate) fn settings(self) -> Signal<Option<SettingsView>> {
        self.settings.into()
    }

    /// Makes a group of the contacts of these conversations.
    pub(crate) fn create_group(self, name: String, with: Vec<ConversationId>) {
        self.created.set(None);
        bridge::post(&UiCommand::CreateGroup { name, with });
    }

    /// The group that was made last.
    pub(crate) fn created(self) -> Signal<Option<ConversationId>> {
        self.created.into()
    }

    /// Searches for messages: the newest ones, or those before the last that was found.
    pub(crate) fn search(self, scope: Scope, words: &str, before: Option<MessageId>) {
        self.search.update(|search| search.ask(scope, words, before.is_some()));
        bridge::post(&UiCommand::Search { words: words.to_owned(), conversation: scope, before });
    }

    /// Nothing is searched for there any more.
    pub(crate) fn stop_searching(self, scope: Scope) {
        self.search.update(|search| search.forget(scope));
    }

    /// What was found.
    pub(crate) fn findings(self, scope: Scope) -> Memo<Findings> {
        Memo::new(move |_| self.search.with(|search| search.findings(scope).cloned().unwrap_or_default()))
    }
}
