//! What others do to messages: edits, deletions and reactions that come in, each checked for the right to it.
//!
//! Which of several changes stands does not depend on the order in which they come, and a repetition changes nothing
//! (CORE-3). A change that comes before its message waits for it, bounded.

use kuvert_content::{Content, Meaning};
use kuvert_mls::IdentityKey;
use kuvert_store::{
    ConversationId, EarlyRow, Edit, MessageId, MessageKind, MessageRow, ReactionRow, SenderKind,
};

use crate::limits::MAX_EARLY;
use crate::messages::written_at;
use crate::step::Step;
use crate::{ClientError, Event, MessageChange};

/// A change, as it came.
pub(crate) struct Change<'c> {
    pub(crate) conversation: ConversationId,
    /// Who sent it: an identity key that MLS has vouched for.
    pub(crate) author: [u8; 32],
    pub(crate) mimi: kuvert_content::MessageId,
    pub(crate) content: &'c Content,
}

impl Step<'_, '_> {
    /// Applies a change, or keeps it until its message comes.
    pub(crate) fn change(&mut self, change: &Change<'_>) -> Result<(), ClientError> {
        match change.content.meaning() {
            Meaning::Edit { of, text } => self.edited(change, of, text),
            Meaning::Deletion { of } => self.deleted(change, of),
            Meaning::Reaction { to, text, .. } => self.reacted(change, to, text),
            _ => Ok(()),
        }
    }

    /// Applies what came before the message, or reaction, that has come now.
    pub(crate) fn apply_early(
        &mut self,
        conversation: ConversationId,
        mimi: kuvert_content::MessageId,
    ) -> Result<(), ClientError> {
        for early in self.tx.take_early(conversation, mimi.as_bytes())? {
            let known = kuvert_content::MessageId::from_slice(&early.mimi);
            if let (Ok(content), Some(mimi)) = (Content::decode(&early.content), known) {
                self.change(&Change { conversation, author: early.author, mimi, content: &content })?;
            }
        }
        Ok(())
    }

    fn edited(
        &mut self,
        change: &Change<'_>,
        of: kuvert_content::MessageId,
        text: &str,
    ) -> Result<(), ClientError> {
        let Some(row) = self.tx.find_message(change.conversation, of.as_bytes())? else {
            return self.keep_early(change, of);
        };
        if !self.has_written(&row, &change.author)? {
            return self.dropped("an edit of somebody else's message");
        }
        let text = text.trim();
        if text.is_empty() {
            return self.dropped("an edit without a text");
        }
        let at = written_at(change.content).unwrap_or(self.now.0);
        if self.tx.edit_message(row.id, Edit { text, at, version: change.mimi.as_bytes() })? {
            self.tell(change, row.id, MessageChange::Edited(text.to_owned()));
        }
        Ok(())
    }

    fn tell(&mut self, change: &Change<'_>, message: MessageId, what: MessageChange) {
        let (conversation, by) = (change.conversation, IdentityKey(change.author));
        self.event(Event::Changed { conversation, message, by, change: what });
    }

    fn deleted(&mut self, change: &Change<'_>, of: kuvert_content::MessageId) -> Result<(), ClientError> {
        if let Some(row) = self.tx.find_message(change.conversation, of.as_bytes())? {
            if !self.has_written(&row, &change.author)? {
                return self.dropped("a deletion of somebody else's message");
            }
            if row.is_shown() && row.kind != MessageKind::Deleted {
                self.tx.delete_message(row.id)?;
                self.tell(change, row.id, MessageChange::Deleted);
            }
            return Ok(());
        }
        match self.tx.reacted(change.conversation, of.as_bytes())? {
            Some(message) => {
                let at = written_at(change.content).unwrap_or(self.now.0);
                if self.tx.take_reaction_back(message, &change.author, of.as_bytes(), at)? {
                    self.tell(change, message, MessageChange::Unreacted);
                }
                Ok(())
            }
            None => self.keep_early(change, of),
        }
    }

    fn reacted(
        &mut self,
        change: &Change<'_>,
        to: kuvert_content::MessageId,
        text: &str,
    ) -> Result<(), ClientError> {
        let Some(row) = self.tx.find_message(change.conversation, to.as_bytes())? else {
            return self.keep_early(change, to);
        };
        if !row.is_shown() || row.kind == MessageKind::Deleted {
            return Ok(());
        }
        let at = written_at(change.content).unwrap_or(self.now.0);
        let mimi = change.mimi.as_bytes().to_vec();
        let reaction = ReactionRow { author: change.author, mimi, text: text.to_owned(), at };
        if self.tx.react(row.id, &reaction)? {
            self.tell(change, row.id, MessageChange::Reacted(reaction.text));
        }
        self.apply_early(change.conversation, change.mimi)
    }

    fn keep_early(
        &mut self,
        change: &Change<'_>,
        target: kuvert_content::MessageId,
    ) -> Result<(), ClientError> {
        let early = EarlyRow {
            author: change.author,
            mimi: change.mimi.as_bytes().to_vec(),
            content: change.content.encode(),
        };
        Ok(self.tx.keep_early(change.conversation, target.as_bytes(), &early, MAX_EARLY)?)
    }

    /// Only who wrote a message may change it.
    fn has_written(&self, row: &MessageRow, author: &[u8; 32]) -> Result<bool, ClientError> {
        Ok(match row.sender {
            SenderKind::Own => self.account()?.key().0 == *author,
            SenderKind::Contact => row.author == Some(*author),
            SenderKind::System => false,
        })
    }
}
