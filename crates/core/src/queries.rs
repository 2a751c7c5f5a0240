//! What can be asked about messages and contacts, beside the lists.

use kuvert_mls::{Group, GroupKey};
use kuvert_store::{
    ComposingRow, ContactRow, ConversationId, MessageId, MessageRow, ReactionRow, ReceiptRow, Tx,
};
use kuvert_wire::{ChannelId, PostId};

use crate::limits::MAX_FOUND;
use crate::reports::sends_read_reports;
use crate::verification::{SAFETY_WORDS, safety_words, verification_code};
use crate::{Client, ClientError, IdentityKey, Refusal, Timestamp};

/// A message with all that is shown around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMessage {
    /// The message.
    pub row: MessageRow,
    /// Reactions that stand, the oldest first.
    pub reactions: Vec<ReactionRow>,
    /// The message that it answers, if that is here.
    pub answered: Option<MessageRow>,
}

/// Who has a message, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDetails {
    /// The message with all that is shown around it.
    pub message: ShownMessage,
    /// What others reported of an own message.
    pub receipts: Vec<ReceiptRow>,
}

/// Where a device stands in the history of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// The group's channel.
    pub channel: [u8; 16],
    /// How many commits the group has seen.
    pub number: u64,
    /// Equal on two devices that have the same members, keys and history (RFC 9420, section 8.7).
    pub authenticator: Vec<u8>,
}

impl Client {
    /// In which epoch the group of a conversation is on this device; `None` before there is one, and once the user is no member
    /// any more. For who looks from outside whether devices agree.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails, [`ClientError::Mls`] if the group's state does.
    pub fn epoch(&mut self, conversation: ConversationId) -> Result<Option<Epoch>, ClientError> {
        self.read(|tx| {
            let Some(channel) = tx.conversation(conversation)?.and_then(|row| row.channel) else {
                return Ok(None);
            };
            let Some(row) = tx.group(&channel)?.filter(|row| row.ended.is_none()) else { return Ok(None) };
            let group = Group::load(&tx.mls(), ChannelId::new(channel), GroupKey::new(*row.key))?;
            Ok(Some(Epoch { channel, number: group.epoch(), authenticator: group.authenticator() }))
        })
    }

    /// The message that a request carries which waits for the relay's answer; `None` if it carries none, or was answered.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn message_of_request(&mut self, request: &PostId) -> Result<Option<MessageId>, ClientError> {
        self.read(|tx| Ok(tx.outbox_row(request.as_bytes())?.and_then(|row| row.message)))
    }

    /// Puts around messages what is shown with them.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn with_context(&mut self, rows: Vec<MessageRow>) -> Result<Vec<ShownMessage>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| rows.into_iter().map(|row| shown(tx, row, now)).collect())
    }

    /// Who has a message, and since when; `None` if it is gone.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn message_details(&mut self, id: MessageId) -> Result<Option<MessageDetails>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| {
            let Some(row) = tx.message(id)?.filter(|row| row.is_shown_at(now)) else { return Ok(None) };
            Ok(Some(MessageDetails { receipts: tx.receipts(id)?, message: shown(tx, row, now)? }))
        })
    }

    /// At most `limit` messages after `after`, or that one and those after it, oldest first.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn messages_after(
        &mut self,
        conversation: ConversationId,
        after: MessageId,
        with_it: bool,
        limit: u32,
    ) -> Result<Vec<MessageRow>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| Ok(tx.messages_after(conversation, after, with_it, limit, now)?))
    }

    /// The first message of a conversation that was written at `at` or later, by its writer's clock.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn message_since(
        &mut self,
        conversation: ConversationId,
        at: Timestamp,
    ) -> Result<Option<MessageId>, ClientError> {
        self.read(|tx| Ok(tx.message_since(conversation, at.0)?))
    }

    /// What is being written, and the timers that were chosen, of all conversations.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn composing(&mut self) -> Result<Vec<ComposingRow>, ClientError> {
        self.read(|tx| Ok(tx.composing()?))
    }

    /// Messages that have all of `words`, each as the beginning of a word, the newest first: at most `limit` and
    /// [`MAX_FOUND`], older than `before`, in one conversation or in all. Case and accents do not count.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn search(
        &mut self,
        words: &str,
        conversation: Option<ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| Ok(tx.search(words, conversation, before, limit.min(MAX_FOUND), now)?))
    }

    /// The words that the user and the contact of a conversation compare.
    ///
    /// # Errors
    /// [`ClientError::Refused`] without an identity or such a contact, [`ClientError::Store`] if the database fails.
    pub fn safety_words(
        &mut self,
        conversation: ConversationId,
    ) -> Result<[String; SAFETY_WORDS], ClientError> {
        let (own, other) = self.both_keys(conversation)?;
        Ok(safety_words(&own, &other))
    }

    /// What the user shows to the contact of a conversation, as a QR code.
    ///
    /// # Errors
    /// As [`Self::safety_words`].
    pub fn verification_code(&mut self, conversation: ConversationId) -> Result<String, ClientError> {
        let (own, other) = self.both_keys(conversation)?;
        Ok(verification_code(&own, &other))
    }

    /// Whether others are told what the user has read.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn sends_read_reports(&mut self) -> Result<bool, ClientError> {
        self.read(sends_read_reports)
    }

    /// The contact with an identity key.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn contact_by_identity(&mut self, identity: &[u8; 32]) -> Result<Option<ContactRow>, ClientError> {
        self.read(|tx| Ok(tx.contact_by_identity(identity)?))
    }

    fn both_keys(&mut self, conversation: ConversationId) -> Result<(IdentityKey, IdentityKey), ClientError> {
        let own = self.identity().ok_or(Refusal::NoIdentity)?;
        let contact = self.read(|tx| Ok(tx.contact_of(conversation)?))?.ok_or(Refusal::Unknown)?;
        Ok((own, IdentityKey(contact.identity)))
    }
}

fn shown(tx: &Tx<'_>, row: MessageRow, now: i64) -> Result<ShownMessage, ClientError> {
    let reactions = tx.reactions(row.id)?;
    let answered = match &row.reply_to {
        Some(mimi) => tx.find_message(row.conversation, mimi)?.filter(|row| row.is_shown_at(now)),
        None => None,
    };
    Ok(ShownMessage { row, reactions, answered })
}
