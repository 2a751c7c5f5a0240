//! Pages of a long conversation: after what is shown, and around any message or day.

use kuvert_core::{ClientError, MessageRow, SenderKind, Timestamp};
use kuvert_view::{ConversationId, MessageId, MessageView, ViewUpdate};

use crate::App;
use crate::app::PAGE;
use crate::views::{self, Names};

impl App {
    /// The newest message of a conversation when everything in it was last read; 0 if that never was.
    ///
    /// # Errors
    /// [`ClientError`] if the database fails.
    pub fn read_to(&mut self, conversation: ConversationId) -> Result<MessageId, ClientError> {
        let summary = self.client.conversation(views::conversation_row(conversation))?;
        Ok(summary.map_or(MessageId(0), |summary| views::message_id(summary.conversation.read_to)))
    }

    /// Rows with all that is shown around them.
    pub(crate) fn messages(&mut self, rows: Vec<MessageRow>) -> Result<Vec<MessageView>, ClientError> {
        let shown = self.client.with_context(rows)?;
        let own = self.client.identity();
        let mut names = Names::default();
        let mut messages = Vec::with_capacity(shown.len());
        for message in &shown {
            let mut view = views::message(message, own, &mut names, &mut self.client)?;
            // For the same line, a colleague wrote it.
            if let (SenderKind::Own, Some(device)) = (message.row.sender, message.row.author) {
                view.author = match self.desk_hooks {
                    Some(hooks) => (hooks.name_of)(self, device)?,
                    None => String::new(),
                };
            }
            view.data = self.data_view(message)?;
            if let Some(hooks) = self.desk_hooks {
                view.record = (hooks.record_of)(self, &message.row)?;
            }
            messages.push(view);
        }
        Ok(messages)
    }

    /// One page of messages after `after`.
    pub(crate) fn newer(
        &mut self,
        conversation: ConversationId,
        after: MessageId,
    ) -> Result<(), ClientError> {
        let (messages, has_newer) = self.page_after(conversation, after, false)?;
        self.updates.push_back(ViewUpdate::Newer { conversation, messages, has_newer });
        Ok(())
    }

    /// A page before a message, and one that begins with it.
    pub(crate) fn around(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), ClientError> {
        let (mut messages, has_older) = self.page(conversation, Some(message))?;
        let (after, has_newer) = self.page_after(conversation, message, true)?;
        let found = after.first().map(|first| first.id);
        messages.extend(after);
        let around = ViewUpdate::Around { conversation, message: found, messages, has_older, has_newer };
        self.updates.push_back(around);
        Ok(())
    }

    /// The pages around the first message that was written at `at` or later; the newest if there is none.
    pub(crate) fn since(&mut self, conversation: ConversationId, at: Timestamp) -> Result<(), ClientError> {
        let first = self.client.message_since(views::conversation_row(conversation), at)?;
        self.around(conversation, first.map_or(MessageId(i64::MAX.unsigned_abs()), views::message_id))
    }

    fn page_after(
        &mut self,
        conversation: ConversationId,
        after: MessageId,
        with_it: bool,
    ) -> Result<(Vec<MessageView>, bool), ClientError> {
        let (row, after) = (views::conversation_row(conversation), views::message_row(after));
        let mut rows = self.client.messages_after(row, after, with_it, PAGE + 1)?;
        let has_newer = rows.len() > PAGE as usize;
        rows.truncate(PAGE as usize);
        Ok((self.messages(rows)?, has_newer))
    }
}
