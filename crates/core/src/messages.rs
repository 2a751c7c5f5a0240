//! What the user does to messages: answer, edit, delete, react.
//!
//! Every change is applied here at once and travels as a message of its own, which is not for the eyes. Who receives it
//! checks the right to it again: see `changes.rs`.

use kuvert_content::{AT_EXTENSION, Content, DataKind, Expires, ExtensionKey, Meaning, limits};
use kuvert_store::{
    ContactState, ConversationId, Edit, MessageId, MessageKind, MessageRow, MessageState, NewMessage,
    ReactionRow, SenderKind,
};

use crate::commands::checked_text;
use crate::outbox::sender_uri;
use crate::step::Step;
use crate::{ClientError, DeletionScope, Refusal};

/// What a content has to say about the row that it becomes.
pub(crate) struct Shape<'c> {
    pub(crate) kind: MessageKind,
    pub(crate) text: &'c str,
    pub(crate) reply_to: Option<kuvert_content::MessageId>,
}

impl<'c> Shape<'c> {
    pub(crate) fn of(content: &'c Content) -> Self {
        let (kind, text) = match content.meaning() {
            Meaning::Text(text) | Meaning::Request { text, .. } => (MessageKind::Text, text),
            Meaning::Attachments { text, .. } => (MessageKind::Attachments, text),
            Meaning::Structured { text, data, .. } if data.kind == DataKind::Score => {
                (MessageKind::Score, text)
            }
            Meaning::Structured { text, .. } => (MessageKind::Structured, text),
            _ => (MessageKind::NeedsNewer, ""),
        };
        Self { kind, text, reply_to: content.in_reply_to }
    }
}

/// When a content was written, by its writer's clock.
pub(crate) fn written_at(content: &Content) -> Option<i64> {
    content.extensions.get_integer(&ExtensionKey::from(AT_EXTENSION))
}

fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}

impl Step<'_, '_> {
    /// Sends a text, perhaps as an answer, perhaps with a wish for its end (seconds after reading).
    pub(crate) fn write(
        &mut self,
        conversation: ConversationId,
        text: &str,
        reply_to: Option<MessageId>,
        expires_after: Option<u32>,
    ) -> Result<(), ClientError> {
        let text = checked_text(text)?;
        let answered = match reply_to {
            Some(id) => Some(self.shown_in(id, Some(conversation))?),
            None => None,
        };
        self.ready_to_write(conversation)?;
        let mut content = Content::text(self.rng.bytes(), text);
        content.in_reply_to = answered.and_then(|row| kuvert_content::MessageId::from_slice(&row.mimi));
        content.expires = expires_after.map(Expires::After);
        self.write_down(conversation, content, true)?;
        self.tx.set_draft(conversation, "")?;
        self.wrote_to(conversation)?;
        self.rotate_if_due(conversation)
    }

    /// Keeps what was typed and not sent. A conversation that is gone has no drafts.
    pub(crate) fn set_draft(&mut self, conversation: ConversationId, text: &str) -> Result<(), ClientError> {
        if self.tx.conversation(conversation)?.is_none() {
            return Ok(());
        }
        let kept = text.floor_char_boundary(crate::limits::MAX_DRAFT);
        Ok(self.tx.set_draft(conversation, &text[..kept])?)
    }

    /// Chooses for how long what the user writes there is kept.
    pub(crate) fn set_timer(
        &mut self,
        conversation: ConversationId,
        expires_after: Option<u32>,
    ) -> Result<(), ClientError> {
        self.tx.conversation(conversation)?.ok_or(Refusal::Unknown)?;
        Ok(self.tx.set_timer(conversation, expires_after.filter(|seconds| *seconds > 0))?)
    }

    /// Whether the user may write; a request that waits for an answer is accepted by it.
    pub(crate) fn ready_to_write(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        self.account()?;
        let Some(contact) = self.tx.contact_of(conversation)? else {
            return self.check_may_write(conversation);
        };
        match contact.state {
            _ if contact.blocked => Err(Refusal::Blocked.into()),
            ContactState::Requested if self.request_failed(conversation)? => Err(Refusal::NotAsked.into()),
            ContactState::Requested => Err(Refusal::NotAccepted.into()),
            ContactState::Asking => self.accept(conversation),
            ContactState::Accepted => Ok(()),
        }
    }

    /// Writes a message down and seals it as soon as its group allows. One that is not `shown` is for other devices only.
    /// Returns its content-derived id.
    pub(crate) fn write_down(
        &mut self,
        conversation: ConversationId,
        content: Content,
        shown: bool,
    ) -> Result<kuvert_content::MessageId, ClientError> {
        let (mimi, _) = self.note_down(conversation, content, shown)?;
        self.seal_waiting(conversation)?;
        Ok(mimi)
    }

    /// Writes a message down, and does not seal it yet. Returns its content-derived id, and its number on this device.
    pub(crate) fn note_down(
        &mut self,
        conversation: ConversationId,
        mut content: Content,
        shown: bool,
    ) -> Result<(kuvert_content::MessageId, MessageId), ClientError> {
        let account = self.account()?;
        if written_at(&content).is_none() {
            // A constant name and a number always fit.
            let _ = content.extensions.insert_integer(ExtensionKey::from(AT_EXTENSION), self.now.0);
        }
        let mimi = content.id(&sender_uri(account.kuvert_id()), &self.room(conversation)?);
        let shape = Shape::of(&content);
        let message = self.tx.add_message(&NewMessage {
            kind: shape.kind,
            reply_to: shape.reply_to.as_ref().map(|id| id.as_bytes().as_slice()),
            state: if shown { MessageState::Queued } else { MessageState::Unseen },
            // Its writer has read it.
            expires_at: content.expires.filter(|_| shown).map(|expires| match expires {
                Expires::After(seconds) => self.now.0.saturating_add(milliseconds(seconds)),
                Expires::At(seconds) => milliseconds(seconds),
            }),
            ..NewMessage::own(
                conversation,
                mimi.as_bytes(),
                if shown { shape.text } else { "" },
                &content.encode(),
                self.now.0,
            )
        })?;
        Ok((mimi, message.ok_or(ClientError::Damaged("two messages have one id"))?))
    }

    /// A message that is shown and not deleted, in `conversation` if one is named.
    pub(crate) fn shown_in(
        &self,
        id: MessageId,
        conversation: Option<ConversationId>,
    ) -> Result<MessageRow, ClientError> {
        let row = self.tx.message(id)?.filter(|row| {
            row.is_shown()
                && row.kind != MessageKind::Deleted
                && row.sender != SenderKind::System
                && conversation.is_none_or(|conversation| conversation == row.conversation)
        });
        Ok(row.ok_or(Refusal::Unknown)?)
    }

    /// Changes the text of an own message, for everybody.
    pub(crate) fn edit(&mut self, id: MessageId, text: &str) -> Result<(), ClientError> {
        let text = checked_text(text)?;
        let row = self.shown_in(id, None)?;
        if row.sender != SenderKind::Own || row.kind != MessageKind::Text {
            return Err(Refusal::NotYours.into());
        }
        if row.text == text {
            return Ok(());
        }
        self.ready_to_write(row.conversation)?;
        let of = named(&row)?;
        // Later than what it changes, also if the clock was set back.
        let at = self.now.0.max(row.edited_at.unwrap_or(row.at).saturating_add(1));
        let content = made_at(Content::edit(self.rng.bytes(), of, text), at);
        let version = self.write_down(row.conversation, content, false)?;
        self.tx.edit_message(id, Edit { text, at, version: version.as_bytes() })?;
        Ok(())
    }

    /// Deletes a message: an own one for everybody, or any one here.
    pub(crate) fn delete(&mut self, id: MessageId, scope: DeletionScope) -> Result<(), ClientError> {
        let row = self.tx.message(id)?.filter(MessageRow::is_shown).ok_or(Refusal::Unknown)?;
        let conversation = self.tx.conversation(row.conversation)?.ok_or(Refusal::Unknown)?;
        if conversation.introduction.is_some() && row.sender == SenderKind::Own {
            // The request consists of this message.
            return Err(Refusal::NotAccepted.into());
        }
        if scope == DeletionScope::Here {
            return Ok(self.tx.forget_message(id)?);
        }
        if row.sender != SenderKind::Own {
            return Err(Refusal::NotYours.into());
        }
        if row.kind == MessageKind::Deleted {
            return Ok(());
        }
        match self.tx.contact_of(row.conversation)? {
            Some(contact) if contact.blocked => return Err(Refusal::Blocked.into()),
            Some(_) => {}
            None => self.check_may_write(row.conversation)?,
        }
        self.tx.delete_message(id)?;
        // Also if it waited to be sent: an earlier try may have arrived without an answer.
        let content = Content::deletion(self.rng.bytes(), named(&row)?);
        self.write_down(row.conversation, content, false)?;
        Ok(())
    }

    /// Reacts to a message; an earlier reaction gives way.
    pub(crate) fn react(&mut self, id: MessageId, reaction: &str) -> Result<(), ClientError> {
        let reaction = reaction.trim();
        if reaction.is_empty() || reaction.len() > limits::MAX_REACTION || reaction.contains(char::is_control)
        {
            return Err(Refusal::ReactionInvalid.into());
        }
        let row = self.shown_in(id, None)?;
        let author = self.account()?.key().0;
        let before = self.tx.reaction_of(id, &author)?;
        if before.as_ref().is_some_and(|before| before.text == reaction) {
            return Ok(());
        }
        self.ready_to_write(row.conversation)?;
        let at = self.after(before.as_ref());
        let mut content = made_at(Content::reaction(self.rng.bytes(), named(&row)?, reaction), at);
        content.replaces = before
            .filter(|before| !before.text.is_empty())
            .and_then(|before| kuvert_content::MessageId::from_slice(&before.mimi));
        let mimi = self.write_down(row.conversation, content, false)?;
        let reaction = ReactionRow { author, mimi: mimi.as_bytes().to_vec(), text: reaction.to_owned(), at };
        self.tx.react(id, &reaction)?;
        Ok(())
    }

    /// Takes the own reaction to a message back.
    pub(crate) fn unreact(&mut self, id: MessageId) -> Result<(), ClientError> {
        let row = self.shown_in(id, None)?;
        let author = self.account()?.key().0;
        let Some(before) = self.tx.reaction_of(id, &author)?.filter(|before| !before.text.is_empty()) else {
            return Ok(());
        };
        self.ready_to_write(row.conversation)?;
        let at = self.after(Some(&before));
        let of = kuvert_content::MessageId::from_slice(&before.mimi)
            .ok_or(ClientError::Damaged("the id of a reaction"))?;
        self.write_down(row.conversation, made_at(Content::deletion(self.rng.bytes(), of), at), false)?;
        self.tx.take_reaction_back(id, &author, &before.mimi, at)?;
        Ok(())
    }

    /// A time that is later than that of an earlier reaction.
    fn after(&self, before: Option<&ReactionRow>) -> i64 {
        self.now.0.max(before.map_or(0, |before| before.at.saturating_add(1)))
    }
}

/// The content-derived id of a message, by which others know it.
fn named(row: &MessageRow) -> Result<kuvert_content::MessageId, ClientError> {
    kuvert_content::MessageId::from_slice(&row.mimi).ok_or(ClientError::Damaged("the id of a message"))
}

fn made_at(mut content: Content, at: i64) -> Content {
    let _ = content.extensions.insert_integer(ExtensionKey::from(AT_EXTENSION), at);
    content
}
