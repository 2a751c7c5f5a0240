//! What is asked and answered at once, and changes nothing.

use kuvert_core::ClientError;
use kuvert_view::{ConversationId, FoundView, MessageId, SettingsView, VerificationView, ViewUpdate};

use crate::App;
use crate::app::PAGE;
use crate::views;

impl App {
    /// Who has a message, and since when.
    pub(crate) fn details(&mut self, message: MessageId) -> Result<(), ClientError> {
        let details = self.client.message_details(views::message_row(message))?;
        let details = details.ok_or(kuvert_core::Refusal::Unknown)?;
        let view = views::details(&details, &mut self.client)?;
        self.updates.push_back(ViewUpdate::Details(view));
        Ok(())
    }

    /// A page of the messages in which words stand.
    pub(crate) fn search(
        &mut self,
        words: String,
        conversation: Option<ConversationId>,
        before: Option<MessageId>,
    ) -> Result<(), ClientError> {
        let (conversation, before) =
            (conversation.map(views::conversation_row), before.map(views::message_row));
        let mut rows = self.client.search(&words, conversation, before, PAGE + 1)?;
        let has_older = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        let conversations: Vec<_> = rows.iter().map(|row| views::conversation_id(row.conversation)).collect();
        let found = conversations.into_iter().zip(self.messages(rows)?);
        let messages = found.map(|(conversation, message)| FoundView { conversation, message }).collect();
        self.updates.push_back(ViewUpdate::Found { words, messages, has_older });
        Ok(())
    }

    /// What two people compare.
    pub(crate) fn verification(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let row = views::conversation_row(conversation);
        let words = self.client.safety_words(row)?.to_vec();
        let code = self.client.verification_code(row)?;
        self.updates.push_back(ViewUpdate::Verification(VerificationView { conversation, words, code }));
        Ok(())
    }

    /// What the user chose.
    pub(crate) fn settings(&mut self) -> Result<(), ClientError> {
        let read_reports = self.client.sends_read_reports()?;
        self.updates.push_back(ViewUpdate::Settings(SettingsView { read_reports }));
        Ok(())
    }
}
