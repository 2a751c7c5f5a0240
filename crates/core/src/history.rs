//! What was said in a conversation with a customer before a device of the line was let in.
//!
//! MLS gives who joins no key to anything earlier. So the device that lets another one in tells it the newest messages, in the
//! conversation itself: whoever is there has them already. Devices believe nobody but their own line.

use kuvert_content::{
    AT_EXTENSION, Content, Expires, ExtensionKey, History, MessageId as ContentId, Told, limits::MAX_HISTORY,
};
use kuvert_store::{ConversationId, MessageKind, SenderKind, ToldRow};

use crate::ClientError;
use crate::limits::{HISTORY_PIECE, HISTORY_PIECES};
use crate::step::Step;

impl Step<'_, '_> {
    /// Devices of the line were let in: tells them what was said, as much of it as has room, the newest.
    pub(crate) fn tell_history(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        if self.tx.contact_of(conversation)?.is_none() {
            return Ok(());
        }
        let own = self.account()?.device_key();
        let most = u32::try_from(MAX_HISTORY).unwrap_or(u32::MAX);
        let mut pieces: Vec<Vec<Told>> = Vec::new();
        let mut room = 0;
        for row in self.tx.told(conversation, most, self.now.0)? {
            let Some(told) = told(&row, own).filter(|told| told.size() <= HISTORY_PIECE) else { continue };
            if told.size() > room {
                if pieces.len() == HISTORY_PIECES {
                    break;
                }
                room = HISTORY_PIECE;
                pieces.push(Vec::new());
            }
            room -= told.size();
            if let Some(piece) = pieces.last_mut() {
                piece.push(told);
            }
        }
        for mut messages in pieces.into_iter().rev() {
            messages.reverse();
            self.note_down(conversation, Content::history(self.rng.bytes(), &History { messages }), false)?;
        }
        Ok(())
    }

    /// Another device of the own line tells what was said before this one was let in.
    pub(crate) fn history_came(
        &mut self,
        conversation: ConversationId,
        history: History,
    ) -> Result<(), ClientError> {
        let customer = self.tx.contact_of(conversation)?.map(|contact| contact.identity).unwrap_or_default();
        let is_new = self.tx.messages_before(conversation, None, 1, self.now.0)?.is_empty();
        // What was answered was read; the device that did so has told the customer.
        let answered = history.messages.iter().rposition(|told| told.device.is_some()).filter(|_| is_new);
        for (number, told) in history.messages.into_iter().enumerate() {
            self.told(conversation, customer, &told)?;
            if answered == Some(number) {
                self.tx.mark_read(conversation, self.now.0, false)?;
            }
        }
        self.sessions.next_expiry = None;
        Ok(())
    }
}

/// A message as another device is told of it; `None` for one that cannot be read.
fn told(row: &ToldRow, own: [u8; 32]) -> Option<Told> {
    let message = &row.message;
    let mut content = if message.kind == MessageKind::Text {
        // The id stands beside it: what it was derived from need not come along.
        let mut content = Content::text([0; 16], &message.text);
        content.in_reply_to = message.reply_to.as_deref().and_then(ContentId::from_slice);
        content.extensions.insert_integer(ExtensionKey::from(AT_EXTENSION), message.at).ok()?;
        content
    } else {
        Content::decode(&row.content).ok()?
    };
    if let Some(at) = message.expires_at {
        content.expires = Some(Expires::At(u32::try_from(at / 1000).ok()?));
    } else if let Some(after) = row.expires_after {
        content.expires = Some(Expires::After(after));
    }
    let device = (message.sender == SenderKind::Own).then(|| message.author.unwrap_or(own));
    let id = ContentId::from_slice(&message.mimi)?;
    Some(Told { id, device, at: message.at, content: content.encode() })
}
